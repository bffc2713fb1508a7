#!/usr/bin/python3
"""board_terminal_test.py: the board in a terminal, and as lines without one.

    tests/kit/board_terminal_test.py BUILD [TEST…]
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from functools import partial

from board_world import DEADLINE_S, HW, World, eventually, named_tests, run


class Lines:
    """terminal.py with pipes."""

    def __init__(self, world: World) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        command = (sys.executable, HW / "terminal.py", "--socket", world.socket)
        self.process = world.start("lines", *command, **pipes)
        self.seen: list[str] = []
        self.rest = b""

    def say(self, line: str) -> None:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def more(self) -> None:
        """Read what is there."""
        output = self.process.stdout.fileno()
        if select.select([output], [], [], 0)[0]:
            *whole, self.rest = (self.rest + os.read(output, 65536)).split(b"\n")
            self.seen += [line.decode() for line in whole]

    def until(self, *words: str) -> None:
        """Read until each of WORDS was in a line."""

        def look() -> bool:
            self.more()
            return all(any(word in line for line in self.seen) for word in words)

        try:
            eventually("", look)
        except AssertionError:
            raise AssertionError(f"{words} not among {self.seen}") from None
        self.seen.clear()

    def end(self) -> int:
        self.say("quit")
        return self.process.wait(DEADLINE_S)


class Screen:
    """terminal.py on a terminal of its own, and a picture of what that shows."""

    def __init__(self, world: World, columns: int = 80, lines: int = 24) -> None:
        self.master, self.slave = pty.openpty()
        self.resize(columns, lines)
        self.before = termios.tcgetattr(self.slave)
        ends = dict.fromkeys(("stdin", "stdout", "stderr"), self.slave)
        command = (
            "env",
            "PYTHONUTF8=1",
            sys.executable,
            HW / "terminal.py",
            "--socket",
            world.socket,
        )
        # The terminal becomes that of its session: Ctrl-C and its size count there.
        session = {
            "start_new_session": True,
            "preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        }
        self.process = world.start("screen", *command, **ends, **session)
        self.world = world
        self.bytes = b""

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(
            self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0)
        )
        self.size = (columns, lines)

    def read(self) -> None:
        while select.select([self.master], [], [], 0)[0]:
            self.bytes += os.read(self.master, 65536)

    def rows(self) -> list[str]:
        """The rows of the last picture that is whole."""
        self.read()
        whole = self.bytes.decode(errors="replace").split("\x1b[H")
        pictures = [picture for picture in whole if "\x1b[J" in picture]
        text = pictures[-1].split("\x1b[J")[0] if pictures else ""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text).split("\n")

    def wait(self, *words: str) -> list[str]:
        def look() -> list[str] | None:
            rows = self.rows()
            return (
                rows
                if all(any(word in row for row in rows) for word in words)
                else None
            )

        return eventually(f"{words} on the screen", look)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def expect_restored(self) -> None:
        """The screen and the terminal's mode are as they were."""
        self.read()
        assert self.bytes.endswith(b"\x1b[?25h\x1b[?1049l"), self.bytes[-40:]
        assert (
            termios.tcgetattr(self.slave) == self.before
        ), "the terminal's mode is another"
        os.close(self.master)
        os.close(self.slave)


