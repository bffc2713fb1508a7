#!/usr/bin/env python3
"""This lab's server in Python: the same library, and the same main.

    labs/lab09-callbacks/peer_tcp_server.py PORT [KEY=VALUE...]
"""

import errno
import socket
import sys
import time

sys.dont_write_bytecode = True  # labs/ is for sources

from peer_tcp import (  # noqa: E402
    Callbacks,
    Exchange,
    ExchangeFailed,
    Plan,
    is_number,
    open_descriptors,
)

ACCEPT_PAUSE_S = 0.02
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class TcpServer:
    """Serves one client a call; raises where there can be no server."""

    def __init__(
        self, port: int, buffer: bytearray, callbacks: Callbacks, timeout_ms: int
    ) -> None:
        if not buffer or not 0 <= port <= 65535:
            raise ValueError("no buffer, or no port")
        self.buffer = buffer
        self.callbacks = callbacks
        self.timeout_ms = timeout_ms
        self.listener = socket.create_server(("", port), reuse_port=False)
        self.port: int = self.listener.getsockname()[1]

    def __enter__(self) -> "TcpServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()

    def _accept(self) -> socket.socket:
        while True:
            try:
                return self.listener.accept()[0]
            except ConnectionAbortedError:
                continue  # EINTR needs no line: Python tries again by itself
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    raise
                time.sleep(ACCEPT_PAUSE_S)

    def exec(self) -> bool:
        connection = self._accept()
        with Exchange(
            connection, self.buffer, self.callbacks, self.timeout_ms
        ) as exchange:
            try:
                exchange.hand_over(exchange.receive())
                exchange.send()
            except (OSError, ExchangeFailed):
                return False
        return True


def serve(server: TcpServer, plan: Plan) -> None:
    done = 0
    while plan.calls == 0 or done < plan.calls:
        before = open_descriptors()
        plan.heard = b""
        plan.tell_result("exec", server.exec(), before)
        done += 1


def main(args: list[str]) -> int:
    plan = Plan(calls=0)
    if not args or not is_number(args[0]) or not plan.read(args[1:]):
        print("usage: tcp_server PORT [KEY=VALUE...]", file=sys.stderr)
        return 2
    before = open_descriptors()
    try:
        server = TcpServer(
            int(args[0]), plan.buffer(), plan.callbacks(), plan.timeout
        )
    except (OSError, ValueError):
        plan.tell_result("init", False, before)
        return 1
    with server:
        print(f"listening on port {server.port}", flush=True)
        serve(server, plan)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
