#!/usr/bin/python3
"""export_test.py: grades on their way out, held against the rules of each
platform's format (export_rules.py).

    tests/kit/export_test.py BUILD [TEST…]
"""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import export_rules as rules
from board_world import BUILD, named_tests, run
from export_world import EXPORT, RUNNER, command
from report_class import FORGED, LAB, NAMES, OTHER, ÜNÏ, Folder, document

import classroom50  # noqa: E402
import gradescope  # noqa: E402
import vpl  # noqa: E402
from words import NoGrade  # noqa: E402

# As Moodle writes it: a comma, a line break and quotes in fields, and no order.
WORKSHEET = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade",'
    '"Last modified (grade)","Feedback comments"\r\n'
    "Participant 102,=1+1,a@example.org,Submitted,,100.00,-,\r\n"
    'Participant 100,"Ångström Ünï",b@example.org,"Late, by ""much""",55.00,100.00,'
    '"Saturday, 21 November 2026, 11:08 PM","two\r\nlines"\r\n'
    "Participant 999,Nobody,c@example.org,None,,100.00,-,\r\n"
    "Participant 201,error,d@example.org,Submitted,12.00,100.00,-,\r\n"
)


def fails(what, *values) -> bool:
    try:
        what(*values)
    except NoGrade:
        return True
    return False


