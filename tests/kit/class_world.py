"""class_world.py: what the tests of class grading share: classes made here, as
intake would leave them, and programs that grade them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from board_world import BUILD, eventually

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = ROOT / "tests/kit/class_unit.py"
LABS = {f.name[:5]: f.name for f in sorted((ROOT / "solutions").iterdir())}

# What a student hands in: of a lab, its files.
Files = Mapping[str, bytes]


def solution(lab: str) -> dict[str, bytes]:
    return _files(ROOT / "solutions" / LABS[lab])


def starter(lab: str) -> dict[str, bytes]:
    return _files(ROOT / "labs" / LABS[lab])


def _files(folder: Path) -> dict[str, bytes]:
    listed = [path for path in folder.iterdir() if path.suffix in (".c", ".sh")]
    return {path.name: path.read_bytes() for path in listed if not path.name.startswith("stretch")}


def key_of(who: str) -> str:
    plain = re.sub("[^a-z0-9]+", "-", who.lower()).strip("-")
    return f"{plain}-{hashlib.sha256(who.encode()).hexdigest()[:8]}"


def hand_in(class_folder: Path, who: str, labs: Mapping[str, Files]) -> Path:
    """What intake would leave of one student; returns the folder."""
    folder = class_folder / key_of(who)
    taken: dict[str, list[dict[str, object]]] = {}
    for lab, files in labs.items():
        (folder / LABS[lab]).mkdir(parents=True, exist_ok=True)
        taken[LABS[lab]] = []
        for name, data in sorted(files.items()):
            (folder / LABS[lab] / name).write_bytes(data)
            digest = hashlib.sha256(data).hexdigest()
            taken[LABS[lab]].append({"name": name, "size": len(data), "sha256": digest})
    about = {"who": who, "key": folder.name, "id": None, "source": who, "labs": taken, "notes": []}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "student.json").write_text(json.dumps(about))
    keys = sorted(f.name for f in class_folder.iterdir() if (f / "student.json").exists())
    (class_folder / "students.json").write_text(json.dumps({"keys": keys, "notes": []}))
    return folder


def clean_environment(**more: str) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return mine | more


def processes_that_name(words: str) -> dict[int, str]:
    """The command lines of running processes with these words, by their numbers."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if words in line and int(folder.name) != os.getpid():
            found[int(folder.name)] = line
    return found


def started_at(pid: int) -> int:
    """In ticks since boot; 0 if it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(text.rpartition(")")[2].split()[19])


class Running(subprocess.Popen[str]):
    """A command whose words a test wants; where the test has failed, nobody waits for its end."""

    def __exit__(self, kind: Any, *more: Any) -> None:
        if kind:
            self.kill()
        super().__exit__(kind, *more)


class Class:
    """A class below a build folder: the kit's own, or, for a stand-in of unit, one
    of its own that has the kit's tools."""

    def __init__(self, stand_in: bool = True) -> None:
        self.top = Path(tempfile.mkdtemp(prefix="class test ", dir=BUILD))
        if stand_in:
            self.folder = self.top / "class"
            (self.top / "tests").mkdir()
            (self.top / "tests/cell").symlink_to(BUILD / "tests/cell")
            (self.top / "tests/unit").symlink_to(STAND_IN)
        else:
            self.folder = Path(tempfile.mkdtemp(prefix="class-test-", dir=BUILD))
        self.folder.mkdir(exist_ok=True)
        self.grades = self.top / "grade"

    def __enter__(self) -> Class:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.top, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def hand_in(self, who: str, labs: Mapping[str, Files]) -> Path:
        return hand_in(self.folder, who, labs)

    def does(self, **students: str) -> None:
        """Students of the stand-in: what lab02 of each does."""
        for who, words in students.items():
            self.hand_in(who, {"lab02": {"server.c": words.encode()}})

    def command(self, *more: str, labs: str = "lab02") -> list[str]:
        names = [LABS[lab] for lab in labs.split()]
        # The real unit takes the build folder's name as make knows it.
        folder = os.path.relpath(self.folder, ROOT)
        program = str(BUILD / "tests/class")
        return [program, folder, str(self.grades), *names, "--kit-version", "v1", *more]

    def start(
        self, *more: str, labs: str = "lab02", before: Sequence[str] = (), **options: Any
    ) -> Running:
        usual: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        usual |= {"env": clean_environment(), "start_new_session": True}
        return Running([*before, *self.command(*more, labs=labs)], cwd=ROOT, text=True, **usual | options)

    def grade(self, *more: str, **options: Any) -> tuple[int, str]:
        """The exit status, and all that was said."""
        with self.start(*more, **options) as running:
            said = running.communicate(timeout=600)[0]
        return running.returncode, said

    def document(self, who: str, lab: str = "lab02") -> dict[str, Any]:
        return json.loads((self.grades / who / f"{LABS[lab]}.json").read_text())

    def runs(self) -> list[str]:
        """Which units were run, in which order: "WHO", or "WHO alone"."""
        path = self.folder / "runs"
        lines = path.read_text().splitlines() if path.exists() else []
        return [re.sub(r"^(.*)-[0-9a-f]{8} \S+ ?", r"\1 ", line).strip() for line in lines]

    def wait_until_waiting(self) -> None:
        eventually("a unit waits", lambda: list(self.folder.glob("waiting-*")))

    def go(self) -> None:
        (self.folder / "go").touch()

    def running(self, words: str = "") -> list[int]:
        """The processes of this class with these words, in the order of their starts."""
        name = (self.top if self.folder.parent == self.top else self.folder).name
        found = [pid for pid, line in processes_that_name(name).items() if words in line]
        return sorted(found, key=started_at)

    def expect_nothing_runs(self) -> None:
        eventually(f"nothing is left running: {self.running()}", lambda: not self.running())
