"""The picture, as SVG: one file that loads nothing, in light and in dark."""

from __future__ import annotations

import unicodedata
from html import escape

from layout import Layout
from model import Item
from states import LEFT, RIGHT
from wire import Packet
from words import Pieces, escaped, time_words


def clean(text: str) -> str:
    """For SVG and HTML: escaped, and without what turns a line around or is no text."""
    shown = "".join(
        f"\\u{{{ord(c):x}}}" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else c
        for c in text
    ) if not (text.isascii() and text.isprintable()) else text  # fmt: skip
    return escape(shown)


def long_clean(text: str) -> str:
    """The same for several lines."""
    return "\n".join(clean(line) for line in text.split("\n"))


class Picture:
    """Draws a layout; `parts` are (top, bottom, SVG), for one page or several."""

    def __init__(self, layout: Layout, links: bool = True) -> None:
        self.layout, self.links = layout, links
        self.metric = layout.metric
        self.parts: list[tuple[float, float, str]] = []
        self.y = layout.y
        self.draw()

    def add(self, top: float, bottom: float, text: str) -> None:
        self.parts.append((top, bottom, text))

    def draw(self) -> None:
        self.draw_gaps()
        self.draw_states()
        self.draw_lives()
        self.draw_bars()
        self.draw_wire()
        self.draw_words()

    # ---- Pieces of SVG ----

    def text(
        self, x: float, y: float, pieces: Pieces, anchor: str = "start",
        size: float = 0, css: str = "",
    ) -> None:  # fmt: skip
        size = size or self.metric.font
        spans = "".join(
            f'<tspan class="{kind}">{clean(words)}</tspan>' for kind, words in pieces
        )
        end = ' text-anchor="end"' if anchor == "end" else ""
        middle = ' text-anchor="middle"' if anchor == "middle" else ""
        names = f' class="{css}"' if css else ""
        self.add(
            y - size,
            y + 4,
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"{end}{middle}{names}>{spans}</text>',
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, css: str) -> None:
        self.add(
            min(y1, y2),
            max(y1, y2),
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"/>',
        )

    def rect(
        self, x: float, y: float, w: float, h: float, css: str, more: str = ""
    ) -> None:
        self.add(
            y,
            y + h,
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" class="{css}"{more}/>',
        )

    # ---- What is behind everything ----

    def draw_gaps(self) -> None:
        m, lay = self.metric, self.layout
        for gap in lay.gaps:
            self.line(
                m.margin + m.time, gap.y - 4, lay.width - m.margin, gap.y - 4, "gap"
            )
            if m.time:
                self.text(
                    m.margin + m.time - 8, gap.y, [("time", gap.words)], "end", m.small
                )
            else:
                self.text(
                    m.margin + 8, gap.y, [("time", gap.words)], size=m.small, css="halo"
                )
        for y, words in lay.times if m.time else []:
            self.text(m.margin + m.time - 8, y + 4, [("time", words)], "end", m.small)

    def draw_states(self) -> None:
        lay, m = self.layout, self.metric
        for state in lay.states:
            x = lay.lane_of_state(state.side, state.lane)
            height = max(state.bottom - state.top, m.state + 5)
            width = lay.state_widths[state.side][state.lane]
            self.rect(
                x + 1, state.top, width - 2, height, f"state {state.name}", ' rx="3"'
            )
            size = m.state
            words = [("arg", lay.name_of(state.name))]
            self.text(x + width / 2, state.top + size + 1.5, words, "middle", size)

    def draw_lives(self) -> None:
        lay = self.layout
        spans: dict[int, list[float]] = {}
        known = {}
        for item in lay.items:
            if item.strand is not None and item.side is not None:
                span = spans.setdefault(id(item.strand), [self.y[id(item)], 0])
                span[1] = self.y[id(item)]
                known[id(item.strand)] = item
        for key, (top, bottom) in spans.items():
            item = known[key]
            x = lay.strand_x(item.strand, item.side)  # type: ignore[arg-type]
            ended = item.kind == "death"
            self.line(x, top, x, bottom if ended else lay.bottom, "life")
            if ended:
                self.line(x - 5, bottom, x + 5, bottom, "life")
        for item in lay.items:
            if item.kind == "birth" and item.strand and item.strand.parent:
                y = self.y[id(item)]
                x1 = lay.strand_x(item.strand.parent, item.side)  # type: ignore[arg-type]
                x2 = lay.strand_x(item.strand, item.side)  # type: ignore[arg-type]
                self.line(x1, y, x2, y, "life")
                self.add(
                    y - 4,
                    y + 4,
                    f'<circle cx="{x2:.1f}" cy="{y:.1f}" r="3.5" class="{self.colour(item)}"/>',
                )

    def colour(self, item: Item) -> str:
        lay = self.layout
        if item.side is None or len(lay.tags[item.side]) == 0:
            return "call"
        order = list(lay.tags[item.side])
        index = order.index(id(item.strand)) if id(item.strand) in order else 5
        return f"t{index % 6}"

    def draw_bars(self) -> None:
        """From a call's entry to its return, hatched where it waits."""
        lay = self.layout
        ends = {id(i.call): i for i in lay.items if i.kind == "return"}
        for item in lay.items:
            if (
                item.kind not in ("call", "event")
                or item.strand is None
                or item.side is None
            ):
                continue
            top = self.y[id(item)]
            end = ends.get(id(item.call)) if item.call else None
            bottom = self.y[id(end)] if end else top + 6
            if item.call and item.call.end is None and item.waited:
                bottom = self.death_of(item)
            x = lay.strand_x(item.strand, item.side) - 5
            css = "waits" if item.waited else "call"
            if css == "call" and lay.tags[item.side]:
                css = f"call {self.colour(item)}"
            self.rect(x, top, 10, max(bottom - top, 5), css, ' rx="1.5"')

    def death_of(self, item: Item) -> float:
        for other in self.layout.items:
            if (
                other.kind in ("death", "signal")
                and other.strand is item.strand
                and other.time > item.time
            ):
                return self.y[id(other)]
        return self.layout.bottom

    # ---- The wire ----

    def draw_wire(self) -> None:
        lay = self.layout
        comes = {
            i.packet.number: i for i in lay.items if i.kind == "comes" and i.packet
        }
        for item in lay.items:
            if item.kind == "leaves" and item.packet:
                self.draw_packet(item, comes.get(item.packet.number))
            elif item.kind == "infers" and item.inferred:
                self.draw_inferred(item)
        if not lay.trace.packets and not any(i.kind == "infers" for i in lay.items):
            x = (lay.wire_left + lay.wire_right) / 2
            y = self.metric.top
            self.text(
                x,
                y,
                [("note", "the wire was not recorded")],
                "middle",
                self.metric.small,
            )

    def draw_packet(self, item: Item, arrival: Item | None) -> None:
        lay, packet = self.layout, item.packet
        assert packet
        y1 = self.y[id(item)]
        y2 = self.y[id(arrival)] if arrival else y1 + 10
        left = packet.left_to_right
        x1, x2 = (
            (lay.wire_left, lay.wire_right) if left else (lay.wire_right, lay.wire_left)
        )
        lost = packet.came is None
        if lost:
            x2 = x1 + (x2 - x1) * 0.62
        bad = (
            lost
            or packet.has("RST")
            or packet.protocol == "ICMP"
            or packet.kind == "retransmission"
        )
        css = "bad-way" if bad else "way"
        if packet.kind == "retransmission":
            css += " again"
        parts = arrow(x1, y1, x2, y2, css, "" if lost else "bad-tip" if bad else "tip")
        if lost:
            parts += cross(x2, y2)
        opening = f'<a href="#s{packet.number}">' if self.links else "<g>"
        closing = "</a>" if self.links else "</g>"
        title = f"<title>{long_clean(packet_title(packet, lay))}</title>"
        self.add(min(y1, y2) - 6, max(y1, y2) + 6, f"{opening}{title}{parts}{closing}")

    def draw_inferred(self, item: Item) -> None:
        lay, inferred = self.layout, item.inferred
        assert inferred
        entries = {id(i.call): i for i in lay.items if i.kind == "call"}
        first, last = entries.get(id(inferred.source)), entries.get(id(inferred.target))
        if not first or not last or first.side == last.side:
            return
        y1, y2 = self.y[id(first)], self.y[id(item)]
        left = first.side == LEFT
        x1, x2 = (
            (lay.wire_left, lay.wire_right) if left else (lay.wire_right, lay.wire_left)
        )
        self.add(
            min(y1, y2) - 6,
            max(y1, y2) + 6,
            arrow(x1, y1 + 2, x2, y2, "inferred", "inferred-tip"),
        )
        x = x2 - 12 if left else x2 + 12
        words = [("note", f"{inferred.count} bytes (inferred)")]
        self.text(x, y2 - 5, words, "end" if left else "start", css="halo")

    # ---- Words ----

    def draw_words(self) -> None:
        lay, m = self.layout, self.metric
        for item in lay.items:
            label = lay.labels.get(id(item))
            if label is None:
                continue
            pieces, where = label
            y = self.y[id(item)]
            if item.kind == "leaves" and item.packet:
                left = item.packet.left_to_right
                x = lay.wire_left + 12 if left else lay.wire_right - 12
                self.text(x, y - 4, pieces, "start" if left else "end", css="halo")
            elif item.side is None:
                x = (lay.wire_left + lay.wire_right) / 2
                self.text(x, y, pieces, "middle", css="halo")
            else:
                self.words_beside(item, pieces, where, y)

    def words_beside(self, item: Item, pieces: Pieces, where: str, y: float) -> None:
        lay, m = self.layout, self.metric
        side = item.side
        assert side is not None
        css = self.colour(item)
        pieces = [
            (css + " tag" if k == "tag" and css != "call" else k, w) for k, w in pieces
        ]
        if lay.lane_count[side] > 1 and item.strand is not None:
            x = lay.strand_x(item.strand, side)
            end = lay.gutter_x[side]
            if side == LEFT:
                self.line(end + 2, y, x - 6, y, "leader")
            else:
                self.line(x + 6, y, end - 2, y, "leader")
        anchor = "end" if side == LEFT else "start"
        self.text(lay.label_x[side], y + 4, pieces, anchor)
        if where:
            self.text(lay.gutter_x[side], y + 4, [("soft", where)], anchor, m.small)


