"""Runs a Python peer, and notes from which of its lines it calls what is in C.

    lines.py OUT PYTHON SCRIPT [ARGUMENT…]

OUT gets a line a step: {"t": ns, "tid": n, "line": n, "call": "recv"}. It is
memory that is mapped, since to write would be calls of the program's own, and
what is there stays there however the program ends.
"""

from __future__ import annotations

import mmap
import os
import runpy
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

# Each child has a piece of its own, or they would write over one another.
OWN, CHILD, CHILDREN = 1 << 18, 1 << 15, 64
SCRIPT = sys.argv[3]
FOLDER = os.path.dirname(os.path.abspath(SCRIPT))


class Notes:
    def __init__(self, path: str) -> None:
        with open(path, "wb+") as file:
            file.truncate(OWN + CHILD * CHILDREN)
            self.memory = mmap.mmap(file.fileno(), 0)
        self.place, self.end = 0, OWN
        self.children = 0
        self.last: dict[int, int] = {}
        self.forking = False
        os.register_at_fork(before=self.before_fork, after_in_parent=self.in_parent, after_in_child=self.in_child)

    def before_fork(self) -> None:
        self.children += 1
        self.forking = True  # what else Python does in the child first is none of its lines

    def in_parent(self) -> None:
        self.forking = False

    def in_child(self) -> None:
        self.forking = False
        self.place = OWN + (self.children - 1) * CHILD
        self.end = self.place + CHILD if self.children <= CHILDREN else self.place
        self.add(b"\n")  # what is before it is no part of its first line
        self.children = CHILDREN  # a child's children have no piece

    def add(self, row: bytes) -> None:
        begin = self.place  # taken at once: a signal's handler may come in here, too
        self.place += len(row)
        if self.place <= self.end:
            self.memory[begin : begin + len(row)] = row

    def watch(self, frame: FrameType | None, event: str, function: Any) -> None:
        """As sys.setprofile calls it. Of lines that follow one another the first counts."""
        if event != "c_call" or self.forking:
            return
        now = time.clock_gettime_ns(time.CLOCK_REALTIME)
        while frame and os.path.dirname(frame.f_code.co_filename) != FOLDER:
            frame = frame.f_back
        thread = threading.get_native_id()
        if frame and self.last.get(thread) != frame.f_lineno:
            self.last[thread] = frame.f_lineno
            name = getattr(function, "__name__", "")
            row = f'{{"t": {now}, "tid": {thread}, "line": {frame.f_lineno}, "call": "{name}"}}\n'
            self.add(row.encode())


def main() -> None:
    notes = Notes(sys.argv[1])
    sys.argv = sys.argv[3:]
    sys.path[0] = str(Path(SCRIPT).resolve().parent)
    threading.setprofile(notes.watch)
    sys.setprofile(notes.watch)
    runpy.run_path(SCRIPT, run_name="__main__")


if __name__ == "__main__":
    main()
