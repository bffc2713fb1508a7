"""trace_recorder.py: makes recordings and reads them, for trace_record_test.py.

It reads them without tests/trace, which draws them: two that read the same files
with the same code would make the same mistakes.
"""

from __future__ import annotations

import json
import re
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
FIN, SYN, RST, ACK = 1, 2, 4, 16


@dataclass
class Packet:
    departed: int
    arrived: int | None  # None: lost
    protocol: int
    source: str
    ports: frozenset[int]
    data: bytes  # TCP's or UDP's own
    flags: int = 0
    sequence: int = 0
    window: int = 0  # as it stands there, unscaled
    sound: bool = True  # its checksum is right


def ones_sum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2 + len(data) % 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def decoded(frame: bytes, departed: int, arrived: int | None) -> Packet:
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == 0x0800:
        ip, head = frame[14:], (frame[14] & 15) * 4
        ip = ip[: struct.unpack("!H", ip[2:4])[0]]
        protocol, source, addresses = ip[9], ".".join(map(str, ip[12:16])), ip[12:20]
    else:
        assert kind == 0x86DD, f"a frame of type {kind:#x} is recorded"
        ip, head = frame[14:], 40
        protocol, source, addresses = ip[6], ip[8:24].hex(":", 2), ip[8:40]
    body = ip[head:]
    packet = Packet(departed, arrived, protocol, source, frozenset(struct.unpack("!HH", body[:4])), body[8:])
    if protocol in (TCP, UDP):
        pseudo = addresses + struct.pack("!HH", protocol, len(body))
        packet.sound = ones_sum(pseudo + body) == 0xFFFF
    if protocol == TCP:
        packet.sequence, _, offset, packet.flags, packet.window = struct.unpack("!IIBBH", body[4:16])
        packet.data = body[(offset >> 4) * 4 :]
    return packet


@dataclass
class Call:
    name: str
    text: str  # its line
    begin: int  # ns
    # Of the process's next call: by then this one has returned. What strace says
    # of how long it took is less than the truth where strace itself had to wait.
    next: int | None = None


CALL = re.compile(r"(\d+)\.(\d{9}) (\w+)\(.* = ")


class Recording:
    """What lies in the folder of one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about: dict[str, Any] = json.loads((folder / "recording.json").read_text())
        self.notes = " ".join(self.about["notes"])
        self.packets = self._packets()

    def program(self, name: str) -> dict[str, Any]:
        return next(p for p in self.about["programs"] if p["name"] == name)

    def _packets(self) -> list[Packet]:
        path = self.folder / "wire.pcap"
        if not path.exists():
            return []
        raw = path.read_bytes()
        assert struct.unpack("<IHHiIII", raw[:24])[:3] == (0xA1B23C4D, 2, 4)
        times = [line.split() for line in (self.folder / "wire.times").read_text().splitlines()]
        packets, at = [], 24
        for departed, arrived in times:
            seconds, nanoseconds, kept, size = struct.unpack("<4I", raw[at : at + 16])
            assert seconds * 10**9 + nanoseconds == int(departed) and kept <= size
            frame, at = raw[at + 16 : at + 16 + kept], at + 16 + kept
            packets.append(decoded(frame, int(departed), None if arrived == "lost" else int(arrived)))
        assert at == len(raw), "there are more frames than times"
        return packets

    def calls(self, name: str) -> list[Call]:
        """Of all processes of a program, from its start."""
        found = []
        files = self.folder.glob(f"{self.program(name)['calls']}.*")
        for path in sorted(files, key=lambda p: int(p.suffix[1:])):
            of_program, last = False, None
            for line in path.read_text(errors="replace").splitlines():
                if not (match := CALL.match(line)):
                    continue
                call = Call(match[3], line, int(match[1] + match[2]))
                if last:
                    last.next = call.begin
                last = call
                of_program |= call.name == "execve" and "/cell" not in line and "bwrap" not in line
                if of_program:
                    found.append(call)
        return found

    def call(self, name: str, *calls: str, of: str = "") -> Call:
        """The first of these calls, with such words in its line."""
        fitting = [c for c in self.calls(name) if c.name in calls and of in c.text]
        assert fitting, f"{name} has no {calls} {of}"
        return fitting[0]


def run(*words: object, within: tuple[str, ...] = ()) -> tuple[int, str]:
    """A command's exit status, and what it said. WITHIN: what it is started by."""
    ended = subprocess.run(
        [*within, *(str(word) for word in words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=300,
    )
    return ended.returncode, ended.stdout
