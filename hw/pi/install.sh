# install.sh: installs lab 10's programs on this Raspberry Pi, or takes them
# away. hw/pi/flash sends it here over ssh, and a shell of root's runs it:
#
#     install ARCH BYTES   on stdin a tar archive: two programs, two units
#     remove
#
# It says lines of a keyword and a text, for hw/pi/flash; the last one is "done",
# or "fail" with the reason and "back" with what is there now.
#
# All is one folder, so that two renames switch from one version to the next. As
# long as $before is there, nothing counts: whatever ends this script, a signal
# or the connection, puts that back, and after a power cut the next run does.
# shellcheck shell=sh disable=SC2086,SC2154 # lists of words; what eval sets
set -u
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin

lab=/opt/socket-lab
new=/opt/.socket-lab.new       # unpacked, not yet used
before=/opt/.socket-lab.before # what was there; empty: nothing was
old=/opt/.socket-lab.old       # needed no more
units="lab-led.service lab-button.service"
TRIES=50 # of 0.2 s, for what takes far less on any Pi
PORT_HEX=15B3 # 5555
watcher=''

say() {
    printf '%s\n' "$*"
}

fail() {
    say "fail $*"
    exit 1
}

quietly() {
    "$@" >/dev/null 2>&1
}

# ---- As it was ----

# What runs and starts with the Pi before we touch it.
remember() {
    running='' enabled=''
    for unit in $units; do
        ! quietly systemctl is-active "$unit" || running="$running $unit"
        ! quietly systemctl is-enabled "$unit" || enabled="$enabled $unit"
    done
}

# stop_and_disable "UNIT...": the latter not for those.
stop_and_disable() {
    quietly systemctl stop $units
    for unit in $units; do
        case " $1 " in
        *" $unit "*) ;;
        *) quietly systemctl disable --no-reload "$unit" ;;
        esac
    done
}

# After files of units came or went. What has failed is listed until forgotten.
reload() {
    quietly systemctl daemon-reload
    quietly systemctl reset-failed $units
}

roll_back() {
    trap '' HUP INT TERM PIPE
    [ -z "$watcher" ] || kill "$watcher"
    rm -rf "$new" "$old"
    if [ ! -d "$before" ]; then
        say "back nothing was changed"
        return
    fi
    [ -e "$before/lab-led.service" ] || enabled='' # there was nothing
    stop_and_disable "$enabled"
    rm -rf "$lab"
    if rmdir "$before" 2>/dev/null; then
        reload
        say "back nothing was left there"
        return
    fi
    mv "$before" "$lab"
    reload
    if [ -z "$running" ] || quietly systemctl start $running; then
        say "back the older version is in its place again"
    else
        say "back the older version is in its place again, but does not start"
    fi
}

# A flash that lost its power: as if that had rolled back.
recover() {
    [ -d "$before" ] || return 0
    running=$units enabled=$units
    roll_back >/dev/null
}

# ---- Is this a Pi for it? ----

check_system() {
    [ -d /run/systemd/system ] ||
        fail "The Pi does not run systemd, which is to start the programs: use Raspberry Pi OS or Debian."
    for tool in tar head timeout flock systemctl journalctl; do
        command -v "$tool" >/dev/null || fail "The Pi has no '$tool', which make flash needs there."
    done
    [ -d /opt ] || mkdir /opt || fail "The Pi has no /opt, and none can be made."
    # The lock is this shell's: it goes when that ends.
    exec 9</opt && flock -n 9 ||
        fail "Another make flash is at work on this Pi: let that end first."
}

check_arch() {
    machine=$(uname -m)
    case $1:$machine in
    arm64:aarch64 | armhf:aarch64 | armhf:armv7l | armhf:armv8l) ;;
    arm64:armv7l | arm64:armv8l)
        fail "The Pi has a 32-bit kernel ($machine) and cannot run arm64 programs: say ARCH=armhf." ;;
    *:armv6l)
        fail "The Pi is an $machine: a Pi 1 or Zero cannot run Debian's armhf programs, nor arm64 ones." ;;
    *) fail "The machine is a $machine, no Raspberry Pi: programs for $1 do not run there." ;;
    esac
}

