"""Which descriptor is which connection, and when a call could at the earliest return.

A call's end is measured a little early, so it may seem to return before what it
waited for has come. Bytes are counted: the read that returned the 100th byte of a
connection did so after the segment with that byte had arrived.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field

from calls import Call, Strand
from states import LEFT, Flow
from wire import Packet
from words import READS, WRITES, address_of, descriptor

SLACK = 100_000  # ns by which two clocks' readings may differ
FAR = 5_000_000  # ns: what a call did may seem to be so much later than its end


@dataclass(slots=True, eq=False)
class Socket:
    key: object
    side: int
    program: int
    domain: str = "AF_INET"
    stream: bool = True
    local: tuple[str, int | None] | None = None
    remote: tuple[str, int | None] | None = None
    flow: Flow | None = None
    end: int = LEFT
    partner: "Socket | None" = None
    taken: int = 0
    written: int = 0
    pieces: list[tuple[int, Call]] = field(default_factory=list)  # written up to, by
    backlog: list["Socket"] = field(default_factory=list)
    claimed: set[int] = field(default_factory=set)
    sent_to: tuple[str, int | None] | None = None


@dataclass(slots=True)
class Inferred:
    """Bytes that one call wrote and another read, with nothing on a wire to show it."""

    source: Call
    target: Call
    count: int


@dataclass(slots=True)
class Letter:
    """A datagram that no wire shows."""

    source: Socket
    to: tuple[str, int | None] | None
    call: Call


@dataclass
class Follower:
    """Walks through all calls in the order in which they returned."""

    flows: list[Flow]
    has_wire: bool
    sockets: dict[object, Socket] = field(default_factory=dict)
    flow_of: dict[int, Flow] = field(default_factory=dict)  # by id(call)
    socket_of: dict[int, Socket] = field(default_factory=dict)
    not_before: dict[int, int] = field(default_factory=dict)
    inferred: list[Inferred] = field(default_factory=list)
    listeners: list[Socket] = field(default_factory=list)
    listens: list[tuple[Call, Socket]] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    taken: set[tuple[int, int]] = field(default_factory=set)  # flows, at an end

    def follow(self, strands: list[tuple[Strand, int]]) -> None:
        moments = []
        for strand, side in strands:
            for call in strand.calls:
                # What is written is written when it is begun, all else when it is over.
                begins = call.name in WRITES or call.name == "connect"
                time = call.start if begins or call.end is None else call.end
                moments.append((time, call.start, side, call))
        for _, _, side, call in sorted(moments, key=lambda m: m[:3]):
            handler = getattr(self, f"on_{call.name}", None)
            if handler:
                handler(call, side)
            elif call.name in READS:
                self.on_read(call, side)
            elif call.name in WRITES:
                self.on_write(call, side)
            elif self.find(call):
                self.mark(call, self.find(call))

    # ---- Descriptors ----

    def key(self, call: Call, text: str, fd: int | None) -> object:
        program = call.strand.program if call.strand else 0
        if text.startswith("socket:"):
            return text
        return (program, fd)

    def find(self, call: Call) -> Socket | None:
        if not call.args or (fd := descriptor(call.args[0])) is None:
            return None
        text = call.args[0].partition("<")[2].rstrip(">")
        return self.sockets.get(self.key(call, text, fd))

    def new(self, call: Call, side: int) -> Socket:
        key = self.key(call, call.result_fd, call.value)
        program = call.strand.program if call.strand else 0
        self.sockets[key] = Socket(key, side, program)
        return self.sockets[key]

    def mark(self, call: Call, socket: Socket | None) -> None:
        if socket:
            self.socket_of[id(call)] = socket
            if socket.flow:
                self.flow_of[id(call)] = socket.flow

    def wait_for(self, call: Call, time: int | None) -> None:
        if time is not None and call.end is not None:
            self.not_before[id(call)] = max(time, self.not_before.get(id(call), 0))

    # ---- Calls ----

    def on_socket(self, call: Call, side: int) -> None:
        if not call.failed and call.value is not None:
            socket = self.new(call, side)
            socket.domain = call.args[0] if call.args else ""
            socket.stream = "SOCK_STREAM" in " ".join(call.args[1:2])
            self.socket_of[id(call)] = socket

    def on_bind(self, call: Call, side: int) -> None:
        socket = self.find(call)
        self.mark(call, socket)
        if socket and not call.failed and len(call.args) > 1:
            socket.local = address_of(call.args[1])

    def on_getsockname(self, call: Call, side: int) -> None:
        socket = self.find(call)
        self.mark(call, socket)
        if socket and len(call.args) > 1:
            socket.local = address_of(call.args[1]) or socket.local

    def on_listen(self, call: Call, side: int) -> None:
        socket = self.find(call)
        self.mark(call, socket)
        if socket and not call.failed:
            self.listeners.append(socket)
            self.listens.append((call, socket))

    def on_connect(self, call: Call, side: int) -> None:
        socket = self.find(call)
        if not socket or len(call.args) < 2:
            return
        self.socket_of[id(call)] = socket
        socket.remote = address_of(call.args[1])
        if not socket.stream:
            return
        socket.flow = self.flow_of_connect(call, socket, side)
        socket.end = side
        self.mark(call, socket)
        if socket.flow:
            end = socket.flow.ends[side]
            wanted = end.reset if call.failed else end.established
            if call.errno != "EINPROGRESS":
                self.wait_for(call, wanted)
        elif not call.failed or call.errno == "EINPROGRESS":
            for listener in self.listeners:
                if (
                    listener.local
                    and socket.remote
                    and listener.local[1] == socket.remote[1]
                ):
                    if socket.remote[1] is not None or listener.local == socket.remote:
                        listener.backlog.append(socket)
                        break

    def flow_of_connect(self, call: Call, socket: Socket, side: int) -> Flow | None:
        port = socket.remote[1] if socket.remote else None
        for flow in self.flows:
            if flow.protocol != "TCP" or flow.opened_by != side or port is None:
                continue
            first = flow.packets[0].sent
            end = call.end if call.end is not None else first
            if flow.ends[1 - side].address[1] != port or (id(flow), side) in self.taken:
                continue
            if call.start - SLACK <= first <= end + FAR:
                self.taken.add((id(flow), side))
                return flow
        return None

    def on_accept(self, call: Call, side: int) -> None:
        listener = self.find(call)
        self.mark(call, listener)
        if not listener or call.failed or call.value is None:
            return
        socket = self.new(call, side)
        socket.domain, socket.end = listener.domain, side
        if listener.backlog:
            socket.partner = listener.backlog.pop(0)
            socket.partner.partner = socket
        peer = address_of(" ".join(call.args[1:]))
        waiting = self.acceptable(listener, side)
        if peer and peer[1]:
            waiting = [f for f in waiting if f.ends[1 - side].address[1] == peer[1]]
        if waiting:
            flow = min(waiting, key=lambda f: f.ends[side].established or 0)
            self.taken.add((id(flow), side))
            socket.flow = flow
            self.flow_of[id(call)] = flow
            self.wait_for(call, flow.ends[side].established)

    on_accept4 = on_accept

    def acceptable(self, listener: Socket, side: int) -> list[Flow]:
        """The connections that stand in its queue."""
        port = listener.local[1] if listener.local else None
        return [
            f
            for f in self.flows
            if f.protocol == "TCP" and f.opened_by != side and f.ends[side].established
            and f.ends[side].address[1] == port and (id(f), side) not in self.taken
        ]  # fmt: skip

    # ---- What a poll waited for ----

    def on_poll(self, call: Call, side: int) -> None:
        ready = set(
            re.findall(r"fd=(\d+), revents=[A-Z|]*POLL(?:IN|HUP|ERR)", call.more)
        )
        for fd, text in re.findall(
            r"fd=(\d+)<([^>]*)>", call.args[0] if call.args else ""
        ):
            socket = self.sockets.get(self.key(call, text, int(fd)))
            if socket and fd in ready:
                self.wait_for(call, self.readable(socket, side))

    on_ppoll = on_poll

    def readable(self, socket: Socket, side: int) -> int | None:
        """When there first was something that nobody has taken yet."""
        if socket in self.listeners:
            waiting = self.acceptable(socket, side)
            return min((f.ends[side].established or 0 for f in waiting), default=None)
        if not socket.stream:
            comes = [p.came for p in self.datagrams(socket, side, arriving=True)]
            return min((time for time in comes if time is not None), default=None)
        if not socket.flow:
            return None
        end = socket.flow.ends[socket.end]
        place = bisect.bisect_left(end.arrivals, (socket.taken + 2, 0))
        if place < len(end.arrivals):
            return end.arrivals[place][1]
        return end.reset

    # ---- Bytes ----

    def on_read(self, call: Call, side: int) -> None:
        socket = self.find(call)
        self.mark(call, socket)
        if not socket:
            return
        if not socket.stream and self.unseen(socket):
            self.letter_came(call, socket)
            return
        if not socket.stream:
            self.datagram_came(call, socket, side)
            return
        end = socket.flow.ends[socket.end] if socket.flow else None
        if call.errno == "ECONNRESET" and end:
            self.wait_for(call, end.reset)
        if call.value is None or call.value < 0 or "MSG_PEEK" in call.args:
            return
        before, socket.taken = socket.taken, socket.taken + call.value
        if end and call.value == 0:
            self.wait_for(call, end.got_fin)
        elif end:
            # The SYN has number 0, so the first byte has 1.
            place = bisect.bisect_left(end.arrivals, (socket.taken + 1, 0))
            if place < len(end.arrivals):
                self.wait_for(call, end.arrivals[place][1])
        elif socket.partner and call.value:
            self.infer(call, socket.partner, before, socket.taken)

    def infer(self, call: Call, source: Socket, begin: int, end: int) -> None:
        at = 0
        for upto, write in source.pieces:
            if upto > begin and at < end:
                self.inferred.append(
                    Inferred(write, call, min(upto, end) - max(at, begin))
                )
                self.wait_for(call, write.start)
            at = upto

    def on_write(self, call: Call, side: int) -> None:
        socket = self.find(call)
        self.mark(call, socket)
        if not socket:
            return
        if not socket.stream and self.unseen(socket):
            socket.sent_to = address_of(" ".join(call.args[1:])) or socket.remote
            self.letters.append(Letter(socket, socket.sent_to, call))
            return
        if not socket.stream:
            self.datagram_left(call, socket, side)
            return
        if call.value is not None and call.value > 0:
            socket.written += call.value
            socket.pieces.append((socket.written, call))

    # ---- Datagrams ----

    def unseen(self, socket: Socket) -> bool:
        return socket.domain == "AF_UNIX" or not self.has_wire

    def letter_came(self, call: Call, socket: Socket) -> None:
        if call.value is None or call.value <= 0:
            return
        for letter in self.letters:
            if socket.local:
                ours = same_place(letter.to, socket.local)
            else:
                ours = same_place(letter.source.local, socket.sent_to)
            if ours and letter.source is not socket:
                self.letters.remove(letter)
                self.inferred.append(Inferred(letter.call, call, call.value))
                letter.source.local = letter.source.local or address_of(
                    " ".join(call.args)
                )
                return

    def datagrams(self, socket: Socket, side: int, arriving: bool) -> list[Packet]:
        port = socket.local[1] if socket.local else None
        found = []
        for flow in self.flows:
            if flow.protocol != "UDP":
                continue
            if port is not None and port > 0 and flow.ends[side].address[1] != port:
                continue
            ours = flow is socket.flow or port or not socket.flow
            for packet in flow.packets if ours else []:
                comes = packet.left_to_right != (side == LEFT)
                if comes == arriving and packet.number not in socket.claimed:
                    found.append(packet)
        return found

    def datagram_left(self, call: Call, socket: Socket, side: int) -> None:
        end = call.end if call.end is not None else call.start
        for packet in self.datagrams(socket, side, arriving=False):
            if packet.protocol == "UDP" and call.start <= packet.sent <= end + SLACK:
                socket.claimed.add(packet.number)
                if not socket.local or not socket.local[1]:
                    socket.local = packet.source
                self.flow_of[id(call)] = socket.flow = packet.flow  # type: ignore[assignment]
                return

    def datagram_came(self, call: Call, socket: Socket, side: int) -> None:
        for packet in self.datagrams(socket, side, arriving=True):
            if packet.came is None or call.end is None or packet.came > call.end + FAR:
                continue
            refused = packet.protocol == "ICMP" and call.errno == "ECONNREFUSED"
            if refused or (not call.failed and packet.size == call.value):
                socket.claimed.add(packet.number)
                self.flow_of[id(call)] = packet.flow  # type: ignore[assignment]
                self.wait_for(call, packet.came)
                return


def same_place(
    a: tuple[str, int | None] | None, b: tuple[str, int | None] | None
) -> bool:
    """The same path, or the same port: a wildcard address is every address."""
    if a is None or b is None:
        return False
    return a == b if a[1] is None else a[1] == b[1]
