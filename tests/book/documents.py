"""The kit's Markdown: its headings, what it links to, and HTML of it.

CommonMark with tables, as GitHub shows it; anchors of headings are made as
GitHub makes them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token


@dataclass
class Heading:
    level: int
    text: str
    anchor: str


@dataclass
class Link:
    line: int
    target: str  # as it is written: path, path#anchor, #anchor, https://…


@dataclass
class Document:
    path: Path
    tokens: list[Token]
    headings: list[Heading] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    @property
    def anchors(self) -> set[str]:
        return {heading.anchor for heading in self.headings}


def reader() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table"])


def text_of(inline: Token) -> str:
    """What is read: of code and links, too, without their marks."""
    parts = {"text": "", "code_inline": "", "softbreak": " ", "hardbreak": " "}
    words = [parts[t.type] or t.content for t in inline.children or [] if t.type in parts]
    return "".join(words)


def anchor_of(text: str, taken: set[str]) -> str:
    """As GitHub makes it of a heading; a second one of a name is name-1."""
    name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
    anchor, count = name, 0
    while anchor in taken:
        count += 1
        anchor = f"{name}-{count}"
    return anchor


def read(path: Path) -> Document:
    """Raises OSError, or UnicodeDecodeError for what is no text."""
    document = Document(path, reader().parse(without_front_matter(path.read_text("utf-8"))))
    line = 0
    for token, content in zip(document.tokens, document.tokens[1:] + [None]):
        line = token.map[0] + 1 if token.map else line
        if token.type == "heading_open" and content is not None:
            text = text_of(content)
            anchor = anchor_of(text, document.anchors)
            document.headings.append(Heading(int(token.tag[1]), text, anchor))
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if target is not None:
                document.links.append(Link(line, str(target)))
    return document


def without_front_matter(text: str) -> str:
    """A deck begins with settings between two ---; its lines keep their numbers."""
    if not text.startswith("---\n") or "\n---\n" not in text[3:]:
        return text
    end = text.index("\n---\n", 3) + 5
    return "\n" * text.count("\n", 0, end) + text[end:]