check_chip() {
    for chip in /dev/gpiochip*; do
        [ -c "$chip" ] || fail "The Pi has no GPIO chip (/dev/gpiochip0): is it a Raspberry Pi?"
    done
}

check_foreign() {
    [ ! -e "$lab" ] || [ -e "$lab/lab-led.service" ] ||
        fail "On the Pi $lab is something else, which make flash did not put there: move it away."
    for unit in $units; do
        link=/etc/systemd/system/$unit
        if [ -e "$link" ] && [ "$(readlink "$link")" != "$lab/$unit" ]; then
            fail "On the Pi $link is something else, which make flash did not put there: move it away."
        fi
    done
}

check_space() {
    free=$(df -Pk /opt | { read -r _; read -r _ _ _ free _; echo "$free"; })
    need=$(($1 / 1024 + 256))
    [ "$free" -ge "$need" ] ||
        fail "The Pi has no space: /opt needs $need KiB free, and has $free."
}

# The process ids of those who listen on the port.
listeners() {
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        while read -r _ local _ state _ _ _ _ _ inode _; do
            [ "${local#*:}:$state" = $PORT_HEX:0A ] || continue
            find /proc/[0-9]*/fd -lname "socket:\[$inode\]" 2>/dev/null
        done | cut -d / -f 3 | sort -u
}

check_port() {
    for pid in $(listeners); do
        grep -q lab-led.service "/proc/$pid/cgroup" ||
            fail "Port 5555 of the Pi is taken by $(cat "/proc/$pid/comm") (process $pid): end that first."
    done
}

# ---- Installing ----

# Without a group that has all chips it takes root: but one without any
# capability, so with nothing but root's own files, of which it sees few.
choose_user() {
    user=group
    grep -q '^gpio:' /etc/group || user=root
    for chip in /dev/gpiochip*; do
        case $(stat -c '%A %G' "$chip") in
        c???rw*' gpio') ;;
        *) user=root ;;
        esac
    done
    [ $user = group ] ||
        sed -i -e 's/^DynamicUser=.*/User=root/' -e '/^SupplementaryGroups=/d' "$new"/*.service
}

unpack() {
    why=$(mkdir -m 755 "$new" 2>&1) || fail "The Pi cannot write to /opt: ${why##*: }."
    # Neither may wait for ever on a connection that is no more.
    if ! why=$(timeout 300 head -c "$1" | tar -x -f - -C "$new" 2>&1); then
        case $why in
        *'No space left'*) fail "The Pi has no space left in /opt for the programs." ;;
        *) fail "The programs did not arrive whole on the Pi." ;;
        esac
    fi
    choose_user || fail "The Pi cannot write to /opt: is there space left?"
    sync # or a power cut could leave names without contents
}

# hw/pi/flash holds its end of stdin open as long as it wants this to go on.
watch_connection() {
    exec 3<&0
    (
        cat <&3
        kill -TERM $$
    ) >/dev/null 2>&1 9<&- &
    watcher=$!
}

switch() {
    if [ -d "$lab" ]; then
        mv "$lab" "$before"
    else
        mkdir "$before"
    fi || fail "The Pi cannot write to /opt."
    quietly systemctl stop $units
    mv "$new" "$lab" || fail "The Pi cannot write to /opt."
    why=$(systemctl enable -q --no-reload "$lab/lab-led.service" "$lab/lab-button.service" 2>&1) ||
        fail "The Pi's systemd does not take the units: $why"
    reload
}

# ---- Does it work? ----

# Where the log is. Not --after-cursor: with a match that skips a line too many.
mark_log() {
    quietly journalctl --sync # which leaves a line of its own
    cursor=$(journalctl -q -n 1 --show-cursor | sed -n 's/^-- cursor: //p')
}

# What the log says from there on: log MATCH...
log() {
    quietly journalctl --sync
    journalctl -q -o cat --cursor="$cursor" "$@"
}

program_of() {
    echo "$1" | sed 's/lab-\(.*\).service/\1_process/'
}

# The reason in a sentence, and the program's own words.
fail_unit() {
    words=$(log _SYSTEMD_UNIT="$1" _TRANSPORT=stdout | tail -n 3)
    printf '%s\n' "$words" | sed -n 's/^./said &/p'
    case $words in
    *usage:*) fail "$(program_of "$1") does not take the option --chip raspberry-pi." ;;
    *) fail "$2" ;;
    esac
}

# How a program has ended that was started again meanwhile, in systemd's words.
how_ended() {
    log UNIT="$1" | sed -n 's/.*Main process exited, code=\([a-z]*\), status=\([0-9]*\).*/\1 \2/p' |
        head -n 1
}

