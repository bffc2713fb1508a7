"""intake_world.py: for tests of intake: a folder of submissions, the archives in
it, and what was taken of them."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from board_world import named_tests

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
LAB2, LAB3, LAB8 = "lab02-uppercase-echo", "lab03-time-of-day", "lab08-netcat"
LABS = [f"{LAB2}=server.c,client.c", f"{LAB3}=server.c,client.c", f"{LAB8}=nc.c"]
DEADLINE_S = 120


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder below BUILD, gone afterwards."""
    BUILD.joinpath("kit").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD / "kit", prefix="intake ") as folder:
        yield Path(folder)


def zipped(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return out.getvalue()


def zstd_of(data: bytes) -> bytes:
    """A frame of one raw block: Python's library has no zstd."""
    head = b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little")
    return head + (len(data) << 3 | 1).to_bytes(3, "little") + data


class World:
    """One class: `dir`/in is what was handed in. Each test begins with an empty one."""

    def __init__(self, folder: Path) -> None:
        self.scratch, self.tests = folder, 0
        self.said = ""

    def fresh(self) -> None:
        self.tests += 1
        self.dir = self.scratch / str(self.tests)
        (self.dir / "in").mkdir(parents=True)
        self.classes = self.dir / "class"

    def put(self, path: str, data: bytes) -> None:
        file = self.dir / "in" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    @staticmethod
    def tar(files: dict[str, bytes], kind: str = "") -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode=f"w:{kind}") as archive:
            for path, data in files.items():
                entry = tarfile.TarInfo(path)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        return out.getvalue()

    def run(self, *labs: str, dir: Path | None = None, status: int = 0, by: tuple[str, ...] = ()) -> str:
        """Runs intake, perhaps by another command; what it said is kept, too."""
        words = [*by, str(BUILD / "tests/intake"), str(dir or self.dir / "in"), str(self.classes), *(labs or LABS)]
        ended = subprocess.run(
            words,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE_S,
        )
        self.said = ended.stdout
        assert ended.returncode == status, (ended.returncode, self.said)
        return self.said

    def class_document(self) -> dict:
        return json.loads((self.classes / "students.json").read_text())

    def documents(self) -> dict[str, dict]:
        keys = self.class_document()["keys"]
        all = [json.loads((self.classes / key / "student.json").read_text()) for key in keys]
        return {document["who"]: document for document in all}

    def whos(self) -> list[str]:
        return list(self.documents())

    def document_of(self, who: str) -> dict:
        return self.documents()[who]

    def folder_of(self, who: str) -> Path:
        return self.classes / self.document_of(who)["key"]

    def notes(self, who: str) -> list[str]:
        return self.document_of(who)["notes"]

    def expect_note(self, who: str, words: str) -> None:
        assert any(words in note for note in self.notes(who)), (words, self.notes(who))

    def taken(self, who: str) -> dict[str, bytes]:
        """The files that are there, which are those of the document."""
        home, document = self.folder_of(who), self.document_of(who)
        there = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in sorted(home.glob("lab*/*"))}
        told = {f"{lab}/{file['name']}" for lab, files in document["labs"].items() for file in files}
        assert set(there) == told, (there.keys(), told)
        return there

    def named(self, prefix: str) -> list[tuple[str, Callable[[], None]]]:
        """Its tests, each of which begins with nothing handed in."""

        def begun(test: Callable[[], None]) -> Callable[[], None]:
            return lambda: (self.fresh(), test())[1]

        return [(name, begun(test)) for name, test in named_tests(prefix, self)]
