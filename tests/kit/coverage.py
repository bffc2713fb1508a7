"""coverage.py: what each line of the contract is held by.

    coverage.py [--quiet] BUILD CSV LAB...

Reads tests/contract, the rules that all programs keep, and of each LAB
tests/LAB/contract: its lines, the tests that fail when a program breaks one,
and the planted bugs that break it. Prints the table (not if --quiet), writes it to CSV
too (lab, program, line, test, bugs), and at the end names what is missing:

- a line without a test, or a test there without a planted bug;
- a rule that binds a program and is not among its lines;
- a test or a planted bug that belongs to no line.

Prints PASS or FAIL for each lab; exit status 0, 1 where something is missing.
What the files look like is told in tests/README.md.
"""

import argparse
import csv
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path("tests")
WIDTH = 100


@dataclass
class Line:
    """A promise, the programs that it binds, and what holds them to it."""

    programs: list[str]
    text: str
    rule: str | None = None
    excused: bool = False
    tests: list[tuple[str, list[str]]] = field(default_factory=list)


@dataclass
class Contract:
    """A lab's lines, and what is wrong with the file."""

    kinds: dict[str, list[str]] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def paragraphs(path: Path) -> list[tuple[int, str]]:
    """Lines that are neither empty nor a comment, each with its number."""
    return [(number, line.rstrip()) for number, line in enumerate(path.read_text().splitlines(), 1)
            if line.strip() and not line.startswith("#")]


def read_rules(path: Path) -> dict[str, tuple[list[str], str]]:
    """The rules of all programs: id to the kinds that it binds and its words."""
    rules = {}
    for number, line in paragraphs(path):
        found = re.fullmatch(r"([a-z-]+) \[([a-z -]+)\]: (.+)", line)
        if not found:
            sys.exit(f"{path}:{number}: not \"ID [KIND...]: sentence\"")
        rules[found[1]] = (found[2].split(), found[3])
    return rules


def read_entry(contract: Contract, where: str, line: str, rules: dict) -> None:
    """PROGRAM[, PROGRAM]: sentence, or (RULE), or (RULE) does not apply: why."""
    programs, _, text = line.partition(":")
    entry = Line([p.strip() for p in programs.split(",")], text.strip())
    named = re.match(r"\(([a-z-]+)\)(.*)", entry.text)
    if named:
        entry.rule, rest = named[1], named[2].strip()
        entry.excused = bool(re.match(r"does not apply: \S", rest))
        if entry.rule not in rules:
            contract.wrong.append(f"{where}: tests/contract has no rule ({entry.rule})")
        elif entry.excused:
            entry.text = f"({entry.rule}) {rest}"
        elif rest:
            contract.wrong.append(f"{where}: what is behind ({entry.rule}) is not \"does not apply: why\"")
        else:
            entry.text = f"({entry.rule}) {rules[entry.rule][1]}"
    contract.lines.append(entry)


def read_contract(lab: str, rules: dict) -> Contract:
    contract = Contract()
    path = TESTS / lab / "contract"
    if not path.exists():
        contract.wrong.append(f"{path} is missing: the lines of the lab, each with its tests and planted bugs")
        return contract
    for number, line in paragraphs(path):
        where = f"{path}:{number}"
        if line.startswith("kinds:"):
            for pair in line[len("kinds:"):].split(","):
                program, _, kinds = pair.partition("=")
                contract.kinds[program.strip()] = kinds.split()
        elif not line[0].isspace():
            read_entry(contract, where, line, rules)
        elif not contract.lines:
            contract.wrong.append(f"{where}: belongs to no line")
        elif line.startswith("    "):
            test, _, bugs = line.strip().partition(":")
            contract.lines[-1].tests.append((test, bugs.split()))
        else:
            contract.lines[-1].text += " " + line.strip()
    return contract


def suite_tests(build: Path, lab: str) -> list[str]:
    listed = subprocess.run([build / "tests" / lab / "suite", "--list"], check=True, capture_output=True, text=True)
    return [line.split("\t")[0] for line in listed.stdout.splitlines()]


def read_bugs(lab: str) -> dict[str, set[str]]:
    """The planted bugs of a lab, and the tests that are there for each."""
    return {patch.stem: set(" ".join(re.findall(r"^Loses:(.*)$", patch.read_text(errors="replace"), re.M)).split())
            for patch in sorted((TESTS / "mutants" / lab).glob("*.patch"))}


