"""A recording as one ordered list of what happened.

What begins is known exactly: a call's entry, a packet's departure. A call's end is
moved behind the packet that it waited for, and before the next call of its thread.
"""

from __future__ import annotations

import bisect
import json
from dataclasses import dataclass, field
from pathlib import Path

from calls import Call, Strand, family, is_birth, read_strands
from choose import choose
from fold import fold_flows, fold_items, fold_strands, shorten
from sockets import Follower, Inferred
from source import add_c_lines, add_python_lines
from states import LEFT, RIGHT, Flow, find_flows
from wire import Packet, read_wire
from words import READS, WAITS, WRITES

WAITED = 100_000  # ns: what returns sooner has not waited
SOON = 5_000_000  # ns: after a call of the test its packet is on its way
NEAR = 60_000  # ns: by so much the end of a poll may be measured too early
# Of what happens in one instant, the cause comes first.
ARRIVES, RETURNS, BEGINS, LEAVES = range(4)


class BadRecording(Exception):
    """Its words are for the reader."""


@dataclass(slots=True)
class Program:
    number: int
    name: str
    side: int
    raw: dict
    strands: list[Strand] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    """One thing that is drawn, at its place in the order."""

    time: int
    rank: int
    kind: str  # call return birth death signal event leaves comes fold cut infers
    side: int | None = None
    strand: Strand | None = None
    call: Call | None = None
    packet: Packet | None = None
    inferred: Inferred | None = None
    words: str = ""
    port: object = None  # of an event
    waited: int = 0
    alone: bool = True  # a call: is its result said in the same line?
    changes: list[tuple[int, object, str]] = field(default_factory=list)


@dataclass
class Trace:
    title: str
    lab: str
    raw: dict
    begin: int = 0
    programs: list[Program] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    packets: list[Packet] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    test: Strand | None = None
    test_side: int = LEFT

    def strands(self, side: int) -> list[Strand]:
        found = [s for p in self.programs if p.side == side for s in p.strands]
        return found + ([self.test] if self.test and self.test_side == side else [])

    def ms(self, time: int) -> float:
        return (time - self.begin) / 1e6


# ---- Reading ----


def read_json(folder: Path) -> dict:
    path = folder / "recording.json"
    try:
        raw = json.loads(path.read_text("utf-8", "replace"))
    except OSError as error:
        raise BadRecording(f"{path}: {error.strerror}: no recording is there") from None
    except ValueError:
        raise BadRecording(f"{path} is no JSON document: record it again") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("programs"), list):
        raise BadRecording(f"{path} is no recording of make trace")
    if raw.get("schema") != "trace/1":
        raise BadRecording(f"{path} is of another version of the kit: record it again")
    return raw


def read_programs(folder: Path, trace: Trace) -> None:
    for number, raw in enumerate(trace.raw["programs"]):
        if not isinstance(raw, dict):
            continue
        side = LEFT if raw.get("role") == "client" else RIGHT
        program = Program(number, str(raw.get("name", "program")), side, raw)
        trace.programs.append(program)
        prefix = raw.get("calls")
        if not isinstance(prefix, str) or "/" in prefix or not prefix:
            continue
        python = raw.get("language") == "Python"
        strands = family(read_strands(folder, prefix, trace.notes), raw, number)
        if not strands:
            continue
        left_out = choose(strands, python)
        if python:
            add_python_lines(strands, raw, folder / f"{program.name}.lines")
        else:
            add_c_lines(strands, raw)
        if left_out:
            trace.notes.append(
                f"{program.name}: {left_out} calls of start-up and libraries are left out."
            )
        program.strands = strands
        name_command(strands[0], raw.get("argv"))


def name_command(strand: Strand, argv: object) -> None:
    """What was started is said as people would, not as the recorder did it."""
    first = strand.calls[0]
    if first.name == "execve" and isinstance(argv, list):
        first.meaning = " ".join(map(str, argv))


def side_of_sender(trace: Trace):
    """Who sends a flow's first packet: by address, or else whoever begins is left."""
    addresses = {str(p.raw.get("address")): p.side for p in trace.programs}
    link = (trace.raw.get("wire") or {}).get("kind") == "link"

    def side(packet: Packet) -> int:
        if link and packet.source[0] in addresses:
            return addresses[packet.source[0]]
        if link and packet.target[0] in addresses:
            return 1 - addresses[packet.target[0]]
        opens = not (packet.has("SYN") and packet.has("ACK"))
        return LEFT if opens else RIGHT

    return side


# ---- Ends of calls ----


def settle_ends(trace: Trace, follower: Follower) -> None:
    comes: tuple[list[int], list[int]] = ([], [])
    for packet in trace.packets:
        if packet.came is not None:
            comes[RIGHT if packet.left_to_right else LEFT].append(packet.came)
    for times in comes:
        times.sort()
    for program in trace.programs:
        for strand in program.strands:
            for call, after in zip(strand.calls, [*strand.calls[1:], None]):
                limit = after.start if after else strand.end
                settle(
                    call, limit, follower.not_before.get(id(call)), comes[program.side]
                )


