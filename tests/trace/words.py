"""Calls and segments in few words.

A label is a list of pieces, (kind, text). What is cut says by how much:
"Sun Nov"…+18 has eighteen bytes more.
"""

from __future__ import annotations

import re

from calls import Call, is_birth, makes_thread

Pieces = list[tuple[str, str]]

NAMED = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\", 0: "\\0"}
ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9a-f]{2}|.)", re.DOTALL)
LETTERS = {"n": 10, "t": 9, "r": 13, "v": 11, "f": 12, "a": 7, "b": 8, "e": 27}
FD = re.compile(r"^(-?\d+)(<.*>)?$", re.DOTALL)
DATA_ARGUMENT = {"read", "recvfrom", "pread64", "write", "sendto", "pwrite64"}
READS = {"read", "recvfrom", "recvmsg", "readv", "pread64", "recvmmsg"}
WRITES = {"write", "sendto", "sendmsg", "writev", "pwrite64", "sendfile", "sendmmsg"}
WAITS = READS | {
    "accept", "accept4", "connect", "poll", "ppoll", "select", "pselect6",
    "epoll_wait", "epoll_pwait", "epoll_pwait2", "wait4", "waitid", "pause", "nanosleep",
    "clock_nanosleep", "rt_sigsuspend", "rt_sigtimedwait", "futex", "flock",
}  # fmt: skip
LOUD = ("retransmission", "zero window")
SPOKEN = {
    "wait4": "waitpid", "exit_group": "exit", "rt_sigaction": "sigaction",
    "pselect6": "pselect", "epoll_create1": "epoll_create", "pipe2": "pipe",
    "rt_sigprocmask": "sigprocmask", "clock_nanosleep": "nanosleep", "execve": "exec",
    "epoll_pwait": "epoll_wait", "dup3": "dup2", "pread64": "pread", "rt_sigsuspend": "sigsuspend",
}  # fmt: skip


def escaped(data: bytes, first: int | None = None) -> str:
    shown = data if first is None else data[:first]
    return "".join(
        NAMED.get(b, chr(b) if 32 <= b < 127 else f"\\x{b:02x}") for b in shown
    )


def unescaped(text: str) -> bytes:
    """What strace's string stands for."""

    def byte(match: re.Match[str]) -> str:
        word = match[1]
        if word[0] in "01234567":
            return chr(int(word, 8) & 255)
        if word[0] == "x" and len(word) == 3:
            return chr(int(word[1:], 16))
        return chr(LETTERS.get(word, ord(word) & 255))

    return ESCAPE.sub(byte, text).encode("latin-1", "replace")


def string_of(argument: str) -> bytes | None:
    """The bytes of an argument that is a string; None if it is none."""
    if not argument.startswith('"'):
        return None
    return unescaped(argument[1 : argument.rindex('"')] if len(argument) > 1 else "")


def data_of(call: Call) -> bytes | None:
    """What was read or written, as far as strace kept it."""
    if call.name in DATA_ARGUMENT and len(call.args) > 1:
        return string_of(call.args[1])
    if call.name in READS | WRITES:
        found = re.findall(
            r'iov_base="((?:[^"\\]|\\.)*)"', " ".join(call.args), re.DOTALL
        )
        return b"".join(map(unescaped, found)) if found else None
    return None


def quoted(data: bytes, total: int, room: int) -> str:
    """DATA as a string of at most ROOM characters, with how much is left out."""
    if len(data) >= total and total <= room:
        whole = f'"{escaped(data)}"'
        if len(whole) <= room:
            return whole
    for kept in range(min(len(data), total - 1, room), 0, -1):
        text = f'"{escaped(data, kept)}"…+{total - kept}'
        if len(text) <= room:
            return text
    return f"{total} bytes"


def descriptor(argument: str) -> int | None:
    found = FD.match(argument)
    return int(found[1]) if found else None


def fd_words(argument: str) -> str:
    found = FD.match(argument)
    return f"fd {found[1]}" if found and int(found[1]) >= 0 else argument


def address_of(text: str) -> tuple[str, int | None] | None:
    """A socket address as strace writes it: host or path, and port."""
    port = re.search(r"sin6?_port=htons\((\d+)\)", text)
    host = re.search(r'(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]*)"', text)
    if port and host:
        return host[1], int(port[1])
    path = re.search(r'sun_path=(@?)"((?:[^"\\]|\\.)*)"', text)
    if path:
        return path[1] + escaped(unescaped(path[2])), None
    return None


def address_words(text: str) -> str | None:
    address = address_of(text)
    if not address:
        return None
    if address[1] is None:
        return f'"{address[0]}"'
    return f"{address[0]} port {address[1]}"


# ---- Arguments that are said otherwise than strace does ----


def socket_words(call: Call) -> list[str]:
    kinds = [a.replace("|SOCK_CLOEXEC", "") for a in call.args[:2]]
    return kinds


