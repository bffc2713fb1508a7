"""trace_world.py: recordings for the tests of what draws them."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DRAW = HERE.parent / "trace"
RECORDINGS = HERE / "trace"
ALL = sorted(path.name for path in RECORDINGS.iterdir())
BUILD = Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()

sys.path.insert(0, str(DRAW))
import model  # noqa: E402
import text  # noqa: E402
from layout import Layout, Metric  # noqa: E402
from states import LEFT, RIGHT  # noqa: E402

Change = Callable[[str], str]


class Folder:
    """A copy of a recording that a test may change; gone at the end."""

    def __init__(self, name: str) -> None:
        self.temporary = tempfile.TemporaryDirectory(dir=BUILD, prefix="trace-")
        self.path = Path(self.temporary.name) / name
        shutil.copytree(RECORDINGS / name, self.path)

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        self.temporary.cleanup()

    def recording(self, **changes: Any) -> None:
        path = self.path / "recording.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    def programs(self, change: Callable[[dict], object]) -> None:
        raw = json.loads((self.path / "recording.json").read_text())
        for program in raw["programs"]:
            change(program)
        self.recording(programs=raw["programs"])

    def calls(self, program: str) -> Path:
        """The file of the program's first process."""
        return min(self.path.glob(f"{program}.calls.*"))

    def edit(self, path: Path, change: Change) -> None:
        path.write_text(change(path.read_text()))

    def load(self) -> model.Trace:
        return model.load(self.path)

    def draw(self) -> subprocess.CompletedProcess[str]:
        command = ["/usr/bin/python3", "-B", str(DRAW / "draw.py"), str(self.path)]
        return subprocess.run(command, capture_output=True, text=True)


def load(name: str) -> model.Trace:
    return model.load(RECORDINGS / name)


def laid_out(trace: model.Trace) -> Layout:
    return Layout(trace, Metric(), trace.items)


def states(trace: model.Trace, side: int, flow: int = 0) -> list[str]:
    return [change.state for change in trace.flows[flow].ends[side].changes]


def lines(trace: model.Trace) -> list[str]:
    """What the text shows, without times and lifelines."""
    found = []
    for row in text.Text(trace).draw():
        words = re.sub(r"[│┊├┤╌─►◄]+", " ", row[text.TIME :]).strip()
        # Both ends may come into a state in one row.
        found += re.findall(r"\[[^\]]+\]", words) if words[:1] == "[" else [words]
    return found


def jitter(folder: Folder, seed: int) -> None:
    """Calls that seem to return up to 4 ms early (14 µs were measured); rows in any order."""
    chance = random.Random(seed)

    def early(row: str) -> str:
        found = re.search(r"<(\d+\.\d+)>$", row)
        if not found:
            return row
        lasted = max(float(found[1]) - chance.random() * 4e-3, 0)
        return f"{row[: found.start()]}<{lasted:.6f}>"

    for path in folder.path.glob("*.calls.*"):
        rows = path.read_text().splitlines()
        chance.shuffle(rows)
        path.write_text("\n".join(map(early, rows)) + "\n")
