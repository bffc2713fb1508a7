#!/usr/bin/python3
"""class.py: what grading a class costs, beside the bare programs.

    tests/bench/class.py BUILD SIZE LAB...

A class of SIZE students, a third of them with the solutions, a third with the
starters, a third with planted bugs, is graded as make grade SUBMISSIONS= does it.
Its floor, on the same processors, is each unit's compiler lines and then, without
a harness, the same conversations (floor.c). A small class is graded on one
processor and on two, and what the parts use of memory is compared between both
classes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

SMALL = 20
BUGS = 8  # of a lab; each is recorded once
JOBS = "4"  # of a unit: unit.c
MIB = 1024


def run(*words: object, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(w) for w in words], check=True, text=True, stdout=subprocess.PIPE, **more)  # type: ignore[call-overload]


class Bench:
    def __init__(self, build: str, labs: list[str]) -> None:
        self.build, self.labs = build, labs
        self.top = Path(build) / "bench-class"
        self.folder = Path(build) / "bench.class"  # beside tests/, as a class lies
        self.peaks: dict[str, int] = {}
        shutil.rmtree(self.top, ignore_errors=True)
        self.bugs = {lab: self._bugs_of(lab) for lab in labs}

    # ---- The class

    def _bugs_of(self, lab: str) -> list[str]:
        found = sorted(path.stem for path in Path("tests/mutants", lab).glob("*.patch"))
        step = max(1, len(found) // BUGS)
        return found[::step][:BUGS]

    def _files(self, kind: str, lab: str) -> Path:
        """A folder with what is handed in: made once for each kind."""
        folder = self.top / "kinds" / kind / "labs" / lab
        if folder.exists():
            return folder
        folder.mkdir(parents=True)
        for path in Path("labs" if kind == "starter" else "solutions", lab).glob("*.[cs]*"):
            if path.suffix in (".c", ".sh"):
                shutil.copy(path, folder)
        if kind not in ("starter", "solution"):
            patch = Path("tests/mutants", lab, f"{kind}.patch")
            run("patch", "-s", "-d", folder, stdin=patch.open())
        return folder

    def kind(self, student: int, lab: str) -> str:
        bugs = self.bugs[lab]
        return ("solution", "starter", bugs[student // 3 % len(bugs)])[student % 3]

    def hand_in(self, size: int) -> Path:
        submissions = self.top / f"submissions-{size}"
        if submissions.exists():
            return submissions
        for student in range(size):
            for lab in self.labs:
                to = submissions / f"student {student:03}" / "labs" / lab
                shutil.copytree(self._files(self.kind(student, lab), lab), to)
        return submissions

    # ---- Graded

    def _watch(self, running: subprocess.Popen[str]) -> None:
        """Until it ends; keeps the most memory that class and GNU parallel have used."""
        while running.poll() is None:
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    name = "class" if f"tests/class {self.folder}" in line else "GNU parallel"
                    if name == "GNU parallel" and "parallel --plain" not in line:
                        continue
                    for field in (folder / "status").read_text().splitlines():
                        if field.startswith("VmHWM"):
                            self.peaks[name] = max(self.peaks.get(name, 0), int(field.split()[1]))
                except OSError:
                    continue
            time.sleep(0.2)

    def grade(self, size: int, processors: int) -> float:
        """Seconds from the submissions to the pages."""
        submissions = self.hand_in(size)
        shutil.rmtree(self.folder, ignore_errors=True)
        grades = self.top / "grade"
        shutil.rmtree(grades, ignore_errors=True)
        tests = Path(self.build) / "tests"
        listed = [
            f"{lab}={','.join(sorted(p.name for p in self._files('solution', lab).iterdir()))}" for lab in self.labs
        ]
        cores = ["taskset", "-c", ",".join(str(c) for c in sorted(os.sched_getaffinity(0))[:processors])]
        self.peaks = {}
        begin = time.monotonic()
        run(*cores, tests / "intake", submissions, self.folder, *listed)
        words = [*cores, tests / "class", self.folder, grades, *self.labs, "--kit-version", "bench", "--seed", "1"]
        with subprocess.Popen([str(w) for w in words], stdout=subprocess.DEVNULL, text=True) as running:
            self._watch(running)
        if running.returncode:
            sys.exit("class.py: this class could not be graded, so nothing was measured")
        run(*cores, tests / "report", "grades", grades, "--class", self.folder, *self.labs)
        page = subprocess.Popen(
            [
                *cores,
                "/usr/bin/python3",
                "-B",
                "tests/report/page.py",
                str(grades),
                "--class",
                str(self.folder),
                *self.labs,
            ],
            stdout=subprocess.DEVNULL,
        )
        self.peaks["page.py"] = os.wait4(page.pid, 0)[2].ru_maxrss
        return time.monotonic() - begin

    # ---- The floor

    def _place(self, kind: str, lab: str, slot: int) -> Path:
        """A folder in which the recipe's paths lead to this kind's files; one for
        each of those that run at once."""
        place = (self.top / "floor" / str(slot) / kind / lab).absolute()
        if place.exists():
            return place
        (place / self.build / "labs" / lab).mkdir(parents=True)
        for name in ("common", "hw", "tests"):
            (place / name).symlink_to(Path(name).absolute())
        for path in Path(self.build).iterdir():
            if path.name not in ("labs", self.top.name, self.folder.name):
                (place / self.build / path.name).symlink_to(path.absolute())
        shutil.copytree(self._files(kind, lab), place / "labs" / lab)
        for header in Path("labs", lab).glob("*.h"):
            shutil.copy(header, place / "labs" / lab)
        return place

    def _record(self, kind: str, lab: str) -> Path:
        """The conversations of a unit's tests, by running them once."""
        records = (self.top / "records" / kind / lab).absolute()
        if not records.exists():
            records.mkdir(parents=True)
            place = self._place(kind, lab, 0)
            recipe = f"cd '{place}' && sh {self.build}/tests/{lab}/recipe"
            subprocess.run(["sh", "-c", recipe], check=False, stderr=subprocess.DEVNULL)
            suite, programs = Path(self.build, "tests", lab, "suite"), place / self.build / "labs" / lab
            words = [suite, "--programs", programs, "--seed", "1", "--record", records, "--quiet", "--jobs", JOBS]
            subprocess.run([str(w) for w in words], check=False)
        return records

    def _bare(self, kind: str, lab: str, slot: int) -> str:
        """A unit without a harness, as a shell's command: its recipe, its conversations."""
        place, tests = self._place(kind, lab, slot), f"{self.build}/tests"
        programs = f"{self.build}/labs/{lab}"
        records = self._record(kind, lab)
        return f"cd '{place}' && sh {tests}/{lab}/recipe; {tests}/floor {programs} '{records}' {tests}/cell/faults.so {JOBS}"

    def floor(self, size: int) -> float:
        processors = len(os.sched_getaffinity(0))
        units = [(self.kind(student, lab), lab) for student in range(size) for lab in self.labs]
        for kind, lab in dict.fromkeys(units):
            for slot in range(processors):
                self._bare(kind, lab, slot)
        begin = time.monotonic()
        running: dict[int, int] = {}
        slots = list(range(processors))
        for kind, lab in units:
            if not slots:
                slots.append(running.pop(os.wait()[0]))
            command = ["sh", "-c", self._bare(kind, lab, slots[-1])]
            bare = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            running[bare.pid] = slots.pop()
        while running:
            running.pop(os.wait()[0])
        return time.monotonic() - begin