class Tests:
    """One board and its processes for all."""

    def __init__(self, world: World) -> None:
        self.world = world

    def lines(self) -> None:
        """Commands come in, events go out."""
        lines = Lines(self.world)
        lines.until(
            "led_process has GPIO17 (led) as an output",
            "button_process has GPIO27 (button) as an input",
        )
        for level, message in (
            ("high: LED on", '"LED ON\\0"  7 bytes'),
            ("low: LED off", '"LED OFF\\0"  8 bytes'),
        ):
            lines.say("press")
            lines.until(
                "GPIO27 (button) falls: low",
                f"led_process sets GPIO17 (led) {level}",
                f"button_process → led_process  {message}",
            )
            lines.say("release")
            lines.until("GPIO27 (button) rises: high")
        lines.say("click")
        lines.until("falls", "rises", "sets GPIO17 (led) high")
        watcher = self.world.watcher()
        lines.say("press")
        lines.until("falls")
        lines.say("nonsense")
        lines.until("error: There is no command 'nonsense'.")
        assert lines.end() == 0
        watcher.until("edge 27 1 ")  # who leaves takes the finger off

    def lines_end(self) -> None:
        """At the end of stdin it goes on watching; Ctrl-C and SIGTERM end it."""
        for number in (signal.SIGINT, signal.SIGTERM):
            lines = Lines(self.world)
            lines.process.stdin.close()
            lines.until("button_process has GPIO27")
            watcher = self.world.watcher()
            watcher.say("note still here")
            lines.until("test still here")
            assert self.world.end("lines", number) == 128 + number
        lines = Lines(self.world)
        lines.until("button_process has GPIO27")
        lines.process.stdout.close()
        watcher.say("note nobody reads")
        assert lines.process.wait(DEADLINE_S) == 1
        assert "Traceback" not in self.world.said("lines")

    def lines_gone(self) -> None:
        """The board goes and comes: it says so and goes on."""
        lines = Lines(self.world)
        lines.until("the board is there")
        self.world.end("board", signal.SIGKILL)
        lines.until("the board has ended")
        self.world.start_board()
        lines.until("the board is there")
        lines.say("press")
        lines.until("GPIO27 (button) falls: low")
        lines.say("release")
        lines.until("GPIO27 (button) rises: high")
        assert lines.end() == 0

    def screen(self) -> None:
        """Space presses; the LED, the owners and the log are on 80 columns."""
        screen = Screen(self.world)
        pids = {name: self.world.running[name].pid for name in ("led", "button")}
        screen.wait(
            "The board   connected",
            f"led_process[{pids['led']}]",
            f"button_process[{pids['button']}]",
        )
        screen.wait(
            "LED",
            "pin 11",
            "330 Ω",
            "GND pin 9",
            "pin 13",
            "GND pin 14",
            "○ Not pressed",
        )
        was_on = any("● On" in row for row in screen.rows())
        screen.type(" ")
        rows = screen.wait(
            "○ Off" if was_on else "● On",
            "button_process → led_process",
            "rises: high",
            "○ Not pressed",
        )
        assert len(rows) == 24 and max(map(len, rows)) <= 80, rows
        screen.type("h")
        screen.wait("● Pressed", "o────o")
        screen.type("h")
        screen.wait("○ Not pressed", "o    o")
        screen.type("b")
        screen.wait("Bounce   on")
        screen.type("b")
        screen.wait("Bounce   off")
        screen.type("q")
        assert screen.process.wait(DEADLINE_S) == 0
        screen.expect_restored()

    def screen_sizes(self) -> None:
        """It is drawn anew when the terminal has another size."""
        screen = Screen(self.world)
        screen.wait("q quit")
        for columns, count in ((60, 18), (120, 40), (20, 5), (80, 24)):
            screen.resize(columns, count)

            def fits() -> bool:
                rows = screen.rows()
                return len(rows) == count and max(map(len, rows)) <= columns

            eventually(f"{columns} by {count}", fits)
        screen.type("\x03")
        assert screen.process.wait(DEADLINE_S) == 128 + signal.SIGINT
        screen.expect_restored()

    def screen_gone(self) -> None:
        """The LED's process, then the board goes: it says so, and goes on."""
        screen = Screen(self.world)
        screen.wait("led_process[")
        self.world.end("led", signal.SIGKILL)
        screen.wait(
            "no process has this line: start it with make run LAB=10",
            f"export GPIO_BOARD={self.world.socket}",
        )
        self.world.end("board", signal.SIGKILL)
        screen.wait(
            "The board has ended. Start it again: make run LAB=10, or make board",
            "? Unknown",
        )
        self.world.start_board()
        screen.wait("The board   connected")
        self.world.end("screen", signal.SIGTERM)
        screen.expect_restored()

    def hostile(self) -> None:
        """What a program notes moves no cursor."""
        screen = Screen(self.world)
        screen.wait("q quit")
        watcher = self.world.watcher()
        watcher.say("note a\x9b2Jb \u202ec 漢字漢字" + "漢" * 60)
        rows = screen.wait("test a\\x9b2Jb \\u202ec")
        assert (
            "\x9b" not in screen.bytes.decode()
            and "\u202e" not in screen.bytes.decode()
        )
        assert all(
            len(row) + row.count("漢") + row.count("字") <= 80 for row in rows
        ), rows
        screen.type("q")
        assert screen.process.wait(DEADLINE_S) == 0
        screen.expect_restored()

    def ascii(self) -> None:
        """Where the terminal knows no more than ASCII, no more is written."""
        master, slave = pty.openpty()
        command = (
            "env",
            "-u",
            "PYTHONUTF8",
            "LC_ALL=POSIX",
            "PYTHONCOERCECLOCALE=0",
            "PYTHONUTF8=0",
        )
        process = self.world.start(
            "ascii",
            *command,
            sys.executable,
            HW / "terminal.py",
            "--socket",
            self.world.socket,
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        told = [b""]

        def look() -> bool:
            if select.select([master], [], [], 0)[0]:
                told[0] += os.read(master, 65536)
            return b"q quit" in told[0]

        eventually("the picture", look)
        assert b"[330 ohm]" in told[0] and told[0].isascii(), told[0]
        os.write(master, b"q")
        assert process.wait(DEADLINE_S) == 0

    def errors(self) -> None:
        """What keeps it from starting is one sentence."""
        command = [sys.executable, str(HW / "terminal.py")]
        ended = subprocess.run(
            [*command, "--socket", "/nonexistent/board"], capture_output=True, text=True
        )
        assert ended.returncode == 1 and ended.stderr.count("\n") == 1, ended.stderr
        assert (
            "/nonexistent/board: No such file or directory" in ended.stderr
        ), ended.stderr
        assert subprocess.run(command, capture_output=True).returncode == 2


def main() -> int:
    with World() as world:
        tests = named_tests("terminal", Tests(world))

        def restored(test: Callable[[], None]) -> None:
            world.restore("led", "button")
            test()

        return run([(name, partial(restored, test)) for name, test in tests])


if __name__ == "__main__":
    sys.exit(main())
