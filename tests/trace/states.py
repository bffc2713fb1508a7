"""Each connection's segments, replayed through the state machine of RFC 9293.

An end changes its state with what it sends when it sends it, and with what it
receives when that comes: between the two a segment is on its way, and the ends
do not agree. What is lost never comes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from wire import Address, Packet

WRAP = 1 << 32
LEFT, RIGHT = 0, 1
SMALL_ROOM = 4 * 1460  # a window below that is one that the other side may feel


@dataclass(slots=True)
class Change:
    """An end of a connection comes into a state."""

    time: int
    state: str
    cause: Packet
    arrival: bool  # of the cause; else it was sent


@dataclass(slots=True)
class End:
    """One end of a connection, and what it has sent and received so far."""

    address: Address
    state: str = "CLOSED"
    changes: list[Change] = field(default_factory=list)
    first: int | None = None  # initial sequence number
    sent_to: int = 0  # relative: the next number to send
    fin: int | None = None  # the number of its FIN
    taken: int = 0  # the next number it waits for
    held: list[tuple[int, int, bool]] = field(default_factory=list)
    scale: int = 0
    room: int | None = None
    last_ack: int = -1
    arrivals: list[tuple[int, int]] = field(default_factory=list)
    got_fin: int | None = None  # when
    reset: int | None = None
    established: int | None = None


@dataclass(slots=True)
class Flow:
    """A TCP connection, or the datagrams between two addresses."""

    number: int
    protocol: str
    ends: tuple[End, End]  # left, right
    packets: list[Packet] = field(default_factory=list)
    opened_by: int = LEFT
    label: str = ""

    @property
    def over(self) -> bool:
        return all(e.state in ("CLOSED", "TIME-WAIT") for e in self.ends)


def relative(number: int, first: int | None) -> int:
    """Signed, so that a keep-alive just before the beginning is -1."""
    difference = (number - (first or 0)) % WRAP
    return difference - WRAP if difference > WRAP // 2 else difference


def enter(end: End, state: str, time: int, cause: Packet, arrival: bool) -> None:
    if end.state != state:
        end.state = state
        end.changes.append(Change(time, state, cause, arrival))
        if state == "ESTABLISHED":
            end.established = time


# ---- What is sent ----


def note_kind(packet: Packet, end: End, other: End) -> None:
    """What a segment is besides its flags."""
    rst, syn, fin = packet.has("RST"), packet.has("SYN"), packet.has("FIN")
    bare = not (syn or fin or rst)
    before = packet.seq + packet.span <= end.sent_to
    if packet.span and before and end.sent_to > 0:
        small = bare and packet.size <= 1 and packet.seq == end.sent_to - 1
        packet.kind = "window probe" if small and other.room == 0 else "retransmission"
        if small and other.room != 0 and other.last_ack >= end.sent_to:
            packet.kind = "keep-alive"
    elif bare and not packet.span and packet.seq == end.sent_to - 1:
        packet.kind = "window probe" if other.room == 0 else "keep-alive"
    elif not rst and not syn and packet.room == 0 and (end.room or not packet.span):
        packet.kind = "zero window"
    elif bare and not packet.span and end.last_ack == packet.ack:
        if end.room is not None and packet.room > end.room:
            packet.kind = "window update"
        elif end.room == packet.room and other.sent_to > packet.ack:
            packet.kind = "duplicate ACK"


def send(packet: Packet, end: End, other: End) -> None:
    if packet.has("SYN"):
        if end.first is None:
            end.first = packet.sequence
        end.scale = int(packet.options.get("window scale", 0))  # type: ignore[call-overload]
    elif end.first is None:
        end.first = (packet.sequence - 1) % WRAP  # begun before the recording
        end.sent_to = 1
    if other.first is None and packet.has("ACK"):
        other.first = (packet.acknowledged - 1) % WRAP
    packet.seq = relative(packet.sequence, end.first)
    packet.ack = relative(packet.acknowledged, other.first)
    scaled = 0 if packet.has("SYN") else end.scale
    packet.room = packet.window << scaled
    note_kind(packet, end, other)
    packet.show_room = packet.has("SYN") or packet.kind in (
        "zero window",
        "window update",
    )
    if packet.has("ACK") and not packet.has("RST"):
        packet.show_room |= packet.room < SMALL_ROOM and packet.room != end.room
    end.sent_to = max(end.sent_to, packet.seq + packet.span)
    if packet.has("ACK"):
        end.last_ack = max(end.last_ack, packet.ack)
        end.room = packet.room


def state_after_sending(packet: Packet, end: End) -> str:
    state = end.state
    if packet.has("RST"):
        return "CLOSED"
    if packet.has("SYN") and not packet.has("ACK") and state == "CLOSED":
        return "SYN-SENT"
    if packet.has("FIN"):
        end.fin = packet.seq + packet.size
        if state in ("ESTABLISHED", "SYN-RECEIVED"):
            return "FIN-WAIT-1"
        if state == "CLOSE-WAIT":
            return "LAST-ACK"
    return state


# ---- What comes ----


def take(packet: Packet, end: End) -> bool:
    """Takes what is in order, holds the rest. Is the other's FIN taken now?"""
    if packet.span:
        end.held.append((packet.seq, packet.seq + packet.span, packet.has("FIN")))
    fin, moved = False, True
    while moved:
        moved = False
        for piece in list(end.held):
            if piece[0] <= end.taken:
                end.held.remove(piece)
                if piece[1] > end.taken:
                    end.taken, fin, moved = piece[1], fin or piece[2], True
    return fin


