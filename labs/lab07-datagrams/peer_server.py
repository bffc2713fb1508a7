#!/usr/bin/env python3
"""The server of this lab in Python: sends datagrams back in upper case.

    labs/lab07-datagrams/peer_server.py [PORT]
"""

import contextlib
import re
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name
DEFAULT_PORT = "9999"
DATAGRAM_MAX = 65507


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


def open_socket(port: int) -> socket.socket:
    # No SO_REUSEADDR: over UDP it would let two servers share the port.
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        server.bind(("", port))
    except OSError as error:
        fail("bind", error)
    # For port 0 the kernel has picked one: ask which.
    show(b"listening on port %d\n" % server.getsockname()[1])
    return server


def main(args: list[str]) -> None:
    if len(args) > 1:
        usage()
    port = parse_port(args[0] if args else DEFAULT_PORT, 0)
    with open_socket(port) as server:
        while True:
            try:
                data, client = server.recvfrom(DATAGRAM_MAX)
                # bytes.upper changes a to z alone; str.upper would change more.
                server.sendto(data.upper(), client)
            except OSError as error:
                # A client's failure is its own: let the next one come.
                warn("client", error)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
