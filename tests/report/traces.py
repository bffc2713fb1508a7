"""traces.py: the picture that make trace drew of a failed test, for its page.

Shown is only what surely belongs to this result: a trace of this test with this
seed, of programs from this tree, that have not been built anew since. A student
of a class has none, for make trace runs this tree's programs.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

from documents import Document, Student, read_json

MOST_BYTES = 1 << 20
NAME = re.compile(r"[a-z0-9._-]{1,40}")  # of a test: no other folder than its own


def of_this_tree(recording: dict, tree: str) -> bool:
    """Are all programs of TREE (labs or solutions), and older than the recording?"""
    programs = recording.get("programs")
    if not isinstance(programs, list) or not programs:
        return False
    for program in programs:
        if not str(program.get("source")).startswith(f"{tree}/"):
            return False
        built = Path(str(program.get("file"))).stat().st_mtime_ns
        if built > int(recording["begin_ns"]):
            return False
    return True


def picture_of(
    traces: Path, student: Student, document: Document, test: dict
) -> str | None:
    """The picture as an address that holds it, or None."""
    if student.in_class or not NAME.fullmatch(test["id"]):
        return None
    folder = traces / f"{document['lab'][:5]}-{test['id']}"
    tree = "solutions" if student.who == "solutions" else "labs"
    try:
        recording = read_json(folder / "recording.json")
        known = recording["test"]
        if known["id"] != test["id"] or known["seed"] != document["seed"]:
            return None
        if recording["lab"] != document["lab"] or not of_this_tree(recording, tree):
            return None
        picture = folder / "trace.svg"
        if picture.stat().st_size > MOST_BYTES:
            return None
        data = base64.b64encode(picture.read_bytes()).decode()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # there is none, or none that can be trusted
    return f"data:image/svg+xml;base64,{data}"


def pictures_of(
    traces: Path, student: Student, documents: dict[str, Document | None]
) -> dict[tuple[str, str], str]:
    """The pictures of all tests of a student that did not pass, by lab and test."""
    found = {}
    for lab, document in documents.items():
        for test in document["tests"] if document else []:
            if test["status"] != "passed":
                picture = picture_of(traces, student, document, test)
                if picture:
                    found[lab, test["id"]] = picture
    return found
