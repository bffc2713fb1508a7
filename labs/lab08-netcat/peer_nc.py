#!/usr/bin/env python3
"""This lab's netcat in Python: stdin to a socket, and the socket to stdout.

    labs/lab08-netcat/peer_nc.py [-v] HOST PORT
    labs/lab08-netcat/peer_nc.py -l [-v] PORT
    labs/lab08-netcat/peer_nc.py -U [-v] PATH
    labs/lab08-netcat/peer_nc.py -lU [-v] PATH
"""

import contextlib
import errno
import getopt
import os
import re
import select
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name
BUFFER_SIZE = 65536
SUN_PATH_MAX = 107  # bytes; struct sockaddr_un has room for a NUL behind them
STDIN, STDOUT = 0, 1


def say(line: str) -> None:
    """Write a line to stderr, which somebody may have closed."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def usage() -> NoReturn:
    say(f"usage: {PROGRAM} [-v] HOST PORT")
    say(f"       {PROGRAM} -l [-v] PORT")
    say(f"       {PROGRAM} -U [-v] PATH")
    say(f"       {PROGRAM} -lU [-v] PATH")
    sys.exit(2)


def fail(subject: str, reason: object) -> NoReturn:
    """End with a run-time error, as C's err and errx do."""
    if isinstance(reason, OSError):
        reason = reason.strerror or reason
    say(f"{PROGRAM}: {subject}: {reason}")
    sys.exit(1)


def parse_port(text: str, lowest: int) -> int:
    """Return the port in TEXT. int() alone would take " 80" and "+80" too."""
    if not re.fullmatch("[0-9]{1,5}", text):
        usage()
    port = int(text)
    if not lowest <= port <= 65535:
        usage()
    return port


def service_name(port: int) -> str:
    try:
        return socket.getservbyport(port, "tcp")
    except OSError:
        return "*"


def connect_tcp(host: str, port: int, verbose: bool) -> socket.socket:
    try:
        # As bytes, HOST goes to the resolver as it was typed.
        peer = socket.create_connection((os.fsencode(host), port))
    except OSError as error:
        fail(host, error)
    if verbose:
        address = peer.getpeername()[0]
        service = f"{port} port [tcp/{service_name(port)}]"
        say(f"Connection to {host} ({address}) {service} succeeded!")
    return peer


def accept_one(listener: socket.socket) -> tuple[socket.socket, tuple]:
    """Accept a connection, and close the listener: -l takes no second one."""
    with listener:
        while True:
            try:
                return listener.accept()
            except ConnectionAbortedError:
                continue  # EINTR needs no line: Python tries again by itself
            except OSError as error:
                fail("accept", error)


def accept_tcp(port: int, verbose: bool) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("", port))
        listener.listen()
    except OSError as error:
        fail("bind", error)
    if verbose:
        say(f"Listening on 0.0.0.0 {listener.getsockname()[1]}")
    peer, (host, number) = accept_one(listener)
    if verbose:
        say(f"Connection received on {host} {number}")
    return peer


def check_length(path: str) -> None:
    if len(os.fsencode(path)) > SUN_PATH_MAX:
        fail(path, os.strerror(errno.ENAMETOOLONG))


def connect_unix(path: str) -> socket.socket:
    check_length(path)
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        peer.connect(path)
    except OSError as error:
        fail(path, error)
    return peer


@contextlib.contextmanager
def bound_to(path: str) -> Iterator[socket.socket]:
    """Give a socket that is bound to PATH, and remove that at the end.

    bind refuses whatever is there already, a dead program's socket too.
    SIGINT and SIGTERM become exceptions, so that they pass here as well.
    """

    def end(number: int, _frame: object) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)
        sys.exit(128 + number)

    check_length(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    try:
        listener.bind(path)
    except OSError as error:
        fail(path, error)
    try:
        yield listener
    finally:
        os.unlink(path)


def accept_unix(listener: socket.socket, path: str, verbose: bool) -> socket.socket:
    listener.listen()
    if verbose:
        say(f"Listening on {path}")
    peer, _ = accept_one(listener)
    if verbose:
        say(f"Connection received on {path}")
    return peer


class Flow:
    """One direction: reads, writes all that it has read, reads again."""

    def __init__(self, source: int, target: int, name: str, most: int) -> None:
        self.source = source
        self.target = target
        self.name = name  # of the peer, for messages
        self.most = most  # bytes that one write takes without waiting
        self.data = b""
        self.is_over = False

    def advance(self) -> None:
        """Do one step; it was time for it."""
        try:
            if self.data:
                written = os.write(self.target, self.data[: self.most])
                self.data = self.data[written:]
            else:
                self.data = os.read(self.source, BUFFER_SIZE)
                self.is_over = not self.data
        except BlockingIOError:
            pass  # not now: select will say when
        except OSError as error:
            fail(self.name, error)


def exchange(peer: socket.socket, name: str) -> None:
    """Let both directions run until each has come to its own end."""
    peer.setblocking(False)
    outward = Flow(STDIN, peer.fileno(), name, BUFFER_SIZE)
    # Where select finds room in a pipe there is room for PIPE_BUF bytes.
    inward = Flow(peer.fileno(), STDOUT, name, select.PIPE_BUF)
    while not (outward.is_over and inward.is_over):
        going = [flow for flow in (outward, inward) if not flow.is_over]
        sources = [flow.source for flow in going if not flow.data]
        targets = [flow.target for flow in going if flow.data]
        readable, writable, _ = select.select(sources, targets, [])
        for flow in going:
            if (flow.target in writable) if flow.data else (flow.source in readable):
                flow.advance()
            if flow.is_over:
                pass_on_end(flow, peer)


def pass_on_end(flow: Flow, peer: socket.socket) -> None:
    if flow.target == STDOUT:
        os.close(STDOUT)
        return
    with contextlib.suppress(OSError):  # a reset: reading will tell
        peer.shutdown(socket.SHUT_WR)


def run(operands: list[str], options: set[str]) -> None:
    verbose, listen = "-v" in options, "-l" in options
    with contextlib.ExitStack() as at_end:
        if "-U" in options and listen:
            name = operands[0]
            listener = at_end.enter_context(bound_to(name))
            peer = accept_unix(listener, name, verbose)
        elif "-U" in options:
            name = operands[0]
            peer = connect_unix(name)
        elif listen:
            name = "client"
            peer = accept_tcp(parse_port(operands[0], 0), verbose)
        else:
            name = operands[0]
            peer = connect_tcp(name, parse_port(operands[1], 1), verbose)
        exchange(at_end.enter_context(peer), name)


def main(args: list[str]) -> None:
    try:
        found, operands = getopt.gnu_getopt(args, "lUv")
    except getopt.GetoptError as error:
        say(f"{PROGRAM}: {error}")
        usage()
    options = {option for option, _ in found}
    due = 1 if options & {"-l", "-U"} else 2
    if len(operands) == 1 and due == 2:
        say(f"{PROGRAM}: missing port number")
    if len(operands) != due:
        usage()
    run(operands, options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