def program_of(test: str, programs: list[str]) -> str | None:
    """A test's first word is how its program's name begins; where there is one program, all are its."""
    if len(programs) == 1:
        return programs[0]
    begins = [p for p in programs if p.startswith(test.split(".")[0])]
    return begins[0] if begins else None


def check_line(line: Line, programs: list[str], tests: list[str], bugs: dict[str, set[str]]) -> list[str]:
    """What is wrong with a line: its cells that are empty, and names that lead nowhere."""
    wrong = []
    held = set()
    for test, named in line.tests:
        if test not in tests:
            wrong.append(f"no test is called {test}")
        if not named:
            wrong.append(f"no planted bug for {test}")
        held.add(program_of(test, programs))
        for bug in named:
            if bug not in bugs:
                wrong.append(f"no planted bug is called {bug}")
            elif test not in bugs[bug]:
                wrong.append(f"{bug} is not there to lose {test}")
    for program in line.programs:
        if program not in programs:
            wrong.append(f"no program is called {program}")
        elif not line.excused and program not in held:
            wrong.append(f"no test of {program}")
    return [f"{', '.join(line.programs)}: {line.text}: {what}" for what in wrong]


def check(contract: Contract, rules: dict, tests: list[str], bugs: dict[str, set[str]]) -> list[str]:
    wrong = list(contract.wrong)
    if not contract.kinds:
        return wrong or ["it has no line \"kinds: PROGRAM = KIND, ...\""]
    programs = list(contract.kinds)
    for line in contract.lines:
        wrong += check_line(line, programs, tests, bugs)
    for program, kinds in contract.kinds.items():
        kept = {line.rule for line in contract.lines if program in line.programs}
        wrong += [f"{program}: ({rule}) is not among its lines" for rule, (binds, _) in rules.items()
                  if ("all" in binds or set(binds) & set(kinds)) and rule not in kept]
    used_tests = {test for line in contract.lines for test, _ in line.tests}
    used_bugs = {bug for line in contract.lines for _, named in line.tests for bug in named}
    wrong += [f"the test {test} belongs to no line" for test in tests if test not in used_tests]
    wrong += [f"the planted bug {bug} belongs to no line" for bug in bugs if bug not in used_bugs]
    return wrong


def show(lab: str, contract: Contract, tests: list[str], bugs: dict[str, set[str]]) -> None:
    held = [line for line in contract.lines if not line.excused]
    print(f"\n{lab}: {len(held)} lines, {len(tests)} tests, {len(bugs)} planted bugs")
    before = None
    for line in contract.lines:
        programs = ", ".join(line.programs)
        if programs != before:
            print(f"\n  {programs}")
        before = programs
        print(textwrap.fill(line.text, WIDTH, initial_indent="    ", subsequent_indent="    "))
        for test, named in line.tests:
            print(textwrap.fill(", ".join(named) or "-", WIDTH, initial_indent=f"      {test:<21}",
                                subsequent_indent=" " * 27, break_on_hyphens=False))


def main() -> int:
    options = argparse.ArgumentParser(description="What each line of the contract is held by.")
    options.add_argument("--quiet", action="store_true")
    options.add_argument("build", type=Path)
    options.add_argument("csv", type=Path)
    options.add_argument("labs", nargs="+")
    told = options.parse_args()
    rules = read_rules(TESTS / "contract")
    verdicts = []
    with told.csv.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["lab", "program", "line", "test", "bugs"])
        for lab in told.labs:
            contract = read_contract(lab, rules)
            tests, bugs = suite_tests(told.build, lab), read_bugs(lab)
            if not told.quiet:
                show(lab, contract, tests, bugs)
            for line in contract.lines:
                for test, named in line.tests:
                    program = program_of(test, list(contract.kinds))
                    rows.writerow([lab, program, line.text, test, " ".join(named)])
            verdicts.append((lab, check(contract, rules, tests, bugs)))
    if not told.quiet:
        print()
    for lab, wrong in verdicts:
        print(f"{'FAIL' if wrong else 'PASS'} each line of {lab} has a test and a planted bug"
              + "".join(f"\n  {what}" for what in wrong))
    return any(wrong for _, wrong in verdicts)


if __name__ == "__main__":
    sys.exit(main())
