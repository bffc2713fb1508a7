"""The picture for a lecture: 16:9, in large type, on as many slides as it takes.

A slide has the calls that matter, in short: its words are for the last row.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cached_property

from calls import Call
from labels import event_pieces
from layout import Layout, Metric
from model import Item, Trace
from states import LEFT, RIGHT
from style import STYLE
from svg import HATCH, Pen, Picture, clean, side_name, title_of
from wire import Packet

from words import (
    LOUD, READS, WRITES, Pieces, address_of, data_of, data_total, descriptor, length, quoted,
    result_words, spoken_name,
)  # fmt: skip

WIDTH, HEIGHT = 1280, 720
TOP, FOOT = 104, 34
METRIC = Metric(
    font=21, small=17, row=29, room=19, wire=320, lane=22, time=0, margin=12, top=0,
    gap_row=34, state=19, gutter=False, most_lanes=6, most_states=3,
)  # fmt: skip
MINOR = {
    "execve", "rt_sigaction", "rt_sigprocmask", "fcntl", "getsockname", "getpeername",
    "setsockopt", "getsockopt", "unlink", "pipe", "pipe2", "dup", "dup2", "nanosleep",
}  # fmt: skip
DARK = re.compile(r"@media[^{]*dark\) \{.*?\} \}\n", re.DOTALL)
MOST = 24  # slides


def is_minor(call: Call) -> bool:
    if call.name in MINOR:
        return True
    fd = descriptor(call.args[0]) if call.args else None
    return call.name in ("read", "write", "close") and fd is not None and fd <= 2


def short_call(call: Call) -> Pieces:
    """connect(port 8080), send(25 bytes): what one would say of it."""
    words = ""
    if call.name in ("bind", "connect") and len(call.args) > 1:
        address = address_of(call.args[1])
        words = f"port {address[1]}" if address and address[1] is not None else ""
    elif call.name in WRITES:
        data = data_of(call)
        words = f"{data_total(call, data)} bytes" if data is not None else ""
    elif call.name == "shutdown" and len(call.args) > 1:
        words = call.args[1].removeprefix("SHUT_")
    elif call.name == "socket" and len(call.args) > 1:
        kinds = {"SOCK_STREAM": "TCP", "SOCK_DGRAM": "UDP"}
        kind = kinds.get(call.args[1].split("|")[0], "")
        words = "UNIX" if "UNIX" in call.args[0] else kind
    elif call.name in ("accept", "accept4", "listen", "close") and call.args:
        words = f"fd {descriptor(call.args[0])}"
    return [("name", spoken_name(call)), ("arg", f"({words})")]


def short_result(call: Call) -> Pieces:
    if call.errno.startswith("ERESTART"):
        return [("error", " interrupted")]
    if call.failed:
        return [("error", f" {call.errno}")]
    if call.meaning:
        return [("result", f" = {call.meaning.partition(',')[0]}")]
    silent = WRITES | {"bind", "listen", "connect", "close", "shutdown", "exit_group"}
    if call.value is None or call.name in silent:
        return []
    end = " (end)" if call.name in READS and call.value == 0 else ""
    return [("result", f" = {result_words(call)}{end}")]


def brief(ns: int) -> str:
    return f"{ns / 1e6:.0f} ms" if ns < 10**10 else f"{ns / 1e9:.0f} s"


def short_segment(packet: Packet, room: int, tag: str) -> Pieces:
    pieces: Pieces = [("tag", f"{tag} ")] if tag else []
    kind = "bad" if packet.has("RST") else "flags"
    if packet.protocol == "TCP":
        pieces.append((kind, " ".join(n for n in packet.names if n != "PSH")))
        if packet.show_room and not packet.has("SYN"):
            pieces.append(("arg", f" win {packet.room}"))
        elif not packet.data and packet.has("ACK") and not packet.has("RST"):
            pieces.append(("arg", f" ack {packet.ack}"))
    else:
        pieces.append(("flags", packet.words or "UDP"))
    if packet.data and packet.protocol == "TCP":
        pieces.append(("arg", f" seq {packet.seq} len {packet.size}"))
    words = (
        "LOST"
        if packet.came is None
        else packet.kind.replace("retransmission", "again")
    )
    if words and length(pieces) + len(words) < room:
        loud = packet.came is None or packet.kind in LOUD
        pieces.append(("bad" if loud else "note", f" {words}"))
    elif packet.data and not words:
        text = quoted(packet.data, packet.size, room - length(pieces) - 1)
        if text.startswith('"') and "…" not in text[:4]:
            pieces.append(("data", f" {text}"))
    return pieces


class SlideLayout(Layout):
    def label(self, item: Item, wire_room: int) -> tuple[Pieces, str] | None:
        if item.kind == "leaves" and item.packet:
            tag = self.flow_tags.get(id(item.packet.flow), "")
            return short_segment(item.packet, wire_room, tag), ""
        if item.kind == "event":
            return event_pieces(item, 24), ""
        call = item.call
        if call is None or item.kind not in ("call", "return"):
            return super().label(item, wire_room)
        tag = self.tag(item)
        line = call.where.rpartition(":")[2]
        gutter = [("soft", f" :{line}")] if line and self.is_main(call, item) else []
        if item.kind == "call":
            open_end = call.end is None and item.waited
            result = short_result(call) if item.alone and not open_end else []
            return [*tag, *short_call(call), *result, *gutter], ""
        if item.alone:
            return None
        name = [("soft", spoken_name(call))]
        waited = (
            [("wait", f" after {brief(item.waited)}")]
            if item.waited >= 1_000_000
            else []
        )
        result = short_result(call) or [("result", " = 0")]
        return [*tag, *name, *result, *waited], ""

    def is_main(self, call: Call, item: Item) -> bool:
        """Is the line one of the file that the head names?"""
        side = item.side or 0
        if side not in self.files:
            self.files[side] = main_file(self.trace, side)
        return call.where.rpartition(":")[0] == self.files[side]

    @cached_property
    def files(self) -> dict[int, str]:
        return {}


def main_file(trace: Trace, side: int) -> str:
    """The file in which most of a side's calls are."""
    files = [
        c.where.rpartition(":")[0]
        for s in trace.strands(side)
        for c in s.calls
        if c.where
    ]
    return max(set(files), key=lambda f: (files.count(f), f)) if files else ""


