"""documents.py: reads result documents, one student at a time, for the views
that are drawn or exported in Python. Nothing here computes a grade.

GRADES/WHO/LAB.json is a result document; tests/README.md describes its fields.
CLASS, where it is given, is what intake left of the submissions:
CLASS/KEY/student.json says who handed in what, and what was odd about it.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Document = dict[str, Any]


@dataclass
class Student:
    """Whose row it is; CLASS knows more of those who handed in a submission."""

    who: str
    folder: Path
    key: str = ""
    numbers: list[str] = field(default_factory=list)  # Moodle's, one an assignment
    source: str = ""
    notes: list[str] = field(default_factory=list)
    handed_in: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    in_class: bool = False


def read_json(path: Path) -> Any:
    """The value, or None where there is no such file."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def read_document(folder: Path, lab: str) -> Document | None:
    """A student's result in a lab; None where nothing was graded."""
    document = read_json(folder / f"{lab}.json")
    if document is not None and not isinstance(document, dict):
        raise ValueError(f"{folder / lab}.json is not a result document")
    return document


def read_class(class_folder: Path | None) -> dict[str, Student]:
    """Who handed in, by name. Empty where no submissions were taken in."""
    found: dict[str, Student] = {}
    listing = read_json(class_folder / "students.json") if class_folder else None
    for key in (listing or {}).get("keys", []):
        known = read_json(class_folder / key / "student.json")
        if known is None:
            continue  # intake was stopped: the next run mends it
        found[known["who"]] = Student(
            who=known["who"],
            folder=Path(),
            key=key,
            numbers=known.get("ids") or ([known["id"]] if known["id"] else []),
            source=known["source"],
            notes=known["notes"],
            handed_in=known["labs"],
            in_class=True,
        )
    return found


def in_order(name: str) -> tuple[str, str]:
    """Å stands with A, and a with A."""
    return unicodedata.normalize("NFKD", name).casefold(), name


def students(grades: Path, class_folder: Path | None) -> Iterator[Student]:
    """Everybody with a folder in GRADES, and whoever handed in, in order of name."""
    known = read_class(class_folder)
    folders = [f.name for f in os.scandir(grades) if f.is_dir() and f.name[0] != "."]
    for name in sorted({*folders, *known}, key=in_order):
        student = known.get(name) or Student(who=name, folder=Path())
        student.folder = grades / name
        yield student


def class_notes(class_folder: Path | None) -> list[str]:
    """What was odd about the submissions as a whole."""
    listing = read_json(class_folder / "students.json") if class_folder else None
    return (listing or {}).get("notes", [])


def lab_title(lab: str) -> str:
    """ "lab03-time-of-day" as "lab03 time of day"."""
    return f"{lab[:5]} {lab[6:].replace('-', ' ')}".rstrip()


def write_whole(path: Path, data: bytes) -> None:
    """Writes beside the place first, so that a full disk leaves the old file."""
    beside = path.with_name(path.name + ".new")
    try:
        beside.write_bytes(data)
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
