#!/bin/sh
# Another way: a number is what is left of its digits, two names of one file are
# -ef, and the process is gone when its /proc is, or when it is nobody's but the
# one's that waits for it.
set -u
here=$(cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
file=$here/launch_processes.pid
[ -f "$file" ] && [ -r "$file" ] || exit 1
[ "$(wc -l <"$file")" -le 1 ] || exit 1
read -r pid rest <"$file" || [ -n "$pid" ] || exit 1
[ -n "$pid" ] && [ -z "$rest" ] && [ -z "$(printf %s "$pid" | tr -d 0-9)" ] || exit 1
[ "/proc/$pid/exe" -ef "$here/launch_processes" ] || exit 1

kill -s TERM "$pid" || exit 1
while grep -qs '^State:[[:blank:]]*[^ZX[:blank:]]' "/proc/$pid/status"; do
    sleep 0.1
done
