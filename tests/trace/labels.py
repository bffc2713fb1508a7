"""Who and what is meant: names of threads and connections, segments, the test's acts."""

from __future__ import annotations

import json
import re

from calls import Call
from model import Item, Program, Trace
from wire import Packet

from words import (
    LOUD, Pieces, entry_pieces, length, quoted, time_words, unescaped, whole_call,
)  # fmt: skip

EVENT_BYTES = re.compile(r'"(.*)"(?: … \(([\d,]+) more\))?', re.DOTALL)


def side_tags(trace: Trace, side: int) -> dict[int, str]:
    """A strand's name where there are several on its side."""
    programs = [p for p in trace.programs if p.side == side]
    strands = trace.strands(side)
    if len(strands) < 2:
        return {}
    tags = {}
    for program in programs:
        for strand in program.strands:
            name = strand.name or (
                main_name(program) if len(programs) == 1 else program.name
            )
            if strand.name and len([p for p in programs if p.strands]) > 1:
                name = f"{program.name} {strand.name}"
            tags[id(strand)] = name
    return tags


def main_name(program: Program) -> str:
    """What a parent is called beside its children."""
    others = program.strands[1:]
    if not others:
        return program.name
    return "main" if all(s.thread for s in others) else "parent"


def flow_tags(trace: Trace) -> dict[int, str]:
    if len(trace.flows) < 2:
        return {}
    return {id(flow): f"#{flow.number}" for flow in trace.flows}


def waited_words(item: Item) -> str:
    if item.call and item.call.end is None:
        return "does not return"
    return f"waited {time_words(item.waited)}"


def said_call(call: Call, room: int) -> Pieces:
    if call.meaning and call.name != "execve":
        entry = entry_pieces(call, max(room - len(call.meaning) - 3, 8))
        return [*entry, ("result", f" = {call.meaning}")]
    return whole_call(call, room)


def event_bytes(text: str) -> tuple[bytes, int]:
    """Bytes stand there as in C, in quotes, and perhaps "… (12 more)"."""
    found = EVENT_BYTES.fullmatch(text)
    if not found:
        data = text.encode("utf-8", "replace")
        return data, len(data)
    data = unescaped(found[1])
    return data, len(data) + int((found[2] or "0").replace(",", ""))


def event_pieces(item: Item, room: int) -> Pieces:
    who, what, text = json.loads(item.words)
    pieces: Pieces = [("tag", f"{who}: "), ("name", what)]
    space = room - length(pieces) - 1
    if text:
        shown = text if text.isascii() and text.isprintable() else ""
        if not shown or len(shown) > space:
            data, size = event_bytes(text)
            shown = quoted(data, size, max(space, 12))
        pieces.append(("data", f" {shown}"))
    return pieces


def numbers_of(packet: Packet, room: int) -> str:
    """seq 1 ack 1 len 25 win 0: the last of these go where there is no room."""
    words = [f" seq {packet.seq}"]
    if packet.size:
        words.append(f" len {packet.size}")
    if packet.has("ACK"):
        words.insert(1, f" ack {packet.ack}")
    if packet.show_room:
        words.append(f" win {packet.room}")
    while len("".join(words)) > room and len(words) > 1:
        # Beside data the window and then the acknowledgment say least.
        del words[1 if packet.size and len(words) == 3 else -1]
    return "".join(words)


def segment_pieces(packet: Packet, room: int, tag: str = "") -> Pieces:
    """SYN ACK seq 0 ack 1 len 25 "Sun…", in at most ROOM characters."""
    pieces: Pieces = [("tag", f"{tag} ")] if tag else []
    if packet.protocol == "ICMP":
        return [*pieces, ("bad", packet.words)]
    after: Pieces = []
    if packet.kind:
        after.append(("bad" if packet.kind in LOUD else "note", f" {packet.kind}"))
    if packet.came is None:
        after.append(("bad", " LOST"))
    if packet.protocol == "UDP":
        pieces.append(("flags", f"UDP {packet.size} bytes"))
    else:
        kind = "bad" if packet.has("RST") else "flags"
        pieces.append((kind, " ".join(packet.names) or "(no flag)"))
        pieces.append(
            ("arg", numbers_of(packet, room - length(pieces) - length(after)))
        )
    pieces += after
    space = room - length(pieces) - 1
    if packet.data and space > 4:
        text = quoted(packet.data, packet.size, space)
        if text.startswith('"'):
            pieces.append(("data", f" {text}"))
    return pieces
