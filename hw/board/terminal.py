#!/usr/bin/env python3
"""The board in a terminal.

    hw/board/terminal.py --socket PATH

Space presses the push button for a moment, h holds it or lets it go, b makes
its contacts bounce or not, q ends.

Where stdin or stdout is no terminal, each event is a line, and stdin gives
commands, a line each: press, release, click, bounce on, bounce off, quit. At
the end of stdin it goes on watching.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import selectors
import shlex
import shutil
import signal
import socket
import sys
import termios
import textwrap
import time
import tty
import unicodedata
from collections import deque
from collections.abc import Iterator

from pins import read_pins
from watcher import RETRY_S, BoardGone, Entry, Line, Link, View
from watcher import end_at_signals, fail, is_answer

CLICK_S = 0.1  # how long a press lasts that says no end
FINGER_S = 0.06  # no finger is faster; what is, a program may take for bouncing
HELP = "Space press    h hold    b bounce    q quit"
NOBODY = "no process has this line: start it with make run LAB=10"
BOLD, FAINT, REVERSE, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[7m", "\x1b[0m"
# For terminals that know no more than ASCII.
ASCII = str.maketrans(
    {
        "─": "-",
        "▶": ">",
        "●": "*",
        "○": "o",
        "→": "->",
        "Ω": "ohm",
        "·": "-",
        "…": "~",
        "µ": "u",
    }
)


class Face:
    """The board, stdin and the clock: what both kinds of face stand on."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.view = View(read_pins())
        self.button = self.view.wires["button"].offset
        self.complaint = ""  # of the board, about the last command
        self.asked: deque[str] = deque()  # what the board has not answered yet
        self.moves: deque[tuple[float, str]] = deque()  # after how long, what
        self.moved = 0.0  # when the last of them was done
        self.held = False  # the button, by us
        self.is_over = False
        self.link: Link | None = Link(path, "terminal")
        self.selector = selectors.PollSelector()
        self.selector.register(self.link.socket, selectors.EVENT_READ, self.listen)
        self.selector.register(0, selectors.EVENT_READ, self.read_input)

    def run(self) -> None:
        self.show(self.view.came())
        try:
            while self.moves or not self.is_over:
                for key, _ in self.selector.select(self.wait()):
                    key.data()
                self.do_what_is_due()
        finally:
            if self.held:
                self.say(f"release {self.button}")

    def due(self) -> float | None:
        """When the finger moves next. Before its last move is done nobody knows:
        on a busy machine the board may be late."""
        if not self.moves or any(
            words.endswith(f" {self.button}") for words in self.asked
        ):
            return None
        return self.moved + self.moves[0][0]

    def wait(self) -> float | None:
        """How long nothing is due, in seconds; None: not before something comes."""
        if not self.link:
            return RETRY_S
        due = self.due()
        return None if due is None else max(0, due - time.monotonic())

    def do_what_is_due(self) -> None:
        due = self.due()
        if due is not None and due <= time.monotonic():
            what = self.moves.popleft()[1]
            self.held = what == "press"
            self.say(f"{what} {self.button}")
        if self.link:
            return
        with contextlib.suppress(BoardGone):
            self.link = Link(self.path, "terminal")
            self.selector.register(self.link.socket, selectors.EVENT_READ, self.listen)
            self.show(self.view.came())

    def listen(self) -> None:
        entries = []
        try:
            for line in self.link.lines() if self.link else []:
                if is_answer(line):
                    self.take_answer(line)
                else:
                    entries += self.view.take(line)
        except BoardGone:
            self.lose_board()
        self.show(entries)

    def take_answer(self, answer: str) -> None:
        if self.asked and self.asked.popleft().endswith(f" {self.button}"):
            self.moved = time.monotonic()
        if answer.startswith("error "):
            self.complain(answer.removeprefix("error "))

    def lose_board(self) -> None:
        self.selector.unregister(self.link.socket)
        self.link.close()
        self.link = None
        self.moves.clear()
        self.asked.clear()
        self.held = False
        self.show(self.view.went())

    def say(self, line: str) -> None:
        """To the board; if it has gone, listen will find that out."""
        with contextlib.suppress(BoardGone):
            if self.link:
                self.link.say(line)
                self.asked.append(line)

    def obey(self, command: str) -> None:
        self.complaint = ""
        if command == "click":
            self.move("press")
            self.move("release", CLICK_S)
        elif command in ("press", "release"):
            self.move(command)
        elif command in ("bounce on", "bounce off"):
            self.say(command)
        elif command == "quit":
            self.is_over = True
        elif command:
            self.complain(f"There is no command {command!r}.")

    def move(self, what: str, after: float = FINGER_S) -> None:
        self.moves.append((after, what))

    def complain(self, sentence: str) -> None:
        raise NotImplementedError

    def show(self, entries: list[Entry]) -> None:
        raise NotImplementedError

    def read_input(self) -> None:
        raise NotImplementedError


