"""words.py: what the exports share: a test's result in plain lines, and which
tests a student may know of. Grades come from the document as they are.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "report"))

from documents import Document  # noqa: E402

HIDDEN = "This lab has hidden tests too."
UNSAFE = "UNSAFE: graded without isolation. A program could have forged this result."
STATUS = {
    "passed": "passed",
    "failed": "failed",
    "not_run": "not run",
    "grader_error": "could not be judged",
}
# All that a terminal or a page could take for an order, and all that turns a
# line around; the documents have such bytes escaped already, names have not.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ud800-\udfff]"
)


class NoGrade(Exception):
    """The grader failed: there is nothing to hand on, least of all a 0."""


def plain(text: Any) -> str:
    """Text in which every line is the line that it seems to be."""
    return UNSEEN.sub(lambda c: f"\\u{{{ord(c[0]):x}}}", str(text))


def score_of(document: Document) -> int:
    if document["score"] is None:
        which = [t["id"] for t in document["tests"] if t["status"] == "grader_error"]
        raise NoGrade(
            "GRADER_ERROR: the grader itself failed"
            + (f" in {', '.join(which)}" if which else "")
            + ". There is no grade; grade it again."
        )
    return document["score"]


def public(document: Document) -> list[dict[str, Any]]:
    return [test for test in document["tests"] if not test.get("hidden")]


def has_hidden(document: Document) -> bool:
    return len(public(document)) < len(document["tests"])


def heading(document: Document) -> list[str]:
    """What is to be said of the run as a whole."""
    lines = [f"Seed {document['seed']}, kit {plain(document['kit_version'])}."]
    if document["isolation"] != "cell":
        lines.insert(0, UNSAFE)
    if has_hidden(document):
        lines.append(HIDDEN)
    return lines


def labelled(label: str, text: str) -> list[str]:
    """A value behind its label; further lines stand below one another."""
    lines = plain(text).split("\n")
    return [f"{label if i == 0 else '':9} {line}" for i, line in enumerate(lines)]


def test_lines(test: dict[str, Any]) -> list[str]:
    """A test that did not pass, as the terminal tells it, without the conversation."""
    if test["status"] == "passed":
        return []
    lines = plain(test["reason"] or "").split("\n")
    for name in ("sent", "expected", "received"):
        if test.get(name):
            lines += labelled(name, test[name])
    for program in test.get("program") or []:
        lines += labelled("program", f"{program['command']} {program['how']}")
        for stream in ("stdout", "stderr"):
            if program[stream]:
                lines += labelled(f"  {stream}", program[stream])
    for name, label in (("why", "why"), ("hint", "hint"), ("section", "read")):
        if test.get(name):
            lines += labelled(label, test[name])
    lines += labelled("again", test["replay"])
    if test.get("conversation"):  # or nothing ran, and there is nothing to see
        lines += labelled("see", test["replay"].replace("make lab", "make trace LAB=", 1))
    return lines