def arrow(x1: float, y1: float, x2: float, y2: float, css: str, tip: str) -> str:
    step = 11 if x2 > x1 else -11
    slope = (y2 - y1) / (x2 - x1) if x2 != x1 else 0
    bx, by = x2 - step, y2 - slope * step
    way = f'<path d="M{x1:.1f} {y1:.1f}L{bx if tip else x2:.1f} {by if tip else y2:.1f}" class="{css}"/>'
    if not tip:
        return way
    return f'{way}<path d="M{x2:.1f} {y2:.1f}L{bx:.1f} {by - 4.5:.1f}L{bx:.1f} {by + 4.5:.1f}z" class="{tip}"/>'


def cross(x: float, y: float) -> str:
    return f'<path d="M{x - 7:.1f} {y - 7:.1f}l14 14m0 -14l-14 14" class="bad-way"/>'


def packet_title(packet: Packet, layout: Layout) -> str:
    """What one sees who stays on an arrow for a moment."""
    trace = layout.trace
    words = [
        f"{packet.protocol} {' '.join(packet.names)} {packet.words} {packet.kind}".strip()
    ]
    words.append(
        f"from {packet.source[0]} port {packet.source[1]} to {packet.target[0]} port {packet.target[1]}"
    )
    if packet.protocol == "TCP":
        words.append(f"seq {packet.seq} ack {packet.ack} window {packet.room} bytes")
    words.append(f"left at {trace.ms(packet.sent):.3f} ms")
    if packet.came is None:
        words.append("never came")
    else:
        words.append(f"came after {time_words(packet.came - packet.sent)}")
    if packet.data:
        words.append(f"{packet.size} bytes: {escaped(packet.data[:200])}")
    return "\n".join(words)


