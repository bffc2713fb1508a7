"""verdicts.py: does a verdict come out the same every time?

    verdicts.py BUILD [--runs N] [--bugs N] [--seed N] [--seconds S] [--at-once N] LAB...

Runs the suites of the LABs N times on each right program, the reference
programs and those of tests/styles, and N times on each planted bug, for the
tests that are there for it. Each run has a seed of its own, from --seed on, so
that the runs of several days add up. A right program must pass all tests, a
planted bug must lose its own, or the verdict is another than it should be: that
is told with its seed, and counted.

Runs go round by round, so that what is cut short by Ctrl-C or after S seconds
has still tried everything alike. Prints what ran, how many verdicts differed,
and how long it took; exit status 0, or 1 where one differed.

The programs must be there: make flakes builds them first.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Subject:
    """Programs that a suite is run on, and what must come of it."""

    lab: str
    folder: Path
    name: str
    loses: tuple[str, ...] = ()


def right_programs(build: Path, labs: list[str]) -> list[Subject]:
    found = [Subject(lab, build / "solutions" / lab, f"solutions/{lab}") for lab in labs]
    for lab in labs:
        found += [Subject(lab, build / style, str(style)) for style in sorted(Path("tests/styles", lab).glob("*"))]
    return found


def planted_bugs(build: Path, labs: list[str]) -> list[Subject]:
    found = []
    for lab in labs:
        for patch in sorted(Path("tests/mutants", lab).glob("*.patch")):
            loses = " ".join(re.findall(r"^Loses:(.*)$", patch.read_text(errors="replace"), re.M)).split()
            found.append(Subject(lab, build / "mutants" / lab / patch.stem, str(patch), tuple(loses)))
    return found


def run_suite(build: Path, subject: Subject, seed: int) -> dict[str, str]:
    """What came of each test, or of those that a planted bug is to lose: its id,
    and "passed" or what the suite said."""
    only = ["--only", ",".join(subject.loses)] if subject.loses else []
    with tempfile.NamedTemporaryFile(suffix=".json") as document:
        command = [build / "tests" / subject.lab / "suite", "--programs", subject.folder, "--quiet",
                   "--seed", str(seed), "--out", document.name, *only]
        ended = subprocess.run(command, capture_output=True, text=True)
        try:
            tests = json.load(open(document.name))["tests"]
        except ValueError:
            return {"all": f"the suite ended with {ended.returncode}: {ended.stderr.strip()}"}
    return {t["id"]: "passed" if t["status"] == "passed" else f"{t['status']}: {t.get('reason')}"
            for t in tests if only or t["max_points"]}  # a stretch may be left out


def differs(build: Path, subject: Subject, seed: int) -> list[str]:
    """Each verdict of a run that is not what it should be, in words."""
    due = "failed: " if subject.loses else "passed"
    return [f"{test} {said}" for test, said in run_suite(build, subject, seed).items() if not said.startswith(due)]


def rounds(
    right: list[Subject], bugs: list[Subject], runs: int, bug_runs: int, first_seed: int
) -> Iterator[tuple[Subject, int]]:
    """Each subject with a seed, so many times as asked, everything alike often."""
    for turn in range(max(runs, bug_runs)):
        for subject in (right if turn < runs else []) + (bugs if turn < bug_runs else []):
            yield subject, first_seed + turn


class Tally:
    """What ran so far, and what differed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.right = self.bugs = self.differ_right = self.differ_bugs = 0

    def add(self, subject: Subject, seed: int, wrong: list[str]) -> None:
        with self.lock:
            if subject.loses:
                self.bugs += 1
                self.differ_bugs += bool(wrong)
            else:
                self.right += 1
                self.differ_right += bool(wrong)
            for what in wrong:
                print(f"DIFFERS {subject.name}, seed {seed}: {what}", flush=True)


def main() -> int:
    options = argparse.ArgumentParser(description="Does a verdict come out the same every time?")
    options.add_argument("--runs", type=int, default=1)
    options.add_argument("--bugs", type=int, default=1)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--seconds", type=float, default=float("inf"))
    options.add_argument("--at-once", type=int, default=2 * (os.cpu_count() or 1))
    options.add_argument("build", type=Path)
    options.add_argument("labs", nargs="+")
    told = options.parse_args()
    right = right_programs(told.build, told.labs) if told.runs else []
    bugs = planted_bugs(told.build, told.labs) if told.bugs else []
    work = rounds(right, bugs, told.runs, told.bugs, told.seed)
    tally, began, taking = Tally(), time.monotonic(), threading.Lock()

    def work_on() -> None:
        while time.monotonic() - began < told.seconds:
            with taking:
                job = next(work, None)
            if not job:
                return
            tally.add(*job, differs(told.build, *job))

    workers = [threading.Thread(target=work_on, daemon=True) for _ in range(told.at_once)]
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            worker.join()
    except KeyboardInterrupt:
        pass
    print(f"right programs: {len(right)}; false failures: {tally.differ_right:,} of {tally.right:,} runs")
    print(f"planted bugs: {len(bugs)}; found: {tally.bugs - tally.differ_bugs:,} of {tally.bugs:,} runs")
    print(f"{time.monotonic() - began:.0f} s, {told.at_once} at once")
    return 1 if tally.differ_right or tally.differ_bugs else 0


if __name__ == "__main__":
    sys.exit(main())
