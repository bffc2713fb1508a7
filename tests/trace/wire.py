"""The packets of a recording: a pcap file, and when each left and came."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

FLAGS = (("SYN", 2), ("FIN", 1), ("RST", 4), ("PSH", 8), ("ACK", 16), ("URG", 32))
Address = tuple[str, int]


@dataclass(slots=True)
class Packet:
    """One TCP segment, UDP datagram or ICMP message; times in ns."""

    number: int
    sent: int
    came: int | None  # None: it was lost
    protocol: str
    source: Address
    target: Address
    data: bytes = b""  # as far as the recording kept it
    size: int = 0  # of the data
    flags: int = 0
    sequence: int = 0
    acknowledged: int = 0
    window: int = 0
    options: dict[str, object] = field(default_factory=dict)
    words: str = ""  # what an ICMP message says
    inner: tuple[Address, Address] | None = None  # whose packet that was about
    # What comes of following the connection:
    flow: object = None
    left_to_right: bool = True
    seq: int = 0
    ack: int = 0
    room: int = 0  # the window, scaled
    kind: str = ""  # retransmission, keep-alive, zero window, …
    show_room: bool = False

    def has(self, flag: str) -> bool:
        return bool(self.flags & dict(FLAGS)[flag])

    @property
    def names(self) -> list[str]:
        return [name for name, bit in FLAGS if self.flags & bit]

    @property
    def span(self) -> int:
        """How many sequence numbers it takes."""
        return self.size + self.has("SYN") + self.has("FIN")


def tcp_options(data: bytes) -> dict[str, object]:
    options: dict[str, object] = {}
    at = 0
    while at < len(data) and data[at] != 0:
        if data[at] == 1:
            at += 1
            continue
        size = data[at + 1] if at + 1 < len(data) else 0
        body = data[at + 2 : at + size]
        if size < 2:
            break
        kind = data[at]
        if kind == 2 and len(body) == 2:
            options["mss"] = int.from_bytes(body, "big")
        elif kind == 3 and len(body) == 1:
            options["window scale"] = body[0]
        elif kind == 4:
            options["SACK permitted"] = True
        elif kind == 5 and len(body) % 8 == 0:
            edges = struct.unpack(f">{len(body) // 4}I", body)
            options["SACK"] = list(zip(edges[::2], edges[1::2]))
        elif kind == 8 and len(body) == 8:
            options["timestamps"] = struct.unpack(">II", body)
        at += size
    return options


def text_of(address: bytes) -> str:
    if len(address) == 4:
        return ".".join(map(str, address))
    from ipaddress import IPv6Address  # slow to load, and seldom asked for

    return str(IPv6Address(address))


UNREACHABLE = {0: "network", 1: "host", 2: "protocol", 3: "port"}


def icmp_words(version: int, kind: int, code: int) -> str:
    if (version, kind) == (4, 3):
        return f"ICMP {UNREACHABLE.get(code, 'destination')} unreachable"
    if (version, kind) == (6, 1):
        return f"ICMPv6 {'port' if code == 4 else 'destination'} unreachable"
    return f"ICMP{'v6' if version == 6 else ''} type {kind} code {code}"


@dataclass(slots=True)
class Payload:
    """What an IP packet carries; SIZE is how long it was, BODY what was kept of it."""

    version: int
    protocol: int
    source: str
    target: str
    body: bytes
    size: int


def ip_payload(data: bytes, whole: int) -> Payload | None:
    """WHOLE is how long the packet was on the wire: more, perhaps, than was kept."""
    if len(data) < 20:
        return None
    if data[0] >> 4 == 4:
        header = (data[0] & 15) * 4
        total = int.from_bytes(data[2:4], "big") or whole  # 0: longer than 64 KiB
        if int.from_bytes(data[6:8], "big") & 0x1FFF:
            return None  # not the first of its fragments
        total = max(total, header)
        addresses = text_of(data[12:16]), text_of(data[16:20])
        return Payload(4, data[9], *addresses, data[header:total], total - header)
    if data[0] >> 4 == 6 and len(data) >= 40:
        size = int.from_bytes(data[4:6], "big") or max(whole - 40, 0)
        addresses = text_of(data[8:24]), text_of(data[24:40])
        return Payload(6, data[6], *addresses, data[40 : 40 + size], size)
    return None


def decode(
    number: int, sent: int, came: int | None, frame: bytes, whole: int
) -> Packet | None:
    if len(frame) < 14 or frame[12:14] not in (b"\x08\x00", b"\x86\xdd"):
        return None
    payload = ip_payload(frame[14:], whole - 14)
    if not payload:
        return None
    protocol, body = payload.protocol, payload.body
    source, target = payload.source, payload.target
    packet = Packet(number, sent, came, "", (source, 0), (target, 0))
    if protocol == 6 and len(body) >= 20:
        ports = struct.unpack(">HHIIBBHHH", body[:20])
        offset = (ports[4] >> 4) * 4
        packet.protocol = "TCP"
        packet.sequence, packet.acknowledged = ports[2], ports[3]
        packet.flags, packet.window = ports[5], ports[6]
        packet.options = tcp_options(body[20:offset])
        packet.data, packet.size = body[offset:], max(payload.size - offset, 0)
    elif protocol == 17 and len(body) >= 8:
        ports = struct.unpack(">HHHH", body[:8])
        packet.protocol = "UDP"
        packet.data, packet.size = body[8:], max(payload.size - 8, 0)
    elif protocol in (1, 58) and len(body) >= 8:
        packet.protocol = "ICMP"
        packet.words = icmp_words(payload.version, body[0], body[1])
        about = ip_payload(body[8:], 0)
        if about and len(about.body) >= 4:
            a, b = struct.unpack(">HH", about.body[:4])
            packet.inner = (about.source, a), (about.target, b)
        return packet
    else:
        return None
    packet.source, packet.target = (source, ports[0]), (target, ports[1])
    return packet


def read_frames(path: Path, notes: list[str]) -> list[tuple[int, bytes, int]]:
    """When each frame left, its bytes, and how many they were on the wire."""
    data = path.read_bytes()
    magic = data[:4]
    orders = {
        b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1),
        b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000),
    }  # fmt: skip
    if magic not in orders or len(data) < 24:
        notes.append(f"{path.name} is no pcap file: the wire is not drawn.")
        return []
    order, unit = orders[magic]
    frames, at = [], 24
    while at < len(data):
        if at + 16 > len(data):
            break
        seconds, fraction, kept, whole = struct.unpack_from(f"{order}IIII", data, at)
        if at + 16 + kept > len(data):
            break
        stamp = seconds * 10**9 + fraction * unit
        frames.append((stamp, data[at + 16 : at + 16 + kept], max(whole, kept)))
        at += 16 + kept
    if at < len(data):
        notes.append(f"{path.name} ends within a packet: the rest is not drawn.")
    return frames


def read_times(path: Path) -> list[tuple[int, int | None] | None]:
    times: list[tuple[int, int | None] | None] = []
    try:
        rows = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    for row in rows:
        words = row.split()
        try:
            came = None if words[1] == "lost" else int(words[1])
            times.append((int(words[0]), came))
        except (ValueError, IndexError):
            times.append(None)
    return times


def read_wire(folder: Path, notes: list[str]) -> list[Packet]:
    """All packets that are drawn, in the order in which they left."""
    path = folder / "wire.pcap"
    if not path.exists():
        notes.append("wire.pcap is missing: the wire is not drawn.")
        return []
    frames = read_frames(path, notes)
    times = read_times(folder / "wire.times")
    packets = []
    for index, (stamp, frame, whole) in enumerate(frames):
        time = times[index] if index < len(times) else None
        sent, came = time or (stamp, stamp)
        if came is not None and came < sent:
            came = sent
        packet = decode(index + 1, sent, came, frame, whole)
        if packet:
            packets.append(packet)
    if len(times) < len(frames):
        notes.append("wire.times is short: some packets are drawn without a way.")
    return sorted(packets, key=lambda p: (p.sent, p.number))
