"""watcher.py: what the board's two faces share, page.py and terminal.py.

A Link is a connection to the board's socket, in the protocol of README.md. A
View is what its events amount to: the lines, the bouncing, and a log in words.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, NoReturn

from pins import Wire

MOST_ENTRIES = 400  # of the log; the oldest go
MOST_LINE = 1024  # bytes of a message, as README.md says
PATIENCE_S = 2  # with a board that does not answer
RETRY_S = 0.2  # from one try to reach a board that has gone to the next

TCP_DATA = re.compile(r'tcp (sent|received) (\d+) "(.*)"')
TCP_OTHER = re.compile(r"tcp (connect|accept|refused|closed)(?: (\S+))?")


def printable(text: str) -> str:
    """Whatever a program wrote, made harmless: no control characters."""
    return "".join(
        c
        if c.isprintable()
        else f"\\x{ord(c):02x}"
        if ord(c) < 256
        else f"\\u{ord(c):04x}"
        for c in text
    )


def short(name: str) -> str:
    """led_process[4711] without its pid."""
    return re.sub(r"\[\d+\]$", "", name)


def is_answer(line: str) -> bool:
    return line.split(" ")[0] in ("ok", "error")


class BoardGone(Exception):
    """The board's end of the connection is closed, or never was there."""


