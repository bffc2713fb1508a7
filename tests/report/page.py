#!/usr/bin/python3
"""Draws the result documents as HTML pages that need nothing else.

    page.py GRADES [--class CLASS] LAB…

Written are GRADES/index.html, a row a student, and for each of them
GRADES/WHO/index.html, which is the student's own and names no hidden test, and
GRADES/WHO/instructor.html, which has everything. One student's documents are in
memory at a time.

What students print and what they call themselves is hostile, so everything is
escaped (autoescape), what would turn a line around is made visible, a field
that is missing is an error (StrictUndefined), and the browser is told to run
nothing but this folder's script and to load nothing at all.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import re
import sys
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from documents import (
    Document,
    Student,
    class_notes,
    lab_title,
    read_document,
    read_json,
    students,
    write_whole,
)
from overview import Overview
from traces import pictures_of

try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError
    from markupsafe import Markup
except ImportError:
    sys.exit("page.py: python3-jinja2 is not installed: make setup installs it")

HERE = Path(__file__).parent
MARKS = {
    "passed": ("✓", "passed"),
    "failed": ("✗", "failed"),
    "not_run": ("–", "not run"),
    "grader_error": ("!", "grader error"),
}
# Of the invisible characters, those that join letters are part of writing.
JOINERS = "\u200c\u200d\ufe0f"


def visible(value: Any) -> Any:
    """Text without characters that would hide or turn around what follows."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    if value.isascii() and value.isprintable():
        return value
    return "".join(
        f"\\u{{{ord(c):x}}}"
        if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and c not in JOINERS + "\n\t"
        else c
        for c in value
    )


def href(*names: str) -> str:
    """A relative address; a name may be any bytes but a slash."""
    return "/".join(quote(os.fsencode(name), safe="") for name in names)


def hidden_tests(document: Document) -> list[Any]:
    return [test for test in document["tests"] if test.get("hidden")]


def shown_tests(document: Document, instructor: bool) -> list[Any]:
    """Those that the reader of a page may know of."""
    return [t for t in document["tests"] if instructor or not t.get("hidden")]


def digest(text: str) -> str:
    value = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{value}'"


def between(text: str, tag: str) -> str:
    found = re.search(f"<{tag}>(.*)</{tag}>", text, re.DOTALL)
    assert found, f"no <{tag}> in a template"
    return found[1]


def environment() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    style = digest(between((HERE / "style.html").read_text(), "style"))
    script = digest(between((HERE / "script.html").read_text(), "script"))
    nothing = "default-src 'none'; base-uri 'none'; form-action 'none'"
    pages.globals |= {
        "marks": MARKS,
        "lab_title": lab_title,
        "href": href,
        "hidden_tests": hidden_tests,
        "shown_tests": shown_tests,
        "policy": f"{nothing}; style-src {style}",
        "policy_with_script": f"{nothing}; style-src {style}; script-src {script}",
    }
    return pages


class Pages:
    """Draws a student's two pages, and keeps what the class's page says of him."""

    def __init__(self, grades: Path, labs: list[str], class_folder: Path | None):
        self.grades, self.labs, self.class_folder = grades, labs, class_folder
        self.jinja = environment()
        self.overview = Overview(labs, class_folder is not None)

    def write(self, template: str, path: Path, **values: Any) -> None:
        try:
            text = self.jinja.get_template(template).render(**values)
        except UndefinedError as error:
            raise ValueError(f"{path} cannot be drawn: {error}") from None
        write_whole(path, text.encode("utf-8", "replace"))

    def student(self, student: Student) -> None:
        documents = {lab: read_document(student.folder, lab) for lab in self.labs}
        if not student.in_class and not any(documents.values()):
            return  # has other labs
        student.folder.mkdir(exist_ok=True)
        # A trace lies beside the grades: build/trace, build/grade.
        pictures = pictures_of(self.grades.parent / "trace", student, documents)
        for name, instructor in (("index.html", False), ("instructor.html", True)):
            self.write(
                "student.html",
                student.folder / name,
                student=student,
                documents=documents,
                instructor=instructor,
                pictures=pictures,
                total=self.overview.total(documents),
            )
        self.overview.add(student, documents)

    def index(self) -> Path:
        path = self.grades / "index.html"
        folder = self.class_folder
        pairs = read_json(folder / "lookalikes.json") if folder else None
        self.overview.look_alike(pairs or {})
        self.write(
            "class.html",
            path,
            overview=self.overview,
            labs=self.labs,
            notes=class_notes(folder),
            lookalikes=(self.grades / "lookalikes.html").exists(),
        )
        return path


def main() -> int:
    parser = argparse.ArgumentParser(description="Draws result documents as pages.")
    parser.add_argument("grades", type=Path)
    parser.add_argument("labs", nargs="+")
    parser.add_argument("--class", dest="class_folder", type=Path)
    words = parser.parse_args()
    pages = Pages(words.grades, words.labs, words.class_folder)
    for student in students(words.grades, words.class_folder):
        pages.student(student)
    print(f"Pages: {pages.index()}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError) as error:
        sys.exit(f"page.py: {error}")
    except KeyError as error:
        sys.exit(f"page.py: a document lacks the field {error}: grade it again")