class Lines(Face):
    """Each event is a line."""

    typed = b""  # of a line that has not ended yet

    def read_input(self) -> None:
        piece = b""
        with contextlib.suppress(OSError):
            piece = os.read(0, 4096)
        if not piece:
            self.selector.unregister(0)
        *lines, self.typed = (self.typed + piece).split(b"\n")
        self.typed = self.typed[-80:]  # no command is longer
        for line in lines:
            self.obey(line.decode(errors="replace").strip())

    def complain(self, sentence: str) -> None:
        print(f"error: {sentence}", flush=True)

    def show(self, entries: list[Entry]) -> None:
        for entry in entries:
            print(f"{entry.at:9.3f} s  {entry.words()}", flush=True)


def fitted(text: str, width: int) -> str:
    """TEXT cut to WIDTH columns, with a mark where it is cut."""
    columns = fits = 0  # fits: characters that leave room for the mark
    for i, char in enumerate(text):
        if not unicodedata.combining(char):
            columns += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if columns > width:
            return text[:fits] + "…"
        if columns < width:
            fits = i + 1
    return text


class Screen(Face):
    """The whole terminal, drawn anew when something happens."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        resized, signalled = socket.socketpair()
        signalled.setblocking(False)
        self.resized = (resized, signalled)
        signal.set_wakeup_fd(signalled.fileno())
        signal.signal(signal.SIGWINCH, lambda *_: None)
        self.selector.register(resized, selectors.EVENT_READ, self.resize)

    def resize(self) -> None:
        self.resized[0].recv(4096)
        self.show([])

    def read_input(self) -> None:
        keys = os.read(0, 1024).decode(errors="replace")
        if not keys:  # the terminal has gone
            self.is_over = True
        bounce = "off" if self.view.bounce else "on"
        held = self.view.part("button").level == 0
        commands = {
            " ": "click",
            "h": "release" if held else "press",
            "b": f"bounce {bounce}",
            "q": "quit",
        }
        for key in keys:
            if key != " " or not self.moves:  # one that repeats by itself is no queue
                self.obey(commands.get(key, ""))

    def complain(self, sentence: str) -> None:
        self.complaint = sentence

    def show(self, _: list[Entry]) -> None:
        size = shutil.get_terminal_size()
        rows = []
        for text, style in self.rows(size.columns, size.lines):
            row = fitted(text, size.columns)
            rows.append(
                style
                + (row if self.is_utf8 else row.translate(ASCII))
                + PLAIN
                + "\x1b[K"
            )
        sys.stdout.write("\x1b[H" + "\r\n".join(rows[: size.lines]) + "\x1b[J")
        sys.stdout.flush()

    def rows(self, width: int, height: int) -> list[tuple[str, str]]:
        """The picture, row by row, each with its style."""
        view = self.view
        state = (
            "connected"
            if view.up
            else "The board has ended. Start it again: make run LAB=10, or make board"
        )
        top = [
            ("The board   " + state, BOLD if view.up else REVERSE),
            ("", ""),
            *self.part_rows("led"),
            *self.part_rows("button"),
            (f"Bounce   {'on: one press is many edges' if view.bounce else 'off'}", ""),
            *self.other_rows(),
            *self.way_rows(width),
            ("", ""),
        ]
        bottom = [(self.complaint, REVERSE), (HELP, FAINT)]
        log = self.log_rows(width, max(0, height - len(top) - len(bottom)))
        return top + log + bottom

    def part_rows(self, part: str) -> Iterator[tuple[str, str]]:
        """The LED or the button as a circuit, and whose line it is."""
        wire, line = self.view.wires[part], self.view.part(part)
        on = line.level == (1 if part == "led" else 0)
        if part == "led":
            name, words = "LED", ("On", "Off")
            circuit = f"─▶|──[{wire.ohm} Ω]─"
        else:
            name, words = "Button", ("Pressed", "Not pressed")
            circuit = "───o────o────" if on else "───o    o────"
        if self.view.up:
            state = f"● {words[0]}" if on else f"○ {words[1]}"
            owner = self.owner(line)
        else:
            state, owner = "? Unknown", ""
        way = f"{name:8} GPIO{wire.offset} pin {wire.pin} ──{circuit:─<14}─ GND pin "
        yield f"{way}{wire.ground:<5}{state}", BOLD if on and self.view.up else ""
        yield " " * 9 + owner, FAINT if line.owner else BOLD

    def owner(self, line: Line) -> str:
        level = "high" if line.level else "low"
        return f"{level}, {line.owner}" if line.owner else NOBODY

    def other_rows(self) -> Iterator[tuple[str, str]]:
        known = [wire.offset for wire in self.view.wires.values()]
        for offset, line in sorted(self.view.lines.items()):
            if offset not in known and line.owner:
                yield f"Other    GPIO{offset}, {line.direction}, {self.owner(line)}", ""

    def way_rows(self, width: int) -> list[tuple[str, str]]:
        """How a process comes to this board, while one is missing."""
        if all(self.view.part(part).owner for part in self.view.wires):
            return []
        way = f"There    export GPIO_BOARD={shlex.quote(self.path)}"
        return [
            (row, FAINT) for row in textwrap.wrap(way, width, break_on_hyphens=False)
        ]

    def log_rows(self, width: int, height: int) -> list[tuple[str, str]]:
        """The end of the log, as much as there is room for."""
        rows: list[str] = []
        for entry in reversed(self.view.log):
            text = f"{entry.at:9.3f} s  {entry.words()}"
            wrapped = textwrap.wrap(
                text, width, subsequent_indent=" " * 13, drop_whitespace=False
            )
            rows[:0] = wrapped
            if len(rows) >= height:
                break
        rows = rows[max(0, len(rows) - height) :]
        return [(row, "") for row in rows + [""] * (height - len(rows))]


@contextlib.contextmanager
def whole_terminal() -> Iterator[None]:
    """Keys come one by one, and the screen is ours; at the end it is as it was."""
    before = termios.tcgetattr(0)
    sys.stdout.write("\x1b[?1049h\x1b[?25l")
    try:
        tty.setcbreak(0)
        mode = termios.tcgetattr(0)
        mode[6][termios.VSUSP] = b"\0"  # Ctrl-Z would leave the screen as it is
        termios.tcsetattr(0, termios.TCSANOW, mode)
        yield
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)
        sys.stdout.write("\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()


def main() -> int:
    end_at_signals()
    parser = argparse.ArgumentParser(description="The board in a terminal.")
    parser.add_argument("--socket", required=True, metavar="PATH", help="of the board")
    args = parser.parse_args()
    try:
        if os.isatty(0) and os.isatty(1):
            screen = Screen(args.socket)
            with whole_terminal():
                screen.run()
        else:
            sys.stdout.reconfigure(errors="replace")
            Lines(args.socket).run()
    except BoardGone as error:
        fail("terminal.py", f"{error}. Is the board running? make board starts it.")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads on
        return 1
    except (OSError, ValueError) as error:
        fail("terminal.py", error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
