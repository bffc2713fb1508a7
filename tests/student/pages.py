"""The kit's pages as students read them: without what they do not have.

Sections for others are left out, and then each paragraph, item, row of a table
and line of code that speaks of something that is not in the students' kit.
"""

from __future__ import annotations

import re

FOR_OTHERS = {
    "For an instructor",
    "For whoever carries the kit on",
    "What is proved without one",
    "Without a Pi: emulated",
    "To add a function",
    "To add a backend",
}
ABSENT = re.compile(
    r"\b(solutions|slides)/|SOLUTIONS=|LIBRARY=reference"
    r"|\bmake (book|slides|test|test-pi|grade|mutants|bench|bench-pi|solutions|student-kit|attacks|coverage|flakes|lint|fuzz|threads)(?![\w-])"
    r"|\btests/(README|kit|mutants|styles|attacks|pi|grade)\b"
)
ONE_BY_ONE = re.compile(r"\s*(\||[-*] |\d+\. )")  # rows and items stand for themselves


def without_sections(lines: list[str]) -> list[str]:
    """Leaves out sections by their headings, with the smaller ones in them."""
    kept, level, in_code = [], 0, False
    for line in lines:
        heading = None if in_code else re.match(r"(#+) (.*)", line)
        in_code ^= line.startswith("```")
        if heading and (not level or len(heading[1]) <= level):
            level = len(heading[1]) if heading[2].strip() in FOR_OTHERS else 0
        if not level:
            kept.append(line)
    return kept


def blocks(lines: list[str]) -> list[list[str]]:
    """Paragraphs, items, rows, lines of code: what is kept or left out as a whole."""
    parts: list[list[str]] = []
    in_code, goes_on = False, False
    for line in lines:
        if line.startswith("```"):
            in_code, goes_on = not in_code, False
            parts.append([line])
        elif goes_on and line.strip() and not in_code and not ONE_BY_ONE.match(line):
            parts[-1].append(line)
        else:
            parts.append([line])
            goes_on = bool(line.strip()) and not line.startswith("#")
    return parts


def for_students(name: str, file: tuple[int, bytes]) -> tuple[int, bytes]:
    """A file of the kit as students get it."""
    if not name.endswith(".md"):
        return file
    kept: list[str] = []
    for block in blocks(without_sections(file[1].decode().splitlines())):
        if not ABSENT.search(" ".join(block)):
            kept += block
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept))
    return file[0], (text.strip("\n") + "\n").encode()
