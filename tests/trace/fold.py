"""What is the same over and over is drawn a few times, with how often it was."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model import Item, Trace

LONGEST = 12  # things in a row that may repeat together
REPEATS = 6  # from so many on they are folded
FIRST, LAST = 2, 1  # so many are drawn
LONG = 40  # things in one column; more are folded
OFTEN = 3  # so many of a kind are drawn first
MOST_FLOWS, MOST_STRANDS = 8, 8
MOST_ITEMS = 700
QUIET = ("", "duplicate ACK")


def repeats(shapes: Sequence[Hashable]) -> list[tuple[int, int, int]]:
    """Where (begin, length, times) a stretch of SHAPES follows upon itself."""
    found = []
    at = 0
    while at < len(shapes):
        best = (0, 0)
        for length in range(1, min(LONGEST, (len(shapes) - at) // REPEATS) + 1):
            if shapes[at] != shapes[at + length]:
                continue
            end = at + length
            while end < len(shapes) and shapes[end] == shapes[end - length]:
                end += 1
            times = (end - at) // length
            if times >= REPEATS and times * length > best[0] * best[1]:
                best = (length, times)
        if best[0]:
            found.append((at, *best))
            at += best[0] * best[1]
        else:
            at += 1
    return found


def call_shape(item: Item) -> Hashable:
    call = item.call
    if call is None:
        return (item.kind, item.words)
    fd = call.args[0].partition("<")[0] if call.args else ""
    return (call.name, call.where or fd, call.errno)


def packet_shape(item: Item) -> Hashable:
    packet = item.packet
    assert packet
    if packet.came is None:
        return packet.number  # like no other
    if item.changes or packet.has("SYN") or packet.has("FIN") or packet.has("RST"):
        return packet.number
    room = packet.room if packet.show_room else None
    return (packet.left_to_right, packet.flags, bool(packet.data), packet.kind, room)


def words_of(count: int, length: int, what: str) -> str:
    if length == 1:
        return f"… {count} more like this …"
    return f"… these {length} {what} {count} more times …"


def fold_sequence(
    sequence: list[Item], shapes: list[Hashable], what: str, hidden: dict[int, str]
) -> None:
    """Marks in HIDDEN what goes; the first of each stretch has the words."""
    for begin, length, times in repeats(shapes):
        first, last = begin + FIRST * length, begin + (times - LAST) * length
        for index in range(first, last):
            hidden[id(sequence[index])] = ""
        hidden[id(sequence[first])] = words_of(times - FIRST - LAST, length, what)


def fold_alike(
    sequence: list[Item], shapes: list[Hashable], what: str, hidden: dict[int, str]
) -> None:
    """Of what is long and repeats in no fixed order: what was there often before."""
    seen: dict[Hashable, int] = {}
    run: list[int] = []
    for index, shape in [*enumerate(shapes), (-1, None)]:
        seen[shape] = seen.get(shape, 0) + 1
        if index >= 0 and seen[shape] > OFTEN:
            run.append(index)
            continue
        gone = run[FIRST:-FIRST]
        if len(gone) >= REPEATS:
            for other in gone:
                hidden[id(sequence[other])] = ""
            hidden[
                id(sequence[gone[0]])
            ] = f"… {len(gone)} more {what} like those above …"
        run = []


def fold_column(
    sequence: list[Item], shapes: list[Hashable], what: str, hidden: dict[int, str]
) -> None:
    mine: dict[int, str] = {}
    fold_sequence(sequence, shapes, what, mine)
    if len(sequence) - len(mine) > LONG:
        mine = {}
        fold_alike(sequence, shapes, what, mine)
    hidden |= mine


def replace(items: list[Item], hidden: dict[int, str]) -> list[Item]:
    from model import Item

    result = []
    gone = {
        i.packet.number
        for i in items
        if i.kind == "leaves" and i.packet and id(i) in hidden
    }
    for item in items:
        if item.kind == "comes" and item.packet and item.packet.number in gone:
            continue
        words = hidden.get(id(item))
        if words is None:
            result.append(item)
        elif words:
            side = None if item.packet else item.side
            fold = Item(item.time, item.rank, "fold", side, item.strand)
            fold.words = words
            result.append(fold)
    return result


def fold_items(items: list[Item]) -> list[Item]:
    """Loops of calls, thread by thread, and long transfers on the wire."""
    hidden: dict[int, str] = {}
    by_strand: dict[int, list[Item]] = {}
    for item in items:
        if item.kind in ("call", "event", "signal") and item.strand:
            by_strand.setdefault(id(item.strand), []).append(item)
    for sequence in by_strand.values():
        shapes = [
            event_shape(i) if i.kind == "event" else call_shape(i) for i in sequence
        ]
        fold_column(sequence, shapes, "calls", hidden)
    leaving: dict[int, list[Item]] = {}
    for item in items:
        if item.kind == "leaves" and item.packet:
            leaving.setdefault(id(item.packet.flow), []).append(item)
    for sequence in leaving.values():
        shapes = [packet_shape(i) for i in sequence]
        fold_column(sequence, shapes, "segments", hidden)
    return replace(items, hidden)


def event_shape(item: Item) -> Hashable:
    import json

    who, what, _ = json.loads(item.words)
    return (who.rstrip("0123456789 "), what)


def eventful(flow) -> bool:
    return any(
        p.came is None or p.kind not in QUIET or p.has("RST") for p in flow.packets
    )


def fold_flows(items: list[Item], trace: Trace) -> list[Item]:
    """Of very many connections the first few, the last, and those where something is up."""
    flows = trace.flows
    if len(flows) <= MOST_FLOWS:
        return items
    special = [f for f in flows[MOST_FLOWS - 3 : -1] if eventful(f)][:MOST_FLOWS]
    kept = {id(f) for f in [*flows[: MOST_FLOWS - 3], *special, flows[-1]]}
    gone = [f for f in flows if id(f) not in kept]
    hidden: dict[int, str] = {}
    for item in items:
        if item.packet and item.packet.flow and id(item.packet.flow) not in kept:
            hidden[id(item)] = ""
    first = next((i for i in items if id(i) in hidden and i.kind == "leaves"), None)
    if first:
        count = sum(len(f.packets) for f in gone)
        hidden[id(first)] = f"… {len(gone)} more connections, {count} packets …"
    return replace(items, hidden)


def fold_strands(items: list[Item], trace: Trace) -> list[Item]:
    """Of very many children or threads the first few and the last."""
    hidden: dict[int, str] = {}
    for program in trace.programs:
        strands = program.strands
        if len(strands) <= MOST_STRANDS:
            continue
        gone = strands[MOST_STRANDS - 2 : -1]
        ids = {id(s) for s in gone}
        word = "threads" if gone[0].thread else "children"
        first = True
        for item in items:
            if item.strand and id(item.strand) in ids:
                words = f"… {len(gone)} more {word}, not drawn …" if first else ""
                hidden[id(item)] = words
                first = False
        program.strands = [s for s in strands if id(s) not in ids]
    return replace(items, hidden)


def shorten(items: list[Item]) -> list[Item]:
    """The beginning and the end of what is too long all the same."""
    from model import Item

    if len(items) <= MOST_ITEMS:
        return items
    head, tail = items[: MOST_ITEMS * 2 // 3], items[-MOST_ITEMS // 3 :]
    cut = Item(tail[0].time, tail[0].rank, "cut")
    cut.words = f"… {len(items) - len(head) - len(tail)} events are left out here …"
    kept = [*head, cut, *tail]
    left = {i.packet.number for i in kept if i.kind == "leaves" and i.packet}
    came = {i.packet.number for i in kept if i.kind == "comes" and i.packet}
    return [
        i
        for i in kept
        if not i.packet
        or (i.kind == "comes" and i.packet.number in left)
        or (i.kind == "leaves" and (i.packet.came is None or i.packet.number in came))
    ]
