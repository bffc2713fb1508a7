#!/usr/bin/env python3
"""line_client in Python: a line out, a line back.

    labs/lab04-framing/peer_line_client.py [HOST [PORT [MESSAGE...]]]
"""

import errno
import os
import re
import signal
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, NoReturn

PROGRAM = Path(sys.argv[0]).name
DEFAULTS = ["localhost", "5050"]
MESSAGES = ["Hello world!", "Again!"]
LONGEST = len(b"Echo ==>") + 65536  # bytes of an answer, without its newline


def usage() -> NoReturn:
    print(f"usage: {PROGRAM} [HOST [PORT [MESSAGE...]]]", file=sys.stderr)
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


def exchange(server: socket.socket, answers: BinaryIO, line: bytes) -> None:
    server.sendall(line)
    answer = answers.readline(LONGEST + 1)
    if len(answer) > LONGEST and not answer.endswith(b"\n"):
        fail("recv", os.strerror(errno.EMSGSIZE))
    if not answer.endswith(b"\n"):
        fail("recv", "end of stream before the answer")
    show(b"Received: " + answer)


def talk(host: str, port: int, lines: Iterable[bytes]) -> None:
    with connect_to(host, port) as server, server.makefile("rb") as answers:
        try:
            for line in lines:
                # The last line of a file may have no newline.
                exchange(server, answers, line.removesuffix(b"\n") + b"\n")
        except OSError as error:
            fail(host, error)


def main(args: list[str]) -> None:
    host, port = args[:2] + DEFAULTS[len(args[:2]) :]
    messages = args[2:] or MESSAGES
    # It would be two lines to the server, and two answers.
    if any("\n" in message for message in messages):
        usage()
    number = parse_port(port, 1)
    if messages == ["-"]:
        talk(host, number, sys.stdin.buffer)
    else:
        talk(host, number, map(os.fsencode, messages))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
