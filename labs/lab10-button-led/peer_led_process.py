#!/usr/bin/env python3
"""led_process in Python: says what an LED is to be, as it is told over TCP.

    labs/lab10-button-led/peer_led_process.py [PORT]

It knows no chip and no board: its LED is the line in the log.
"""

import contextlib
import errno
import os
import re
import signal
import socket
import sys
import syslog
import time
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name
DEFAULT_PORT = "5555"
PATIENCE = 1.0  # seconds for each client, its end included
PAUSE = 0.1  # seconds, when there are no descriptors
LONGEST = 64  # bytes: longer than any command
COMMANDS = {b"LED ON": "On", b"LED OFF": "Off"}
SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def usage() -> NoReturn:
    print(f"usage: {PROGRAM} [PORT]", file=sys.stderr)
    sys.exit(2)


def fail(subject: str, reason: object) -> NoReturn:
    """Report an error and end, as C's err and errx do."""
    if isinstance(reason, OSError):
        reason = reason.strerror or reason
    with contextlib.suppress(OSError):  # nobody may read it
        print(f"{PROGRAM}: {subject}: {reason}", file=sys.stderr)
    sys.exit(1)


def log(priority: int, text: str) -> None:
    """Say it to syslog, and to stderr in any case."""
    syslog.syslog(priority, text)
    with contextlib.suppress(OSError):
        print(f"LED TCP[{os.getpid()}]: {text}", file=sys.stderr, flush=True)


def parse_port(text: str, lowest: int) -> int:
    """Return the port in TEXT. int() alone would take " 80" and "+80" too."""
    if not re.fullmatch("[0-9]{1,5}", text):
        usage()
    port = int(text)
    if not lowest <= port <= 65535:
        usage()
    return port


def listen_on(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # The last run's connections hold the port for a minute after their end;
    # this option lets the next run have it at once.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("", port))
        listener.listen(socket.SOMAXCONN)
        # For port 0 the kernel has picked one: ask which.
        print(f"listening on port {listener.getsockname()[1]}", flush=True)
    except OSError as error:
        fail("bind", error)
    return listener


def accept_client(listener: socket.socket) -> socket.socket:
    while True:
        try:
            return listener.accept()[0]
        except ConnectionAbortedError:
            continue
        except OSError as error:
            if error.errno not in SHORTAGES:
                fail("accept", error)
            time.sleep(PAUSE)  # or the loop would spin meanwhile


def receive(client: socket.socket, size: int, deadline: float) -> bytes:
    """Return what comes next, b"" at the end of the stream."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    client.settimeout(left)
    return client.recv(size)


def read_message(client: socket.socket, deadline: float) -> bytes:
    """Return the message, without its end: a NUL, a newline, or the stream's."""
    data = b""
    while len(data) < LONGEST:
        got = receive(client, LONGEST - len(data), deadline)
        data += got
        end = re.search(b"\0|\r?\n", data)
        if end:
            return data[: end.start()]
        if not got:
            break
    return data


def take(message: bytes) -> None:
    if message in COMMANDS:
        log(syslog.LOG_INFO, f"LED Status: {COMMANDS[message]}")
    else:
        log(syslog.LOG_WARNING, f"not a command, ignored: {message!r}")


def finish(client: socket.socket, deadline: float) -> None:
    """End our half, and wait for the client's: a close with input unread would
    be a reset."""
    client.shutdown(socket.SHUT_WR)
    while receive(client, 4096, deadline):
        pass


def serve(client: socket.socket) -> None:
    deadline = time.monotonic() + PATIENCE
    try:
        take(read_message(client, deadline))
    except OSError as error:
        log(syslog.LOG_WARNING, f"a client: {error.strerror or 'no message'}")
    with contextlib.suppress(OSError):  # this client's own affair
        finish(client, deadline)


def main(args: list[str]) -> None:
    if len(args) > 1:
        usage()
    port = parse_port(args[0] if args else DEFAULT_PORT, 0)
    syslog.openlog("LED TCP", syslog.LOG_PID, syslog.LOG_USER)
    with listen_on(port) as listener:
        while True:
            with accept_client(listener) as client:
                serve(client)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