# Once started, it must not end, not even to be started again.
check_up() {
    eval "$(systemctl show -p ActiveState,NRestarts,MainPID "$1")"
    [ "$ActiveState:$NRestarts" != active:0 ] || return 0
    ended=$(how_ended "$1")
    case $ended in
    'exited 203') how="cannot be run" ;;
    exited*) how="ended with exit status ${ended#* }" ;;
    ?*) how="was ended by signal ${ended#* }" ;;
    *) how="ended" ;;
    esac
    fail_unit "$1" "$(program_of "$1") $how on the Pi."
}

# wait_for UNIT CONDITION...: until that holds; 1 if it does not come to hold.
wait_for() {
    unit=$1 tries=0
    shift
    while check_up "$unit" && ! "$@"; do
        tries=$((tries + 1))
        [ $tries -lt $TRIES ] || return 1
        sleep 0.2
    done
}

# The kernel calls them gpio-line, gpio-linehandle, gpio-event.
has_line() {
    ls -l "/proc/$MainPID/fd" 2>/dev/null | grep -q 'anon_inode:\[*gpio-'
}

led_said() {
    log _SYSTEMD_UNIT=lab-led.service | grep -q "$1"
}

start_and_verify() {
    mark_log
    for unit in $units; do
        quietly systemctl start "$unit"
        wait_for "$unit" has_line ||
            fail_unit "$unit" "$(program_of "$unit") runs on the Pi, but opens no GPIO line: does it know --chip?"
    done
    for status in On Off; do
        say "ask LED $(echo $status | tr nf NF)"
        wait_for lab-led.service led_said "LED Status: $status" ||
            fail_unit lab-led.service "led_process was told so on port 5555, and did not say 'LED Status: $status'."
    done
    for unit in $units; do
        check_up "$unit"
    done
}

describe() {
    say "model $(tr -d '\0' </proc/device-tree/model 2>/dev/null)"
    say "user $user"
    check_up lab-led.service
    chip=$(ls -l "/proc/$MainPID/fd" | sed -n 's/.*-> .dev.\(gpiochip[0-9]*\)$/\1/p' | head -n 1)
    label=$(sed -n "s/^$chip: .*parent: [^,]*, \([^,:]*\).*/\1/p" /sys/kernel/debug/gpio 2>/dev/null)
    say "chip /dev/$chip${label:+ ($label)}"
}

install() {
    check_system
    recover
    trap roll_back EXIT
    trap 'exit 1' HUP INT TERM PIPE
    remember
    check_arch "$1"
    check_chip
    check_foreign
    check_space "$2"
    check_port
    rm -rf "$new" "$old"
    unpack "$2"
    watch_connection
    switch
    start_and_verify
    describe
    trap '' HUP INT TERM PIPE
    trap - EXIT
    kill "$watcher"
    mv "$before" "$old" # from here on the new version is the one
    [ ! -e "$old/lab-led.service" ] || say "replaced"
    rm -rf "$old"
    say "done"
}

# ---- Taking it away ----

remove() {
    check_system
    recover
    trap '' HUP INT TERM PIPE
    rm -rf "$new" "$old"
    check_foreign
    if [ ! -d "$lab" ]; then
        say "done nothing"
        exit
    fi
    stop_and_disable ''
    # By another name it is gone at once, whatever comes in between.
    mv "$lab" "$old" && rm -rf "$old" || fail "The Pi cannot remove $lab."
    reload
    say "done"
}

say "hello"
"$@"