def settle(call: Call, limit: int | None, cause: int | None, comes: list[int]) -> None:
    if call.end is None:
        return
    if cause is None and call.name in WAITS - READS and (call.value or 0) > 0:
        place = bisect.bisect_left(comes, call.end)
        if place < len(comes) and comes[place] - call.end < NEAR:
            cause = comes[place]
    if cause is not None and (limit is None or cause < limit):
        call.end = max(call.end, cause + 1)
    if limit is not None:
        call.end = min(call.end, limit - 1)
    call.end = max(call.end, call.start + 1)


# ---- The list ----


def call_items(program: Program) -> list[Item]:
    items = []
    for strand in program.strands:
        if strand.born:
            items.append(Item(strand.begin, BEGINS, "birth", program.side, strand))
        for call in strand.calls:
            items.append(Item(call.start, BEGINS, "call", program.side, strand, call))
        for signal in strand.signals:
            item = Item(signal.start, BEGINS, "signal", program.side, strand)
            item.words = signal.what
            items.append(item)
        if strand.end is not None:
            item = Item(
                max(strand.end, strand.last()), BEGINS, "death", program.side, strand
            )
            item.words = "still running" if runs_on(program, strand) else strand.how
            items.append(item)
    return items


def runs_on(program: Program, strand: Strand) -> bool:
    """Was it only the end of the recording that ended it?"""
    running = str(program.raw.get("exit", "")).startswith("still running")
    return running and "ends it" in strand.how


def packet_items(packets: list[Packet]) -> list[Item]:
    items = []
    changes: dict[tuple[int, bool], list[tuple[int, object, str]]] = {}
    for flow in {id(p.flow): p.flow for p in packets if p.flow}.values():
        for side, end in enumerate(flow.ends):  # type: ignore[attr-defined]
            for change in end.changes:
                key = change.cause.number, change.arrival
                changes.setdefault(key, []).append((side, flow, change.state))
    for packet in packets:
        sender = LEFT if packet.left_to_right else RIGHT
        item = Item(packet.sent, LEAVES, "leaves", sender, packet=packet)
        item.changes = changes.get((packet.number, False), [])
        items.append(item)
        if packet.came is not None:
            item = Item(packet.came, ARRIVES, "comes", 1 - sender, packet=packet)
            item.changes = changes.get((packet.number, True), [])
            items.append(item)
    return items


def name_children(trace: Trace) -> None:
    """What fork and wait return is said as the child's name."""
    for program in trace.programs:
        several = len(program.strands) > 1
        names = {s.inner_pid: s for s in program.strands if s.inner_pid}
        names |= {s.pid: s for s in program.strands if several}
        for strand in program.strands:
            for call in strand.calls:
                child = names.get(call.value) if call.value and call.value > 0 else None
                if child and is_birth(call):
                    call.meaning = child.name
                elif child and call.name == "wait4":
                    call.meaning = (
                        f"{child.name}, {child.how}" if child.how else child.name
                    )
                if call.name == "exit" and strand.thread:
                    call.name = "pthread_exit"


def waits(call: Call, cause: int | None, comes: int) -> bool:
    """Did it wait? A write only if packets came meanwhile: there was no room."""
    if call.end is None:
        return call.name in WAITS
    long = call.end - call.start
    if {"WNOHANG", "MSG_DONTWAIT"} & set(call.args) or call.errno in (
        "EAGAIN",
        "ECHILD",
    ):
        return False
    if call.name in WRITES:
        size = call.args[2] if len(call.args) > 2 else ""
        return (
            long > 10 * WAITED and comes > 0 and size.isdecimal() and int(size) > 2000
        )
    if cause is not None:
        return cause > call.start  # else it was there already
    return call.name in WAITS and long >= WAITED


def split_calls(items: list[Item], causes: dict[int, int], end: int) -> list[Item]:
    """A call during which something else is seen gets a line for its return."""
    times = sorted(i.time for i in items)
    comes = sorted(i.time for i in items if i.kind == "comes")

    def between(seen: list[int], first: int, last: int) -> int:
        return bisect.bisect_left(seen, last) - bisect.bisect_right(seen, first)

    result = list(items)
    for item in items:
        call = item.call
        if (
            item.kind != "call"
            or not call
            or call.name in ("exit_group", "pthread_exit")
        ):
            continue
        last = call.end if call.end is not None else max(end, call.start + 1)
        if waits(call, causes.get(id(call)), between(comes, call.start, last)):
            item.waited = max(last - call.start, 1)
        item.alone = not (item.waited and between(times, call.start, last))
        if call.end is not None:
            back = Item(call.end, RETURNS, "return", item.side, item.strand, call)
            back.waited, back.alone = item.waited, item.alone
            result.append(back)
    return sorted(result, key=lambda i: (i.time, i.rank))


