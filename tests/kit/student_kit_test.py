#!/usr/bin/python3
"""student_kit_test.py: hidden tests, and the kit that students are handed, in a
copy of this kit that has a hidden test, committed in a repository of its own.

    tests/kit/student_kit_test.py BUILD [TEST...]
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from functools import cached_property
from pathlib import Path

from board_world import named_tests
from board_world import run as run_tests

ROOT = Path(__file__).resolve().parents[2]
LAB = "lab01-first-connection"
NOBODY = 65534
HIDDEN = """\
#include "suite.h"

TEST("%s", .points = %d, %s.title = "Nobody has seen this one",
     .why = "…", .hint = "…", .section = "Short counts")
{
    uint16_t port = random_port();
    start_server("server", port);
}
"""
SHOWN_POINTS, HIDDEN_POINTS = 6, 5  # client.exchange gives 6; 5 of those go to the hidden test


def run(folder: Path, *words: str, ordinary: bool = False) -> tuple[int, str]:
    """A command's exit status, and what it said; as an ordinary user, if we may."""
    env = {n: v for n, v in os.environ.items() if not n.startswith(("MAKE", "GIT_"))}
    nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if ordinary and os.geteuid() == 0 else {}
    ended = subprocess.run(
        words,
        cwd=folder,
        env=env | {"HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        **nobody,  # type: ignore[arg-type]
    )
    return ended.returncode, ended.stdout


def done(folder: Path, *words: str) -> str:
    status, said = run(folder, *words)
    assert status == 0, (words, said)
    return said


def expect(ended: tuple[int, str], status: int, *words: str) -> str:
    assert ended[0] == status, ended
    for word in words:
        assert word in ended[1], (word, ended)
    assert "Traceback" not in ended[1], ended[1]
    return ended[1]


def everyone_may_enter(folder: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in [folder, *folder.parents])


class Tests:
    def __init__(self, build: Path) -> None:
        self.folder = build.resolve() / "kit" / "student kit"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    @cached_property
    def full(self) -> Path:
        """An instructor's kit, whose lab 1 has a hidden test."""
        kit = self.folder / "full"
        names = done(ROOT, "git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in names.split("\0"):
            if name and (ROOT / name).is_file():
                (kit / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, kit / name)
        client = kit / "tests" / LAB / "client.c"
        text = client.read_text()
        shown = f'TEST("client.exchange", .points = {SHOWN_POINTS},'
        assert shown in text
        fewer = shown.replace(f" {SHOWN_POINTS},", f" {SHOWN_POINTS - HIDDEN_POINTS},")
        client.write_text(text.replace(shown, fewer))
        self._hide(kit, "server.secret", HIDDEN_POINTS, ".hidden = true, ")
        done(kit, "git", "init", "-q")
        self._commit(kit)
        return kit

    @staticmethod
    def _hide(kit: Path, id: str, points: int, mark: str, file: str = "hidden.c") -> None:
        (kit / "tests" / LAB / file).write_text(HIDDEN % (id, points, mark))

    @staticmethod
    def _commit(kit: Path) -> None:
        done(kit, "git", "add", "-A")
        identity = ("-c", "user.name=kit", "-c", "user.email=kit@localhost")
        done(kit, "git", *identity, "commit", "-q", "-m", "as it is")

    def _pack(self) -> tuple[int, str]:
        return run(self.full, "make", "student-kit")

    def _made(self) -> list[Path]:
        return sorted((self.full / "build").glob("socket-lab-kit-student-*"))

    @cached_property
    def tar(self) -> Path:
        expect(self._pack(), 0, "no solutions, no hidden tests")
        (path,) = self._made()
        return path

    @cached_property
    def student(self) -> Path:
        """The kit where a student unpacked it."""
        place = self.folder / "unpacked"
        tar = self.tar
        place.mkdir()
        done(place, "tar", "xzf", str(tar))
        (kit,) = place.iterdir()
        if os.geteuid() == 0 and everyone_may_enter(place):
            done(place, "chown", "-R", f"{NOBODY}:{NOBODY}", ".")
        return kit

    def _make(self, *words: str) -> tuple[int, str]:
        return run(self.student, "make", *words, ordinary=everyone_may_enter(self.student.parent))

    def _give(self, kit: Path, lab: str) -> None:
        """Puts the reference programs where a student writes his."""
        for source in (ROOT / "solutions" / lab).glob("*.c"):
            if (kit / "labs" / lab / source.name).exists():
                (kit / "labs" / lab / source.name).write_bytes(source.read_bytes())

    # ---- Hidden tests, where they are

    def instructor_sees_it(self) -> None:
        """A hidden test is run, marked, and counts in the instructor's kit"""
        said = expect(run(self.full, "make", "lab01", "SOLUTIONS=1"), 2)
        assert re.search(r"✗ server\.secret +0\*", said), said
        done(self.full, "make", "grade", "LABS=lab01", "SOLUTIONS=1")
        document = json.loads((self.full / f"build/grade/solutions/{LAB}.json").read_text())
        assert (document["score"], document["max_score"]) == (100, 100), document
        hidden = [test["id"] for test in document["tests"] if test.get("hidden")]
        assert hidden == ["server.secret"] and "hidden_points" not in document
        said = expect(run(self.full, "make", "lab01", "TEST=server.secret"), 2)
        assert f"server.secret  0 of {HIDDEN_POINTS} points, a hidden test" in said, said

    def misplaced(self) -> None:
        """A mark without a hidden file, and such a file without a mark, is the grader's error"""
        suite = self.full / "build/tests" / LAB / "suite"
        lab = self.full / "tests" / LAB
        mark = ".hidden = true, "
        for id, points, marked, file, words in (
            ("server.secret", HIDDEN_POINTS, "", "hidden.c", "is not marked .hidden = true"),
            ("server.secret", 0, mark, "hidden.c", "gives no points"),
            ("server.secret", HIDDEN_POINTS + 1, mark, "hidden.c", "there are 101 points: make them 100"),
            ("server.secret", HIDDEN_POINTS, mark, "server_more.c", "is hidden, but"),
        ):
            (lab / "hidden.c").unlink(missing_ok=True)
            self._hide(self.full, id, points, marked, file)
            done(self.full, "make", "-B", f"{LAB}.suite=suite.c server.c server_rules.c client.c"
                 + (f" {file}" if file != "hidden.c" else ""), "-o", "build/tests/libharness.a",
                 str(suite.relative_to(self.full)))
            expect(run(self.full, str(suite), "--list"), 3, "grader error: ", words)
            (lab / file).unlink()
        self._hide(self.full, "server.secret", HIDDEN_POINTS, mark)

    # ---- What is in the tar

    def contents(self) -> None:
        """No solutions, hidden tests, planted bugs, grading; the same bytes each time"""
        with tarfile.open(self.tar) as tar:
            names = [member.name.split("/", 1)[1] for member in tar]
            assert all(m.uid == 0 and not m.uname and m.isreg() for m in tar.getmembers())
        for there in ("Makefile", "README.md", "LICENSE", f"labs/{LAB}/server.c", "common/net.h", "hw/gpio.h"):
            assert there in names, there
        names.remove("tests/harness/hidden.c")  # which has none
        odd = [n for n in names if re.match(r"solutions|slides|build|tests/(?!setup|harness|trace|report|lab\d\d)|.*hidden", n)]
        assert not odd, odd
        before = hashlib.sha256(self.tar.read_bytes()).digest()
        os.utime(self.full / "Makefile")
        self.tar.unlink()
        expect(self._pack(), 0)
        assert hashlib.sha256(self.tar.read_bytes()).digest() == before

    def own_work_stays_at_home(self) -> None:
        """What somebody tried in labs/ is told, and is not in it"""
        before = self.tar.read_bytes()
        self._give(self.full, LAB)
        (self.full / f"labs/{LAB}/notes.txt").write_text("mine\n")
        try:
            changed = ", ".join(f"labs/{LAB}/{name}" for name in ("client.c", "server.c", "notes.txt"))
            expect(self._pack(), 0, f"not what you changed since: {changed}.")
            assert self.tar.read_bytes() == before
        finally:
            done(self.full, "git", "checkout", "-q", "labs")
            (self.full / f"labs/{LAB}/notes.txt").unlink()

    def planted_solution(self) -> None:
        """A solution under another name, one function of it, a hidden test's name: refused"""
        self.tar  # the one that stays
        made = self._made()
        solution = (ROOT / "solutions/lab06-concurrency/poll_server.c").read_text()
        start = solution.index("\nint main(")
        page = f"labs/{LAB}/README.md"
        handout = (self.full / page).read_text()
        for path, text, words in (
            ("labs/lab03-time-of-day/server.c", solution, "labs/lab03-time-of-day/server.c, line "),
            ("hw/notes.txt", re.sub(r"(?m)^ +", "\t", solution[start:]), "is from solutions/lab06-concurrency/"),
            ("common/net.h", 'char *id = "server.secret";\n', "names server.secret, a hidden test"),
            (page, handout + "See server.secret.\n", "names server.secret, a hidden test"),
        ):
            old = done(self.full, "git", "rev-parse", "HEAD").strip()
            (self.full / path).parent.mkdir(exist_ok=True)
            (self.full / path).write_text(text)
            self._commit(self.full)
            expect(self._pack(), 2, "No kit for students is made", words)
            assert self._made() == made
            done(self.full, "git", "reset", "-q", "--hard", old)

    def no_checkout(self) -> None:
        """Where nothing is committed it says so"""
        bare = self.folder / "bare"
        bare.mkdir()
        shutil.copytree(ROOT / "tests/student", bare / "tests/student")
        ceiling = f"GIT_CEILING_DIRECTORIES={self.folder}"
        ended = run(bare, "env", ceiling, "/usr/bin/python3", "-B", "tests/student/pack.py", ".")
        expect(ended, 1, "make student-kit packs what is committed, and git says: ")

    # ---- What a student meets

    def first_steps(self) -> None:
        """Unpacked, lab 1's starters build, run, and say what to do first"""
        expect(self._make(), 0, "Nothing is set up yet. make lab01")
        expect(self._make("lab01"), 2, "Fix this one first:", f" 0 of {100} points", "server: not written yet")
        document = json.loads((self.student / f"build/results/{LAB}.json").read_text())
        assert document["kit_version"] == (self.student / ".version").read_text().strip()

    def all_points(self) -> None:
        """Lab 2 without hidden tests: 100 points, and no word of solutions"""
        self._give(self.student, "lab02-uppercase-echo")
        said = expect(self._make("lab02"), 0, "100 of 100 points", "All of it. What comes next: make")
        assert "solutions" not in said and "hidden" not in said, said

    def rest_is_hidden(self) -> None:
        """Lab 1 with all that a student can get: told of hidden tests, never that this is all"""
        self._give(self.student, LAB)
        possible = 100 - HIDDEN_POINTS
        said = expect(self._make("lab01"), 0, f"{possible} of 100 points", "tests here passed",
                      f"The other {HIDDEN_POINTS} points: hidden tests, which are run when this is graded.")
        assert "All of it" not in said and "all passed" not in said.lower() and "secret" not in said, said
        document = json.loads((self.student / f"build/results/{LAB}.json").read_text())
        assert (document["score"], document["max_score"], document["hidden_points"]) == (possible, 100, HIDDEN_POINTS)
        said = expect(self._make(), 0, f"{possible} of 100*", f"* {HIDDEN_POINTS} of the others: hidden tests")
        assert "make lab01" not in said.split("Also:")[0], said
        expect(self._make("lab01", "TEST=server.upper"), 2, 'There is no test "server.upper"')
        said = expect(self._make("lab01", "TEST=server.secret"), 2, 'There is no test "server.secret"')
        assert said.count("secret") == 1, said

    def what_is_not_here(self) -> None:
        """Commands that need what students do not have say so in a sentence"""
        for words in ("test", "book", "slides", "grade", "mutants", "bench", "student-kit", "pages", "full-marks", "gradescope"):
            expect(self._make(words), 2, f"make {words} is not in this kit")
        for line in ("solutions", "run LAB=10 SOLUTIONS=1", "lab10 LIBRARY=reference", "compare LAB=02 SOLUTIONS=1"):
            expect(self._make(*line.split()), 2, "need the reference programs, and this kit has none")

    def the_rest_works(self) -> None:
        """compare, trace, run and board are made and run in the student's kit"""
        self._give(self.student, "lab02-uppercase-echo")
        expect(self._make("compare", "LAB=02"), 0)
        expect(self._make("trace", "LAB=02"), 0, "The page: build/trace/lab02/trace.html")
        expect(self._make("run", "LAB=02"), 0, "has no board")
        expect(self._make("build/hw/board", "build/hw/run", "build/hw/tap.so"), 0)

    def pages(self) -> None:
        """Each link, path and make command in the student's pages leads somewhere"""
        goals = set(re.findall(r"(?m)^([\w-]+):", run(self.student, "make", "-qp", "overview")[1]))
        for page in sorted(self.student.rglob("*.md")):
            name, text = page.relative_to(self.student), page.read_text()
            for path, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)", text):
                target = page.parent / path if path else page
                assert target.exists(), f"{name}: {path} is not there"
                headings = [h.strip().lower() for h in re.findall(r"(?m)^#+ (.*)", target.read_text())] if anchor else []
                slugs = [re.sub(r"[^\w -]", "", h).replace(" ", "-") for h in headings]
                assert not anchor or anchor[1:] in slugs, f"{name}: {path} has no {anchor}"
            for goal in re.findall(r"`make ([a-z][\w-]*)", text):
                assert goal in goals, f"{name}: there is no make {goal}"
            assert "solutions/" not in text and "make grade" not in text, name


if __name__ == "__main__":
    sys.exit(run_tests(named_tests("student-kit", Tests(Path(sys.argv[1])))))
