#!/usr/bin/env python3
"""The client of this lab in Python: connects, asks, prints the answer.

    labs/lab01-first-connection/peer_client.py localhost 5000
"""

import os
import re
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name


def usage() -> NoReturn:
    print(f"usage: {PROGRAM} HOST PORT", file=sys.stderr)
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


def read_line() -> bytes:
    """Return a line that ends with its newline, whatever the input did."""
    try:
        with open(0, "rb", closefd=False) as stdin:
            line = stdin.readline()
    except OSError as error:
        fail("stdin", error)
    return line if line.endswith(b"\n") else line + b"\n"


def print_answer(server: socket.socket) -> int:
    """Return the number of bytes printed, each as soon as it has come."""
    total = 0
    while True:
        try:
            data = server.recv(4096)
        except OSError as error:
            fail("recv", error)
        if not data:
            return total
        show(data)
        total += len(data)


def main(args: list[str]) -> None:
    if len(args) != 2:
        usage()
    host, port = args[0], parse_port(args[1], 1)
    with connect_to(host, port) as server:
        show(b"Enter the message: ")
        line = read_line()
        try:
            server.sendall(line)
        except OSError as error:
            fail("send", error)
        if print_answer(server) == 0:
            fail(host, "no answer")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
