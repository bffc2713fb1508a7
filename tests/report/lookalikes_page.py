"""The page of look-alikes: each pair side by side, with what they share marked.

Everything in it was written by students: it is escaped (autoescape), and
characters that would turn or hide text are shown by their numbers.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
except ImportError:
    raise SystemExit("lookalikes.py: python3-jinja2 is not installed: make setup installs it")

from documents import write_whole

ROOT = Path(__file__).resolve().parents[2]
SIDE_BY_SIDE = 40  # pairs of a lab; the others are in the list alone
MOST_LINES = 1500  # of a program


def visible(line: str) -> str:
    return "".join(
        f"<U+{ord(c):04X}>" if c != "\t" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else c
        for c in line.expandtabs(4)
    )


def source(class_folder: Path, key: str, lab: str, file: str, runs: list[list[int]]) -> list[dict[str, Any]]:
    """The lines of a program, each with the number of the run that it is in, or 0."""
    path = class_folder / key / lab / file
    if not path.exists():
        path = ROOT / "solutions" / lab / file
    lines = re.split(r"\r\n|\r|\n", path.read_bytes().decode(errors="replace"))
    shown = [{"number": n, "text": visible(line), "run": 0} for n, line in enumerate(lines[:MOST_LINES], 1)]
    for index, (first, last) in enumerate(runs, 1):
        for line in shown[first - 1 : last]:
            line["run"] = index
    return shown


def pair_view(class_folder: Path, names: dict[str, str], lab: str, pair: dict[str, Any], whole: bool) -> dict[str, Any]:
    sides = [
        {
            "who": names[pair[side]],
            "file": pair[f"file_{side}"],
            "lines": source(class_folder, pair[side], lab, pair[f"file_{side}"], [run[side] for run in pair["runs"]])
            if whole
            else [],
        }
        for side in "ab"
    ]
    return {"percent": pair["percent"], "sides": sides, "whole": whole, "runs": len(pair["runs"])}


def write_page(
    class_folder: Path, grades: Path, names: dict[str, str], found: dict[str, list[dict[str, Any]]], notes: list[str]
) -> None:
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    labs = {
        lab: [pair_view(class_folder, names, lab, pair, n < SIDE_BY_SIDE) for n, pair in enumerate(pairs)]
        for lab, pairs in found.items()
    }
    text = pages.get_template("lookalikes.html").render(labs=labs, notes=notes)
    write_whole(grades / "lookalikes.html", text.encode("utf-8", "replace"))
