"""What of a program's calls is worth a place in the picture."""

from __future__ import annotations

import re

from calls import Call, Strand, is_birth
from words import descriptor

# Start-up of the C library, and what it does on its own account.
LIBRARY = re.compile(r"/(ld-linux[^/]*|ld-[\d.]+\.so|ld\.so)$")
INSIDE = {
    "getaddrinfo", "getnameinfo", "gethostbyname", "getservbyname", "tzset", "localtime",
    "__tz_convert", "setlocale", "iconv_open", "nscd", "getpwnam", "getservbyname_r",
}  # fmt: skip
SYSTEM_FILE = re.compile(
    r"<(?:/usr|/etc|/lib|/lib64|/proc|/sys|/opt|/root/\.pyenv)/|\.pyc?>|/lib/python"
)
SPECIAL = ("socket:", "pipe:", "anon_inode:", "TCP", "UDP", "UNIX")

NETWORK = {
    "socket", "socketpair", "bind", "listen", "accept", "accept4", "connect", "shutdown",
    "setsockopt", "getsockopt", "getsockname", "getpeername", "recvmmsg", "sendmmsg",
}  # fmt: skip
INPUT_OUTPUT = {
    "read", "write", "readv", "writev", "pread64", "pwrite64", "close", "sendfile", "dup",
    "dup2", "dup3", "sendto", "recvfrom", "sendmsg", "recvmsg",
}  # fmt: skip
OTHERS = {
    "fork", "vfork", "clone", "clone3", "execve", "wait4", "waitid", "poll", "ppoll", "select",
    "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
    "epoll_pwait2", "pause", "kill", "tgkill", "tkill", "nanosleep", "clock_nanosleep",
    "exit", "exit_group", "pipe", "pipe2", "unlink", "unlinkat", "mkfifo", "mknod",
    "rt_sigsuspend", "rt_sigtimedwait", "alarm", "signalfd4", "eventfd2", "timerfd_create",
    "timerfd_settime",
}  # fmt: skip


def in_library(call: Call) -> bool:
    if call.frames and LIBRARY.search(call.frames[0][0]):
        return True
    return any(function.lstrip("_") in INSIDE or function in INSIDE
               for _, function, _ in call.frames)  # fmt: skip


def in_syslog(call: Call) -> bool:
    """What syslog(3) prints is the program's; how it looks for a logger is not."""
    return any(
        "syslog" in function or function == "openlog" for _, function, _ in call.frames
    )


def wanted(call: Call, python: bool, talked: bool) -> bool:
    """TALKED: the program has made its first socket."""
    args = call.args
    first = args[0] if args else ""
    if call.name in NETWORK:
        if "AF_NETLINK" in first or re.search(r"nscd|/dev/log", " ".join(args[1:2])):
            return False
        return not in_library(call) and not in_syslog(call)
    if call.name in INPUT_OUTPUT:
        if SYSTEM_FILE.search(first) or in_library(call):
            return False
        fd = descriptor(first)
        if python and not talked:
            return fd is not None and fd <= 2 and call.name == "write"
        if call.name == "close" and in_syslog(call):
            return False
        if call.name == "close" and fd is not None and fd > 2:
            # A file of the program's own is worth it, if it is one.
            return any(f"<{kind}" in first for kind in SPECIAL) or "<" not in first
        return True
    if call.name == "fcntl":
        return "F_SETFL" in args[1:2]
    if call.name == "rt_sigaction":
        named = not first.startswith(("SIGRT", "SIGXF")) and len(args) > 1
        return named and not python and "sa_handler" in args[1]
    if call.name not in OTHERS or in_library(call):
        return False
    return not (python and not talked) or is_birth(call)


def choose(strands: list[Strand], python: bool) -> int:
    """Leaves what is worth drawing in STRANDS; returns how many calls are left out."""
    sockets = [c.start for s in strands for c in s.calls if c.name == "socket"]
    talk = min(sockets, default=0)
    left_out = 0
    for strand in strands:
        kept = []
        for call in strand.calls:
            first = call is strands[0].calls[0]
            if first or wanted(call, python, call.start >= talk):
                kept.append(call)
            else:
                left_out += 1
        strand.calls = kept
    return left_out
