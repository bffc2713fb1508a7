"""The picture in a terminal: 80 columns, and never one more.

At the left edge the lifelines of the clients, at the right those of the servers;
between them what they call, and the arrows of what is on the wire.
"""

from __future__ import annotations

import unicodedata

from labels import (
    event_pieces, flow_tags, said_call, segment_pieces, side_tags, waited_words,
)  # fmt: skip
from model import Item, Trace
from states import LEFT, RIGHT
from svg import side_name, title_of

from words import (
    Pieces, entry_pieces, result_pieces, spoken_name, time_words,
)  # fmt: skip

WIDTH = 80
TIME = 10
MOST_LANES = 5
RUNS, WAITS = "│", "┊"


def cells(text: str) -> int:
    """How many columns it takes."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(c)
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )


def safe(text: str) -> str:
    """No control character and nothing that turns a line around reaches a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"\\u{{{ord(c):x}}}"
        if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029"
        else c
        for c in text
    )


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    lines, now = [], ""
    for word in safe(text).split(" "):
        while cells(word) > width - len(indent):
            cut = width - len(indent) - 1
            if now:
                lines.append(now)
                now = ""
            piece = word[:cut]
            while cells(piece) > cut:
                piece = piece[:-1]
            lines.append((indent if lines else "") + piece)
            word = word[len(piece) :]
        candidate = f"{now} {word}" if now else (indent if lines else "") + word
        if now and cells(candidate) > width:
            lines.append(now)
            candidate = indent + word
        now = candidate
    return [*lines, now] if now.strip() else lines


def plain(pieces: Pieces) -> str:
    return "".join(text for _, text in pieces)


