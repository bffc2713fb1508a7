#!/usr/bin/env python3
"""line_server in Python: answers each line.

    labs/lab04-framing/peer_line_server.py [PORT]
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
LONGEST = 65536  # bytes of a line, its newline not counted
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

    After a line too long there is unread input: to close at once would make
    TCP send a reset, which can destroy the refusal on its way.
    """
    deadline = time.monotonic() + LINGER
    with contextlib.suppress(OSError):  # it has gone, or its time is up
        client.shutdown(socket.SHUT_WR)
        while (left := deadline - time.monotonic()) > 0:
            client.settimeout(left)
            if not client.recv(65536):
                break


def serve(client: socket.socket) -> None:
    """Answer each line. The file that makefile makes does the framing."""
    with client.makefile("rb") as lines:
        while line := lines.readline(LONGEST + 1):
            text = line.removesuffix(b"\n")  # the last line may have none
            if len(text) > LONGEST:
                client.sendall(b"ERR line too long\n")
                return
            client.sendall(PREFIX + text + b"\n")


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
                hang_up(client)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
