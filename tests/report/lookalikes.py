#!/usr/bin/python3
"""Finds programs of a class that are alike, for a person to look at.

    lookalikes.py CLASS GRADES LAB…

Reads CLASS/KEY/LAB/*.c, and runs Debian's sim_c (similarity-tester) over each
program of a lab: it compares tokens, so other names, comments, constants, another
layout and another order of functions hide nothing. What all were given, the
starter and the handout's code, does not count. The reference programs are
compared, too. Written are CLASS/lookalikes.json and GRADES/lookalikes.html.

    {LAB: [{"a": KEY, "b": KEY or "the reference program", "percent": …,
            "file_a": …, "file_b": …, "runs": [{"a": [first, last], "b": …}…]}…]}

Students' files are read, and never run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from documents import read_class, write_whole
from lookalikes_page import ROOT, write_page

REFERENCE = "the reference program"

# Measured on the reference programs and those of other styles, and on copies of
# them, in runs of 24 tokens: tests/README.md has the figures. What was written
# apart shares up to 52 %; a copy with other names, comments and order of functions
# 93 % and more, and 68 % with some lines put in besides.
RUN = 24
ALIKE = 60
ENOUGH = 150  # tokens of one's own; there is little to compare in fewer

MOST_BYTES = 100_000  # the longest reference program has a tenth of it
MOST_PAIRS = 500
# Of processor time, for a program: a class of 200 takes 1 to 2 s, one of them
# beside the others 50 ms.
CLASS_CPU_S, ONE_CPU_S = 20, 2
LIMITS = ["prlimit", "--as=1073741824", "--core=0"]


@dataclass
class Program:
    key: str
    lines: list[str]
    tokens: int = 0
    given: set[int] = field(default_factory=set)  # numbers of lines that all were given
    given_tokens: int = 0

    @property
    def own(self) -> int:
        return self.tokens - self.given_tokens


@dataclass
class Run:
    tokens: int
    a: range
    b: range


class Unreadable(Exception):
    """sim_c did not come to its end."""


def lines_of(path: Path) -> list[str]:
    return re.split(r"\r\n|\r|\n", path.read_bytes().decode(errors="replace"))


def plain(lines: list[str]) -> str:
    """As sim_c gets it: the same lines, and nothing but ASCII."""
    return re.sub(r"[^\n\t -~]", " ", "\n".join(lines)) + "\n"


def code_of_handout(path: Path) -> list[str]:
    text = path.read_text(errors="replace") if path.exists() else ""
    return "\n".join(re.findall(r"(?ms)^```c\n(.*?)^```", text)).split("\n")


def sim(folder: Path, new: list[str], old: list[str], cpu_s: int) -> str:
    """What sim_c says of each new file beside each later one, and each old one."""
    ended = subprocess.run(
        [*LIMITS, f"--cpu={cpu_s}", "sim_c", "-n", "-e", "-s", "-i", "-w", "200", "-r", str(RUN)],
        cwd=folder,
        input="".join(f"{name}\n" for name in [*new, "/", *old]),
        capture_output=True,
        text=True,
    )
    if ended.returncode != 0:
        raise Unreadable
    return ended.stdout


def said_of(programs: dict[str, Program], given: list[str], work: Path) -> tuple[str, list[str]]:
    """What sim_c says of them all, and who had to be left out."""
    try:
        return sim(work, list(programs), given, CLASS_CPU_S), []
    except Unreadable:
        pass
    # Somebody wrote what takes for ever to compare. One by one that is seen, and
    # nobody else is spared for it.
    said, left_out, names = "", [], list(programs)
    for index, name in enumerate(names):
        try:
            said += sim(work, [name], [*names[index + 1 :], *given], ONE_CPU_S)
        except Unreadable:
            left_out.append(name)
    return said, left_out


def read_runs(said: str, programs: dict[str, Program], given: dict[str, list[str]]) -> dict[tuple[str, str], list[Run]]:
    """The runs of each pair; and into each program, what all were given."""
    for name, tokens in re.findall(r"(?m)^File (\S+): (\d+) tokens", said):
        if name in programs:
            programs[name].tokens = int(tokens)
    runs: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for match in re.finditer(r"(?m)^(\S+): line (\d+)-(\d+)\s*\|(\S+): line (\d+)-(\d+)\s*\[(\d+)\]", said):
        a, b = match[1], match[4]
        run = Run(int(match[7]), range(int(match[2]), int(match[3]) + 1), range(int(match[5]), int(match[6]) + 1))
        if b in given:
            new = set(run.a) - programs[a].given
            programs[a].given |= new
            programs[a].given_tokens += run.tokens * len(new) // len(run.a)
        else:
            runs[a, b].append(run)
    return runs


def in_common(a: Program, b: Program, runs: list[Run]) -> tuple[int, list[Run]]:
    """How many tokens of their own, and in which runs; a line counts once."""
    common, kept = 0, []
    taken_a, taken_b = set(a.given), set(b.given)
    for run in sorted(runs, key=lambda run: -run.tokens):
        fresh = min(len(set(run.a) - taken_a) / len(run.a), len(set(run.b) - taken_b) / len(run.b))
        if fresh > 0:
            common += int(run.tokens * fresh)
            kept.append(run)
            taken_a |= set(run.a)
            taken_b |= set(run.b)
    return common, sorted(kept, key=lambda run: run.a.start)


def pairs_of(file: str, programs: dict[str, Program], runs: dict[tuple[str, str], list[Run]]) -> list[dict[str, object]]:
    pairs = []
    for (one, other), found in runs.items():
        a, b = programs[one], programs[other]
        if min(a.own, b.own) < ENOUGH:
            continue
        common, kept = in_common(a, b, found)
        percent = min(100, 100 * common // min(a.own, b.own))
        if percent >= ALIKE:
            spans = [{"a": [r.a[0], r.a[-1]], "b": [r.b[0], r.b[-1]]} for r in kept]
            pairs.append({"a": a.key, "b": b.key, "percent": percent, "file_a": file, "file_b": file, "runs": spans})
    return pairs


def lookalikes(
    class_folder: Path, names: dict[str, str], lab: str, file: str, work: Path
) -> tuple[list[dict[str, object]], list[str]]:
    """The pairs of one program of a lab, and what could not be compared."""
    notes, programs = [], {}
    for key in names:
        path = ROOT / "solutions" / lab / file if key == REFERENCE else class_folder / key / lab / file
        if not path.exists():
            continue
        if path.stat().st_size > MOST_BYTES:
            notes.append(f"{names[key]}: {lab}/{file} has more than {MOST_BYTES:,} bytes and was not compared.")
        else:
            programs["reference.c" if key == REFERENCE else f"{key}.c"] = Program(key, lines_of(path))
    starters = {f"given-{n}": lines_of(path) for n, path in enumerate(sorted((ROOT / "labs" / lab).glob("*.[ch]")))}
    given = starters | {"given-handout": code_of_handout(ROOT / "labs" / lab / "README.md")}
    for name, lines in [*((n, p.lines) for n, p in programs.items()), *given.items()]:
        (work / name).write_text(plain(lines))
    said, left_out = said_of(programs, list(given), work)
    for name in left_out:
        notes.append(f"{names[programs[name].key]}: {lab}/{file} takes too long to compare, so look at it.")
    return pairs_of(file, programs, read_runs(said, programs, given)), notes


def main() -> int:
    if len(sys.argv) < 4:
        print("usage: lookalikes.py CLASS GRADES LAB…", file=sys.stderr)
        return 2
    if not shutil.which("sim_c"):
        print("Look-alikes are left out: similarity-tester is not installed; tests/setup --class installs it.")
        return 0
    class_folder, grades, labs = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    found: dict[str, list[dict[str, object]]] = {lab: [] for lab in labs}
    notes: list[str] = []
    names = {student.key: student.who for student in read_class(class_folder).values()}
    jobs = sorted({(lab, p.name) for lab in labs for key in names for p in (class_folder / key / lab).glob("*.c")})
    names[REFERENCE] = REFERENCE
    with tempfile.TemporaryDirectory(dir=class_folder, prefix=".lookalikes-") as work:

        def one(job: tuple[str, str]) -> tuple[list[dict[str, object]], list[str]]:
            return lookalikes(class_folder, names, *job, Path(tempfile.mkdtemp(dir=work)))

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for (lab, _), (pairs, said) in zip(jobs, pool.map(one, jobs)):
                found[lab] += pairs
                notes += said
    for lab, pairs in found.items():
        pairs.sort(key=lambda pair: (-int(str(pair["percent"])), str(pair["a"]), str(pair["b"])))
        if len(pairs) > MOST_PAIRS:
            notes.append(f"{lab}: {len(pairs):,} pairs are alike; the {MOST_PAIRS} most alike are listed.")
            del pairs[MOST_PAIRS:]
    write_whole(class_folder / "lookalikes.json", f"{json.dumps(found, indent=1)}\n".encode())
    write_page(class_folder, grades, names, found, notes)
    count = sum(map(len, found.values()))
    print(f"Look-alikes: {count or 'no'} pair{'' if count == 1 else 's'} for a person to judge: {grades}/lookalikes.html")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError) as error:
        sys.exit(f"lookalikes.py: {error}")
