#!/usr/bin/python3
"""class_kill_test.py: whoever is killed while a class is graded, no process is left
and no grade is lost, and the same command goes on.

    tests/kit/class_kill_test.py BUILD [TEST...]
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys

from board_world import eventually, named_tests
from board_world import run as run_tests
from class_world import ROOT, Class, Running, clean_environment


def under_make(it: Class) -> Running:
    """As make grade runs it: by a shell that make started."""
    words = " ".join(shlex.quote(word) for word in it.command()).replace("$", "$$")
    rule = f"grade:\n\t@{words} --caller $$PPID; exit $$?\n"
    (it.top / "Makefile").write_text(rule)
    return Running(
        ["make", "-f", str(it.top / "Makefile"), "grade"],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def stopped(whom: str, number: int) -> None:
    """Two are done and two wait when that process gets that signal; then the same
    command grades the two that were not done, and no other."""
    with Class() as it:
        it.does(anna="right", ben="right", carl="wait", dora="wait")
        with under_make(it) as make:
            eventually("two units wait", lambda: len(list(it.folder.glob("waiting-*"))) == 2)
            pids = {
                "make": [make.pid],
                "guard": it.running("tests/class ")[:1],
                "class": it.running("tests/class ")[1:2],
                "parallel": it.running("parallel --plain"),
                "all": [-make.pid],
            }
            for pid in pids[whom][:1]:
                os.kill(pid, number)
            said = make.communicate(timeout=60)[0]
            assert make.returncode != 0, said
        it.expect_nothing_runs()
        assert "the same command goes on" in said.lower(), said
        it.go()
        with under_make(it) as make:
            said = make.communicate(timeout=60)[0]
            assert make.returncode == 0 and "2 stand from before, 2 to do" in said, said
        assert sorted(it.runs()) == ["anna", "ben", "carl", "carl", "dora", "dora"], it.runs()
        assert all(it.document(who)["score"] == 100 for who in ("anna", "ben", "carl", "dora"))


class Tests:
    def interrupt(self) -> None:
        """Ctrl-C"""
        stopped("all", signal.SIGINT)

    def hangup(self) -> None:
        """The terminal goes"""
        stopped("all", signal.SIGHUP)

    def make_told(self) -> None:
        """make gets SIGTERM"""
        stopped("make", signal.SIGTERM)

    def make_killed(self) -> None:
        """make is killed"""
        stopped("make", signal.SIGKILL)

    def guard_killed(self) -> None:
        """The guard is killed"""
        stopped("guard", signal.SIGKILL)

    def class_killed(self) -> None:
        """The one that works is killed"""
        stopped("class", signal.SIGKILL)

    def parallel_killed(self) -> None:
        """GNU parallel is killed"""
        stopped("parallel", signal.SIGKILL)

    def parallel_told(self) -> None:
        """GNU parallel gets SIGTERM"""
        stopped("parallel", signal.SIGTERM)

    def unit_killed(self) -> None:
        """A unit is killed: it is tried again, and what it had started is gone"""
        with Class() as it:
            it.does(anna="wait", ben="right")
            with it.start() as running:
                it.wait_until_waiting()
                os.kill(it.running("/class anna-")[0], signal.SIGKILL)
                it.go()
                said = running.communicate(timeout=60)[0]
            assert running.returncode == 0 and "1 failed" in said and "2 of 2 runs" in said, said
            it.expect_nothing_runs()
            assert sorted(it.runs()) == ["anna", "anna alone", "ben"], it.runs()

    def full_disk(self) -> None:
        """On a full disk it stops, and what there is stands"""
        with Class() as it:
            it.does(anna="right")
            it.grade()
            it.does(**{f"student{i}": "fill the disk once" if i == 2 else "right" for i in range(6)})
            document = it.grades / "anna" / "lab02-uppercase-echo.json"
            before = document.read_bytes()
            # On a disk of 60 MB in a mount namespace of its own.
            script = """
                top=$1; kit=$2; shift 2
                cp -r "$top" "$top.copy" && mount -t tmpfs -o size=60m none "$top" || exit
                cp -r "$top.copy/." "$top" && rm -rf "$top.copy" && cd "$kit" || exit
                "$@"; [ $? = 3 ] || exit
                "$@"; [ $? = 3 ] || exit
                rm "$top/class/big" && "$@"
            """
            command = ["unshare", "-rm", "sh", "-c", script, "sh", str(it.top), str(ROOT), *it.command()]
            ended = subprocess.run(
                command,
                env=clean_environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=60,
            )
            assert ended.returncode == 0, ended.stdout
            assert ended.stdout.count("is full (0 MiB left). What is graded is kept: make room") == 2, ended.stdout
            assert "7 of 7 runs" in ended.stdout, ended.stdout
            assert document.read_bytes() == before


if __name__ == "__main__":
    sys.exit(run_tests(named_tests("class", Tests())))
