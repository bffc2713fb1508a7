#!/usr/bin/python3
"""Grades a class of cheats and vandals, and their neighbours.

    run.py BUILD [NAME…]

Each folder beside this file is a submission that tries to get points that it did
not earn, or to harm: labs/LAB/… is what is handed in, attack.json says what it
does, how many points it may get at most, and what the document must say of it:
in a test's reason or among what a person should look at. A program that gets
through prints a line that begins with FOUND.

The class is graded by make grade, in a build folder of its own, as an instructor
would. With it are graded a solution, a starter and a planted bug, which must get
what they get without such company. Prints PASS or FAIL for each; NAME picks.
"""

from __future__ import annotations

import csv
import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Iterator

HERE = Path(__file__).parent
SEED = 4242
PR_SET_CHILD_SUBREAPER = 36
LABS = (
    "lab01-first-connection",
    "lab02-uppercase-echo",
    "lab09-callbacks",
    "lab10-button-led",
)
MUTANT = "tests/mutants/lab02-uppercase-echo"
# Bytes that no report may hold: ESC and its like, C1 controls, turned directions.
LIVE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HOSTILE_HTML = ("<img src=x", "<script>document.title", "<svg onload", "<script>alert")

Json = dict[str, Any]


class Failure(Exception):
    """A sentence: what an attack got, or did."""


# ---- The class ----------------------------------------------------------------


def add_attacks(folder: Path, names: list[str]) -> dict[str, Json]:
    """Puts them into the folder; returns what each must come to, by who it is."""
    attacks = {}
    for path in sorted(HERE.glob("*/attack.json")):
        name = path.parent.name
        attack = json.loads(path.read_text())
        if names and name not in names:
            continue
        who = attack.get("who", name)
        shutil.copytree(path.parent / "labs", folder / who / "labs")
        attacks[who] = {"name": name, **attack}
    return attacks


def add_neighbours(folder: Path) -> list[str]:
    """A solution, a starter, a planted bug: what an honest class is made of."""
    for lab in LABS[:2]:
        for who, tree in (
            ("neighbour solution", "solutions"),
            ("neighbour starter", "labs"),
        ):
            place = folder / who / "labs" / lab
            place.mkdir(parents=True)
            for source in Path(tree, lab).glob("*.c"):
                shutil.copy(source, place)
    place = folder / "neighbour bug" / "labs" / LABS[1]
    shutil.copytree(Path("solutions", LABS[1]), place)
    patch = sorted(Path(MUTANT).glob("*.patch"))[0]
    with patch.open() as text:
        subprocess.run(["patch", "-s", "-d", str(place)], stdin=text, check=True)
    return ["neighbour solution", "neighbour starter", "neighbour bug"]


def prepare(build: Path, own: Path) -> None:
    """A build folder of our own, with the tools that the kit's has already."""
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    for name in ("tests", "common", "hw", "solutions"):
        if (build / name).is_dir():
            subprocess.run(["cp", "-a", str(build / name), str(own)], check=True)
    for mark in build.glob(".[a-z]*"):
        subprocess.run(["cp", "-a", str(mark), str(own)], check=True)
    for recipe in own.glob("tests/*/recipe"):  # the build folder's name is in it
        recipe.unlink()


def grade(own: Path, folder: Path) -> str:
    """make grade, as an instructor calls it. Returns what it said."""
    command = [
        "make",
        "--no-print-directory",
        f"BUILD={own}",
        "grade",
        f"SUBMISSIONS={folder}",
        f"SEED={SEED}",
        "LABS=" + " ".join(lab[:5] for lab in LABS),
    ]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    run = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        check=False,
    )
    said = run.stdout.decode("utf-8", "replace")
    if run.returncode != 0:
        raise Failure(f"make grade ended with {run.returncode}: …{said[-1500:]}")
    return said


# ---- What must be true ----------------------------------------------------------


