"""deck.py: what a deck says of itself, in comments that its audience never sees.

    <!-- trace: lab03-loss LAB=03 SOLUTIONS=1 LOSS=4 -->
        at the head: pictures that it shows come from `make trace` with these words
        (quoted as for a shell), and are trace/lab03-loss/slide-1.svg, slide-2.svg, …
        How many these are, one run decides: a slide that shows one that was not drawn
        is left out, and the last one that a deck shows stands for those behind it, too.
    <!-- from: solutions/lab03-time-of-day/server.c:110-122 -->
        before a block of code that quotes these lines. A line that is "…" alone
        stands for some that are left out; what all lines are indented by is left out.
        A block of the language "message" quotes what a test said.

Any other comment is a note for whoever speaks.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from html import escape
from pathlib import Path

TRACE = re.compile(r"^<!-- trace: (\S+) (.*) -->\n", re.MULTILINE)
FROM = re.compile(
    r"^<!-- from: (?P<file>\S+?):(?P<first>\d+)(?:-(?P<last>\d+))? -->\n"
    r"\n*```(?P<language>\w*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
DRAWN = re.compile(r"\]\(trace/([^/)]+)/slide-(\d+)\.svg\)")
HEADING = re.compile(r"^##? .*$", re.MULTILINE)
SPLIT = re.compile(r"^---\n", re.MULTILINE)
TITLE = re.compile(r'^title: "?(.*?)"?$', re.MULTILINE)


@dataclass
class Quote:
    file: str
    first: int
    last: int
    code: str

    @property
    def caption(self) -> str:
        lines = f"line {self.first}"
        if self.last > self.first:
            lines = f"lines {self.first} to {self.last}"
        return f"{self.file}, {lines}"


def as_quote(match: re.Match[str]) -> Quote:
    first = int(match["first"])
    return Quote(match["file"], first, int(match["last"] or first), match["code"])


class Deck:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        self.text = path.read_text(encoding="utf-8")
        title = TITLE.search(self.text)
        self.title = title[1] if title else self.name

    @property
    def traces(self) -> dict[str, list[str]]:
        """What make trace is told for each, by name."""
        return {m[1]: shlex.split(m[2]) for m in TRACE.finditer(self.text)}

    @property
    def quotes(self) -> list[Quote]:
        return [as_quote(m) for m in FROM.finditer(self.text)]

    def prepared(self, drawn: dict[str, int]) -> str:
        """What Marp is given: each quote has its file and lines above it, and there is
        a slide for each picture of a trace. drawn says how many there are of each."""
        shown: dict[str, list[int]] = {}
        for trace, number in DRAWN.findall(self.text):
            shown.setdefault(trace, []).append(int(number))
        slides = SPLIT.split(FROM.sub(with_caption, TRACE.sub("", self.text)))
        return "---\n".join(x for s in slides for x in repeated(s, shown, drawn))


def with_caption(match: re.Match[str]) -> str:
    code = match[0].split("-->\n", 1)[1]
    if match["language"] == "message":  # its lines are too long for one line
        lines = [f"<div>{escape(x)}</div>" for x in match["code"].splitlines()]
        code = f'<pre class="message">{"".join(lines)}</pre>\n'
    return f'<div class="from">{as_quote(match).caption}</div>\n\n{code}'


def repeated(
    slide: str, shown: dict[str, list[int]], drawn: dict[str, int]
) -> list[str]:
    """The slide as often as there are pictures for it; each says which it is."""
    picture = DRAWN.search(slide)
    if picture is None:
        return [slide]
    trace, number = picture[1], int(picture[2])
    count = max(drawn.get(trace, 0), 1)
    last = count if number == max(shown[trace]) else min(number, count)
    if number == last:
        return [slide]

    def part(n: int) -> str:
        named = HEADING.sub(lambda h: f"{h[0]}, {n} of {count}", slide, count=1)
        return named.replace(f"/slide-{number}.svg)", f"/slide-{n}.svg)").rstrip() + "\n\n"

    return [part(n) for n in range(number, last + 1)]
