#!/usr/bin/env python3
"""fork_server in Python: tells the time, with a process for each client.

    labs/lab06-concurrency/peer_fork_server.py [PORT]
"""

import contextlib
import errno
import os
import re
import selectors
import signal
import socket
import sys
import time
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name
DEFAULT_PORT = "5155"
PAUSE = 0.1  # seconds
SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


def usage() -> NoReturn:
    print(f"usage: {PROGRAM} [PORT]", file=sys.stderr)
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
    # A client may leave between select and accept, and accept not wait for
    # the next one.
    listener.setblocking(False)
    # For port 0 the kernel has picked one: ask which.
    show(b"listening on port %d\n" % listener.getsockname()[1])
    return listener


def catch_signals(*numbers: signal.Signals) -> tuple[socket.socket, set[int]]:
    """Return a socket to read from when a signal has come, and which did."""
    came: set[int] = set()
    readable, writable = socket.socketpair()
    readable.setblocking(False)
    writable.setblocking(False)
    # That it is readable says enough: many children may end at once.
    signal.set_wakeup_fd(writable.detach(), warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, lambda number, _frame: came.add(number))
    return readable, came


def accept_client(listener: socket.socket) -> socket.socket | None:
    """Return the client, or None if it has gone or there is no descriptor."""
    try:
        return listener.accept()[0]
    except (BlockingIOError, ConnectionAbortedError):
        return None
    except OSError as error:
        if error.errno not in SHORTAGES:
            fail("accept", error)
        time.sleep(PAUSE)  # or the loop would spin meanwhile
        return None


def the_time() -> bytes:
    return f"It is now: {time.ctime()}\n".encode()


def serve(client: socket.socket) -> None:
    """Tell the time at once, and again for each line, up to the stream's end."""
    client.setblocking(True)
    try:
        client.sendall(the_time())
        in_line = False  # since the last newline something came
        while data := client.recv(4096):
            client.sendall(the_time() * data.count(b"\n"))
            in_line = not data.endswith(b"\n")
        if in_line:
            client.sendall(the_time())
    except OSError:
        pass  # this client has gone


def start_child(listener: socket.socket, client: socket.socket) -> int:
    """Serve the client in a child, and return its process id."""
    # SIGTERM waits until the child has the default action for it again.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            listener.close()
            serve(client)
            os._exit(0)  # the kernel closes the connection
        return child
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def reap(children: set[int]) -> None:
    """Forget the children that have ended: one SIGCHLD may stand for many."""
    with contextlib.suppress(ChildProcessError):
        while (child := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            children.discard(child)


def end(children: set[int]) -> None:
    for child in children:
        os.kill(child, signal.SIGTERM)
    for child in children:
        os.waitpid(child, 0)


def main(args: list[str]) -> None:
    if len(args) > 1:
        usage()
    port = parse_port(args[0] if args else DEFAULT_PORT, 0)
    time.tzset()  # reads the time zone now, while a descriptor is free
    signals, came = catch_signals(signal.SIGTERM, signal.SIGCHLD)
    children: set[int] = set()
    with listen_on(port) as listener, selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(signals, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if signals in ready:
                signals.recv(4096)
                reap(children)
                if signal.SIGTERM in came:
                    break
            if listener in ready and (client := accept_client(listener)):
                with client:
                    try:
                        children.add(start_child(listener, client))
                    except OSError as error:
                        warn("fork", error)
    end(children)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for Ctrl-C
    main(sys.argv[1:])
