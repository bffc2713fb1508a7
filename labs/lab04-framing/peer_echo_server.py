#!/usr/bin/env python3
"""echo_server in Python: sends back what each recv brings.

    labs/lab04-framing/peer_echo_server.py [PORT]
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
DEFAULT_PORT = "5050"
PREFIX = b"Echo ==>"
PAUSE = 0.1  # seconds
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


def serve(client: socket.socket) -> None:
    while data := client.recv(4096):
        client.sendall(PREFIX + data)


def main(args: list[str]) -> None:
    if len(args) > 1:
        usage()
    port = parse_port(args[0] if args else DEFAULT_PORT, 0)
    with listen_on(port) as listener:
        while True:
            with accept_client(listener) as client:
                try:
                    serve(client)
                except OSError as error:
                    # A client's failure is its own: let the next one come.
                    warn("client", error)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
