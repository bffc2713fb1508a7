#!/usr/bin/env python3
"""button_process in Python: tells led_process when a button was pressed.

    labs/lab10-button-led/peer_button_process.py [HOST [PORT]]

Its button is the FIFO /tmp/tcp_file, or the one that BUTTON_FIFO names.
"""

import contextlib
import os
import re
import select
import signal
import socket
import stat
import sys
import syslog
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name
DEFAULT_HOST, DEFAULT_PORT = "localhost", "5555"
DEFAULT_FIFO = "/tmp/tcp_file"
PATIENCE = 2.0  # seconds for the delivery of a press
PAUSE = 0.05  # seconds between two tries
LONGEST = 128  # bytes of a line that are kept: longer than any press


def usage() -> NoReturn:
    print(f"usage: {PROGRAM} [HOST [PORT]]", file=sys.stderr)
    sys.exit(2)


def fail(subject: str, reason: object) -> NoReturn:
    """Report an error and end, as C's err and errx do."""
    if isinstance(reason, OSError):
        reason = reason.strerror or reason
    print(f"{PROGRAM}: {subject}: {reason}", file=sys.stderr)
    sys.exit(1)


def log(priority: int, text: str) -> None:
    """Say it to syslog, and to stderr in any case."""
    syslog.syslog(priority, text)
    with contextlib.suppress(OSError):
        print(f"Button TCP[{os.getpid()}]: {text}", file=sys.stderr, flush=True)


def parse_port(text: str, lowest: int) -> int:
    """Return the port in TEXT. int() alone would take " 80" and "+80" too."""
    if not re.fullmatch("[0-9]{1,5}", text):
        usage()
    port = int(text)
    if not lowest <= port <= 65535:
        usage()
    return port


# ---- The FIFO ----


def open_fifo(path: str) -> int:
    """Make the FIFO, or take over one of ours, and return a descriptor."""
    with contextlib.suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    # Open for writing too: so it never is at its end, whoever comes and goes.
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    # What is open is looked at: its path may lead elsewhere by now.
    what = os.fstat(fd)
    if not stat.S_ISFIFO(what.st_mode):
        raise OSError("something else than a FIFO is there")
    if what.st_uid != os.geteuid():
        raise OSError("this FIFO belongs to someone else")
    os.fchmod(fd, 0o600)
    os.set_blocking(fd, True)
    return fd


def end_at_signals() -> int:
    """Turn SIGINT and SIGTERM into an exit that passes every finally. Return a
    descriptor that is readable then: Python calls a handler between two of its
    own steps only, so a signal just before a read would wait for the read."""

    def end(number: int, _frame: object) -> NoReturn:
        sys.exit(128 + number)

    woken, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    return woken


@contextlib.contextmanager
def button(path: str) -> Iterator[tuple[int, int]]:
    """The FIFO, which is removed in the end, however that comes; and what is
    readable at a signal."""
    both = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, both)
    try:
        fd = open_fifo(path)
    except OSError as error:
        fail(path, error)
    try:
        woken = end_at_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, both)
        yield fd, woken
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        os.close(fd)


def presses(fd: int, woken: int) -> Iterator[None]:
    """Yield once for each line "0"; log the others."""
    line = b""
    while True:
        select.select([fd, woken], [], [])
        *ends, rest = os.read(fd, 4096).split(b"\n")
        for end in ends:
            line += end
            if line == b"0":
                yield
            else:
                log(syslog.LOG_WARNING, f"not a press: {line[:LONGEST]!r}")
            line = b""
        line = (line + rest)[:LONGEST]  # the end of a long one is no press


# ---- The way to the LED ----


def connect(host: str, port: int) -> socket.socket:
    """Connect to the first of the host's addresses that answers."""
    return socket.create_connection((host, port))


def deliver(host: str, port: int, command: bytes) -> bool:
    """Send the command and its NUL: again for a while, where that fails."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with connect(host, port) as led:
                led.sendall(command + b"\0")
            return True
        except OSError as error:
            if time.monotonic() + PAUSE > deadline:
                log(syslog.LOG_ERR, f"{command.decode()} not delivered: {error}")
                return False
            time.sleep(PAUSE)


def main(args: list[str]) -> None:
    if len(args) > 2:
        usage()
    host = args[0] if args else DEFAULT_HOST
    port = parse_port(args[1] if len(args) > 1 else DEFAULT_PORT, 1)
    syslog.openlog("Button TCP", syslog.LOG_PID, syslog.LOG_USER)
    on = False
    with button(os.environ.get("BUTTON_FIFO", DEFAULT_FIFO)) as (fd, woken):
        for _ in presses(fd, woken):
            if deliver(host, port, b"LED OFF" if on else b"LED ON"):
                on = not on


if __name__ == "__main__":
    main(sys.argv[1:])
