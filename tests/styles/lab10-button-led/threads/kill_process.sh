#!/bin/bash
# Another way: in bash, with the name from /proc and kill -0 to wait.
here=${BASH_SOURCE[0]%/*}
[[ $here == "${BASH_SOURCE[0]}" ]] && here=.
[[ -f $here/launch_processes.pid ]] || exit 1
pid=$(<"$here/launch_processes.pid")
[[ $pid =~ ^[1-9][0-9]*$ && -d /proc/$pid ]] || exit 1
read -r name 2>/dev/null <"/proc/$pid/comm" || exit 1
[[ $name == launch_processe* ]] || exit 1
kill "$pid"
while kill -0 "$pid" 2>/dev/null; do
    sleep 0.05
done