def main() -> int:
    if len(sys.argv) < 4 or not sys.argv[2].isdigit() or int(sys.argv[2]) < 1:
        print("usage: class.py BUILD SIZE LAB... (CLASS_SIZE is a number, 200 if not given)", file=sys.stderr)
        return 2
    build, size, labs = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    bench = Bench(build, labs)
    processors = len(os.sched_getaffinity(0))
    print(
        f"\nA class of {size}: solutions, starters and planted bugs; {', '.join(lab[:5] for lab in labs)}. In seconds.\n"
    )
    floor = bench.floor(size)
    whole = bench.grade(size, processors)
    many = bench.peaks
    print(f"  graded on {processors} processors      {whole:8.1f}")
    print(f"  compiled and run bare       {floor:8.1f}")
    print(f"  ratio                       {whole / floor:8.2f}   (at most 1.5)\n", flush=True)
    small = min(size, SMALL)
    one, two = bench.grade(small, 1), bench.grade(small, 2)
    few = bench.peaks
    print(f"  {small} students, one processor  {one:7.1f}")
    print(f"  {small} students, two            {two:7.1f}")
    print(f"  times                       {one / two:8.2f}   (at least 1.8)\n")
    print(f"  most memory, MiB        {small:4} students  {size:4} students")
    for name in sorted(many):
        print(f"  {name:24}{few[name] / MIB:13.1f}{many[name] / MIB:15.1f}")
    shutil.rmtree(bench.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
