#!/usr/bin/python3 -B
"""Draws a recording of make trace.

    tests/trace/draw.py build/trace/lab03

Written into that folder are trace.txt (80 columns, printed as well), trace.svg,
trace.html, and slide-1.svg, slide-2.svg, … for a lecture.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from layout import Layout, Metric
from model import BadRecording, load
from page import whole_page
from slide import slides
from style import STYLE
from svg import whole_picture
from text import whole_text


def write(path: Path, text: str) -> None:
    """Whole, or not at all."""
    new = path.with_name(path.name + ".new")
    try:
        new.write_text(text, "utf-8", "replace")
        os.replace(new, path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def draw(folder: Path) -> str:
    trace = load(folder)
    text = whole_text(trace)
    layout = Layout(trace, Metric(), trace.items)
    if layout.unseen_states:
        trace.notes.append(
            "Of so many connections at once not all have their states drawn."
        )
    write(folder / "trace.txt", text)
    write(folder / "trace.svg", whole_picture(layout, style=f"<style>{STYLE}</style>"))
    write(
        folder / "trace.html",
        whole_page(trace, whole_picture(layout, title=False, links=True)),
    )
    for old in folder.glob("slide-*.svg"):
        old.unlink()
    for number, slide in enumerate(slides(trace), 1):
        write(folder / f"slide-{number}.svg", slide)
    return text


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: draw.py FOLDER", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    try:
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
        sys.stdout.write(draw(folder))
        sys.stdout.flush()
        return 0
    except BadRecording as error:
        words = str(error)
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except OSError as error:
        words = f"{error.filename or folder}: {error.strerror}"
    except Exception as error:  # a broken recording costs its picture, not a traceback
        words = f"{folder} cannot be drawn ({type(error).__name__}: {error}): record it again"
    print(f"draw.py: {words}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