def strings_in(value: Any) -> Iterator[str]:
    """All texts in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from strings_in(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings_in(one)


def check_attack(attack: Json, document: Json) -> None:
    """It got no more than it earned, and the document says what happened."""
    score = document["score"]
    if not isinstance(score, int):
        raise Failure("it has no score: the grader is at fault")
    if score > attack["most_points"]:
        got = [t["id"] for t in document["tests"] if t["points"]]
        raise Failure(
            f"it got {score} points, {attack['most_points']} at most: {' '.join(got)}"
        )
    for test in document["tests"]:
        for program in test.get("program", []):
            if "FOUND" in program["stdout"] + program["stderr"]:
                raise Failure(f"it got through: {program['stdout']}")
    told = document["look"] + [t["reason"] for t in document["tests"] if t["reason"]]
    for words in attack["says"]:
        if not any(words in sentence for sentence in told):
            raise Failure(f"nothing says {words!r}; said is: {sorted(set(told))}")
    for text in strings_in(document):
        if LIVE.search(text):
            raise Failure(f"a control character is in the document: {text!r}")


def essence(document: Json) -> Any:
    """A document without what differs between any two runs: times, process ids."""
    tests = [(t["id"], t["status"], t["points"]) for t in document["tests"]]
    return document["score"], document["look"], tests


def check_reports(grades: Path, said: str) -> None:
    """Nothing that a student printed, or is called, lives in what is shown."""
    if LIVE.search(said.replace("\r", "").replace("\033[K", "")):
        raise Failure("make grade printed control characters of a student's")
    pages = list(grades.rglob("*.html"))
    if not pages:
        raise Failure("there are no pages")
    for page in pages:
        text = page.read_text()
        if LIVE.search(text):
            raise Failure(f"{page} holds control characters")
        for html in HOSTILE_HTML:
            if html in text:
                raise Failure(f"{page} holds {html!r} as it is")
    with (grades / "grades.csv").open(newline="") as file:
        for row in csv.reader(file):
            for cell in row:
                if cell[:1] in ("=", "+", "-", "@", "\t"):
                    raise Failure(f"grades.csv has a cell that is a formula: {cell!r}")


def check_nobody_left() -> None:
    """We are the subreaper of all that make started: none may go on."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            time.sleep(0.01)
    raise Failure("processes go on after make grade has ended")


def new_files() -> set[str]:
    """Files of the tree that are not committed: attacks must not add any."""
    told = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return set(told.stdout.split("\n"))


class Verdicts:
    """Prints them, and counts what failed."""

    failed = 0

    def tell(self, name: str, what: Failure | None = None) -> None:
        """One line."""
        self.failed += what is not None
        print(f"FAIL {name}: {what}" if what else f"PASS {name}", flush=True)

    def check(self, name: str, function: Any, *arguments: Any) -> None:
        """Calls it; a Failure is told."""
        try:
            function(*arguments)
        except (Failure, OSError, KeyError, ValueError) as failure:
            self.tell(name, Failure(str(failure) or repr(failure)))
        else:
            self.tell(name)


def read(grades: Path, who: str, lab: str) -> Json:
    """A published document."""
    return json.loads((grades / who / f"{lab}.json").read_text())


def compare_neighbour(alone: Json, among: Json) -> None:
    """The same verdict on each test, whoever is graded beside it."""
    if essence(alone) != essence(among):
        pairs = zip(alone["tests"], among["tests"])
        other = [
            f"{a['id']} {a['status']} {b['status']} {b['reason']}"
            for a, b in pairs
            if a["status"] != b["status"]
        ]
        raise Failure(
            f"alone {alone['score']}, among attackers {among['score']}: {other}"
        )


def main() -> int:
    build, names = Path(sys.argv[1]), sys.argv[2:]
    work = build / "attacks"
    own = work / "build"
    verdicts = Verdicts()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    shutil.rmtree(work, ignore_errors=True)
    before = new_files()

    prepare(build, own)
    neighbours = add_neighbours(work / "neighbours")
    grade(own, work / "neighbours")
    alone = {
        w: {
            l: read(own / "grade", w, l)
            for l in LABS[:2]
            if (own / "grade" / w / f"{l}.json").exists()
        }
        for w in neighbours
    }
    shutil.rmtree(own / "grade")
    shutil.rmtree(own / "class")

    attacks = add_attacks(work / "class", names)
    add_neighbours(work / "class")
    said = grade(own, work / "class")
    grades = own / "grade"
    for who, attack in attacks.items():
        verdicts.check(
            f"attack {attack['name']}",
            lambda w=who, a=attack: check_attack(a, read(grades, w, a["lab"])),
        )
    for who, documents in alone.items():
        for lab, document in documents.items():
            verdicts.check(
                f"{who} in {lab[:5]}",
                lambda w=who, l=lab, d=document: compare_neighbour(
                    d, read(grades, w, l)
                ),
            )
    verdicts.check("reports of the attacks", check_reports, grades, said)
    verdicts.check("nobody is left of the attacks", check_nobody_left)
    added = new_files() - before
    if added:
        verdicts.tell("the tree after the attacks", Failure(f"it holds {added}"))
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"FAIL attacks: {failure}")
        sys.exit(1)