def option_words(call: Call) -> list[str]:
    value = call.args[3].strip("[]") if len(call.args) > 3 else ""
    return [fd_words(call.args[0]), *call.args[2:3], value]


def events_words(text: str) -> str:
    """[{fd=4<…>, events=POLLIN}, …] as fd 4 POLLIN, …"""
    found = re.findall(r"\{fd=(-?\d+)(?:<[^>]*>)?, r?events=([A-Z|0-9x]+)\}", text)
    words = [f"fd {fd} {events}" for fd, events in found if int(fd) >= 0]
    return ", ".join(words) if found else text


def poll_words(call: Call) -> list[str]:
    words = [events_words(call.args[0])] if call.args else []
    timeout = call.args[2] if len(call.args) > 2 else ""
    if timeout.isdecimal():
        words.append(f"{timeout} ms")
    elif timeout not in ("-1", "NULL", ""):
        words.append(timeout)
    return words


def epoll_words(call: Call) -> list[str]:
    words = [fd_words(call.args[0])]
    if call.name == "epoll_ctl" and len(call.args) > 2:
        words += [call.args[1].removeprefix("EPOLL_CTL_"), fd_words(call.args[2])]
        words += re.findall(r"events=([A-Z|0-9x]+)", " ".join(call.args[3:4]))
    return words


def action_words(call: Call) -> list[str]:
    found = re.search(r"sa_handler=(\w+)", " ".join(call.args[1:2]))
    handler = found[1] if found else ""
    plain = {"SIG_IGN": "ignore", "SIG_DFL": "default"}
    return [call.args[0], plain.get(handler, "a handler" if handler else "")]


def takes_fd(call: Call) -> bool:
    return call.name in READS | WRITES or call.name in (
        "close", "listen", "shutdown", "fcntl", "dup", "dup2", "dup3", "getsockopt",
    )  # fmt: skip


def default_words(call: Call) -> list[str]:
    words = []
    for index, argument in enumerate(call.args):
        if FD.match(argument) and ("<" in argument or (index == 0 and takes_fd(call))):
            words.append(fd_words(argument))
        elif argument.startswith("{sa_family"):
            words.append(address_words(argument) or argument)
        elif argument.startswith('"'):
            words.append(f'"{escaped(string_of(argument) or b"")}"')
        else:
            words.append(re.sub(r"<[^>]*>", "", argument))
    return words


def wait_words(call: Call) -> list[str]:
    who = call.args[0] if call.args else ""
    words = ["any child"] if who == "-1" else []
    return words + [a for a in call.args[2:3] if a not in ("0", "NULL")]


def exec_words(call: Call) -> list[str]:
    if call.meaning:
        return [escaped(call.meaning.encode("utf-8", "replace"))]
    found = re.findall(r'"((?:[^"\\]|\\.)*)"', " ".join(call.args[1:2]))
    path = string_of(call.args[0]) if call.args else None
    name = escaped((path or b"").rsplit(b"/", 1)[-1])
    return [" ".join([name, *(escaped(unescaped(word)) for word in found[1:])])]


SAID = {
    "socket": socket_words, "setsockopt": option_words, "poll": poll_words,
    "ppoll": poll_words, "epoll_ctl": epoll_words, "epoll_wait": epoll_words,
    "epoll_pwait": epoll_words, "rt_sigaction": action_words, "wait4": wait_words,
    "execve": exec_words,
}  # fmt: skip


def spoken_name(call: Call) -> str:
    if is_birth(call) or call.name in ("clone", "clone3"):
        return "pthread_create" if makes_thread(call) else "fork"
    # send and recv are sendto and recvfrom without an address.
    if call.name in ("recvfrom", "sendto") and "NULL" in call.args[4:5]:
        return "recv" if call.name == "recvfrom" else "send"
    return SPOKEN.get(call.name, call.name)


def argument_words(call: Call) -> list[str]:
    try:
        if call.name in SAID:
            return [word for word in SAID[call.name](call) if word]
        if call.name in READS | WRITES:
            words = [fd_words(call.args[0])]
            if call.name in ("recvfrom", "sendto"):
                words += [a for a in call.args[3:4] if a.startswith("MSG_")]
                if call.name == "sendto" and len(call.args) > 4:
                    words += [w for w in [address_words(call.args[4])] if w]
            return words
        if call.name in ("accept", "accept4", "getsockname", "getpeername"):
            return [fd_words(call.args[0])]
        if call.name in ("bind", "connect"):
            address = address_words(call.args[1]) or call.args[1]
            return [fd_words(call.args[0]), address]
        if is_birth(call):
            return []
        return default_words(call)
    except (IndexError, ValueError):  # a call that strace cut short
        return [re.sub(r"<[^>]*>", "", a) for a in call.args]