TITLE_ROOM = 32
LEGEND = 'hatched: waits   dashed: sent again   ✗: lost   dotted: inferred, not seen on a wire   "abc"…+9: nine bytes more'
HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="6" height="6" class="hatch-paper"/>'
    '<line x1="0" y1="0" x2="0" y2="6" class="hatch-line"/></pattern></defs>'
)


def heads(picture: Picture, title: bool) -> str:
    """The words above the columns, and the title."""
    lay, m = picture.layout, picture.metric
    pen = Pen(picture)
    top = m.top - m.row * 2.1
    if title:
        words: Pieces = [("title", title_of(lay.trace))]
        pen.text(m.margin, m.margin + m.font * 1.1, words, size=m.font * 1.35)
    for side, anchor in ((LEFT, "end"), (RIGHT, "start")):
        x = (
            lay.lane_x[side] + lay.lane_count[side] * m.lane
            if side == LEFT
            else lay.lane_x[side]
        )
        pen.text(x, top, [("head", side_name(lay.trace, side))], anchor)
        if lay.state_count[side]:
            x = lay.state_x[side] + sum(lay.state_widths[side]) / 2
            pen.text(x, top + m.row * 0.9, [("soft", "TCP state")], "middle", m.small)
    pen.text(
        (lay.wire_left + lay.wire_right) / 2, top, [("head", "on the wire")], "middle"
    )
    pen.text(m.margin + m.time - 8, top, [("time", "ms")], "end", m.small)
    pen.text(m.margin, lay.bottom + m.row, [("soft", LEGEND)], size=m.small)
    return pen.drawn()


class Pen(Picture):
    """Draws words alone, with another picture's sizes."""

    def __init__(self, picture: Picture) -> None:
        self.layout, self.links, self.metric = picture.layout, False, picture.metric
        self.parts = []

    def drawn(self) -> str:
        return "".join(part for _, _, part in self.parts)


def title_of(trace) -> str:
    words = trace.lab
    if trace.title:
        words += f": {trace.title}"
    return words or "a recording"


def side_name(trace, side: int) -> str:
    names = [p.name for p in trace.programs if p.side == side]
    if trace.test and trace.test_side == side:
        names.append("the test")
    if not names:
        return "client" if side == LEFT else "server"
    if len(names) > 3:
        return f"{names[0]} to {names[-1]}"
    return ", ".join(names)


def whole_picture(
    layout: Layout, title: bool = True, links: bool = False, style: str = ""
) -> str:
    picture = Picture(layout, links)
    top = 0 if title else TITLE_ROOM
    width, height = (
        layout.width,
        layout.bottom + layout.metric.row + layout.metric.margin - top,
    )
    body = "".join(part for _, _, part in picture.parts)
    return (
        f'<svg class="trace" xmlns="http://www.w3.org/2000/svg" viewBox="0 {top} {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{clean(title_of(layout.trace))}">'
        f'{style}{HATCH}<rect y="{top}" width="100%" height="100%" class="paper"/>'
        f"{heads(picture, title)}{body}</svg>\n"
    )
