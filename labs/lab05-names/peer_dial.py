#!/usr/bin/env python3
"""dial in Python: connects to a service, and listens to what it says.

    labs/lab05-names/peer_dial.py HOST SERVICE
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
    print(f"usage: {PROGRAM} HOST SERVICE", file=sys.stderr)
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


def check_service(service: str, lowest: int) -> None:
    """Each service name has a letter; what has none must be a port."""
    if re.search("[A-Za-z]", service):
        return
    if not re.fullmatch("[0-9]{1,5}", service):
        usage()
    if not lowest <= int(service) <= 65535:
        usage()


def resolve(host: str, service: str) -> list[tuple]:
    """Return the addresses of HOST in the resolver's order."""
    try:
        # As bytes, both go to the resolver as they were typed.
        return socket.getaddrinfo(
            os.fsencode(host), os.fsencode(service), type=socket.SOCK_STREAM
        )
    except socket.gaierror as error:
        fail(service if error.errno == socket.EAI_SERVICE else host, error)


def connect_to(host: str, service: str) -> socket.socket:
    """Try each address of HOST in turn, and tell of those that fail."""
    reason: object = "no address"
    for family, kind, protocol, _, address in resolve(host, service):
        number, _ = socket.getnameinfo(address, socket.NI_NUMERICHOST)
        where = f"{number} port {address[1]}"
        server = None
        try:
            server = socket.socket(family, kind, protocol)
            server.connect(address)
        except OSError as error:
            reason = error
            print(f"trying {where}: {error.strerror}", file=sys.stderr)
            if server is not None:
                server.close()
        else:
            show(f"connected to {where}\n".encode())
            return server
    fail(host, reason)


def main(args: list[str]) -> None:
    if len(args) != 2:
        usage()
    host, service = args
    check_service(service, 1)
    with connect_to(host, service) as server:
        try:
            while data := server.recv(4096):
                show(data)
        except OSError as error:
            fail("recv", error)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
