"""Which line of the source made a call."""

from __future__ import annotations

import bisect
import json
import os
import subprocess
from pathlib import Path

from calls import Call, Strand

Line = tuple[str, str, int]


def own_frames(call: Call, paths: set[str]) -> list[int]:
    """The addresses in the program itself, the innermost first."""
    return [
        max(address - 1, 0)  # of the call, not of where it comes back to
        for path, _, address in call.frames
        if path in paths or os.path.basename(path) in paths
    ]


def ask_addr2line(executable: str, addresses: list[int]) -> dict[int, Line]:
    """One process for all addresses of a program."""
    command = ["addr2line", "-f", "-e", executable]
    words = "".join(f"{address:#x}\n" for address in addresses)
    try:
        run = subprocess.run(
            command, input=words, capture_output=True, text=True, timeout=20,
            errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return {}
    answers = run.stdout.split("\n")
    found = {}
    for index, address in enumerate(addresses):
        if 2 * index + 1 >= len(answers):
            break
        path, _, line = answers[2 * index + 1].partition(" ")[0].rpartition(":")
        if line.isdecimal() and path and path != "??":
            found[address] = (answers[2 * index], path, int(line))
    return found


def own_line(lines: list[Line], source: str) -> str:
    """The innermost line in the lab's own files, else in the program at all."""
    folder = source.rstrip("/")
    for _, path, line in lines:
        if folder and f"/{folder}/" in f"/{os.path.dirname(path).lstrip('/')}/":
            return f"{os.path.basename(path)}:{line}"
    for _, path, line in lines:
        return f"{os.path.basename(path)}:{line}"
    return ""


def add_c_lines(strands: list[Strand], program: dict) -> None:
    file = str(program.get("file", ""))
    argv = program.get("argv") or [""]
    paths = {file, os.path.basename(file), os.path.basename(str(argv[0]))} - {""}
    calls = [(c, own_frames(c, paths)) for s in strands for c in s.calls]
    addresses = sorted({a for _, frames in calls for a in frames})
    if not addresses or not os.path.isfile(file):
        return
    found = ask_addr2line(file, addresses)
    for call, frames in calls:
        call.lines = [found[a] for a in frames if a in found]
        call.where = own_line(call.lines, str(program.get("source", "")))


def add_python_lines(strands: list[Strand], program: dict, path: Path) -> None:
    """A Python program tells its lines itself: the last one before a call is its."""
    stamps: dict[int, list[tuple[int, int]]] = {}
    try:
        for row in path.read_text("utf-8", "replace").splitlines():
            try:
                entry = json.loads(row.lstrip("\0"))
                stamps.setdefault(int(entry["tid"]), []).append(
                    (int(entry["t"]), int(entry["line"]))
                )
            except (ValueError, KeyError, TypeError):
                continue
    except OSError:
        return
    name = os.path.basename(str(program.get("file", "")))
    for strand in strands:
        known = stamps.get(strand.pid) or stamps.get(strand.inner_pid or -1)
        if known is None and len(stamps) == len(strands) == 1:
            known = next(iter(stamps.values()))
        if not known:
            continue
        known.sort()
        for call in strand.calls:
            index = bisect.bisect_right(known, (call.start, 1 << 60)) - 1
            if index >= 0:
                call.where = f"{name}:{known[index][1]}"
