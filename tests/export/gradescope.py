"""gradescope.py: a result document as Gradescope's results.json.

https://gradescope-autograders.readthedocs.io/en/latest/specs/

A hidden test has the visibility "hidden". Gradescope then shows students no
total, so the words that they do see say why, and what is theirs to see.
"""

from __future__ import annotations

from typing import Any

from words import Document, has_hidden, heading, plain, public, score_of, test_lines


def one_test(test: dict[str, Any]) -> dict[str, Any]:
    unjudged = ["This test was not run."] if test["status"] == "not_run" else []
    return {
        "score": test["points"],
        "max_score": test["max_points"],
        "status": "passed" if test["status"] == "passed" else "failed",
        "name": f"{test['id']}: {plain(test['title'])}",
        "name_format": "text",
        "output": "\n".join(unjudged + test_lines(test)),
        "output_format": "text",
        "visibility": "hidden" if test.get("hidden") else "visible",
    }


def results(document: Document) -> dict[str, Any]:
    lines = heading(document)
    if has_hidden(document):
        shown = public(document)
        points = sum(test["points"] for test in shown)
        most = sum(test["max_points"] for test in shown)
        lines.append(
            f"The tests shown here gave {points} of {most} points. Gradescope shows"
            " no total where there are hidden tests."
        )
    return {
        "score": score_of(document),
        "output": "\n".join(lines),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [one_test(test) for test in document["tests"]],
        "extra_data": {
            "lab": document["lab"],
            "seed": document["seed"],
            "kit_version": document["kit_version"],
            "isolation": document["isolation"],
            "look": document.get("look", []),
        },
    }


def nothing_handed_in(sentence: str) -> dict[str, Any]:
    """Gradescope takes no result without a number; this says whose 0 it is."""
    return {"score": 0, "output": plain(sentence), "output_format": "text", "tests": []}
