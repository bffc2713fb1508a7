#!/usr/bin/env python3
"""dual_server in Python: tells the time to IPv4 and IPv6 clients.

    labs/lab05-names/peer_dual_server.py SERVICE
"""

import contextlib
import errno
import ipaddress
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name
PAUSE = 0.1  # seconds
LINGER = 0.9  # a client may delay the next by a second: just below it
SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def usage() -> NoReturn:
    print(f"usage: {PROGRAM} SERVICE", file=sys.stderr)
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


def show(text: str) -> None:
    """Write TEXT to standard output, now: whoever started us waits for it."""
    try:
        with open(1, "wb", closefd=False) as stdout:
            stdout.write(text.encode())
    except OSError as error:
        warn("stdout", error)


def check_service(service: str, lowest: int) -> None:
    """Each service name has a letter; what has none must be a port."""
    if re.search("[A-Za-z]", service):
        return
    if not re.fullmatch("[0-9]{1,5}", service):
        usage()
    if not lowest <= int(service) <= 65535:
        usage()


def open_socket() -> socket.socket:
    """A socket for both families, or IPv4 where the kernel has no IPv6."""
    try:
        listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    except OSError as error:
        if error.errno != errno.EAFNOSUPPORT:
            fail("socket", error)
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # What it is by default an administrator decides: net.ipv6.bindv6only.
    if listener.family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return listener


def listen_on(service: str) -> socket.socket:
    listener = open_socket()
    try:
        # No host, and passive: the address that stands for all of ours.
        found = socket.getaddrinfo(
            None,
            os.fsencode(service),
            listener.family,
            socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
    except socket.gaierror as error:
        fail(service, error)
    try:
        listener.bind(found[0][4])
        listener.listen(socket.SOMAXCONN)
    except OSError as error:
        fail("bind", error)
    # For port 0 the kernel has picked one: ask which.
    show(f"listening on port {listener.getsockname()[1]}\n")
    return listener


def accept_client(listener: socket.socket) -> tuple[socket.socket, tuple]:
    while True:
        try:
            return listener.accept()
        except ConnectionAbortedError:
            continue  # EINTR needs no line: Python tries again by itself
        except OSError as error:
            if error.errno not in SHORTAGES:
                fail("accept", error)
            time.sleep(PAUSE)  # or this loop would spin meanwhile


def show_client(peer: tuple) -> None:
    """Tell who has come; ::ffff:127.0.0.1 is 127.0.0.1 in disguise."""
    address = ipaddress.ip_address(peer[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    show(f"client IPv{address.version} {address}\n")


def hang_up(client: socket.socket) -> None:
    """End our half, and read on until the client has ended its own.

    To close with input unread makes TCP send a reset, which can destroy the
    time on its way.
    """
    deadline = time.monotonic() + LINGER
    with contextlib.suppress(OSError):  # it has gone, or its time is up
        client.shutdown(socket.SHUT_WR)
        while (left := deadline - time.monotonic()) > 0:
            client.settimeout(left)
            if not client.recv(4096):
                break


def serve(client: socket.socket) -> None:
    """Send the time; a client that has gone does not end the server."""
    try:
        client.sendall(f"{time.ctime()}\n".encode())
    except OSError as error:
        warn("send", error)
    hang_up(client)


def main(args: list[str]) -> None:
    if len(args) != 1:
        usage()
    check_service(args[0], 0)
    time.tzset()  # reads the time zone now, while a descriptor is free
    with listen_on(args[0]) as listener:
        while True:
            client, peer = accept_client(listener)
            with client:
                show_client(peer)
                serve(client)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
