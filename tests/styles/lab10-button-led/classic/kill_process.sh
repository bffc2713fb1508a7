#!/bin/sh
# Another way: what ps says of the process, and awk to read the file.
cd "$(dirname "$0")" || exit 1
[ -r launch_processes.pid ] || { echo "kill_process.sh: nothing to do" >&2; exit 0; }
pid=$(awk 'NR == 1 && NF == 1 && /^[1-9][0-9]*$/ { print }' launch_processes.pid)
[ -n "$pid" ] || { echo "kill_process.sh: no number" >&2; exit 1; }
name=$(ps -p "$pid" -o comm= 2>/dev/null)
case $name in
launch_processe*) ;;
*) echo "kill_process.sh: not ours" >&2; exit 1 ;;
esac
kill -INT "$pid"
while ps -p "$pid" >/dev/null 2>&1; do
    sleep 0.2
done
rm -f launch_processes.pid