class Tests:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bad = document("x", LAB, "0110")
        self.error = document("x", LAB, "1111", score=None)
        self.plain = document("x", OTHER, "101")
        self.world = Folder(folder / "class").fill()

    # ---- Views of one document ----

    def gradescope_results(self) -> None:
        """By the specification, hidden tests hidden, and why there is no total said."""
        results = gradescope.results(self.bad)
        assert not rules.gradescope(results)
        assert results["score"] == 30 and len(results["tests"]) == 4
        hidden = [t["name"] for t in results["tests"] if t["visibility"] == "hidden"]
        assert hidden == ["client.secret: A secret title"]
        assert "This lab has hidden tests too." in results["output"]
        assert "30 of 80 points" in results["output"]
        assert "secret" not in results["output"]
        assert rules.gradescope(gradescope.results(self.plain))
        assert fails(gradescope.results, self.error)

    def gradescope_text(self) -> None:
        """What students print is text, without characters that order something."""
        results = gradescope.results(self.bad)
        output = results["tests"][0]["output"]
        assert {t["output_format"] for t in results["tests"]} == {"text"}
        assert "\u202e" not in output and "\r" not in output
        assert "<img src=x" in output and "again     make lab02" in output

    def vpl_grade(self) -> None:
        """One grade, ours, at the end, whatever the programs print."""
        for text in (self.bad, self.plain):
            said = vpl.evaluation(text)
            seen = rules.vpl(said)
            assert seen.grade == str(text["score"]), seen.grade
            assert said.splitlines()[-1] == f"Grade :=>>{text['score']}"
        assert rules.vpl(vpl.evaluation(self.bad, 1, 6)).grade == "2.5"
        assert fails(vpl.evaluation, self.error)
        assert rules.vpl(vpl.failure(FORGED)).grade == ""

    def vpl_comment(self) -> None:
        """All that a student had a hand in is shown as it is; headings are ours."""
        seen = rules.vpl(vpl.evaluation(self.bad))
        assert seen.text == [], seen.text
        assert len(seen.titles) == 2 and seen.titles[0].startswith("server.upper:")
        shown = "\n".join(seen.shown)
        assert "Grade :=>>100" in shown and "--|>" in shown and "<img" in shown
        assert "client.secret" not in shown + "".join(seen.titles)
        assert "This lab has hidden tests too." in shown

    def classroom50_result(self) -> None:
        """By the collector's rules; the release's text holds what students print."""
        rules.classroom50(classroom50.result(self.plain, RUNNER))
        assert fails(classroom50.result, self.error, RUNNER)
        body = classroom50.release_body(self.plain)
        inside, outside = False, []
        for line in body.splitlines():
            if line.startswith("````"):
                inside = not inside
            elif not inside:
                outside.append(line)
        assert not inside and "# 100" in body and "# 100" not in outside
        assert not any("<" in line or "`" in line[4:5] for line in outside), outside

    # ---- Moodle ----

    def _moodle(self, *words: object) -> subprocess.CompletedProcess[str]:
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        return command(
            *(sys.executable, "-B", EXPORT / "moodle.py", self.world.grades),
            *(self.world.intake, self.folder / "out", *words, "--", LAB, OTHER),
        )

    def _fill(self, sheet: bytes, *words: str) -> tuple[str, bytes]:
        path = self.folder / "sheet.csv"
        path.write_bytes(sheet)
        done = self._moodle("--lab", LAB, "--worksheet", path, *words)
        result = self.folder / "out/worksheet.csv"
        return done.stdout, result.read_bytes() if result.exists() else b""

    def moodle_worksheet(self) -> None:
        """Grades are filled in, every other byte stays."""
        said, filled = self._fill(WORKSHEET.encode())
        expected = WORKSHEET.replace("Submitted,,", "Submitted,80,").replace(
            "55.00", "100"
        )
        assert filled == expected.encode(), filled
        rows = list(csv.reader(io.StringIO(filled.decode(), newline="")))
        grades = rules.moodle_worksheet(rows)
        # A grade that Moodle has stays where ours is none.
        assert grades == {"102": 80, "100": 100, "201": 12}, grades
        assert "grades filled in: 2, in 4 rows" in said, said
        assert "no row has the number and the name of: " in said and "student 9" in said

    def moodle_others(self) -> None:
        """A number that is somebody else's in this assignment is no student's here."""
        swapped = WORKSHEET.replace("Participant 102", "Participant 100", 1)
        swapped = swapped.replace('100,"Ång', '102,"Ång')
        said, filled = self._fill(swapped.encode())
        assert filled == swapped.encode() and "grades filled in: 0" in said, said
        blind = (
            "Identifier,Status,Grade,Last modified (grade)\r\nParticipant 7,x,,-\r\n"
        )
        world = Folder(self.folder / "blind")
        world.hand_in("Participant 7", "7")
        world.grade("Participant 7", LAB, "1111")
        self.world, whole = world, self.world
        try:
            said, filled = self._fill(blind.encode())
        finally:
            self.world = whole
        assert filled == blind.replace("x,,", "x,100,").encode(), said

    def moodle_dialects(self) -> None:
        """A byte order mark, semicolons, another language, no newline at the end."""
        other = "\ufeff" + WORKSHEET.rstrip().replace(",", ";").replace("\r\n", "\n")
        other = other.replace("Late; by", "Late, by").replace("Grade;", "Bewertung;", 1)
        said, filled = self._fill(other.encode(), "--grade-column", "Bewertung")
        wanted = other.replace("Submitted;;", "Submitted;80;").replace("55.00", "100")
        assert filled == wanted.encode(), filled
        said, filled = self._fill(other.encode())
        assert 'no column "Grade"' in said and "GRADE_COLUMN" in said, said

    def moodle_refuses(self) -> None:
        """What Moodle would pass over in silence is said here, in one line."""
        ten = WORKSHEET.replace("100.00", "10.00")
        for sheet, words in (
            (ten.encode(), "maximum grade is 10.00"),
            (WORKSHEET.encode("latin-1"), "it is not in UTF-8"),
            (b"", "its first line has no columns"),
            (b"\x00\xff", "it is not in UTF-8"),
            (b'a,b\r\n"c,d', "line 2 is not CSV"),
        ):
            said, filled = self._fill(sheet)
            assert words in said and said.count("\n") == 1 and not filled, said

    def moodle_new_sheet(self) -> None:
        """Without Moodle's own worksheet, one that it takes."""
        done = self._moodle("--lab", LAB)
        assert done.returncode == 0, done.stdout
        text = (self.folder / "out/worksheet.csv").read_bytes().decode()
        rows = list(csv.reader(io.StringIO(text, newline="")))
        grades = rules.moodle_worksheet(rows)
        assert grades["100"] == 100 and grades["101"] == 50, grades
        assert "200" not in grades and "201" not in grades  # no grade is no 0
        assert any(row[1] == "'=1+1" for row in rows)

    def moodle_gradebook(self) -> None:
        """By what Moodle knows a user by, never by the number of a folder."""
        done = self._moodle("--lab", LAB)
        assert not (self.folder / "out/gradebook.csv").exists(), done.stdout
        assert "No gradebook.csv" in done.stdout
        self._fill(WORKSHEET.encode())
        text = (self.folder / "out/gradebook.csv").read_bytes().decode()
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert rows[0] == ["Email address", "lab02 uppercase echo", "lab03 time of day"]
        known = {row[0]: row[1:] for row in rows[1:]}
        assert known["b@example.org"] == ["100", ""], known
        assert known["d@example.org"] == ["", ""] and "c@example.org" not in known

    def moodle_feedback(self) -> None:
        """Each student's page finds its way to that student."""
        self._moodle("--lab", LAB)
        numbers = {str(100 + i) for i in range(len(NAMES))} | {
            "200",
            "201",
            "202",
            "203",
        }
        found = {}
        with zipfile.ZipFile(self.folder / "out/feedback.zip") as archive:
            for name in archive.namelist():
                whose = rules.moodle_feedback(name, numbers)
                assert whose and whose[1] == f"/{LAB}.html", name
                found[whose[0]] = archive.read(name).decode()
        assert set(found) == numbers - {"200"}
        assert f"<bdi>{ÜNÏ}</bdi>" in found["100"]
        assert "secret" not in "".join(found.values())
        assert "constructor" not in found["203"]


def main() -> int:
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="export-") as name:
        return run(named_tests("export", Tests(Path(name))))


if __name__ == "__main__":
    sys.exit(main())
