#!/usr/bin/python3
"""class_test.py: a class is graded: what is run and what stands, what is run again
alone, what is said; and with the real unit, that neighbours change no grade.

    tests/kit/class_test.py BUILD [TEST...]
"""

from __future__ import annotations

import os
import pty
import re
import sys

from board_world import named_tests
from board_world import run as run_tests
from class_world import LABS, ROOT, Class, clean_environment, solution, starter


def expect(ended: tuple[int, str], status: int, *words: str) -> None:
    assert ended[0] == status, ended
    for each in words:
        assert each in ended[1], (each, ended[1])


class Tests:
    def stands(self) -> None:
        """What has a document is not run again, unless files, input or kit are others"""
        with Class() as it:
            it.does(anna="right", ben="right")
            expect(it.grade(), 0, "2 runs: 0 stand from before, 2 to do on", "Graded in")
            seed = it.document("anna")["seed"]
            expect(it.grade(), 0, f"2 runs: all stand from before. Seed {seed}.")
            assert len(it.runs()) == 2, it.runs()
            it.does(ben="right ")
            expect(it.grade(), 0, "1 stands from before, 1 to do")
            expect(it.grade("--seed", "7"), 0, "0 stand", "Seed 7.")
            expect(it.grade(), 0, "all stand from before. Seed 7.")
            expect(it.grade("--kit-version", "v2"), 0, "0 stand")
            assert it.document("ben")["kit_version"] == "v2"

    def dirty_kit(self) -> None:
        """A kit with changes that are not committed: results older than its programs do not stand"""
        with Class() as it:
            it.does(anna="right")
            it.grade("--kit-version", "v1-dirty")
            expect(it.grade("--kit-version", "v1-dirty"), 0, "all stand")
            suite = it.top / "tests" / LABS["lab02"] / "suite"
            suite.parent.mkdir()
            suite.touch()
            expect(it.grade("--kit-version", "v1-dirty"), 0, "0 stand")

    def builds_on(self) -> None:
        """A lab that builds on another is run again when that other's files change"""
        with Class() as it:
            recipe = it.top / "tests" / LABS["lab02"] / "recipe"
            recipe.parent.mkdir()
            recipe.write_text(f"# file {LABS['lab01']}/client.c\n")
            it.does(anna="right")
            expect(it.grade(), 0, "0 stand")
            expect(it.grade(), 0, "all stand")
            it.hand_in("anna", {"lab01": {"client.c": b"new"}, "lab02": {"server.c": b"right"}})
            expect(it.grade(), 0, "0 stand")

    def late(self) -> None:
        """What the clock decided is run again alone, and only that counts"""
        with Class() as it:
            it.does(anna="late", ben="right", carl="slow")
            expect(it.grade(), 0, "Running 2 again, one at a time: in 2 the clock decided a test, 0 failed.")
            assert sorted(it.runs()[:3]) == ["anna", "ben", "carl"], it.runs()
            assert sorted(it.runs()[3:]) == ["anna alone", "carl alone"], it.runs()
            assert it.document("anna")["alone"] and not it.document("anna")["tests"][0]["late"]
            assert it.document("carl")["tests"][0]["late"]
            expect(it.grade(), 0, "all stand from before")

    def crash(self) -> None:
        """A unit that crashes is tried again alone; then it is reported, and the others stand"""
        with Class() as it:
            it.does(anna="crash once", ben="right", carl="crash", dora="refuse", emil="null")
            ended = it.grade()
            expect(ended, 1, "Running 4 again, one at a time: in 0 the clock decided a test, 4 failed.")
            expect(ended, 1, "GRADER_ERROR: lab02 of carl: the grader was killed (Killed)")
            expect(ended, 1, "GRADER_ERROR: lab02 of dora: this machine has a cold")
            expect(ended, 1, "GRADER_ERROR: lab02 of emil: ", "Graded in", ": 2 of 5 runs.")
            assert it.document("anna")["score"] == it.document("ben")["score"] == 100
            for who in ("carl", "dora", "emil"):
                assert it.document(who)["score"] is None, it.document(who)
            assert "this machine has a cold" in it.document("dora")["look"][0]
            expect(it.grade(), 1, "5 runs: 2 stand from before, 3 to do")

    def old_grade(self) -> None:
        """Where the grader fails, the grade of an earlier submission does not stay"""
        with Class() as it:
            it.does(anna="right")
            it.grade()
            it.does(anna="refuse")
            expect(it.grade(), 1, "GRADER_ERROR: lab02 of anna")
            assert it.document("anna")["score"] is None

    def others(self) -> None:
        """Grades of nobody in this class are kept, and told of"""
        with Class() as it:
            it.does(anna="right")
            it.hand_in("ben", {"lab01": {"server.c": b"right"}})
            (it.grades / "ben").mkdir(parents=True)
            (it.grades / "ben" / f"{LABS['lab02']}.json").write_text("{}")
            expect(it.grade(), 0, "also holds 1 grade of what is not among these submissions (see ben)")
            assert (it.grades / "ben").exists()

    def odd_names(self) -> None:
        """Names with spaces, accents, quotes and signs are names"""
        names = ["Ångström Ünï", 'it\'s "$(touch x)"', "{1} {}", "a\\b;&|", "名前"]
        with Class() as it:
            for who in names:
                it.hand_in(who, {"lab02": {"server.c": b"right"}})
            expect(it.grade(), 0, "Graded in")
            assert sorted(f.name for f in it.grades.iterdir()) == sorted(names)

    def many(self) -> None:
        """As many units at once as there are processors, and a line each tenth"""
        with Class() as it:
            it.does(**{f"student{i:02}": "right" for i in range(20)})
            ended = it.grade()
            expect(ended, 0, "20 runs: 0 stand from before, 20 to do on 2 processors.", "  10 of 20")
            assert len(re.findall(r"^  \d+ of 20", ended[1], re.M)) <= 9, ended
            assert re.search(r"10 of 20, about \d+ s left", ended[1]), ended
            one = it.grade("--seed", "3", "--jobs", "1")
            expect(one, 0, "on 1 processor.")

    def terminal(self) -> None:
        """On a terminal a bar that fits, and is gone at the end"""
        with Class() as it:
            it.does(**{f"student{i:02}": "right" for i in range(8)})
            ours, theirs = pty.openpty()
            with it.start(stdin=theirs, stdout=theirs, stderr=theirs) as running:
                os.close(theirs)
                said = b""
                try:
                    while piece := os.read(ours, 65536):
                        said += piece
                except OSError:  # the other side is closed
                    pass
            os.close(ours)
            assert running.returncode == 0, said
            lines = said.decode().split("\r")
            assert any("  [############············]  4 of 8, about " in line for line in lines), lines
            assert any("   lab02 of student" in line for line in lines), lines
            assert all(len(line.replace("\033[K", "").strip()) < 80 for line in lines), lines
            assert lines[-2].startswith("\033[KGraded in"), lines

    def one_at_a_time(self) -> None:
        """A second make grade says that one is running"""
        with Class() as it:
            it.does(anna="wait")
            with it.start() as first:
                it.wait_until_waiting()
                expect(it.grade(), 2, "another make grade is grading this class (process ")
                it.go()
                assert first.wait() == 0

    def wrong_words(self) -> None:
        """What is wrong is said in a sentence"""
        with Class() as it:
            (it.folder / "students.json").write_text('{"keys": [], "notes": []}')
            expect(it.grade(), 2, "nobody has handed in anything of the labs that are graded")
            it.does(anna="right")
            expect(it.grade("--seed", "seven"), 2, 'SEED must be a number from 0 to 2147483647, not "seven"')
            expect(it.grade("--jobs", "0"), 2, "JOBS must be a number from 1")
            (it.folder / "students.json").write_text("{")
            expect(it.grade(), 2, "students.json cannot be read")
            assert not it.grades.exists() or not list(it.grades.iterdir())

    def gnu_parallel(self) -> None:
        """Without GNU parallel, or with another of that name, it says so"""
        with Class() as it:
            it.does(anna="right")
            path = it.top / "bin"
            path.mkdir()
            expect(it.grade(env=clean_environment(PATH=str(path))), 2, "GNU parallel is not installed")
            (path / "parallel").write_text("#!/bin/sh\necho 'parallel [OPTIONS] command -- arguments'\n")
            (path / "parallel").chmod(0o755)
            expect(it.grade(env=clean_environment(PATH=str(path))), 2, "the program parallel here is not GNU parallel")

    def nobodys_settings(self) -> None:
        """GNU parallel reads no settings of the user's, and nothing is written to his home"""
        with Class() as it:
            it.does(anna="right", ben="right")
            home = it.top / "home"
            for folder in (".parallel", ".config/parallel"):
                (home / folder).mkdir(parents=True)
                (home / folder / "config").write_text("--dry-run\n")
            (home / ".parallelrc").write_text("--dry-run\n")
            before = sorted(home.rglob("*"))
            tmp = it.top / "tmp"
            tmp.mkdir()
            env = clean_environment(HOME=str(home), PARALLEL="--dry-run", TMPDIR=str(tmp), SHELL="/bin/false")
            expect(it.grade(env=env), 0, "Graded in")
            assert sorted(home.rglob("*")) == before and not list(tmp.iterdir())

    def unsafe(self) -> None:
        """Without isolation nothing is graded unasked; with it again, what was is run again"""
        no_isolation = ["unshare", "-r", "sh", "-c", 'echo 0 > /proc/sys/user/max_net_namespaces; exec "$@"', "sh"]
        with Class() as it:
            it.does(anna="right")
            refused = it.grade(before=no_isolation)
            expect(refused, 2, "no isolation on this machine: ", "nothing is graded", "make doctor says what to do")
            expect(it.grade("--allow-unsafe", before=no_isolation), 0, "1 of 1 run")
            assert it.document("anna")["isolation"] == "none"
            expect(it.grade("--allow-unsafe", before=no_isolation), 0, "all stand")
            expect(it.grade(), 0, "0 stand from before, 1 to do")
            assert it.document("anna")["isolation"] == "cell"

    def real(self) -> None:
        """Solutions get full points, starters next to none, with the real unit"""
        with Class(stand_in=False) as it:
            it.hand_in("Ångström Ünï", {"lab02": solution("lab02")})
            it.hand_in("student 07", {"lab02": starter("lab02")})
            expect(it.grade("--seed", "1"), 0, "Graded in", "2 of 2")
            right, nothing = it.document("Ångström Ünï"), it.document("student 07")
            assert right["score"] == 100, [t["reason"] for t in right["tests"] if t["status"] != "passed"]
            assert nothing["score"] < 6, nothing["score"]

    def neighbours(self) -> None:
        """The same submission gets the same, whatever runs beside it"""
        bombs = ("fork_bomb", "thread_bomb", "hog", "spinner", "flooder")
        with Class(stand_in=False) as it:
            it.hand_in("alone", {"lab01": solution("lab01")})
            expect(it.grade("--seed", "1", "--jobs", "1", labs="lab01"), 0, "1 of 1 run")
            for bomb in bombs:
                source = (ROOT / f"tests/kit/programs/{bomb}.c").read_bytes()
                it.hand_in(bomb, {"lab01": {"server.c": source}})
                it.hand_in(f"beside {bomb}", {"lab01": solution("lab01")})
            expect(it.grade("--seed", "1", "--jobs", "4", labs="lab01"), 0, "11 of 11 runs")
            wanted = [(test["id"], test["status"]) for test in it.document("alone", "lab01")["tests"]]
            for bomb in bombs:
                beside = it.document(f"beside {bomb}", "lab01")
                failed = [test["reason"] for test in beside["tests"] if test["status"] != "passed"]
                assert [(test["id"], test["status"]) for test in beside["tests"]] == wanted, (bomb, failed)
                assert it.document(bomb, "lab01")["score"] < 20, bomb


if __name__ == "__main__":
    sys.exit(run_tests(named_tests("class", Tests())))