def add_listeners(items: list[Item], follower: Follower) -> None:
    by_call = {id(i.call): i for i in items if i.kind == "call"}
    for call, socket in follower.listens:
        item = by_call.get(id(call))
        if item and socket.domain != "AF_UNIX":
            item.changes.append((socket.side, socket, "LISTEN"))


def before_their_packets(items: list[Item], trace: Trace) -> None:
    """The test writes down what it did when it is done: a little late."""
    sends = {
        "connect": ("SYN",),
        "sent": (),
        "shutdown": ("FIN",),
        "close": ("FIN", "RST"),
    }
    claimed: set[int] = set()
    last: dict[object, int] = {}
    for item in items:
        what = json.loads(item.words)[1]
        if what not in sends or item.port is None:
            continue
        for packet in trace.packets:
            fits = (
                any(map(packet.has, sends[what])) if sends[what] else bool(packet.data)
            )
            if not fits or packet.source[1] != item.port or packet.number in claimed:
                continue
            if last.get(item.port, 0) <= packet.sent <= item.time + SOON:
                claimed.add(packet.number)
                last[item.port] = packet.sent
                item.time = min(item.time, packet.sent - 1)
                break


def test_items(folder: Path, trace: Trace) -> list[Item]:
    """What the test did, which is the other side."""
    path = folder / "test.events"
    if not path.exists():
        if trace.raw.get("test"):
            trace.notes.append(
                "test.events is missing: what the test did is not shown."
            )
        return []
    sides = {p.side for p in trace.programs}
    trace.test_side = RIGHT if sides == {LEFT} else LEFT
    strand = trace.test = Strand(0, name="the test", program=-1)
    own = {p.name for p in trace.programs}
    items, odd = [], 0
    for row in path.read_text("utf-8", "replace").splitlines():
        try:
            event = json.loads(row)
            time, who, what = int(event["t"]), str(event["who"]), str(event["what"])
        except (ValueError, KeyError, TypeError):
            odd += 1
            continue
        if who in own:
            continue
        item = Item(time, BEGINS, "event", trace.test_side, strand)
        item.words = json.dumps([who, what, str(event.get("text") or "")])
        item.port = event.get("port")
        items.append(item)
    if odd:
        trace.notes.append(f"{odd} lines of test.events could not be understood.")
    before_their_packets(items, trace)
    strand.begin = min((i.time for i in items), default=0)
    if not items:
        trace.test = None
    return items


def load(folder: Path) -> Trace:
    """Reads a recording; what is missing or broken in it becomes a note."""
    raw = read_json(folder)
    trace = Trace(str(raw.get("title") or ""), str(raw.get("lab") or ""), raw)
    trace.notes += [str(n) for n in raw.get("notes") or [] if isinstance(n, str)]
    read_programs(folder, trace)
    wire = raw.get("wire") if isinstance(raw.get("wire"), dict) else {}
    if wire.get("kind") != "none":
        trace.packets = read_wire(folder, trace.notes)
    trace.flows = find_flows(trace.packets, side_of_sender(trace))
    trace.packets = [p for p in trace.packets if p.flow]
    follower = Follower(trace.flows, bool(trace.packets))
    follower.follow([(s, p.side) for p in trace.programs for s in p.strands])
    settle_ends(trace, follower)
    name_children(trace)
    arrange(trace, follower, test_items(folder, trace))
    return trace


def arrange(trace: Trace, follower: Follower, events: list[Item]) -> None:
    items = events + packet_items(trace.packets)
    for program in trace.programs:
        items += call_items(program)
    add_listeners(items, follower)
    items.sort(key=lambda i: (i.time, i.rank))
    items = fold_flows(items, trace)
    items = fold_strands(items, trace)
    items = fold_items(items)
    end = items[-1].time if items else 0
    items = split_calls(items, follower.not_before, end)
    if not trace.packets or unix(follower):
        items = with_inferred(items, follower)
    trace.items = shorten(items)
    trace.begin = trace.items[0].time if trace.items else 0


def with_inferred(items: list[Item], follower: Follower) -> list[Item]:
    """Bytes between two calls are drawn where the reading one says what it got."""
    entries = {id(i.call): i for i in items if i.kind == "call"}
    result = list(items)
    for inferred in follower.inferred:
        target = entries.get(id(inferred.target))
        if target is None or id(inferred.source) not in entries:
            continue
        call = inferred.target
        time = call.start if target.alone else call.end or call.start
        result.append(Item(time, ARRIVES, "infers", inferred=inferred))
    return sorted(result, key=lambda i: (i.time, i.rank))


def unix(follower: Follower) -> bool:
    return any(s.domain == "AF_UNIX" for s in follower.sockets.values())