def asked_size(call: Call) -> str:
    if call.name in ("read", "recvfrom", "pread64") and len(call.args) > 2:
        return call.args[2]
    return ""


def data_total(call: Call, data: bytes) -> int:
    if call.name in READS:
        return max(call.value or 0, 0)
    size = (
        call.args[2] if call.name in ("write", "sendto") and len(call.args) > 2 else ""
    )
    return int(size) if size.isdecimal() else max(call.value or 0, len(data))


def time_words(ns: int) -> str:
    if ns < 1000:
        return f"{ns} ns"
    if ns < 1_000_000:
        return f"{ns / 1e3:.0f} µs"
    if ns < 10_000_000:
        return f"{ns / 1e6:.2f} ms"
    if ns < 1_000_000_000:
        return f"{ns / 1e6:.1f} ms"
    return f"{ns / 1e9:.2f} s"


def with_data(call: Call, data: bytes, words: list[str], room: int) -> list[str]:
    """The words with the data second; where there is no room for both, without the rest."""
    total = data_total(call, data)
    whole = len(quoted(data, total, 60))
    rest = sum(len(word) + 2 for word in words)
    if room and room - rest < min(whole, 16):
        del words[1:]
        rest = sum(len(word) + 2 for word in words)
    return [
        *words[:1],
        quoted(data, total, max(room - rest, 0) if room else 60),
        *words[1:],
    ]


def entry_pieces(call: Call, room: int = 0) -> Pieces:
    """The call without its result, in at most ROOM characters (0: as it is)."""
    name, words = spoken_name(call), argument_words(call)
    data = data_of(call) if call.name in WRITES else None
    if data is not None:
        words = with_data(call, data, words, room - len(name) - 2 if room else 0)
    elif call.name in READS:
        words.append(asked_size(call))
    words = [word for word in words if word]
    text = ", ".join(words)
    while room and len(words) > 1 and len(name) + len(text) + 2 > room:
        words.pop()
        text = ", ".join(words) + ", …"
    if room and len(name) + len(text) + 2 > room:
        kept = max(room - len(name) - 8, 1)
        text = f"{text[:kept]}…+{len(text) - kept}" if len(text) > kept else text
    return [("name", name), ("arg", f"({text})")]


def result_words(call: Call) -> str:
    value = call.value
    if value is None:
        return ""
    if call.name in (
        "socket",
        "accept",
        "accept4",
        "dup",
        "dup2",
        "dup3",
        "epoll_create1",
    ):
        return f"fd {value}" if value >= 0 else str(value)
    return str(value)


def result_pieces(call: Call, room: int = 0) -> Pieces:
    """What came of it: = 25 "Sun Nov…"; nothing for what never returns."""
    if call.errno.startswith("ERESTART"):
        return [("error", "interrupted by a signal")]
    if call.value is None:
        return []
    if call.failed:
        return [("error", f"= -1 {call.errno}")]
    if call.name in ("execve", "rt_sigaction"):
        return []
    text = result_words(call)
    pieces: Pieces = [("result", f"= {text}")]
    data = data_of(call) if call.name in READS else None
    space = room - len(text) - 3 if room else 60
    if call.name in READS and call.value == 0:
        pieces.append(("note", " (end)"))
    elif data is not None and space > 5:
        pieces.append(("data", " " + quoted(data, data_total(call, data), space)))
    elif call.name in ("poll", "ppoll") and call.value > 0:
        events = events_words(call.more[1:-1].split("}]")[0] + "}]")
        if not room or len(events) <= space - 2:
            pieces.append(("data", f": {events}"))
    elif (
        call.name in ("getsockname", "accept", "accept4", "recvfrom") and call.args[1:]
    ):
        address = address_words(" ".join(call.args[1:]))
        if address and (not room or len(address) + 7 <= space):
            pieces.append(
                (
                    "data",
                    f" from {address}"
                    if call.name != "getsockname"
                    else f": {address}",
                )
            )
    return pieces


def length(pieces: Pieces) -> int:
    return sum(len(text) for _, text in pieces)


def whole_call(call: Call, room: int) -> Pieces:
    """The call and its result in one line."""
    result = result_pieces(call)
    short = length(result[:1]) + 1
    entry = entry_pieces(call, max(room - short, 16) if room else 0)
    data = data_of(call) if call.name in READS else None
    if (
        room
        and data
        and room - length(entry) - short < min(len(quoted(data, len(data), 99)), 14)
    ):
        # What came matters more than how much was asked for.
        entry = entry[:1] + [("arg", f"({fd_words(call.args[0])}, …)")]
    if room:
        result = result_pieces(call, room - length(entry) - 1)
    if result and room and length(entry) + 1 + length(result) > room:
        result = result[:1]
    return [*entry, ("arg", " "), *result] if result else entry