class Text:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.tags = [side_tags(trace, LEFT), side_tags(trace, RIGHT)]
        self.flow_tags = flow_tags(trace)
        self.rows: list[str] = []
        self.lanes: list[list[int | None]] = [[], []]  # whose lifeline is in it now
        self.waiting: set[int] = set()
        widest = [self.count_lanes(side) for side in (LEFT, RIGHT)]
        self.lane_room = [max(min(w, MOST_LANES), 1) for w in widest]
        self.inner = WIDTH - TIME - sum(self.lane_room) - 2

    def count_lanes(self, side: int) -> int:
        ends: list[int] = []
        for strand in self.trace.strands(side):
            place = next((i for i, e in enumerate(ends) if e < strand.begin), len(ends))
            if place == len(ends):
                ends.append(0)
            ends[place] = strand.last() if strand.end else 1 << 62
        return len(ends)

    # ---- Rows ----

    def edge(self, side: int, mark: tuple[int, str] | None) -> str:
        lanes = self.lanes[side]
        signs = []
        for place in range(self.lane_room[side]):
            who = lanes[place] if place < len(lanes) else None
            sign = " " if who is None else WAITS if who in self.waiting else RUNS
            if mark and who == mark[0]:
                sign = mark[1]
            signs.append(sign)
        return "".join(reversed(signs)) if side == LEFT else "".join(signs)

    def row(
        self, time: int | None, inner: str, left: tuple[int, str] | None = None,
        right: tuple[int, str] | None = None,
    ) -> None:  # fmt: skip
        stamp = (
            f"{self.trace.ms(time):>{TIME - 1}.3f} " if time is not None else " " * TIME
        )
        line = f"{stamp[:TIME]}{self.edge(LEFT, left)} {inner:<{self.inner}} {self.edge(RIGHT, right)}"
        self.rows.append(line.rstrip())

    def beside(self, item: Item, words: str, time: int | None) -> None:
        """Words of one side, at its own edge."""
        words = fit(words, self.inner)
        mark = (id(item.strand), "├" if item.side == LEFT else "┤")
        if item.side == LEFT:
            self.row(time, words, left=mark)
        else:
            self.row(time, words.rjust(self.inner), right=mark)

    def appear(self, item: Item) -> None:
        if item.strand is None or item.side is None:
            return
        lanes, key = self.lanes[item.side], id(item.strand)
        if key in lanes:
            return
        place = lanes.index(None) if None in lanes else len(lanes)
        if place == len(lanes):
            lanes.append(None)
        lanes[place] = key

    def vanish(self, item: Item) -> None:
        lanes = self.lanes[item.side or 0]
        if id(item.strand) in lanes:
            lanes[lanes.index(id(item.strand))] = None

    # ---- What there is to say ----

    def said(self, item: Item, words: Pieces, where: str = "") -> str:
        tag = self.tags[item.side or 0].get(id(item.strand), "")
        text = plain(words)
        if tag:
            text = f"{tag}: {text}"
        if not where:
            return text
        return f"{text}  {where}" if item.side == LEFT else f"{where}  {text}"

    def room(self, item: Item, where: str = "") -> int:
        tag = self.tags[item.side or 0].get(id(item.strand), "")
        return (
            self.inner - (len(tag) + 2 if tag else 0) - (len(where) + 2 if where else 0)
        )

    def call(self, item: Item) -> None:
        call = item.call
        assert call
        room = self.room(item, call.where)
        waited = f"  {waited_words(item)}" if item.waited else ""
        open_end = call.end is None and item.waited > 0
        if item.alone and not open_end:
            words = [*said_call(call, room - len(waited)), ("wait", waited)]
        else:
            words = entry_pieces(call, room - len(waited) * open_end)
            if open_end:
                words.append(("wait", waited))
        self.beside(item, self.said(item, words, call.where), item.time)
        if item.waited and not item.alone:
            self.waiting.add(id(item.strand))

    def returns(self, item: Item) -> None:
        call = item.call
        assert call
        self.waiting.discard(id(item.strand))
        if item.alone:
            return
        name, waited = spoken_name(call), waited_words(item)
        room = self.room(item) - len(name) - len(waited) - 3
        result = plain(result_pieces(call, room))
        if call.meaning:
            result = f"= {call.meaning}"
        self.beside(
            item, self.said(item, [("", f"{name} {result}  {waited}")]), item.time
        )

    # ---- The wire ----

    def leaves(self, item: Item, whole: bool) -> None:
        packet = item.packet
        assert packet
        tag = self.flow_tags.get(id(packet.flow), "")
        label = plain(segment_pieces(packet, self.inner - 10, tag))
        label = fit(label, self.inner - 8)
        lost = packet.came is None
        rest = self.inner - len(label) - 4
        if whole:
            line = "─" * (rest - 1)
        elif lost:
            line = ("─" * max(rest // 2, 1) + "✗").ljust(rest - 1)
        else:
            line = ("─" * max(rest - 6, 0) + "╌╌╌")[: rest - 1].ljust(rest - 1)
        tip = "►" if whole else " "
        text = f"── {label} {line}{tip}"
        self.row(item.time, text if packet.left_to_right else mirrored(text, label))

    def comes(self, item: Item) -> None:
        packet = item.packet
        assert packet
        tag = self.flow_tags.get(id(packet.flow), "")
        tag = f"{tag} " if tag else ""
        if packet.protocol == "TCP":
            label = f"{tag}{' '.join(packet.names)} seq {packet.seq} comes"
        else:
            label = f"{tag}{packet.words or packet.protocol} comes"
        text = f"╌╌╌ {label} ►".rjust(self.inner)
        self.row(item.time, text if packet.left_to_right else mirrored(text, label))

    def changes(self, items: list[Item]) -> None:
        sides: list[list[str]] = [[], []]
        for item in items:
            for side, key, state in item.changes:
                tag = self.flow_tags.get(id(key), "")
                sides[side].append(f"[{tag} {state}]" if tag else f"[{state}]")
        left, right = " ".join(sides[LEFT]), " ".join(sides[RIGHT])
        if left or right:
            space = max(self.inner - len(left) - len(right), 1)
            self.row(None, f"{left}{' ' * space}{right}"[: self.inner])

    def infers(self, item: Item) -> None:
        inferred = item.inferred
        assert inferred and inferred.source.strand
        left = any(s is inferred.source.strand for s in self.trace.strands(LEFT))
        label = f"{inferred.count} bytes (inferred)"
        text = f"╌╌ {label} ".ljust(self.inner - 1, "╌") + "►"
        self.row(None, text if left else mirrored(text, label))

    # ---- All ----

    def head(self) -> None:
        self.rows += wrapped(title_of(self.trace), WIDTH)
        self.rows += [*wrapped(test_words(self.trace), WIDTH), ""]
        left, right = safe(side_name(self.trace, LEFT)), safe(
            side_name(self.trace, RIGHT)
        )
        left, right = fit(left, 33), fit(right, 33)
        gap = WIDTH - TIME - cells(left) - cells(right)
        self.rows.append(f"{'ms':>{TIME - 1}} {left}{' ' * gap}{right}".rstrip())

    def draw(self) -> list[str]:
        self.head()
        wire = self.trace.raw.get("wire")
        delay = wire.get("delay_ms") if isinstance(wire, dict) else 0
        quiet = max(40e6, 2.5e6 * (delay if isinstance(delay, (int, float)) else 0))
        items = self.trace.items
        whole = {
            i.packet.number
            for i, j in zip(items, items[1:])
            if i.kind == "leaves"
            and j.kind == "comes"
            and i.packet
            and i.packet is j.packet
        }
        before = items[0].time if items else 0
        for item in items:
            if item.time - before >= quiet:
                self.row(
                    None, f"… {time_words(item.time - before)} …".center(self.inner)
                )
            before = item.time
            self.appear(item)
            self.draw_item(item, whole)
        if not items:
            self.rows.append("Nothing was recorded.")
        return self.rows

    def draw_item(self, item: Item, whole: set[int]) -> None:
        number = item.packet.number if item.packet else 0
        if item.kind == "call":
            self.call(item)
        elif item.kind == "return":
            self.returns(item)
        elif item.kind == "event":
            self.beside(item, plain(event_pieces(item, self.inner)), item.time)
        elif item.kind == "signal":
            self.beside(item, self.said(item, [("", f"{item.words} comes")]), item.time)
        elif item.kind == "death":
            if not item.words.startswith("exit"):
                self.beside(item, self.said(item, [("", item.words)]), item.time)
            self.waiting.discard(id(item.strand))
            self.vanish(item)
        elif item.kind == "leaves":
            self.leaves(item, number in whole)
        elif item.kind == "comes" and number not in whole:
            self.comes(item)
        elif item.kind == "infers":
            self.infers(item)
        elif item.kind in ("fold", "cut"):
            self.fold(item)
        if item.kind == "leaves" and number in whole:
            self.pending = item
        elif item.kind == "comes" and number in whole:
            self.changes([self.pending, item])
        else:
            self.changes([item])

    def fold(self, item: Item) -> None:
        if item.side is None:
            self.row(None, item.words.center(self.inner))
        else:
            self.beside(item, self.said(item, [("", item.words)]), None)


def test_words(trace: Trace) -> str:
    test = trace.raw.get("test")
    if not isinstance(test, dict):
        return ""
    reason = f": {test['reason']}" if test.get("reason") else "."
    return (
        f"Test {test.get('id')}, {test.get('status')}, seed {test.get('seed')}{reason}"
    )


def mirrored(text: str, label: str) -> str:
    """An arrow the other way round, with its words the right way."""
    before, _, after = text.partition(label)
    return after[::-1].replace("►", "◄") + label + before[::-1].replace("►", "◄")


def fit(text: str, width: int) -> str:
    """At most WIDTH columns; what is cut is counted."""
    text = safe(text)
    if cells(text) <= width:
        return text
    kept = text
    while kept and cells(kept) + len(f"…+{len(text) - len(kept)}") > width:
        kept = kept[:-1]
    return f"{kept}…+{len(text) - len(kept)}"


def legend(trace: Trace) -> list[str]:
    """How to read it; only what is in it."""
    words = []
    if any(i.waited for i in trace.items):
        words.append("┊ waits in a call")
    if any(p.came is None for p in trace.packets):
        words.append("✗ lost on its way")
    words.append('"abc"…+9: nine bytes more')
    return wrapped("; ".join(words) + ".", WIDTH)


def whole_text(trace: Trace) -> str:
    rows = Text(trace).draw()
    rows += ["", *legend(trace)]
    for note in trace.notes:
        rows += wrapped(f"- {note}", WIDTH, "  ")
    return "\n".join(rows) + "\n"
