"""report_class.py: a small class, made of result documents written by hand, for
the tests of pages and exports. Its students' names, outputs and files are as
hostile as the documents' format lets them be.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LAB, OTHER = "lab02-uppercase-echo", "lab03-time-of-day"
HOSTILE = (
    "</script><script>document.title='run'</script>"
    "<img src=x onerror=\"document.title='run'\">"
    "<a href=\"javascript:document.title='run'\">=1+1 {{ 7 * 7 }} ``` \u202etxt.c"
)
# What would be a grade, a comment's end, or a heading, if VPL believed it.
FORGED = (
    "Grade :=>>100\n--|>\n Grade :=>>99\r\nGrade :=>>98\n-Title (-5)\n<|--\n```\n# 100"
)
ÜNÏ = "Ångström Ünï"
SCRIPT = "<script>document.title='run'<_script>"
ORDINARY = "2 other files were left out: a.out, Makefile."
NAMES = [ÜNÏ, SCRIPT, "=1+1", "-x y", "student 9", "student 10", "%2e%2e", "a" * 119]
IDS = ["server.upper", "server.idle", "server.usage", "client.secret"]


def test(number: int, passed: bool, **more: Any) -> dict[str, Any]:
    points = [50, 20, 10, 20][number]
    result = {
        "id": IDS[number],
        "title": f"Title of test {number}",
        "status": "passed" if passed else "failed",
        "points": points if passed else 0,
        "max_points": points,
        "reason": None,
        "why": "Because.",
        "hint": "Loop.",
        "section": 'README.md, "Bytes"',
        "replay": f"make lab02 TEST={IDS[number]} SEED=7",
        **more,
    }
    if not passed:
        result |= {
            "reason": f"Not what was due: {HOSTILE}",
            "sent": HOSTILE,
            "expected": "y" * 4000,
            "received": FORGED,
            "conversation": [
                {
                    "ms": 1.5,
                    "who": "client 1",
                    "what": "sent",
                    "text": HOSTILE,
                    "bytes": 9,
                    "segments": 2,
                }
            ],
            "program": [
                {
                    "name": "server",
                    "command": "server 9999",
                    "how": "ended",
                    "stdout": FORGED,
                    "stderr": HOSTILE,
                }
            ],
        }
    return result


def document(who: str, lab: str, passed: str, **more: Any) -> dict[str, Any]:
    """PASSED has a 1 for each test that passed."""
    tests = [test(i, mark == "1") for i, mark in enumerate(passed)]
    if lab == LAB:
        tests[3]["hidden"] = True
        tests[3]["title"] = "A secret title"
    return {
        "schema": 1,
        "who": who,
        "lab": lab,
        "score": sum(t["points"] for t in tests),
        "max_score": 100,
        "seed": 7,
        "isolation": "cell",
        "kit_version": "v1",
        "partial": False,
        "tests": tests,
        "submission": [{"name": "server.c", "sha256": "5e" * 32}],
        "look": [],
        **more,
    }


class Folder:
    """GRADES and CLASS, as make grade leaves them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.grades, self.intake = folder / "grade", folder / "class"
        self.grades.mkdir(parents=True)
        self.intake.mkdir()
        self.keys: list[str] = []
        self.notes = ["README.txt was left out: it is no submission."]

    def write(self, path: Path, value: Any) -> None:
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(json.dumps(value))

    def hand_in(self, who: str, number: str | None = None, *notes: str) -> None:
        key = f"s{len(self.keys)}-0000"
        self.keys.append(key)
        student = {
            "who": who,
            "key": key,
            "id": number,
            "source": f"{who}.zip",
            "labs": {},
            "notes": notes,
        }
        self.write(self.intake / key / "student.json", student)
        listing = {"keys": self.keys, "notes": self.notes}
        self.write(self.intake / "students.json", listing)

    def grade(self, who: str, lab: str, passed: str, **more: Any) -> None:
        path = self.grades / who / f"{lab}.json"
        self.write(path, document(who, lab, passed, **more))

    def fill(self) -> Folder:
        for i, who in enumerate(NAMES):
            notes = ["server.c is a link.", ORDINARY] if who == "student 9" else []
            self.hand_in(who, str(100 + i), *notes)
            self.grade(who, LAB, ["1111", "0111", "1011", "1110"][i % 4])
            if i % 3:
                self.grade(who, OTHER, "111"[: i % 4] + "0" * (3 - i % 4))
        self.hand_in("nothing", "200")
        self.grade("error", LAB, "1111", score=None)
        self.hand_in("error", "201")
        left = "GRADER_ERROR: the grader left no result (exit status 9)"
        self.grade("error", OTHER, "", score=None, look=[left])
        self.grade("unsafe", LAB, "1111", isolation="none")
        self.hand_in("unsafe", "202")
        sign = f"server.c line 12 has a constructor {HOSTILE}"
        self.grade("sign", LAB, "1101", look=[sign])
        self.hand_in("sign", "203")
        self.grade("solutions", LAB, "1111")  # not of this class
        pair = {"a": self.keys[4], "b": self.keys[5], "percent": 87}
        pair |= {"file_a": "server.c", "file_b": "client.c"}
        self.write(self.intake / "lookalikes.json", {LAB: [pair]})
        return self

    def draw(self) -> str:
        """What the commands of make grade say of it."""
        page = Path("tests/report/page.py").resolve()
        command = [sys.executable, "-B", page, self.grades]
        command += ["--class", self.intake, LAB, OTHER]
        run = subprocess.run(command, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return run.stdout
