"""overview.py: what the class's page says of all students together: points a
lab, tests that most fail, and who needs a look. It adds up what the documents
say and judges nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from statistics import mean, median
from typing import Any

from documents import Document, Student, lab_title

# Ten points a bar, and one for full marks.
BINS = [(low, low + 9) for low in range(0, 100, 10)] + [(100, 100)]
# What most have, and nobody need look at: a README, an a.out.
ORDINARY = re.compile(r"\d+ other files? (was|were) left out")
# Why somebody needs a look, the gravest first.
ERROR, UNSAFE, SIGN, ALIKE, CLOCK, LIBRARY, NOTE = REASONS = (
    "No grade: the grader itself failed",
    "Unsafe: graded without isolation",
    "Signs in a program or in a run",
    "Look-alikes",
    "Decided by the clock",
    "Linked with the reference library",
    "Odd in what was handed in",
)


@dataclass
class Cell:
    """A student's lab in the table."""

    score: int | None
    error: bool = False
    unsafe: bool = False


@dataclass
class Row:
    student: Student
    cells: list[Cell | None]
    total: int | None
    failed: list[int]
    looks: int = 0


@dataclass
class Test:
    """How many of those who were judged fail it."""

    number: int
    lab: str
    id: str
    title: str
    points: int
    hidden: bool
    failed: int = 0
    judged: int = 0

    @property
    def share(self) -> int:
        return round(100 * self.failed / self.judged) if self.judged else 0


@dataclass
class Lab:
    name: str
    scores: list[int] = field(default_factory=list)

    @property
    def bins(self) -> list[tuple[int, int, int]]:
        return [(a, b, sum(a <= s <= b for s in self.scores)) for a, b in BINS]

    @property
    def in_words(self) -> str:
        parts = [
            f"{count} with {a if a == b else f'{a} to {b}'}"
            for a, b, count in self.bins
            if count
        ]
        return f"{lab_title(self.name)}, points: {', '.join(parts)}."


@dataclass
class Look:
    who: str
    lab: str
    words: str


class Overview:
    def __init__(self, labs: list[str], has_class: bool) -> None:
        self.has_class = has_class
        self.rows: list[Row] = []
        self.labs = [Lab(lab) for lab in labs]
        self.tests: dict[tuple[str, str], Test] = {}
        self.looks: dict[str, list[Look]] = {reason: [] for reason in REASONS}
        self.seeds: Counter[int] = Counter()
        self.versions: Counter[str] = Counter()
        self.by_key: dict[str, Row] = {}

    @staticmethod
    def total(documents: dict[str, Document | None]) -> int | None:
        scores = [d["score"] for d in documents.values() if d]
        known = [score for score in scores if score is not None]
        return sum(known) if known else None

    def add(self, student: Student, documents: dict[str, Document | None]) -> None:
        """A row; only those who handed in count, where there is a class."""
        counts = student.in_class or not self.has_class
        row = Row(student, [], self.total(documents), [])
        self.rows.append(row)
        self.by_key[student.key] = row
        for lab in self.labs:
            document = documents[lab.name]
            if document is None:
                row.cells.append(None)
                continue
            row.cells.append(self.cell(document))
            self.look_at(row, lab.name, document)
            if counts:
                self.seeds[document["seed"]] += 1
                self.versions[document["kit_version"]] += 1
            if document["score"] is not None:
                self.count_tests(row, lab.name, document, counts)
                if counts:
                    lab.scores.append(document["score"])
        for note in student.notes:
            if not ORDINARY.match(note):
                self.look(row, NOTE, "", note)
        if student.in_class and not any(row.cells) and not student.notes:
            self.look(row, NOTE, "", "Nothing of these labs could be graded.")

    @staticmethod
    def cell(document: Document) -> Cell:
        score = document["score"]
        return Cell(score, score is None, document["isolation"] != "cell")

    def count_tests(self, row: Row, lab: str, document: Document, counts: bool) -> None:
        for test in document["tests"]:
            known = self.tests.setdefault(
                (lab, test["id"]),
                Test(
                    len(self.tests),
                    lab,
                    test["id"],
                    test["title"],
                    test["max_points"],
                    test.get("hidden", False),
                ),
            )
            failed = test["status"] == "failed"
            if failed:
                row.failed.append(known.number)
            if counts and test["status"] in ("passed", "failed"):
                known.judged += 1
                known.failed += failed

    def look(self, row: Row, reason: str, lab: str, words: str) -> None:
        row.looks += 1
        self.looks[reason].append(Look(row.student.who, lab, words))

    def look_at(self, row: Row, lab: str, document: Document) -> None:
        if document["score"] is None:
            wrong = [t["id"] for t in document["tests"] if t["status"] != "passed"]
            broken = [
                t["id"] for t in document["tests"] if t["status"] == "grader_error"
            ]
            which = ", ".join((broken or wrong)[:5]) or "no test at all"
            words = f"Not judged: {which}. Grade it again."
            # A run that left no result has its reason where signs are.
            said = [] if document["tests"] else document.get("look", [])
            for sentence in said or [words]:
                self.look(row, ERROR, lab, sentence)
        if document["isolation"] != "cell":
            self.look(row, UNSAFE, lab, "A program may have forged this result.")
        for sentence in document.get("look", []) if document["tests"] else []:
            self.look(row, SIGN, lab, sentence)
        late = [test["id"] for test in document["tests"] if test.get("late")]
        if late:
            words = f"Ran out of time, alone too: {', '.join(late)}."
            self.look(row, CLOCK, lab, words)
        if document.get("library") == "reference":
            words = (
                f"Not on the student’s own files, but on {document['library_folder']}."
            )
            self.look(row, LIBRARY, lab, words)

    def look_alike(self, pairs: dict[str, list[dict[str, Any]]]) -> None:
        """Each of a pair is told who the other is: of many, those most alike."""
        told = 2
        for lab, found in pairs.items():
            if lab not in (known.name for known in self.labs):
                continue
            sentences: dict[str, list[str]] = {}
            for pair in found:
                for one, other in (("a", "b"), ("b", "a")):
                    if pair[one] in self.by_key:
                        words = self.likeness(pair, one, other)
                        sentences.setdefault(pair[one], []).append(words)
            for key, words in sentences.items():
                more = len(words) - told
                if more > 0:
                    words[told:] = [f"{more} more {'pair' if more == 1 else 'pairs'}."]
                self.look(self.by_key[key], ALIKE, lab, " ".join(words))

    def likeness(self, pair: dict[str, Any], one: str, other: str) -> str:
        row = self.by_key.get(pair[other])
        name = row.student.who if row else pair[other]
        files = pair[f"file_{one}"], pair[f"file_{other}"]
        return f"{files[0]}: {pair['percent']} % alike with {files[1]} of {name}."

    # ---- For the page ----

    @property
    def worst_tests(self) -> list[Test]:
        """The tests with points that somebody fails, the largest share first."""
        failed = [test for test in self.tests.values() if test.failed and test.points]
        return sorted(failed, key=lambda t: (-t.failed / t.judged, t.number))

    @property
    def counted(self) -> int:
        return sum(r.student.in_class or not self.has_class for r in self.rows)

    @staticmethod
    def figures(scores: list[int]) -> str:
        if not scores:
            return "no grade"
        return f"mean {mean(scores):.1f}, median {median(scores):g}"

    @property
    def totals(self) -> list[int]:
        return [
            row.total
            for row in self.rows
            if row.total is not None and (row.student.in_class or not self.has_class)
        ]
