#!/usr/bin/env python3
"""This lab's client in Python: the same library, and the same main.

    labs/lab09-callbacks/peer_tcp_client.py HOST PORT [KEY=VALUE...]
"""

import os
import socket
import sys
from dataclasses import dataclass

sys.dont_write_bytecode = True  # labs/ is for sources

from peer_tcp import (  # noqa: E402
    Callbacks,
    Exchange,
    ExchangeFailed,
    Plan,
    is_number,
    open_descriptors,
)


@dataclass
class TcpClient:
    """Makes one exchange a call."""

    host: str
    port: int
    buffer: bytearray
    callbacks: Callbacks
    timeout_ms: int = 0

    def connect(self) -> bool:
        if not self.buffer or not 1 <= self.port <= 65535:
            return False
        # As bytes, HOST goes to the resolver as it was typed.
        address = (os.fsencode(self.host), self.port)
        try:
            connection = socket.create_connection(address)
        except OSError:
            return False
        with Exchange(
            connection, self.buffer, self.callbacks, self.timeout_ms
        ) as exchange:
            try:
                exchange.send()
                if self.callbacks.on_receive is not None:
                    self._hear(exchange)
            except (OSError, ExchangeFailed):
                return False
        return True

    @staticmethod
    def _hear(exchange: Exchange) -> None:
        size = exchange.receive()
        if size == 0:
            raise ExchangeFailed
        exchange.hand_over(size)


def call(client: TcpClient, plan: Plan) -> bool:
    before = open_descriptors()
    result = client.connect()
    plan.tell_result("connect", result, before)
    return result


def main(args: list[str]) -> int:
    plan = Plan(say=b"hello")
    if len(args) < 2 or not is_number(args[1]) or not plan.read(args[2:]):
        print("usage: tcp_client HOST PORT [KEY=VALUE...]", file=sys.stderr)
        return 2
    client = TcpClient(
        args[0], int(args[1]), plan.buffer(), plan.callbacks(), plan.timeout
    )
    results = [call(client, plan) for _ in range(plan.calls)]
    return 0 if results and results[-1] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
