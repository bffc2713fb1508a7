#!/usr/bin/python3
"""export_test.py: grades on their way out, held against the rules of each
platform's format (export_rules.py), and the packages, run as a platform would.

    tests/kit/export_test.py BUILD [TEST…]
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import export_rules as rules
from board_world import BUILD, named_tests, run
from report_class import FORGED, HOSTILE, LAB, NAMES, OTHER, ÜNÏ, Folder, document

EXPORT = Path("tests/export").resolve()
sys.path.insert(0, str(EXPORT))

import autograde  # noqa: E402
import classroom50  # noqa: E402
import gradescope  # noqa: E402
import package  # noqa: E402
import vpl  # noqa: E402
from words import NoGrade  # noqa: E402

RUNNER = {
    "CLASSROOM": "sockets",
    "ASSIGNMENT": "lab02",
    "SUBMISSION_TAG": "submit/2026-11-21T12-00-00Z-abc1234",
    "COMMIT_URL": "https://example.org/commit/abc",
    "RELEASE_URL": "https://example.org/release/abc",
}
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


def command(*words: object, **more) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    clean |= more.pop("environment", {})
    return subprocess.run(
        [str(word) for word in words],
        env=clean,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **more,
    )


def unzip(path: Path, folder: Path) -> None:
    """With the files' modes, as unzip does."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.filelist:
            name = archive.extract(entry, folder)
            os.chmod(name, entry.external_attr >> 16 & 0o777)


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

    # ---- Packages ----

    def _pack(self, platform: str, *words: str) -> Path:
        out = self.folder / f"{platform}-{len(words)}"
        done = command(
            *(sys.executable, "-B", EXPORT / "package.py", platform, LAB, out),
            *("--kit-version", "v1", *words),
        )
        assert done.returncode == 0, done.stdout
        return out

    def handed_in(self) -> None:
        """Files in no folder go to the lab that asks for them; links stay links."""
        flat, place = self.folder / "flat", self.folder / "handed-in"
        flat.mkdir()
        for name in ("led_process.c", "tcp_server.c", "essay.txt"):
            (flat / name).touch()
        (flat / "button_process.c").symlink_to("/etc/passwd")
        autograde.hand_in(flat, "lab10-button-led", place)
        labs = place / "submission/labs"
        assert {str(f.relative_to(labs)) for f in labs.rglob("*.c")} == {
            "lab10-button-led/led_process.c",
            "lab10-button-led/button_process.c",
            "lab09-callbacks/tcp_server.c",
        }
        assert (labs / "lab10-button-led/button_process.c").is_symlink()
        autograde.hand_in(
            place / "submission", "lab10-button-led", self.folder / "tree"
        )
        assert (self.folder / "tree/submission/labs/lab09-callbacks").is_dir()

    def packed(self) -> None:
        """What each platform needs at its root; no solutions; the same each time."""
        with zipfile.ZipFile(self._pack("gradescope")) as archive:
            modes = {
                e.filename: e.external_attr >> 16 & 0o777 for e in archive.filelist
            }
            kit = archive.read("kit.tar.gz")
        assert modes["run_autograder"] == modes["setup.sh"] == 0o755, modes
        with zipfile.ZipFile(self._pack("vpl")) as archive:
            assert set(archive.namelist()) == {"vpl_evaluate.sh", "kit.tar.gz"}
            assert archive.read("kit.tar.gz") == kit
        files = {f.name for f in self._pack("classroom50").iterdir()}
        assert files == {"autograder.py", "kit.tar.gz"}
        with tarfile.open(fileobj=io.BytesIO(kit)) as archive:
            names = archive.getnames()
        assert "labs/lab02-uppercase-echo/server.c" in names
        left = [
            n for n in names if n.startswith(("solutions", ".git/", "tests/mutants"))
        ]
        assert not left, left

    def packed_in_public(self) -> None:
        """Hidden tests go to no platform that shows its files to students."""
        kit, package.KIT = package.KIT, self.folder / "kit"
        words, sys.argv = sys.argv, ["package.py", "classroom50", LAB, "out"]
        sys.argv += ["--kit-version", "v1"]
        (package.KIT / "tests" / LAB).mkdir(parents=True)
        (package.KIT / "tests" / LAB / "hidden.c").touch()
        try:
            package.main()
            raise AssertionError("it was packed")
        except ValueError as error:
            assert "hidden no more" in str(error), error
        finally:
            package.KIT, sys.argv = kit, words

    def _submission(self, place: Path) -> None:
        """A right server, and a client that fails and prints what it should not."""
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        shutil.copy(Path("solutions") / LAB / "server.c", place)
        text = json.dumps(FORGED + HOSTILE.replace("\u202e", ""))
        program = f"#include <stdio.h>\nint main(void) {{ fputs({text}, stdout); }}\n"
        (place / "client.c").write_text(program)

    def _ordinary(self, *folders: Path) -> dict:
        """For root: the ids of nobody, to whom the folders are given."""
        if os.geteuid() != 0 or not all(p.stat().st_mode & 1 for p in BUILD.parents):
            return {}
        for folder in folders:
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, 65534, 65534)
        self.folder.chmod(0o755)
        return {"user": 65534, "group": 65534, "extra_groups": []}

    def gradescope_runs(self) -> None:
        """setup.sh, then run_autograder, in folders as Gradescope lays them."""
        home = self.folder / "autograder"
        for name in ("source", "submission", "results"):
            (home / name).mkdir(parents=True)
        unzip(self._pack("gradescope"), home / "source")
        place = {"environment": {"AUTOGRADER": str(home)}}
        done = command(home / "source/setup.sh", **place)
        assert done.returncode == 0, done.stdout[-2000:]
        results = home / "results/results.json"
        self._submission(home / "submission")
        done = command(home / "source/run_autograder", **place)
        assert done.returncode == 0, done.stdout[-2000:]
        written = json.loads(results.read_bytes())
        assert rules.gradescope(written)
        assert (
            55 < written["score"] < 80 and written["extra_data"]["isolation"] == "cell"
        )
        # Another submission, of nothing: what was there before is forgotten.
        shutil.rmtree(home / "submission")
        (home / "submission").mkdir()
        done = command(home / "source/run_autograder", **place)
        written = json.loads(results.read_bytes())
        assert (
            written["score"] == 0 and "no client.c and no server.c" in written["output"]
        )
        # Where there is no isolation, as in Docker, nothing is graded unasked.
        self._submission(home / "submission")
        bare = 'echo 0 > /proc/sys/user/max_net_namespaces; exec "$0"'
        script = home / "source/run_autograder"
        done = command("unshare", "-r", "sh", "-c", bare, script, **place)
        assert done.returncode != 0 and not results.exists(), done.stdout[-2000:]
        assert "ALLOW_UNSAFE=1" in done.stdout, done.stdout[-2000:]
        # A grader that fails leaves nothing that could pass for a grade.
        (home / "kit/tests/harness/harness.h").write_text("#error broken\n")
        self._submission(home / "submission")
        done = command(home / "source/run_autograder", **place)
        assert done.returncode != 0 and not results.exists(), done.stdout[-2000:]

    def vpl_runs(self) -> None:
        """vpl_evaluate.sh beside the student's files, as an ordinary user."""
        home = self.folder / "vpl home"
        self._submission(home)
        (home / ".evaluation").write_text("Grade :=>>100\n")
        (home / "vpl_environment.sh").write_text("export VPL_GRADEMAX=10\n")
        unzip(self._pack("vpl"), home)
        who = self._ordinary(home)
        done = command("sh", "vpl_evaluate.sh", cwd=home, **who)
        assert done.returncode == 0 and done.stdout == "", done.stdout
        done = command("./vpl_execution", cwd=home, **who)
        seen = rules.vpl(done.stdout)
        assert seen.grade and 5.5 < float(seen.grade) < 8, done.stdout[-2000:]
        assert seen.text == [] and "Grade :=>>100" in "\n".join(seen.shown)
        (home / ".kit/tests/harness/harness.h").write_text("#error broken\n")
        done = command("./vpl_execution", cwd=home, **who)
        seen = rules.vpl(done.stdout)
        assert seen.grade == "" and seen.titles == ["Not graded"], done.stdout[-2000:]

    def classroom50_runs(self) -> None:
        """autograder.py in a checkout, as the runner starts it."""
        bundle = self._pack("classroom50")
        checkout = self.folder / "checkout"
        self._submission(checkout / "labs" / LAB)
        temporary = self.folder / "temporary"
        temporary.mkdir()
        who = self._ordinary(checkout, temporary)
        environment = {
            **RUNNER,
            "CLASSROOM50_BUNDLE_DIR": str(bundle),
            "RUNNER_TEMP": str(temporary),
        }
        done = command(
            *(sys.executable, bundle / "autograder.py"),
            cwd=checkout,
            environment=environment,
            **who,
        )
        assert done.returncode == 0, done.stdout[-2000:]
        result = json.loads((checkout / "result.json").read_bytes())
        rules.classroom50(result)
        assert 55 < result["score"] < 80 and result["max-score"] == 100
        assert "server" in (checkout / "release-body.md").read_text()


def main() -> int:
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="export-") as name:
        return run(named_tests("export", Tests(Path(name))))


if __name__ == "__main__":
    sys.exit(main())
