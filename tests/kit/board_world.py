"""board_world.py: what the tests of the board's faces share: the processes
of lab 10 on a board, a browser, and waiting for what must come.

Nothing here waits for a fixed time: a test waits until a condition holds, and
fails when it has not for DEADLINE_S, which no working machine needs.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

DEADLINE_S = 60
HW = Path("hw/board").resolve()
BUILD = Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
LAB10 = BUILD / "solutions/lab10-button-led"

T = TypeVar("T")


def eventually(what: str, look: Callable[[], T]) -> T:
    """Wait until LOOK returns something true, and return that."""
    deadline = time.monotonic() + DEADLINE_S
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.005)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class World:
    """A board, the two processes of lab 10 on it, and the page's server."""

    def __init__(self) -> None:
        # A socket's path has 107 bytes at most, unix(7).
        where = BUILD if len(str(BUILD)) < 80 else None
        self.folder = Path(tempfile.mkdtemp(prefix="board-", dir=where))
        self.socket = str(self.folder / "socket")
        self.running: dict[str, subprocess.Popen[str]] = {}
        self.led_port = free_port()
        self.url = ""

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.running):
            self.end(name, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name: str, *command: object, **more: Any) -> subprocess.Popen[str]:
        if name in self.running:  # what a test that failed has left
            self.end(name, signal.SIGKILL)
        # The tap tells the board what the program does with TCP.
        tap = str(BUILD / "hw/tap.so") if name in ("led", "button") else ""
        environment = {
            **os.environ,
            "GPIO_BOARD": self.socket,
            "BUTTON_FIFO": str(self.folder / "fifo"),
            "LD_PRELOAD": tap,
        }
        with open(self.folder / f"{name}.log", "a") as log:
            words = [str(word) for word in command]
            more = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **more}
            process = subprocess.Popen(words, env=environment, text=True, **more)
        self.running[name] = process
        return process

    def end(self, name: str, number: int = signal.SIGTERM) -> int:
        process = self.running.pop(name)
        process.send_signal(number)
        return process.wait(DEADLINE_S)

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def gave_up(self) -> bool:
        """Has the button's process given a press up?"""
        return "not delivered" in self.said("button")

    def start_board(self) -> None:
        for left in (self.socket, self.folder / "board.log"):  # of one that was killed
            Path(left).unlink(missing_ok=True)
        self.start("board", BUILD / "hw/board", "-s", 1, self.socket)
        eventually("the board", lambda: "listening" in self.said("board"))

    def start_led(self) -> int:
        return self.start("led", LAB10 / "led_process", self.led_port).pid

    def start_button(self) -> int:
        return self.start(
            "button", LAB10 / "button_process", "localhost", self.led_port
        ).pid

    def start_page(self) -> None:
        """Starts the page's server, at the address of last time if there was one."""
        (self.folder / "page.log").unlink(missing_ok=True)
        remember = self.folder / "address"
        self.start(
            "page",
            sys.executable,
            HW / "page.py",
            "--socket",
            self.socket,
            "--remember",
            remember,
        )
        pattern = re.compile(r"http://127\.0\.0\.1:(\d+)/([\w-]+)/")
        found = eventually(
            "the page's address", lambda: pattern.search(self.said("page"))
        )
        self.url, self.port, self.secret = found[0], int(found[1]), found[2]

    def restore(self, *names: str) -> None:
        """Starts what of the board and NAMES does not run, or has lost its line."""
        for name in ("board", *names):
            if self.has_ended(name) or (
                name in ("led", "button") and not self.owns(name)
            ):
                if name in self.running:
                    self.end(name, signal.SIGKILL)
                getattr(self, f"start_{name}")()
        for name in {"led", "button"}.intersection(names):
            eventually(f"the line of {name}_process", lambda: self.owns(name))

    def owns(self, name: str) -> bool:
        """Has the process a line?"""
        owner = f"{name}_process[{self.running[name].pid}]"
        return any(event.endswith(f" {owner}") for event in self.watcher().first)

    def has_ended(self, name: str) -> bool:
        process = self.running.get(name)
        return process is None or process.poll() is not None

    def watcher(self) -> Watcher:
        return Watcher(self.socket)


class Watcher:
    """A client of the board that hears all."""

    def __init__(self, path: str, name: str = "test[1]") -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE_S)
        self.socket.connect(path)
        self.file = self.socket.makefile("r", encoding="utf-8")
        self.say(f"hello {name}")
        self.say("watch")
        self.first = self.until("bounce")  # how things stand; the rest is news

    def say(self, line: str) -> None:
        self.socket.sendall(line.encode() + b"\n")

    def until(self, word: str) -> list[str]:
        """The events up to the one that begins with WORD."""
        events = []
        for line in self.file:
            events.append(line.rstrip("\n"))
            if line.startswith(word):
                return events
        raise AssertionError(f"the board ended before it said {word}")


def named_tests(prefix: str, tests: object) -> list[tuple[str, Callable[[], None]]]:
    """The test methods, which have a docstring and no parameter; those of the
    command line if it names any."""
    names = [
        name
        for name, value in vars(type(tests)).items()
        if value.__doc__
        and callable(value)
        and value.__code__.co_argcount == 1
        and name[0] != "_"
    ]
    all_tests = [(f"{prefix}.{n.replace('_', '-')}", getattr(tests, n)) for n in names]
    wanted = sys.argv[2:]
    return [(name, test) for name, test in all_tests if not wanted or name in wanted]


def run(tests: list[tuple[str, Callable[[], None]]]) -> int:
    """Runs the tests; a line for each. Returns the exit status."""
    failed = 0
    for name, test in tests:
        try:
            test()
            print(f"PASS {name}", flush=True)
        except Exception as error:  # a test may fail in any way
            failed += 1
            frames = traceback.extract_tb(error.__traceback__)
            lines = [str(f.lineno) for f in frames if f.filename.endswith("_test.py")]
            words = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"FAIL {name}: line {' '.join(lines)}: {words}", flush=True)
    return 1 if failed else 0
