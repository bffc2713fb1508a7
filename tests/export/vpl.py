"""vpl.py: a result document as what Moodle's VPL reads from vpl_execution.

One comment block, from <|-- to --|>: a line that begins with "-" is a heading,
one that begins with ">" is shown as it is. Every line that a student could have
had a hand in begins with ">", so none can end the block or look like a grade.
The grade is the last line, as VPL takes the last one that it finds.
"""

from __future__ import annotations

from words import (
    STATUS,
    Document,
    heading,
    plain,
    public,
    score_of,
    test_lines,
)


def block(lines: list[str]) -> str:
    return "\n".join(["<|--", *lines, "--|>", ""])


def shown(lines: list[str]) -> list[str]:
    return [f">{line}" for line in lines]


def evaluation(document: Document, least: float = 0, most: float = 100) -> str:
    """The points, on the scale from LEAST to MOST of the Moodle activity."""
    score = score_of(document)
    lines = shown(heading(document))
    for test in public(document):
        if test["status"] != "passed":
            # A last word in parentheses would be read as points taken off.
            lines.append(
                f"-{test['id']}: {plain(test['title'])}: {STATUS[test['status']]}"
            )
            lines += shown(test_lines(test))
    passed = [t for t in public(document) if t["status"] == "passed"]
    lines.append(
        f"-{len(passed)} of the {len(public(document))} tests shown here passed"
    )
    lines += shown([f"{t['id']}: {plain(t['title'])}" for t in passed])
    grade = least + (most - least) * score / document["max_score"]
    return block(lines) + f"Grade :=>>{grade:g}\n"


def failure(words: str) -> str:
    """No document, no grade: what the kit said instead."""
    return block(["-Not graded", *shown(plain(words).split("\n"))])