class Link:
    """A watcher's connection to the board."""

    def __init__(self, path: str, name: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.rest = b""  # of a line that has not ended yet
        self.unanswered = 2  # of the two lines with which we begin
        self.socket.settimeout(PATIENCE_S)
        try:
            self.socket.connect(path)
            self.say(f"hello {name}[{os.getpid()}]")
            self.say("watch")
        except OSError as error:
            self.socket.close()
            raise BoardGone(f"{path}: {error.strerror or error}") from error
        self.socket.settimeout(None)

    def say(self, line: str) -> None:
        """Never waits: a board that takes no line now has stopped reading."""
        data = line.encode() + b"\n"
        try:
            sent = self.socket.send(data, socket.MSG_DONTWAIT)
        except OSError as error:
            raise BoardGone("The board has gone.") from error
        if sent < len(data):
            raise BoardGone("The board does not read.")

    def lines(self) -> list[str]:
        """Wait for what comes next, and return the lines that are whole: events,
        and the answers to what the caller said."""
        try:
            piece = self.socket.recv(65536)
        except OSError as error:
            raise BoardGone("The board has gone.") from error
        *whole, self.rest = (self.rest + piece).split(b"\n")
        if not piece or len(self.rest) > MOST_LINE:
            raise BoardGone("The board has gone.")
        lines = [printable(line.decode(errors="backslashreplace")) for line in whole]
        while self.unanswered and any(map(is_answer, lines)):
            lines.remove(next(filter(is_answer, lines)))
            self.unanswered -= 1
        return lines

    def close(self) -> None:
        self.socket.close()


@dataclass
class Line:
    direction: str = "free"  # or "in", "out"
    level: int = 1
    owner: str = ""


@dataclass
class Entry:
    """A line of the log."""

    at: float  # seconds after the View began
    kind: str  # "fall", "rise", "low", "high", "line", "tcp", "note", "up", "down"
    who: str
    text: str
    to: str = ""  # whom the bytes went to
    data: str = ""  # the bytes, quoted and escaped by who noted them

    def words(self) -> str:
        if self.to:
            return f"{self.who} → {self.to}  {self.data}  {self.text}"
        return f"{self.who} {self.text}"


@dataclass
class View:
    """What a watcher knows."""

    wires: dict[str, Wire]
    up: bool = False
    bounce: bool = False
    lines: dict[int, Line] = field(default_factory=dict)
    log: deque[Entry] = field(default_factory=lambda: deque(maxlen=MOST_ENTRIES))

    def __post_init__(self) -> None:
        self.began = self.newest = time.monotonic_ns()
        self.peers: dict[str, str] = {}  # whom a process last had to do with
        # Bytes that one end has noted and the other not yet: what, who, data.
        self.loose: deque[tuple[str, str, str]] = deque(maxlen=16)

    def part(self, name: str) -> Line:
        """The line of the "led" or the "button"."""
        return self.lines.get(self.wires[name].offset) or Line(level=name == "button")

    def lit(self) -> bool:
        return self.up and self.part("led").level == 1

    def called(self, offset: int) -> str:
        """A line in words."""
        for name, wire in self.wires.items():
            if wire.offset == offset:
                return f"GPIO{offset} ({name})"
        return f"GPIO{offset}"

    def came(self) -> list[Entry]:
        """A board is there; its watch tells all that it knows."""
        self.up = True
        self.lines.clear()
        return [self.add("up", "the board", "is there")]

    def went(self) -> list[Entry]:
        self.up = False
        self.lines.clear()
        self.peers.clear()
        self.loose.clear()
        return [self.add("down", "the board", "has ended")]

    def add(self, kind: str, who: str, text: str, **more: Any) -> Entry:
        # An edge brings its own time, which may be before that of news that
        # overtook it on their way to us; the log's times never go back.
        self.newest = max(self.newest, more.pop("time_ns", time.monotonic_ns()))
        at = round((self.newest - self.began) / 1e9, 6)
        entry = Entry(at, kind, short(who), text, **more)
        self.log.append(entry)
        return entry

    def take(self, event: str) -> list[Entry]:
        """Take an event, and return what it adds to the log."""
        words = event.split(" ")
        try:
            if words[0] == "line":
                return self.take_line(
                    int(words[1]), Line(words[2], int(words[3]), "".join(words[4:]))
                )
            if words[0] == "edge":
                return self.take_edge(*(int(word) for word in words[1:]))
            if words[0] == "bounce":
                self.bounce = words[1] == "on"
            if words[0] == "note":
                return [self.take_note(words[1], " ".join(words[2:]))]
        except (ValueError, IndexError, TypeError):
            return [self.add("note", "the board", f"says what is no event: {event}")]
        return []

    def take_edge(self, offset: int, level: int, time_ns: int) -> list[Entry]:
        self.lines.setdefault(offset, Line()).level = level
        kind, way = ("rise", "rises: high") if level else ("fall", "falls: low")
        return [self.add(kind, self.called(offset), way, time_ns=time_ns)]

    def take_line(self, offset: int, now: Line) -> list[Entry]:
        before = self.lines.get(offset, Line())
        self.lines[offset] = now
        called = self.called(offset)
        entries = []
        if before.owner and before.owner != now.owner:
            entries.append(self.add("line", before.owner, f"has given up {called}"))
        level = "high" if now.level else "low"
        if offset == self.wires["led"].offset:
            level += ": LED on" if now.level else ": LED off"
        if now.owner and before.owner != now.owner:
            way = "an input" if now.direction == "in" else f"an output, {level}"
            entries.append(self.add("line", now.owner, f"has {called} as {way}"))
        elif now.direction == "out" and before.level != now.level:
            kind = "high" if now.level else "low"
            entries.append(self.add(kind, now.owner, f"sets {called} {level}"))
        return entries

    def take_note(self, who: str, text: str) -> Entry:
        data = TCP_DATA.fullmatch(text)
        if data:
            return self.take_bytes(who, data[1], int(data[2]), f'"{data[3]}"')
        other = TCP_OTHER.fullmatch(text)
        if not other:
            return self.add("note", who, text)
        what, address = other[1], other[2] or ""
        self.peers[who] = address
        say = {
            "connect": f"connects to {address}",
            "accept": f"accepts {address}",
            "refused": f"is refused by {address}: nobody listens there",
            "closed": "closes the connection",
        }
        return self.add("tcp", who, say[what])

    def take_bytes(self, who: str, what: str, size: int, data: str) -> Entry:
        """Bytes that one end of a connection has noted. Whose the other end is
        follows from what that one notes, before or after this."""
        peer = self.peers.get(who) or "?"
        for loose in self.loose:
            if loose[0] != what and loose[1] != who and loose[2] == data:
                self.loose.remove(loose)
                peer = short(loose[1])
                break
        else:
            self.loose.append((what, who, data))
        sender, receiver = (who, peer) if what == "sent" else (peer, short(who))
        text = f"{size} byte{'' if size == 1 else 's'} {what}"
        return self.add("tcp", sender, text, to=receiver, data=data)


def fail(program: str, why: object) -> NoReturn:
    sys.exit(f"{program}: {why}")


def end_at_signals() -> None:
    """Ctrl-C and SIGTERM end the program at once, through its cleanup."""

    def end(number: int, _frame: object) -> NoReturn:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
