#!/usr/bin/env python3
"""The client of this lab in Python: asks for a text in upper case.

    labs/lab07-datagrams/peer_client.py [HOST [PORT [TEXT]]]
"""

import os
import re
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name
DEFAULTS = ["localhost", "9999", "original text"]
DATAGRAM_MAX = 65507
TRIES = 3
WAIT = 0.5  # seconds


def usage() -> NoReturn:
    print(f"usage: {PROGRAM} [HOST [PORT [TEXT]]]", file=sys.stderr)
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


def ask(server: socket.socket, text: bytes) -> bytes:
    """Return the answer, or raise TimeoutError when none has come."""
    # The socket is connected, so recv brings nobody else's datagrams, and
    # none of them puts the end of the wait off.
    server.settimeout(WAIT)
    for _ in range(TRIES):
        server.send(text)
        try:
            return server.recv(DATAGRAM_MAX)
        except TimeoutError:
            continue
    raise TimeoutError


def ask_host(host: str, port: int, text: bytes) -> bytes:
    """Ask each IPv4 address of HOST in turn until one does not refuse."""
    reason: object = None
    try:
        # As bytes, HOST goes to the resolver as it was typed.
        found = socket.getaddrinfo(
            os.fsencode(host), port, socket.AF_INET, socket.SOCK_DGRAM
        )
    except OSError as error:
        fail(host, error)
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as server:
            try:
                server.connect(address)
                return ask(server, text)
            except TimeoutError:
                print(f"{PROGRAM}: no answer", file=sys.stderr)
                sys.exit(1)
            except OSError as error:
                reason = error
    fail(host, reason)


def main(args: list[str]) -> None:
    if len(args) > 3:
        usage()
    host, port, text = args + DEFAULTS[len(args) :]
    data = os.fsencode(text)  # the very bytes that were typed
    if len(data) > DATAGRAM_MAX:
        usage()
    show(b"Received " + ask_host(host, parse_port(port, 1), data) + b"\n")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
