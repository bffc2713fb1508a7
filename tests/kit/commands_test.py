#!/usr/bin/python3
"""commands_test.py: the commands of handouts, pages and decks, run as they stand
there, in a copy of this kit whose student has written the reference programs.

    tests/kit/commands_test.py BUILD [TEST...]

tests/book/commands.py says how a block of commands is marked, and runs those of one
page. Each page has a network, process ids and a /tmp of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from board_world import run as run_tests

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "hw/README.md", "labs/*/README.md", "slides/*.md"]
# Of the kit, what these commands do not need, which is most of it; of what was built,
# that which they do.
LEFT_OUT = ("tests/attacks/", "tests/fuzz/", "tests/mutants/", "tests/pi/", "tests/styles/")
BUILT = [".setup*", ".lib*", "solutions", "common", "hw", "tests"]
# Mounts and the loopback are for the namespaces alone; the kit itself is then in /mnt,
# since /tmp, in which it may lie, becomes an empty one.
ALONE = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
AS_ORDINARY_USER = ["--map-current-user", "--keep-caps"]
ENTER = 'mount --bind "$1" /mnt && mount -t tmpfs none /tmp && ip link set lo up && cd /mnt && shift && exec "$@"'


def copy_kit(build: Path) -> Path:
    """The kit as it is in this folder, built, with the reference programs as a student's."""
    kit = build / "kit" / "commands"
    shutil.rmtree(kit, ignore_errors=True)
    list_files = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(list_files, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(LEFT_OUT):
            (kit / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, kit / name)
    shutil.copytree(kit / "solutions", kit / "labs", dirs_exist_ok=True)
    (kit / "build").mkdir()
    for pattern in BUILT:
        for made in build.glob(pattern):
            copy = shutil.copytree if made.is_dir() else shutil.copy2
            copy(made, kit / "build" / made.name)
    # Those are built already: of the same files.
    shutil.copytree(kit / "build/solutions", kit / "build/labs")
    return kit


class Runs:
    """Begins with all pages at once, and has an answer for each."""

    def __init__(self, kit: Path) -> None:
        self.kit = kit
        self.making = threading.Lock()  # make is one at a time: it builds
        self.pool = ThreadPoolExecutor(3)
        self.pages = [page.relative_to(kit) for pattern in PAGES for page in sorted(kit.glob(pattern))]

    def run(self, page: Path) -> tuple[int, str]:
        words = ALONE + ([] if os.geteuid() == 0 else AS_ORDINARY_USER)
        words += ["sh", "-c", ENTER, "sh", str(self.kit), "/usr/bin/python3", "-B", "tests/book/commands.py", str(page)]
        environment = {n: v for n, v in os.environ.items() if not n.startswith(("MAKE", "GIT_", "BUILD"))}
        ended = subprocess.run(
            words,
            cwd=self.kit,
            env=environment | {"LC_ALL": "C.UTF-8", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        return ended.returncode, ended.stdout

    def run_alone(self, page: Path) -> tuple[int, str]:
        if not re.search(r"(?m)^(\$ )?make ", (self.kit / page).read_text()):
            return self.run(page)
        with self.making:
            return self.run(page)

    def test_of(self, page: Path) -> Callable[[], None]:
        answer: Future[tuple[int, str]] = self.pool.submit(self.run_alone, page)

        def test() -> None:
            status, said = answer.result()
            assert status == 0, (status, said)

        return test

    def notices(self) -> None:
        """What does not do what it says is found, and told with its line"""
        page = self.kit / "tests/wrong.md"
        for text, words in (
            ("```sh run\ntrue\nfalse\ntrue\n```\n", "line 1: it ends with 1"),
            ("\n```text run\n$ echo one\none\n$ echo two\nthree\n```\n", "line 2: \"echo two\" is to say 'three\\n'"),
            ("```text run\n$ echo 0\n1\n```\n", "\"echo 0\" is to say '1\\n', and says '0\\n'"),
            ("```text run\n$ (exit 3)\n```\n", '"(exit 3)" ends with 3'),
            ("```text run on\n$ nc -l 8080\nhello\n```\n\n```text run\n$ echo hi | nc -N localhost 8080\n```\n",
             "\"nc -l 8080\" is to say 'hello\\n', and says 'hi\\n'"),
            ("```text run on\n$ nc -l 8080\n```\n", "the last block goes on"),
            ("```text run at last\n```\n", '"text run at last" is not understood'),
        ):  # fmt: skip
            page.write_text(text)
            status, said = self.run(page.relative_to(self.kit))
            assert status == 1 and words in said, (text, said)

    def right(self) -> None:
        """Dates, ports of the kernel's choice and process ids may differ; the rest may not"""
        page = self.kit / "tests/right.md"
        page.write_text(
            "```text run on\n$ nc -lvn 8080\nListening on 0.0.0.0 8080\nConnection received on 127.0.0.1 40000\nhi\n```\n"
            "```text run\n$ echo hi | nc -N localhost 8080\n$ LC_ALL=C date '+%a %b %e %T %Y'\nSat Nov 21 04:17:49 2026\n"
            "$ nc -lU /tmp/x </dev/null &\n$ echo \"[$$] one two\" && nc -NU /tmp/x </dev/null\n[17] one …\n```\n"
            "```sh\nfalse\n```\n"
        )
        status, said = self.run(page.relative_to(self.kit))
        assert (status, said) == (0, "2 blocks were run, 0 do not do what they say\n"), said


def name_of(page: Path) -> str:
    """commands.lab03-time-of-day for its handout, commands.slides.lab03-time-of-day for its deck"""
    parts = [part for part in (page.parent.name, page.stem) if part and part != "README"]
    return ".".join(["commands", *(parts or ["readme"])])


def main() -> int:
    wanted = sys.argv[2:]
    runs = Runs(copy_kit(Path(sys.argv[1]).resolve()))
    pages = [(name_of(page), page) for page in runs.pages]
    all_tests = [(name, runs.test_of(page)) for name, page in pages if not wanted or name in wanted]
    for name, test in (("commands.notices", runs.notices), ("commands.right", runs.right)):
        if not wanted or name in wanted:
            all_tests.append((name, test))
    return run_tests(all_tests)


if __name__ == "__main__":
    sys.exit(main())
