#!/usr/bin/python3
"""Draws the result documents as HTML pages that need nothing else.

    page.py GRADES LAB…

GRADES/WHO/LAB.json are the documents; written are GRADES/index.html, a row a
student, and GRADES/WHO/index.html, all of one student's tests. What students
print is hostile, so everything is escaped (autoescape), and a field that is
missing is an error, not an empty place (StrictUndefined).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
except ImportError:
    sys.exit("page.py: python3-jinja2 is not installed: make setup installs it")

MARKS = {
    "passed": ("✓", "passed"),
    "failed": ("✗", "failed"),
    "not_run": ("–", "not run"),
    "grader_error": ("!", "grader error"),
}


def read_student(folder: Path, labs: list[str]) -> dict[str, Any]:
    """One student's documents, in the order of the labs; None where there is none."""
    documents = {}
    for lab in labs:
        path = folder / f"{lab}.json"
        documents[lab] = json.loads(path.read_text()) if path.exists() else None
    scores = [d["score"] for d in documents.values() if d and d["score"] is not None]
    return {"who": folder.name, "labs": documents, "total": sum(scores)}


def write_whole(path: Path, text: str) -> None:
    """Writes beside the place first, so that a full disk leaves the old page."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    os.replace(beside, path)


def main() -> int:
    if len(sys.argv) < 3:
        print("usage: page.py GRADES LAB…", file=sys.stderr)
        return 2
    grades, labs = Path(sys.argv[1]), sys.argv[2:]
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals["marks"] = MARKS
    pages.globals["lab_title"] = lambda lab: f"{lab[:5]} {lab[6:].replace('-', ' ')}"
    folders = sorted(f for f in grades.iterdir() if f.is_dir())
    students = [read_student(folder, labs) for folder in folders]
    for folder, student in zip(folders, students):
        page = pages.get_template("student.html").render(student=student)
        write_whole(folder / "index.html", page)
    index = pages.get_template("class.html").render(students=students, labs=labs)
    write_whole(grades / "index.html", index)
    print(f"Pages: {grades}/index.html")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError) as error:
        sys.exit(f"page.py: {error}")
