"""What this lab's two Python peers share: callbacks, exchanges, a main's plan.

As in C: one buffer, which the caller owns, and three callbacks. What is said
otherwise in Python: a callback that says no raises ExchangeFailed, and on_send
returns the size of what it put into the buffer.
"""

import os
import re
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

LINGER_S = 1.0


class ExchangeFailed(Exception):
    """The exchange is over, and it was no success."""


@dataclass
class Callbacks:
    """What is the caller's to say; None leaves one out."""

    on_send: Callable[[bytearray], int] | None = None
    on_receive: Callable[[bytes], None] | None = None
    is_complete: Callable[[bytes], bool] | None = None


class Exchange:
    """One connection, from its first byte to its end, under one deadline."""

    def __init__(
        self,
        connection: socket.socket,
        buffer: bytearray,
        callbacks: Callbacks,
        timeout_ms: int,
    ) -> None:
        self.connection = connection
        self.buffer = buffer
        self.callbacks = callbacks
        limit = timeout_ms / 1000 if timeout_ms > 0 else float("inf")
        self.deadline = time.monotonic() + limit

    def __enter__(self) -> "Exchange":
        return self

    def __exit__(self, *_: object) -> None:
        with self.connection:
            try:
                self._linger()
            except OSError:
                pass  # the peer has gone, or time is over: nothing is owed

    def _limit(self, deadline: float) -> None:
        """Let the next call on the connection wait until then, and no longer."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.connection.settimeout(None if left == float("inf") else left)

    def _linger(self) -> None:
        """Read and forget, so that the peer gets all of ours, and no reset."""
        self.connection.shutdown(socket.SHUT_WR)
        deadline = min(self.deadline, time.monotonic() + LINGER_S)
        self._limit(deadline)
        while self.connection.recv(4096):
            self._limit(deadline)

    def receive(self) -> int:
        """Receive a message into the buffer; 0 is an end before it began."""
        have = 0
        while have < len(self.buffer):
            self._limit(self.deadline)
            got = self.connection.recv_into(memoryview(self.buffer)[have:])
            have += got
            is_complete = self.callbacks.is_complete
            if got == 0 or is_complete is None:
                break
            if is_complete(bytes(self.buffer[:have])):
                break
        return have

    def hand_over(self, size: int) -> None:
        if self.callbacks.on_receive is not None:
            self.callbacks.on_receive(bytes(self.buffer[:size]))

    def send(self) -> None:
        """Ask for a message, if there is anybody to ask, and send it."""
        if self.callbacks.on_send is None:
            return
        size = self.callbacks.on_send(self.buffer)
        if size < 0:
            raise ExchangeFailed
        rest = memoryview(self.buffer)[:size]  # never beyond the buffer
        while rest:
            self._limit(self.deadline)
            rest = rest[self.connection.send(rest) :]


# ---- What the two mains have in common: drive.h in Python ----


def escaped(data: bytes) -> str:
    return "".join(
        chr(b) if 0x20 <= b < 0x7F and b != ord("\\") else f"\\x{b:02x}" for b in data
    )


def is_number(text: str) -> bool:
    return re.fullmatch("-?[0-9]+", text) is not None


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@dataclass
class Plan:
    """The KEY=VALUE of a command line, and the callbacks that follow it."""

    say: bytes | None = None
    mark: str = ""
    size: int = 1024
    timeout: int = 0
    calls: int = 1
    until: bytes | None = None
    receive: str = "0"
    send: str = "0"
    claim: int | None = None
    missing: str = ""
    heard: bytes = b""

    def read(self, options: list[str]) -> bool:
        """Take the options; False if there is one that is none."""
        for option in options:
            key, found, value = option.partition("=")
            if not found or key not in vars(self) or key == "heard":
                return False
            if key in ("size", "timeout", "calls", "claim"):
                if not is_number(value):
                    return False
                setattr(self, key, int(value))
            elif key in ("say", "until"):
                setattr(self, key, os.fsencode(value))
            else:
                setattr(self, key, value)
        if self.say == b"-":
            self.say = sys.stdin.buffer.read()
        return True

    def tell(self, line: str) -> None:
        print(self.mark + line, flush=True)

    def tell_result(self, call: str, result: bool, before: int) -> None:
        self.tell(f"{call} {'true' if result else 'false'}")
        self.tell(f"descriptors {open_descriptors() - before:+d}")

    def buffer(self) -> bytearray:
        """What a call is handed: nothing, where the plan says so."""
        return bytearray(0 if self.missing == "buffer" else max(self.size, 0))

    def callbacks(self) -> Callbacks:
        return Callbacks(
            on_send=None if self.send == "unset" else self.on_send,
            on_receive=None if self.receive == "unset" else self.on_receive,
            is_complete=None if self.until is None else self.is_complete,
        )

    def on_send(self, buffer: bytearray) -> int:
        self.tell(f"on_send {len(buffer)}")
        message = self.heard[::-1] if self.say is None else self.say
        message = message[: len(buffer)]
        buffer[: len(message)] = message
        if self.send != "0":
            raise ExchangeFailed
        return len(message) if self.claim is None else self.claim

    def on_receive(self, message: bytes) -> None:
        text = f" {escaped(message)}" if message else ""
        self.tell(f"on_receive {len(message)}{text}")
        self.heard = message
        if self.receive != "0":
            raise ExchangeFailed

    def is_complete(self, so_far: bytes) -> bool:
        return self.until is not None and self.until in so_far
