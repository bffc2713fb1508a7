#!/usr/bin/python3
"""lookalikes_test.py: who is found to be alike in a class, and who is not.

    tests/kit/lookalikes_test.py BUILD [TEST...]
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from board_world import named_tests
from board_world import run as run_tests

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/report"))
import lookalikes  # noqa: E402

LAB = "lab02-uppercase-echo"
HOSTILE = "<script>alert(1)</script>"
# Its author wrote one beside the other: most functions are the same to the letter.
SISTERS = {"lab04-framing/forky/echo_server.c", "lab04-framing/threads/echo_server.c"}
C_WORDS = set(
    "break case char const continue default do double else enum for goto if int long return short signed "
    "sizeof static struct switch unsigned void while main argc argv NULL include define".split()
)


def disguised(text: str) -> str:
    """A copy with other comments, other names, and its functions in another order."""
    text = re.sub(r"(?s)/\*.*?\*/", "/* all my own work */", text)
    parts = re.split(r"(?m)(?<=^\})\n", text)
    text = "\n".join([parts[0], *reversed(parts[1:-2]), *parts[-2:]])
    names = set(re.findall(r"\b[a-z_]\w+\b", re.sub(r'"[^"\n]*"|#.*', "", text))) - C_WORDS
    for number, name in enumerate(sorted(names)):
        text = re.sub(rf"\b{name}\b(?![^\"\n]*\.h)", f"my_{number}", text)
    return text


class Tests:
    def __init__(self, build: Path) -> None:
        self.folder = build.resolve() / "kit" / "lookalikes"
        self.submissions: dict[str, dict[str, dict[str, str]]] = {}

    def _hand_in(self, who: str, lab: str, files: dict[str, str]) -> None:
        self.submissions.setdefault(who, {})[lab] = files

    def _hand_in_folder(self, who: str, folder: Path, lab: str = LAB) -> None:
        self._hand_in(who, lab, {f.name: f.read_text() for f in folder.glob("*.c")})

    def _styles(self, *labs: str) -> None:
        """Right programs that were written apart."""
        for lab in labs:
            for style in (ROOT / "tests/styles" / lab).iterdir():
                self._hand_in_folder(f"{lab}/{style.name}".replace("/", " "), style, lab)

    def _compare(self, *labs: str, env: dict[str, str] | None = None) -> tuple[str, str]:
        """What is said of the submissions so far, and the page."""
        shutil.rmtree(self.folder, ignore_errors=True)
        grades = self.folder / "grade"
        grades.mkdir(parents=True)
        self.keys: dict[str, str] = {}
        for number, (who, files_of) in enumerate(self.submissions.items()):
            key = f"student-{number:08x}"
            self.keys[key] = who
            for lab, files in files_of.items():
                (self.folder / key / lab).mkdir(parents=True)
                for name, text in files.items():
                    (self.folder / key / lab / name).write_text(text)
            student = {"who": who, "key": key, "id": None, "source": "", "notes": [], "labs": {}}
            (self.folder / key / "student.json").write_text(json.dumps(student))
        (self.folder / "students.json").write_text(json.dumps({"keys": [*self.keys], "notes": []}))
        self.submissions = {}
        with contextlib.redirect_stdout(io.StringIO()) as said, mock.patch.dict(os.environ, env or {}):
            with mock.patch("sys.argv", ["lookalikes.py", str(self.folder), str(grades), *(labs or [LAB])]):
                assert lookalikes.main() == 0
        page = grades / "lookalikes.html"
        return said.getvalue(), page.read_text() if page.exists() else ""

    def _pairs(self, lab: str = LAB) -> list[tuple[set[str], str, int]]:
        found: list[dict[str, Any]] = json.loads((self.folder / "lookalikes.json").read_text())[lab]
        assert [p["percent"] for p in found] == sorted((p["percent"] for p in found), reverse=True)
        who = {**self.keys, lookalikes.REFERENCE: lookalikes.REFERENCE}
        return [({who[p["a"]], who[p["b"]]}, p["file_a"], p["percent"]) for p in found]

    def disguised_copies(self) -> None:
        """A copy with other names, comments and order is found, of a student's and of the reference's"""
        self._styles(LAB)
        style, reference = ROOT / "tests/styles" / LAB / "stdio", ROOT / "solutions" / LAB
        self._hand_in("copy", LAB, {f.name: disguised(f.read_text()) for f in style.glob("*.c")})
        self._hand_in("reader", LAB, {f.name: disguised((reference / f.name).read_text()) for f in style.glob("*.c")})
        said, page = self._compare()
        assert "4 pairs for a person to judge" in said, said
        found = self._pairs()
        for file in ("server.c", "client.c"):
            for pair in ({"copy", f"{LAB} stdio"}, {"reader", lookalikes.REFERENCE}):
                percents = [percent for who, name, percent in found if who == pair and name == file]
                assert percents and percents[0] >= 90, (pair, found)
        assert "Likeness is no proof." in page and "the reference program" in page

    def marked_lines(self) -> None:
        """The runs that are marked have the same code on both sides"""
        text = (ROOT / "solutions" / LAB / "server.c").read_text()
        self._hand_in("one", LAB, {"server.c": text})
        self._hand_in("two", LAB, {"server.c": "int before;\n" * 3 + text})
        _, page = self._compare()
        pairs = json.loads((self.folder / "lookalikes.json").read_text())[LAB]
        (pair,) = [p for p in pairs if lookalikes.REFERENCE not in (p["a"], p["b"])]
        for run in pair["runs"]:
            assert run["b"] == [line + 3 for line in run["a"]], run
        assert page.count('class="same"') > 100

    def written_apart(self) -> None:
        """Right programs of several styles, and the reference programs, are not alike"""
        labs = sorted(folder.name for folder in (ROOT / "tests/styles").iterdir())
        self._styles(*labs)
        self._compare(*labs)
        for lab in labs:
            for who, file, percent in self._pairs(lab):
                names = {f"{w.replace(' ', '/')}/{file}" for w in who}
                assert names == SISTERS, (who, file, percent)

    def what_all_were_given(self) -> None:
        """Starters, and the handout's code, do not make two people alike"""
        shown = (ROOT / "tests/styles" / LAB / "stdio/server.c").read_text()
        starter = (ROOT / "labs" / LAB / "client.c").read_text()
        for who in ("one", "two"):
            self._hand_in(who, LAB, {"server.c": shown, "client.c": starter})
        handed_in = dict(self.submissions)
        with mock.patch.object(lookalikes, "ENOUGH", 10):
            self._compare()
            assert [(who, file) for who, file, _ in self._pairs()] == [({"one", "two"}, "server.c")]
            self.submissions = handed_in
            with mock.patch.object(lookalikes, "code_of_handout", return_value=shown.split("\n")):
                self._compare()
            assert self._pairs() == []

    def handout(self) -> None:
        """The handout's code is what stands between fences, and says that it is C"""
        self.folder.mkdir(parents=True, exist_ok=True)
        page = self.folder / "README.md"
        page.write_text("one\n```c\nint two;\n```\nthree\n```text\nfour\n```\n```c\nint five;\n```\n")
        assert [line for line in lookalikes.code_of_handout(page) if line] == ["int two;", "int five;"]

    def hostile_files(self) -> None:
        """What cannot be compared is named, and nobody else is spared for it"""
        text = (ROOT / "solutions" / LAB / "server.c").read_text()
        self._hand_in(f"one {HOSTILE}", LAB, {"server.c": f"// {HOSTILE} \u202e\n{text}"})
        self._hand_in("two", LAB, {"server.c": "\0\x1b[2J\n" + text.replace("\n", "\r")})
        self._hand_in("long", LAB, {"server.c": "a+b;\n" * 30000})
        self._hand_in("empty", LAB, {"server.c": ""})
        for who, words in (("slow", "a;"), ("slower", "b;"), ("slowest", "c;")):
            self._hand_in(who, LAB, {"server.c": f"{who}" + words * 20000})
        with mock.patch.object(lookalikes, "CLASS_CPU_S", 1), mock.patch.object(lookalikes, "ONE_CPU_S", 1):
            _, page = self._compare()
        assert {frozenset(who) for who, _, _ in self._pairs()} == {
            frozenset(pair)
            for pair in ((f"one {HOSTILE}", "two"), (f"one {HOSTILE}", lookalikes.REFERENCE), ("two", lookalikes.REFERENCE))
        }
        assert f"long: {LAB}/server.c has more than" in page
        assert f"slow: {LAB}/server.c takes too long to compare, so look at it." in page
        assert f"slower: {LAB}/server.c takes too long to compare, so look at it." in page
        assert "<script" not in page and "&lt;script" in page
        assert "\u202e" not in page and "&lt;U+202E&gt;" in page and "\x1b" not in page

    def no_tool(self) -> None:
        """Without sim_c a sentence says so, and that is all"""
        self._styles(LAB)
        said, page = self._compare(env={"PATH": str(self.folder)})
        assert said == "Look-alikes are left out: similarity-tester is not installed; tests/setup --class installs it.\n", said
        assert not page and not (self.folder / "lookalikes.json").exists()

    def nobody(self) -> None:
        """A class without any file"""
        self._hand_in("nobody", LAB, {})
        said, page = self._compare()
        assert "Look-alikes: no pairs" in said and "No two programs are so much alike." in page


if __name__ == "__main__":
    sys.exit(run_tests(named_tests("lookalikes", Tests(Path(sys.argv[1])))))
