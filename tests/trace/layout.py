"""Where everything is: an axis on which order counts, and time only a little.

Microseconds stand beside seconds, so a place is the place of the thing before it,
and a bit more the longer it took; where nothing happens for long there is a gap
that says how long. Whatever has words has a row in its column to itself: that no
label lies over another needs no looking, for the rows are made so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from calls import Strand
from model import Item, Trace
from states import LEFT, RIGHT

from labels import (
    event_pieces, flow_tags, said_call, segment_pieces, side_tags, waited_words,
)  # fmt: skip
from words import Pieces, entry_pieces, length, result_pieces, spoken_name, time_words

SHORT_STATE = {
    "LISTEN": "LISTEN", "SYN-SENT": "SYN-S", "SYN-RECEIVED": "SYN-R", "ESTABLISHED": "ESTAB",
    "FIN-WAIT-1": "FIN-W1", "FIN-WAIT-2": "FIN-W2", "CLOSE-WAIT": "CL-W", "LAST-ACK": "L-ACK",
    "CLOSING": "CL-ING", "TIME-WAIT": "TIME-W", "CLOSED": "CLOSED",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metric:
    """Sizes in pixels; `room` in characters."""

    font: float = 13
    small: float = 11.5
    state: float = 10.5
    row: float = 18
    room: int = 38
    wire: float = 385
    lane: float = 17
    time: float = 90
    margin: float = 14
    top: float = 96
    gap_row: float = 26
    most_lanes: int = 14
    most_states: int = 8
    width: float = 0  # fixed, or 0
    gutter: bool = True

    @property
    def char(self) -> float:
        return self.font * 0.604

    @property
    def small_char(self) -> float:
        return self.small * 0.604


@dataclass(slots=True)
class State:
    """An end of a connection, in one state for a while."""

    side: int
    lane: int
    name: str
    top: float
    bottom: float
    key: object


@dataclass(slots=True)
class Gap:
    y: float
    words: str


@dataclass
class Layout:
    trace: Trace
    metric: Metric
    items: list[Item]
    y: dict[int, float] = field(default_factory=dict)  # by id(item)
    labels: dict[int, tuple[Pieces, str]] = field(default_factory=dict)
    lanes: dict[int, int] = field(default_factory=dict)  # of a strand
    lane_count: list[int] = field(default_factory=lambda: [1, 1])
    state_lanes: dict[tuple[int, int], int] = field(default_factory=dict)
    state_count: list[int] = field(default_factory=lambda: [0, 0])
    state_widths: list[list[float]] = field(default_factory=lambda: [[], []])
    states: list[State] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    times: list[tuple[float, str]] = field(default_factory=list)
    gutters: list[int] = field(default_factory=lambda: [0, 0])
    rooms: list[int] = field(default_factory=lambda: [0, 0])
    bottom: float = 0
    unseen_states: int = 0

    def __post_init__(self) -> None:
        self.tags = {side: side_tags(self.trace, side) for side in (LEFT, RIGHT)}
        self.flow_tags = flow_tags(self.trace)
        self.place_strands()
        self.place_states()
        self.write_labels()
        self.place_columns()
        self.place_rows()
        self.draw_states()

    # ---- Columns ----

    def place_strands(self) -> None:
        for side in (LEFT, RIGHT):
            ends: list[int] = []
            for strand in sorted(self.trace.strands(side), key=lambda s: s.begin):
                free = [i for i, end in enumerate(ends) if end < strand.begin]
                lane = free[0] if free else len(ends)
                if lane == len(ends):
                    ends.append(0)
                ends[lane] = strand.last() if strand.end else 1 << 62
                self.lanes[id(strand)] = min(lane, self.metric.most_lanes - 1)
            self.lane_count[side] = max(min(len(ends), self.metric.most_lanes), 1)

    def place_states(self) -> None:
        """A lane for each connection that is alive at once, at each end."""
        for side in (LEFT, RIGHT):
            free_at: list[float] = []
            ends: dict[int, list[tuple[float, str]]] = {}
            for item in self.items:
                for where, key, state in item.changes:
                    if where == side:
                        ends.setdefault(id(key), []).append((item.time, state))
            for key, changes in ends.items():
                last = changes[-1]
                over = last[0] if last[1] in ("CLOSED", "TIME-WAIT") else math.inf
                lane = next(
                    (i for i, t in enumerate(free_at) if t < changes[0][0]),
                    len(free_at),
                )
                if lane >= self.metric.most_states:
                    self.unseen_states += 1
                    continue
                if lane == len(free_at):
                    free_at.append(0)
                free_at[lane] = over
                self.state_lanes[side, key] = lane
            self.state_count[side] = len(free_at)
        self.measure_states()

    def name_of(self, state: str) -> str:
        return SHORT_STATE[state] if self.short_states else state

    def measure_states(self) -> None:
        """A lane is as wide as the longest name in it."""
        char = self.metric.state * 0.604
        for side in (LEFT, RIGHT):
            widths = [0.0] * self.state_count[side]
            for item in self.items:
                for where, key, state in item.changes:
                    lane = self.state_lanes.get((side, id(key)))
                    if where == side and lane is not None:
                        width = len(self.name_of(state)) * char + 12
                        widths[lane] = max(widths[lane], width)
            self.state_widths[side] = widths

    @property
    def short_states(self) -> bool:
        return max(self.state_count) > 2

    def place_columns(self) -> None:
        m = self.metric
        x = m.margin + m.time
        self.label_x = [0.0, 0.0]
        widths = [self.rooms[s] * m.char + 8 for s in (LEFT, RIGHT)]
        gutters = [
            self.gutters[s] * m.small_char + 10 if self.gutters[s] else 4
            for s in (LEFT, RIGHT)
        ]
        self.label_x[LEFT] = x + widths[LEFT]
        self.gutter_x = [self.label_x[LEFT] + gutters[LEFT], 0.0]
        self.lane_x = [self.gutter_x[LEFT] + 6, 0.0]
        x = self.lane_x[LEFT] + self.lane_count[LEFT] * m.lane + 6
        self.state_x = [x, 0.0]
        self.wire_left = x + sum(self.state_widths[LEFT]) + 4
        self.wire_right = self.wire_left + m.wire
        self.state_x[RIGHT] = self.wire_right + 4
        self.lane_x[RIGHT] = self.state_x[RIGHT] + sum(self.state_widths[RIGHT]) + 8
        x = self.lane_x[RIGHT] + self.lane_count[RIGHT] * m.lane + 6
        self.gutter_x[RIGHT] = x
        self.label_x[RIGHT] = x + gutters[RIGHT]
        self.width = self.label_x[RIGHT] + widths[RIGHT] + m.margin

    def strand_x(self, strand: Strand, side: int) -> float:
        """The middle of its lifeline."""
        lane = self.lanes.get(id(strand), 0)
        return self.lane_x[side] + (lane + 0.5) * self.metric.lane

    def lane_of_state(self, side: int, lane: int) -> float:
        """Where a lane begins; the listener's is next to the program."""
        widths = self.state_widths[side]
        before = widths[:lane] if side == LEFT else widths[lane + 1 :]
        return self.state_x[side] + sum(before)

    # ---- Words ----

    def write_labels(self) -> None:
        wheres = [[0], [0]]
        for item in self.items:
            call = item.call
            if (
                call
                and item.side is not None
                and item.kind == "call"
                and self.metric.gutter
            ):
                wheres[item.side].append(len(call.where))
        self.gutters = [max(w) for w in wheres]
        wire_room = int((self.metric.wire - 24) / self.metric.char)
        for item in self.items:
            label = self.label(item, wire_room)
            if label is None:
                continue
            self.labels[id(item)] = label
            if item.side is not None and item.kind not in ("leaves", "comes"):
                size = length(label[0])
                self.rooms[item.side] = max(self.rooms[item.side], size)
        self.rooms = [max(r, 12) for r in self.rooms]

    def label(self, item: Item, wire_room: int) -> tuple[Pieces, str] | None:
        """What stands beside an item, and in the gutter; None if nothing does."""
        room = self.metric.room + length(self.tag(item))
        if item.kind == "leaves" and item.packet:
            tag = self.flow_tags.get(id(item.packet.flow), "")
            return segment_pieces(item.packet, wire_room, tag), ""
        if item.kind in ("fold", "cut"):
            tag = self.tag(item)
            return [*tag, ("note", item.words)], ""
        if item.kind == "event":
            return event_pieces(item, room), ""
        if item.kind == "signal":
            return [*self.tag(item), ("bad", item.words), ("note", " comes")], ""
        if item.kind == "death":
            if item.words.startswith("exit"):
                return None
            kind = "soft" if item.words.startswith("still") else "bad"
            return [*self.tag(item), (kind, item.words)], ""
        call = item.call
        if call is None:
            return None
        tag = self.tag(item)
        room -= length(tag)
        waited = [("wait", f" {waited_words(item)}")] if item.waited else []
        room -= length(waited)
        if item.kind == "call":
            if call.end is None and item.waited:
                return [*tag, *entry_pieces(call, room), *waited], call.where
            if item.alone:
                return [*tag, *said_call(call, room), *waited], call.where
            return [*tag, *entry_pieces(call, room + length(waited))], call.where
        if item.alone:
            return None
        room += 8 if waited else 0
        result = result_pieces(call, room - len(call.name) - 1) or [("note", "…")]
        if call.meaning and call.name != "execve":
            result = [("result", f"= {call.meaning}")]
        return [*tag, ("soft", f"{spoken_name(call)} "), *result, *waited], ""

    def tag(self, item: Item) -> Pieces:
        if item.strand is None or item.side is None:
            return []
        words = self.tags[item.side].get(id(item.strand), "")
        return [("tag", f"{words}: ")] if words else []

    # ---- Rows ----

    def needs(self, item: Item) -> list[tuple[object, float]]:
        """The columns in which an item has a row, and how far it is from the one before."""
        m = self.metric
        columns: list[tuple[object, float]] = []
        if item.kind in ("leaves", "infers") or (
            item.kind == "fold" and item.side is None
        ):
            columns.append(("wire", m.row + 2))
        elif item.kind == "cut":
            columns += [(c, m.row) for c in ("wire", LEFT, RIGHT)]
        elif id(item) in self.labels:
            columns.append((item.side, m.row))
        if item.kind in ("leaves", "comes"):
            # The words of what leaves stand above it: not on the tip of what came.
            columns.append((("edge", item.side), m.row if item.kind == "leaves" else 8))
        if item.strand is not None:
            columns.append(
                (("strand", id(item.strand)), 7 if item.kind == "return" else 4)
            )
        for side, key, _ in item.changes:
            lane = self.state_lanes.get((side, id(key)))
            if lane is not None:
                columns.append((("state", side, lane), m.state + 7))
        return columns

    def place_rows(self) -> None:
        last: dict[object, float] = {}
        y = self.metric.top
        before: int | None = None
        for item in self.items:
            step = 0.0 if before is None else self.step(item.time - before)
            if before is not None and item.time - before >= self.quiet():
                y = max([y, *last.values()]) + self.metric.gap_row
                self.gaps.append(Gap(y - 4, f"… {time_words(item.time - before)} …"))
                step = self.metric.gap_row - 8
            y = max(
                [y + step, *(last[c] + h for c, h in self.needs(item) if c in last)]
            )
            if item.kind == "comes" and item.packet:
                y = max(y, self.y_left.get(item.packet.number, y) + self.slope(item))
            if item.kind == "leaves" and item.packet:
                self.y_left[item.packet.number] = y
            self.y[id(item)] = y
            for column, _ in self.needs(item):
                last[column] = y
            if item.kind == "leaves" and item.packet and item.packet.came is None:
                last["wire"] = y + 9  # the cross is below
            self.tell_time(item, y)
            before = item.time
        self.bottom = max([y, *last.values()]) + self.metric.row

    def step(self, ns: int) -> float:
        return 2 + 3 * max(math.log10(max(ns, 1) / 20_000), 0)

    def quiet(self) -> float:
        wire = self.trace.raw.get("wire")
        delay = wire.get("delay_ms") if isinstance(wire, dict) else 0
        delay = delay if isinstance(delay, (int, float)) else 0
        return max(40e6, 2.5e6 * delay)

    def slope(self, item: Item) -> float:
        packet = item.packet
        flight = (packet.came or packet.sent) - packet.sent if packet else 0
        return 7 + 12 * max(math.log10(max(flight, 1) / 100_000), 0)

    def tell_time(self, item: Item, y: float) -> None:
        if item.kind in ("comes", "birth", "infers") or (
            item.kind == "return" and item.alone
        ):
            return
        if not self.times or y - self.times[-1][0] >= self.metric.small + 2:
            self.times.append((y, f"{self.trace.ms(item.time):.3f}"))

    @property
    def y_left(self) -> dict[int, float]:
        return self.__dict__.setdefault("_y_left", {})

    # ---- States ----

    def draw_states(self) -> None:
        now: dict[tuple[int, int], State] = {}
        for item in self.items:
            for side, key, name in item.changes:
                lane = self.state_lanes.get((side, id(key)))
                if lane is None:
                    continue
                y = self.y[id(item)]
                if (side, lane) in now:
                    now[side, lane].bottom = y
                state = State(side, lane, name, y, y + self.metric.state + 6, key)
                now[side, lane] = state
                self.states.append(state)
                if name == "CLOSED":
                    del now[side, lane]
            if item.kind == "call" and item.call and item.call.name == "close":
                self.end_listening(item, now)
        for state in now.values():
            state.bottom = max(self.end_of(state), state.bottom)

    def end_listening(self, item: Item, now: dict[tuple[int, int], State]) -> None:
        """The listener is closed by the one that made it."""
        for place, state in list(now.items()):
            call = item.call
            key = getattr(state.key, "key", None)
            if state.name != "LISTEN" or key is None or not call or not call.strand:
                continue
            text = call.args[0].partition("<")[2].rstrip(">") if call.args else ""
            if key == text and call.strand.parent is None:
                state.bottom = self.y[id(item)]
                del now[place]

    def end_of(self, state: State) -> float:
        if state.name == "LISTEN":
            program = getattr(state.key, "program", None)
            for item in reversed(self.items):
                strand = item.strand
                if item.kind == "death" and strand and strand.program == program:
                    return self.y[id(item)]
        return self.bottom
