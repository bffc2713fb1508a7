#!/bin/sh
#
# kill_process.sh - ends the launch_processes that was started from this folder
#
# The pid file may be older than the process: its number may be free by now, or
# somebody else's. So it is believed only if a process of that number runs the
# launch_processes that lies here.

folder=$(cd "$(dirname "$0")" && pwd -P) || exit 1
file=$folder/launch_processes.pid

# Is process $1 our launch_processes? A file that was built anew since the start
# is called deleted. Of a process that has ended, or is somebody else's, the
# link cannot be read.
is_ours() {
    case $(readlink "/proc/$1/exe") in
    "$folder/launch_processes" | "$folder/launch_processes (deleted)") true ;;
    *) false ;;
    esac
}

if [ ! -f "$file" ]; then
    echo "kill_process.sh: $file: no such file: nothing runs" >&2
    exit 1
fi
pid=
read -r pid <"$file"
case $pid in
'' | *[!0-9]*)
    echo "kill_process.sh: $file: no process number in it" >&2
    exit 1
    ;;
esac
if ! is_ours "$pid"; then
    echo "kill_process.sh: process $pid is no launch_processes of $folder" >&2
    exit 1
fi

kill -TERM "$pid" || exit 1
while is_ours "$pid"; do
    sleep 0.1
done
