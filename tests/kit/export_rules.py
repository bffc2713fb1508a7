"""export_rules.py: the rules of the platforms' formats, as their own readers
apply them: what Gradescope specifies, what Moodle's and VPL's importers and
Classroom 50's collector do with a file. Each returns what the platform would see.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

VISIBILITY = {"visible", "hidden", "after_due_date", "after_published"}
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
# The fields that Gradescope knows, and of which type.
GRADESCOPE = {
    "score": (int, float),
    "execution_time": (int, float),
    "output": str,
    "output_format": str,
    "test_output_format": str,
    "test_name_format": str,
    "visibility": str,
    "stdout_visibility": str,
    "extra_data": dict,
    "tests": list,
    "leaderboard": list,
}
GRADESCOPE_TEST = {
    "score": (int, float),
    "max_score": (int, float),
    "status": str,
    "name": str,
    "name_format": str,
    "number": str,
    "output": str,
    "output_format": str,
    "tags": list,
    "visibility": str,
    "extra_data": dict,
}


def check_fields(value: dict[str, Any], known: dict[str, Any]) -> None:
    for name, part in value.items():
        assert name in known, f"no such field: {name}"
        assert isinstance(part, known[name]), f"{name}: {part!r}"
        assert not isinstance(part, bool), name
        if name.endswith("visibility"):
            assert part in VISIBILITY, part
        if name.endswith("format"):
            assert part in FORMATS, part


def gradescope(results: dict[str, Any]) -> bool:
    """Would a student see the total?"""
    check_fields(results, GRADESCOPE)
    assert "score" in results or all("score" in t for t in results["tests"])
    for test in results["tests"]:
        check_fields(test, GRADESCOPE_TEST)
        assert test.get("status") in (None, "passed", "failed")
        assert 0 <= test["score"] <= test["max_score"]
    return all(t.get("visibility", "visible") == "visible" for t in results["tests"])


@dataclass
class Evaluation:
    """What VPL makes of an output."""

    grade: str
    titles: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)  # as it is, in <pre>
    text: list[str] = field(default_factory=list)  # as text, with links


def vpl(output: str) -> Evaluation:
    """find_proposedgrade, find_proposedcomment and result_to_html of mod_vpl."""
    grades = re.findall(r"^Grade :=>>(.*)$", output, re.MULTILINE)
    found = Evaluation(grades[-1].strip() if grades else "")
    newline = "\r\n" if "\r\n" in output else "\n"
    start = re.compile(r"^[ \t]*(Comment :=>>(.*)|<\|--)[ \t]*$", re.MULTILINE)
    end = re.compile(r"^[ \t]*--\|>[ \t]*$", re.MULTILINE)
    comments, at = "", 0
    while begun := start.search(output, at):
        at = begun.end() + 1
        if begun[1] != "<|--":
            comments += begun[2] + "\n"
            continue
        ended = end.search(output, at)
        comments += output[at : ended.start() if ended else len(output)]
        if not ended:
            break
        at = ended.end() + 1
    for line in comments.split(newline):
        if len(line) > 1 and line[0] == "-":
            found.titles.append(line[1:].strip())
        elif line.strip().startswith(">"):
            found.shown.append(line.split(">", 1)[1])
        elif line:
            found.text.append(line)
    return found


def classroom50(result: dict[str, Any]) -> None:
    """What its collector takes; the runner has added owner and assignment_type."""
    assert result["schema"] == "classroom50/result/v1"
    for name in (
        "classroom",
        "assignment",
        "submission",
        "commit",
        "release",
        "review",
    ):
        assert isinstance(result[name], str) and result[name], name
    datetime.strptime(result["datetime"], "%Y-%m-%dT%H:%M:%SZ")
    for part in [result, *result["tests"]]:
        for name in ("score", "max-score"):
            assert type(part[name]) is int and part[name] >= 0, part[name]
        assert part["score"] <= part["max-score"]
    for test in result["tests"]:
        assert isinstance(test["test-name"], str) and test["test-name"]
        assert type(test["passed"]) is bool


def moodle_worksheet(rows: list[list[str]]) -> dict[str, float]:
    """Grades by participant, of an import that lets no newer grade be lost."""
    head = rows[0]
    identifier, grade = head.index("Identifier"), head.index("Grade")
    assert "Last modified (grade)" in head
    grades = {}
    for row in rows[1:]:
        number = row[identifier][len("Participant ") :]
        assert number.isdigit(), row
        if row[grade] != "":
            value = float(row[grade].replace(",", "."))
            if 0 <= value <= 100:
                grades[number] = value
    return grades


def moodle_feedback(path: str, participants: set[str]) -> tuple[str, str] | None:
    """Whose file it is, and its name: is_valid_filename_for_import."""
    parts = ("/import/" + path).split("/")
    if parts[-1][:1] in (".", "~"):
        return None
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) < 4 or not info[1].isdigit() or info[1] not in participants:
            continue
        if (info[2], info[3]) != ("assignsubmission", "file"):
            continue
        return info[1], "/".join([info[4] if len(info) > 4 else "", *parts])
    return None