def breaks(picture: Picture, room: float) -> list[tuple[float, float]]:
    """Where each slide begins and ends: if it can be, through no arrow and beside no words."""
    layout, y = picture.layout, picture.layout.y
    air = layout.metric.row * 0.75
    words = [(a, b) for a, b, part in picture.parts if part.startswith("<text")]
    came = {
        i.packet.number: y[id(i)]
        for i in layout.items
        if i.kind == "comes" and i.packet
    }
    flights = [
        (y[id(i)], came.get(i.packet.number, y[id(i)] + 18))
        for i in layout.items
        if i.kind == "leaves" and i.packet
    ]
    rows = sorted({at - air + d for at in y.values() for d in (0, 6, 12)})
    pages, top = [], rows[0] if rows else 0.0
    count = max(math.ceil((layout.bottom - top) / room), 1)
    while top + room < layout.bottom and len(pages) < MOST:
        left = max(count - len(pages), math.ceil((layout.bottom - top) / room))
        wish = top + (layout.bottom - top) / left
        inside = [at for at in rows if top + room * 0.35 < at <= top + room]

        def worth(at: float) -> float:
            through = any(a < at < b for a, b in flights) * 2
            through += any(a < at < b for a, b in words)
            return abs(at - wish) + through * room / 4

        end = min(inside, key=worth, default=top + room)
        pages.append((top, end))
        top = end
    return [*pages, (top, layout.bottom)]


def continued(picture: Picture, top: float, end: float) -> str:
    """The names of states that go on from the slide before."""
    pen, lay = Pen(picture), picture.layout
    size = lay.metric.state
    for state in lay.states:
        if state.top < top - 2 and min(state.bottom, end) > top + size + 6:
            width = lay.state_widths[state.side][state.lane]
            x = lay.lane_of_state(state.side, state.lane) + width / 2
            pen.text(
                x, top + size + 3, [("arg", lay.name_of(state.name))], "middle", size
            )
    return pen.drawn()


