#!/bin/sh
# Another way: device and inode say whether two names are one program, and tail
# waits for somebody else's child.
folder=${0%/*}
[ "$folder" = "$0" ] && folder=.
file() {
    stat -L -c %d:%i "$1" 2>/dev/null
}
number=$(cat "$folder/launch_processes.pid" 2>/dev/null)
case $number in
'' | *[!0-9]*) echo "no number in $folder/launch_processes.pid" >&2; exit 2 ;;
esac
program=$(file "$folder/launch_processes")
if [ -z "$program" ] || [ "$(file "/proc/$number/exe")" != "$program" ]; then
    echo "$number is not launch_processes" >&2
    exit 3
fi
kill "$number" && exec tail -s 0.1 -f --pid="$number" /dev/null
