"""classroom50.py: a result document as Classroom 50's result.json, and as the
text of the release that its runner publishes.

https://github.com/foundation50/classroom50/wiki/Advanced-Autograding
The runner itself adds who submitted, and whether alone or in a group.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from words import STATUS, Document, heading, plain, public, score_of, test_lines


def result(document: Document, environment: Mapping[str, str]) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.timezone.utc)
    commit = environment["COMMIT_URL"]
    return {
        "schema": "classroom50/result/v1",
        "classroom": environment["CLASSROOM"],
        "assignment": environment["ASSIGNMENT"],
        "submission": environment["SUBMISSION_TAG"],
        "commit": commit,
        "release": environment["RELEASE_URL"],
        "review": environment.get("REVIEW_URL") or commit,
        "datetime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": score_of(document),
        "max-score": document["max_score"],
        "tests": [
            {
                "test-name": f"{test['id']}: {plain(test['title'])}",
                "passed": test["status"] == "passed",
                "score": test["points"],
                "max-score": test["max_points"],
            }
            for test in public(document)
        ],
    }


def fenced(text: str) -> str:
    """As it is, in Markdown: a fence longer than any that the text has."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def release_body(document: Document) -> str:
    parts = [
        f"# {document['lab']}: {score_of(document)} of {document['max_score']} points",
        "\n\n".join(heading(document)),
    ]
    for test in public(document):
        if test["status"] != "passed":
            parts.append(f"## `{test['id']}` {STATUS[test['status']]}")
            parts.append(
                fenced("\n".join([plain(test["title"]), "", *test_lines(test)]))
            )
    return "\n\n".join(parts) + "\n"