def state_after_arrival(packet: Packet, end: End, fin: bool) -> str:
    state = end.state
    if packet.has("RST"):
        return "CLOSED"
    acked = packet.has("ACK") and end.fin is not None and packet.ack > end.fin
    if state == "SYN-SENT" and packet.has("SYN"):
        return "ESTABLISHED" if packet.has("ACK") else "SYN-RECEIVED"
    if state == "SYN-RECEIVED" and packet.has("ACK") and packet.ack >= 1:
        state = "ESTABLISHED"
    if acked:
        state = {
            "FIN-WAIT-1": "FIN-WAIT-2",
            "CLOSING": "TIME-WAIT",
            "LAST-ACK": "CLOSED",
        }.get(state, state)
    if fin:
        state = {
            "ESTABLISHED": "CLOSE-WAIT",
            "SYN-RECEIVED": "CLOSE-WAIT",
            "FIN-WAIT-1": "CLOSING",
            "FIN-WAIT-2": "TIME-WAIT",
        }.get(state, state)
    return state


def answered_by_syn(flow: Flow, packet: Packet, side: int) -> bool:
    """Did this end take the SYN, or refuse it?"""
    for later in flow.packets:
        if later.sent >= (packet.came or 0) and later.left_to_right == (side == LEFT):
            return later.has("SYN")
    return False


def receive(flow: Flow, packet: Packet, side: int) -> None:
    end = flow.ends[side]
    time = packet.came or 0
    if end.state == "CLOSED" and not end.changes:
        if not packet.has("SYN"):
            return
        if not packet.has("ACK") and answered_by_syn(flow, packet, side):
            enter(end, "SYN-RECEIVED", time, packet, True)
    if packet.has("RST"):
        end.reset = end.reset or time
    before = end.taken
    fin = take(packet, end)
    if end.taken > before:
        end.arrivals.append((end.taken, time))
    if fin:
        end.got_fin = end.got_fin or time
    state = state_after_arrival(packet, end, fin)
    if end.state == "SYN-RECEIVED" and state not in ("SYN-RECEIVED", "CLOSED"):
        end.established = time
    enter(end, state, time, packet, True)


# ---- All of them ----


def replay(flow: Flow) -> None:
    moments: list[tuple[int, int, int, Packet]] = []
    for packet in flow.packets:
        moments.append((packet.sent, 1, packet.number, packet))
        if packet.came is not None:
            moments.append((packet.came, 0, packet.number, packet))
    moments.sort(key=lambda m: m[:3])
    first = flow.packets[0]
    if not first.has("SYN") and not first.has("RST"):
        for end in flow.ends:
            enter(end, "ESTABLISHED", first.sent, first, False)
            end.taken = 1
    sent = set()
    for time, leaves, number, packet in moments:
        side = LEFT if packet.left_to_right else RIGHT
        if leaves or number not in sent:
            if number not in sent:
                sent.add(number)
                send(packet, flow.ends[side], flow.ends[1 - side])
                state = state_after_sending(packet, flow.ends[side])
                if packet.has("RST") and flow.ends[side].state == "CLOSED":
                    state = "CLOSED"
                enter(flow.ends[side], state, packet.sent, packet, False)
        if not leaves:
            receive(flow, packet, 1 - side)


Side = Callable[[Packet], int]


def find_flows(packets: list[Packet], side_of_sender: Side) -> list[Flow]:
    """The connections, in the order in which they begin, each replayed.

    SIDE_OF_SENDER says on which side stands whoever sent a flow's first packet.
    """
    now: dict[frozenset[Address], Flow] = {}
    syns: dict[frozenset[Address], int] = {}
    flows: list[Flow] = []
    for packet in packets:
        if packet.protocol == "ICMP":
            packet.flow = now.get(frozenset(packet.inner or ()))
            if packet.flow:
                about = packet.inner[0] if packet.inner else ("", 0)
                packet.left_to_right = about != packet.flow.ends[LEFT].address  # type: ignore[attr-defined]
                packet.flow.packets.append(packet)  # type: ignore[attr-defined]
            continue
        key = frozenset((packet.source, packet.target))
        opens = packet.has("SYN") and not packet.has("ACK")
        known = now.get(key)
        if not known or (opens and syns.get(key) != packet.sequence):
            side = side_of_sender(packet)
            pair = (packet.source, packet.target)
            left, right = pair if side == LEFT else pair[::-1]
            known = Flow(len(flows) + 1, packet.protocol, (End(left), End(right)))
            known.opened_by = side
            flows.append(known)
            now[key] = known
        if opens:
            syns[key] = packet.sequence
        packet.flow = known
        packet.left_to_right = packet.source == known.ends[LEFT].address
        known.packets.append(packet)
    for flow in flows:
        if flow.protocol == "TCP":
            tcp = [p for p in flow.packets if p.protocol == "TCP"]
            replay(Flow(flow.number, "TCP", flow.ends, tcp, flow.opened_by))
    return flows
