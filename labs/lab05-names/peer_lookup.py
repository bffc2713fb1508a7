#!/usr/bin/env python3
"""lookup in Python: what a name and a service are in numbers.

    labs/lab05-names/peer_lookup.py HOST SERVICE
"""

import os
import re
import socket
import sys
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name
FAMILIES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
NUMERIC = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV


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
    """Return the addresses of HOST in the resolver's order.

    The socket type keeps each address from coming three times: for streams,
    for datagrams, and raw.
    """
    try:
        # As bytes, both go to the resolver as they were typed.
        return socket.getaddrinfo(
            os.fsencode(host), os.fsencode(service), type=socket.SOCK_STREAM
        )
    except socket.gaierror as error:
        fail(service if error.errno == socket.EAI_SERVICE else host, error)


def class_of(port: int) -> str:
    """Return the range of RFC 6335, section 6, that PORT lies in."""
    if port < 1024:
        return "well-known"
    return "registered" if port < 49152 else "dynamic"


def main(args: list[str]) -> None:
    if len(args) != 2:
        usage()
    host, service = args
    check_service(service, 0)
    for family, _, _, _, address in resolve(host, service):
        number, port = socket.getnameinfo(address, NUMERIC)
        # And the service again, by its name. A port without one comes back as
        # its number.
        _, name = socket.getnameinfo(address, socket.NI_NUMERICHOST)
        words = class_of(address[1]) + (f", {name}" if name != port else "")
        show(f"{FAMILIES[family]} {number} port {port} ({words})\n".encode())


if __name__ == "__main__":
    main(sys.argv[1:])
