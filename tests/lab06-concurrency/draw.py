#!/usr/bin/env python3
"""Draws what silent clients cost each server, as bench.c measured it.

    tests/lab06-concurrency/draw.py lab06.csv lab06.svg

Two panels, one axis of clients, logarithmic heights. The way has a colour and a
marker (Okabe and Ito's colours, which the colour-blind tell apart), the language
a line: C is solid, Python dashed. Each line bears its name at its end.
"""

import csv
import math
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 1000, 515
TOP, BOTTOM = 125, 455
COLOURS = {
    "fork": "#D55E00",
    "thread": "#0072B2",
    "poll": "#007A5A",
    "epoll": "#8B3A7F",
}
INK, PALE, GRID = "#222222", "#555555", "#DDDDDD"
LABEL_HEIGHT = 17  # pixels from one label to the next, at least

Point = tuple[float, float]


@dataclass
class Line:
    way: str
    language: str
    points: list[Point]  # clients, value

    @property
    def name(self) -> str:
        return f"{self.way}, {self.language}"


@dataclass
class Panel:
    title: str
    unit: str
    left: float
    right: float
    lines: list[Line]

    def __post_init__(self) -> None:
        values = [value for line in self.lines for _, value in line.points]
        self.low = 10 ** math.floor(math.log10(min(values)))
        self.high = 10 ** math.ceil(math.log10(max(values)))
        self.most = max(clients for line in self.lines for clients, _ in line.points)

    def x(self, clients: float) -> float:
        return self.left + (self.right - self.left) * clients / self.most

    def y(self, value: float) -> float:
        span = math.log10(self.high / self.low)
        return BOTTOM - (BOTTOM - TOP) * math.log10(value / self.low) / span


def text(
    x: float, y: float, words: str, size: int = 13, colour: str = INK, more: str = ""
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" {more}>'
        f"{escape(words)}</text>"
    )


def marker(way: str, language: str, x: float, y: float) -> str:
    """A disc, a square, a triangle or a diamond; hollow for Python."""
    colour = COLOURS[way]
    fill = colour if language == "C" else "#FFFFFF"
    style = f'fill="{fill}" stroke="{colour}" stroke-width="2"'
    if way == "fork":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" {style}/>'
    if way == "thread":
        return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" {style}/>'
    if way == "epoll":
        shape = [(0, -6), (-6, 0), (0, 6), (6, 0)]
    else:
        shape = [(0, -5), (-5, 4), (5, 4)]
    corners = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in shape)
    return f'<polygon points="{corners}" {style}/>'


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def draw_axes(panel: Panel) -> list[str]:
    out = [
        text(panel.left, TOP - 34, panel.title, 15, INK, 'font-weight="bold"'),
        text(panel.left, TOP - 15, panel.unit, 13, PALE),
    ]
    value = panel.low
    while value <= panel.high * 1.001:
        y = panel.y(value)
        out.append(
            f'<path d="M{panel.left:.1f} {y:.1f}H{panel.right:.1f}" stroke="{GRID}"/>'
        )
        out.append(
            text(panel.left - 9, y + 4.5, number(value), 13, PALE, 'text-anchor="end"')
        )
        value *= 10
    for clients in (0, 250, 500, 750, 1000):
        if clients <= panel.most:
            x = panel.x(clients)
            out.append(
                f'<path d="M{x:.1f} {BOTTOM}v6" stroke="{PALE}"/>'
                + text(x, BOTTOM + 22, number(clients), 13, PALE, 'text-anchor="middle"')
            )
    middle = (panel.left + panel.right) / 2
    out.append(
        text(middle, BOTTOM + 44, "silent clients", 13, PALE, 'text-anchor="middle"')
    )
    return out


def spread(wanted: list[float]) -> list[float]:
    """Heights in the order given, as near as can be, that keep apart."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    groups: list[tuple[list[int], float]] = []  # whom, and the first one's height
    for i in order:
        members, start = [i], wanted[i]
        # A group that would touch the one above joins it, around the mean.
        while groups and groups[-1][1] + LABEL_HEIGHT * len(groups[-1][0]) > start:
            members = groups.pop()[0] + members
            ideal = [wanted[m] - k * LABEL_HEIGHT for k, m in enumerate(members)]
            start = sum(ideal) / len(ideal)
        groups.append((members, start))
    heights = [0.0] * len(wanted)
    for members, start in groups:
        for k, member in enumerate(members):
            heights[member] = start + k * LABEL_HEIGHT
    return heights


def draw_lines(panel: Panel) -> list[str]:
    out = []
    ends = []
    for line in panel.lines:
        places = [(panel.x(clients), panel.y(value)) for clients, value in line.points]
        ends.append(places[-1])
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        dashes = "" if line.language == "C" else 'stroke-dasharray="6 4"'
        out.append(
            f'<path d="M{path}" fill="none" stroke="{COLOURS[line.way]}" '
            f'stroke-width="2.5" {dashes}/>'
        )
        out += [marker(line.way, line.language, x, y) for x, y in places]
    # Names stand in one column right of the panel, each led to its line's end.
    heights = spread([y for _, y in ends])
    for line, (x, y), height in zip(panel.lines, ends, heights, strict=True):
        colour = COLOURS[line.way]
        out.append(
            f'<path d="M{x + 7:.1f} {y:.1f}L{panel.right + 12:.1f} {height:.1f}" '
            f'stroke="{colour}" stroke-width="1" fill="none" opacity="0.6"/>'
        )
        out.append(
            text(panel.right + 16, height + 4.5, line.name, 13, colour, 'font-weight="bold"')
        )
    return out


def read_lines(path: Path) -> tuple[list[Line], list[Line]]:
    times: dict[tuple[str, str], list[Point]] = defaultdict(list)
    memory: dict[tuple[str, str], list[Point]] = defaultdict(list)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            key = row["way"], row["language"]
            clients = float(row["clients"])
            times[key].append((clients, float(row["microseconds"])))
            memory[key].append((clients, float(row["mib"])))
    return (
        [Line(*key, points) for key, points in times.items()],
        [Line(*key, points) for key, points in memory.items()],
    )


def draw(times: list[Line], memory: list[Line]) -> str:
    panels = [
        Panel("Time to the first byte", "microseconds from connect", 70, 370, times),
        Panel("Memory", "MiB of the server and its children (PSS)", 565, 860, memory),
    ]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-labelledby="title desc" '
        'font-family="DejaVu Sans, Verdana, sans-serif">',
        '<title id="title">What silent clients cost</title>',
        '<desc id="desc">Silent clients against the time to the first byte of one '
        "client more, and against memory, for a process, a thread, and one loop for "
        "all clients, with epoll and with poll, in C and in Python.</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#FFFFFF"/>',
        text(70, 34, "What silent clients cost", 19, INK, 'font-weight="bold"'),
        text(
            70,
            56,
            "One more client asks while so many are connected and say nothing. "
            "C solid, Python dashed; heights are logarithmic.",
            13,
            PALE,
        ),
    ]
    for panel in panels:
        parts += draw_axes(panel) + draw_lines(panel)
    return "\n".join(parts + ["</svg>", ""])


def main(args: list[str]) -> None:
    if len(args) != 2:
        sys.exit("usage: draw.py CSV SVG")
    Path(args[1]).write_text(draw(*read_lines(Path(args[0]))), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