def heads(picture: Picture, scale: float, part: str, title: str) -> str:
    lay, m = picture.layout, picture.metric
    pen = Pen(picture)
    pen.text(24, 42, [("title", title), ("soft title", part)], size=27)
    for side, anchor in ((LEFT, "end"), (RIGHT, "start")):
        file = main_file(lay.trace, side)
        words: Pieces = [("head", side_name(lay.trace, side))]
        words += [("soft", f" {file}")] if file else []
        x = (
            lay.lane_x[side] + (lay.lane_count[side] * m.lane if side == LEFT else 0)
        ) * scale
        room = length(words) * 22 * 0.604
        if side == LEFT and x < room + 24:
            x, anchor = 24, "start"
        elif side == RIGHT and x + room > WIDTH - 24:
            x, anchor = WIDTH - 24, "end"
        pen.text(x, 86, words, anchor, size=22)
    middle = (lay.wire_left + lay.wire_right) / 2 * scale
    pen.text(middle, 86, [("head", "on the wire")], "middle", size=22)
    return pen.drawn()


def one_slide(
    picture: Picture, page: tuple[float, float], part: str, title: str, foot: str
) -> str:
    lay = picture.layout
    scale = min(WIDTH / lay.width, 1)
    top, end = page
    parts = [(a, b, p.startswith("<text"), p) for a, b, p in picture.parts]
    shapes = "".join(p for a, b, text, p in parts if not text and b > top and a < end)
    # Words are never cut: they are where their middle is.
    words = "".join(p for a, b, text, p in parts if text and top <= (a + b) / 2 < end)
    style = DARK.sub("", STYLE)
    pen = Pen(picture)
    pen.text(24, HEIGHT - 12, [("soft", foot)], size=15)
    return (
        f'<svg class="trace" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{clean(title + part)}">'
        f"<style>{style}</style>{HATCH}"
        f'<clipPath id="page"><rect x="0" y="{top:.1f}" width="{lay.width:.0f}" height="{end - top:.1f}"/></clipPath>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" class="paper"/>'
        f'<g transform="translate(0 {TOP}) scale({scale:.4f}) translate(0 {-top:.1f})">'
        f'<g clip-path="url(#page)">{shapes}</g>{words}{continued(picture, top, end)}</g>'
        f"{heads(picture, scale, part, title)}{pen.drawn()}</svg>\n"
    )


def slide_items(trace: Trace) -> tuple[list[Item], str]:
    """What goes on slides, and what does not, in words."""
    kept, left = [], []
    for item in trace.items:
        if item.call and is_minor(item.call):
            name = spoken_name(item.call)
            if name not in left and item.kind == "call":
                left.append(name)
        else:
            kept.append(item)
    return kept, f"Not shown: {', '.join(left)}." if left else ""


def fitting(trace: Trace, items: list[Item]) -> SlideLayout:
    """As wide as a slide, if the words allow it; the wire takes what is left."""
    layout = SlideLayout(trace, METRIC, items)
    spare = WIDTH - layout.width
    if spare > 0:
        metric = replace(METRIC, wire=METRIC.wire + spare)
        layout = SlideLayout(trace, metric, items)
    return layout


def slides(trace: Trace) -> list[str]:
    items, foot = slide_items(trace)
    layout = fitting(trace, items)
    picture = Picture(layout, links=False)
    scale = min(WIDTH / layout.width, 1)
    pages = breaks(picture, (HEIGHT - TOP - FOOT) / scale)
    title = title_of(trace)
    title = title if len(title) < 62 else title[:58] + f"…+{len(title) - 58}"
    result = []
    for number, page in enumerate(pages[:MOST], 1):
        part = f"  {number} of {len(pages)}" if len(pages) > 1 else ""
        if number == MOST and len(pages) > MOST:
            foot = f"{foot} The rest is in trace.html."
        result.append(one_slide(picture, page, part, title, foot))
    return result
