#!/usr/bin/env python3
"""The server of this lab in Python: tells each client the time.

    labs/lab03-time-of-day/peer_server.py [PORT]
"""

import contextlib
import errno
import re
import signal
import socket
import sys
import time
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name
DEFAULT_PORT = "8888"
PAUSE = 0.1  # seconds
LINGER = 0.9  # a client may delay the next by a second: just below it
SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def usage() -> NoReturn:
    print(f"usage: {PROGRAM} [PORT]", file=sys.stderr)
    sys.exit(2)


def warn(subject: str, reason: object) -> None:
    """Report an error, as C's warn and warnx do."""
    if isinstance(reason, OSError):
        reason = reason.strerror or reason
    with contextlib.suppress(OSError):  # nobody may read it
        print(f"{PROGRAM}: {subject}: {reason}", file=sys.stderr)


def fail(subject: str, reason: object) -> NoReturn:
    """Report an error and end, as C's err and errx do."""
    warn(subject, reason)
    sys.exit(1)


def show(data: bytes) -> None:
    """Write DATA to standard output, now: a full disk is an error here."""
    try:
        with open(1, "wb", closefd=False) as stdout:
            stdout.write(data)
    except OSError as error:
        fail("stdout", error)


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
    except OSError as error:
        fail("bind", error)
    # For port 0 the kernel has picked one: ask which.
    show(b"listening on port %d\n" % listener.getsockname()[1])
    return listener


def accept_client(listener: socket.socket) -> socket.socket:
    while True:
        try:
            return listener.accept()[0]
        except ConnectionAbortedError:
            continue  # EINTR needs no line: Python tries again by itself
        except OSError as error:
            if error.errno not in SHORTAGES:
                fail("accept", error)
            time.sleep(PAUSE)  # or this loop would spin meanwhile


def hang_up(client: socket.socket) -> None:
    """End our half, and read on until the client has ended its own.

    To close with input unread makes TCP send a reset, which can destroy the
    time on its way.
    """
    deadline = time.monotonic() + LINGER
    with contextlib.suppress(OSError):  # it has gone, or its time is up
        client.shutdown(socket.SHUT_WR)
        while (left := deadline - time.monotonic()) > 0:
            client.settimeout(left)
            if not client.recv(4096):
                break


def serve(client: socket.socket) -> None:
    """Send the time; a client that has gone does not end the server."""
    # A new connection's send buffer always has room for one line, whether the
    # client reads or not. Not blocking: if it had none, we would not wait.
    client.setblocking(False)
    try:
        client.sendall(f"{time.ctime()}\n".encode())
    except OSError as error:
        warn("send", error)
    hang_up(client)


def main(args: list[str]) -> None:
    if len(args) > 1:
        usage()
    port = parse_port(args[0] if args else DEFAULT_PORT, 0)
    time.tzset()  # reads the time zone now, while a descriptor is free
    with listen_on(port) as listener:
        while True:
            with accept_client(listener) as client:
                serve(client)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
