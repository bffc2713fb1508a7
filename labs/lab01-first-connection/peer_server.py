#!/usr/bin/env python3
"""The server of this lab in Python: takes one message, answers it, and ends.

Read it beside server.c: the calls are the same, in the same order.

    labs/lab01-first-connection/peer_server.py 5000
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
ANSWER = b"I am the server. I received your message.\n"
MESSAGE_MAX = 255
PAUSE = 0.1  # seconds
LINGER = 0.9
SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def usage() -> NoReturn:
    print(f"usage: {PROGRAM} PORT", file=sys.stderr)
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


def receive_message(client: socket.socket) -> bytes:
    """Return what comes before a newline, the end or the 256th byte."""
    message = b""
    while b"\n" not in message and len(message) < MESSAGE_MAX:
        data = client.recv(MESSAGE_MAX - len(message))
        if not data:
            break
        message += data
    return message.partition(b"\n")[0]


def hang_up(client: socket.socket) -> None:
    """End our half, and read on until the client has ended its own.

    To close with input unread makes TCP send a reset, which can destroy an
    answer on its way.
    """
    deadline = time.monotonic() + LINGER
    with contextlib.suppress(OSError):  # it has gone, or its time is up
        client.shutdown(socket.SHUT_WR)
        while (left := deadline - time.monotonic()) > 0:
            client.settimeout(left)
            if not client.recv(4096):
                break


def main(args: list[str]) -> None:
    if len(args) != 1:
        usage()
    with listen_on(parse_port(args[0], 0)) as listener:
        client = accept_client(listener)
    # The listener is closed now: whoever else knocks is refused.
    with client:
        try:
            message = receive_message(client)
        except OSError as error:
            fail("recv", error)
        show(b"Message received from client: " + message + b"\n")
        try:
            client.sendall(ANSWER)
        except OSError as error:
            fail("send", error)
        hang_up(client)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
