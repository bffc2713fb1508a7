"""deck.py: what a deck says of itself, in comments that its audience never sees.

    <!-- trace: lab03-loss LAB=03 SOLUTIONS=1 LOSS=4 -->
        at the head: pictures that it shows come from `make trace` with these words
        (quoted as for a shell), and are trace/lab03-loss/slide-1.svg, slide-2.svg, …
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
PICTURE = re.compile(r"!\[[^]]*\]\(([^)\s]+)\)")
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
    def pictures(self) -> list[str]:
        return PICTURE.findall(self.text)

    @property
    def quotes(self) -> list[Quote]:
        return [as_quote(m) for m in FROM.finditer(self.text)]

    def prepared(self) -> str:
        """What Marp is given: each quote has its file and lines above it."""

        def shown(match: re.Match[str]) -> str:
            code = match[0].split("-->\n", 1)[1]
            if match["language"] == "message":  # its lines are too long for one line
                lines = [f"<div>{escape(x)}</div>" for x in match["code"].splitlines()]
                code = f'<pre class="message">{"".join(lines)}</pre>\n'
            return f'<div class="from">{as_quote(match).caption}</div>\n\n{code}'

        return FROM.sub(shown, TRACE.sub("", self.text))
