#!/usr/bin/env python3
"""The client of this lab in Python: sends a text and prints what comes back.

It reads while it writes, as client.c does, and for the same reason.

    labs/lab02-uppercase-echo/peer_client.py [HOST [PORT [TEXT]]]
"""

import contextlib
import os
import re
import select
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name
DEFAULTS = ["localhost", "9999", "original text"]


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


def exchange(server: socket.socket, text: bytes) -> bytes:
    """Send TEXT and receive as many bytes, both at the same time."""
    reply = b""
    unsent = text
    server.setblocking(False)  # or send would take all before it returns
    while len(reply) < len(text):
        select.select([server], [server] if unsent else [], [])
        with contextlib.suppress(BlockingIOError):
            data = server.recv(len(text) - len(reply))
            if not data:
                counts = f"{len(reply)} of {len(text)} bytes"
                fail("server", f"ended after {counts}")
            reply += data
        if not unsent:
            continue
        with contextlib.suppress(BlockingIOError):
            unsent = unsent[server.send(unsent) :]
    return reply


def main(args: list[str]) -> None:
    if len(args) > 3:
        usage()
    host, port, text = args + DEFAULTS[len(args) :]
    with connect_to(host, parse_port(port, 1)) as server:
        try:
            reply = exchange(server, os.fsencode(text))
        except OSError as error:
            fail(host, error)
    show(b"Received " + reply + b"\n")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
