#!/usr/bin/env python3
"""The client of this lab in Python: prints the first line of any server.

    labs/lab06-concurrency/peer_client.py [HOST [PORT]]
"""

import os
import re
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name
DEFAULTS = ["localhost", "5155"]


def usage() -> NoReturn:
    print(f"usage: {PROGRAM} [HOST [PORT]]", file=sys.stderr)
    sys.exit(2)


def fail(subject: str, reason: object) -> NoReturn:
    """End with a run-time error, as C's err and errx do."""
    if isinstance(reason, OSError):
        reason = reason.strerror or reason
    print(f"{PROGRAM}: {subject}: {reason}", file=sys.stderr)
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


def connect_to(host: str, port: int) -> socket.socket:
    """Try each IPv4 address of HOST in turn."""
    reason: object = None
    try:
        # As bytes, HOST goes to the resolver as it was typed.
        found = socket.getaddrinfo(
            os.fsencode(host), port, socket.AF_INET, socket.SOCK_STREAM
        )
    except OSError as error:
        fail(host, error)
    for family, kind, protocol, _, address in found:
        server = socket.socket(family, kind, protocol)
        try:
            server.connect(address)
            return server
        except OSError as error:
            reason = error
            server.close()
    fail(host, reason)


def main(args: list[str]) -> None:
    if len(args) > 2:
        usage()
    host, port = args + DEFAULTS[len(args) :]
    with connect_to(host, parse_port(port, 1)) as server:
        try:
            # One line, and not the end of the stream: the server waits.
            line = server.makefile("rb").readline()
        except OSError as error:
            fail(host, error)
    if not line:
        fail(host, "no answer")
    show(line.rstrip(b"\n") + b"\n")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
