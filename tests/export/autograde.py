#!/usr/bin/python3
"""Grades one submission of one lab, on a machine of a learning platform, and
writes the result as that platform reads it.

    autograde.py FORMAT LAB SUBMISSION OUT [--kit-version V] [--allow-unsafe]

FORMAT is gradescope, vpl or classroom50; SUBMISSION is a folder with the lab's
files, or with labs/LAB/ in it; OUT is a file, which is there whole or not at
all. The kit around this file does the grading, with make grade.

Exit status 0: OUT has a grade, whatever it is. 1: there is none, and no OUT,
except for VPL, where OUT then says why. Where nothing of the lab was handed in
there is none either, but for Gradescope, which takes no result without one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import classroom50
import gradescope
import vpl
from words import Document, NoGrade

from documents import read_class, read_document, write_whole

KIT = Path(__file__).resolve().parent.parent.parent
WHO = "submission"


class NothingHandedIn(NoGrade):
    """None of the lab's files is there, which is the submission's fault."""


def listed(lab: str) -> list[str]:
    """The files that a lab asks for are those that it has starters of."""
    folder = KIT / "labs" / lab
    return sorted(f.name for f in folder.iterdir() if f.suffix in (".c", ".sh"))


def with_builds_on(lab: str) -> list[str]:
    """The lab, and those on whose files its programs stand."""
    text = (KIT / "tests" / lab / "lab.mk").read_text()
    found = re.search(rf"^{re.escape(lab)}\.builds-on *:= *(.*)$", text, re.MULTILINE)
    return [lab, *(found[1].split() if found else [])]


def hand_in(submission: Path, lab: str, folder: Path) -> None:
    """Lays the submission where make grade finds it, links as links. Files in no
    folder are those of the lab that asks for such a name."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    copies = [
        (submission / name, folder / WHO / "labs" / asking / name)
        for asking in with_builds_on(lab)
        for name in listed(asking)
        if os.path.lexists(submission / name)
    ]
    for source, place in copies or [(submission.resolve(), folder / WHO)]:
        place.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-RP", "--", source, place], check=True)


def grade(submission: Path, lab: str, words: argparse.Namespace) -> Document:
    build = KIT / "build"
    hand_in(submission, lab, build / "handed-in")
    # Nothing of the submission before is left, nor its seed.
    for old in (build / "grade" / WHO, build / "class"):
        shutil.rmtree(old, ignore_errors=True)
    command = [
        "make",
        f"--directory={KIT}",
        "grade",
        "BUILD=build",  # make reads no path with spaces in it
        "SUBMISSIONS=build/handed-in",
        f"LABS={lab[:5]}",
        f"KIT_VERSION={words.kit_version}",
    ]
    command += ["ALLOW_UNSAFE=1"] if words.allow_unsafe else []
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    run = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    print(run.stdout, end="", flush=True)
    document = read_document(build / "grade" / WHO, lab)
    known = read_class(build / "class").get(WHO)
    if document is None and known and not known.handed_in.get(lab):
        missing = f"Nothing of {lab} was handed in: no {' and no '.join(listed(lab))}."
        raise NothingHandedIn("\n".join([missing, *known.notes]))
    if document is None:
        raise NoGrade(run.stdout.strip() or "make grade left no result.")
    return document


def as_json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def write(document: Document, words: argparse.Namespace) -> None:
    if words.format == "gradescope":
        write_whole(words.out, as_json(gradescope.results(document)))
    elif words.format == "classroom50":
        write_whole(words.out, as_json(classroom50.result(document, os.environ)))
        body = classroom50.release_body(document)
        write_whole(words.out.with_name("release-body.md"), body.encode())
    else:
        least = float(os.environ.get("VPL_GRADEMIN") or 0)
        most = float(os.environ.get("VPL_GRADEMAX") or 100)
        write_whole(words.out, vpl.evaluation(document, least, most).encode())


def main() -> int:
    parser = argparse.ArgumentParser(description="Grades one submission of one lab.")
    parser.add_argument("format", choices=["gradescope", "vpl", "classroom50"])
    parser.add_argument("lab")
    parser.add_argument("submission", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kit-version", default="unknown")
    parser.add_argument("--allow-unsafe", action="store_true")
    words = parser.parse_args()
    words.out.unlink(missing_ok=True)
    try:
        write(grade(words.submission, words.lab, words), words)
    except NoGrade as error:
        if words.format == "gradescope" and isinstance(error, NothingHandedIn):
            said = gradescope.nothing_handed_in(str(error))
            write_whole(words.out, as_json(said))
            return 0
        if words.format == "vpl":
            write_whole(words.out, vpl.failure(str(error)).encode())
        print(f"autograde.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyError as error:
        sys.exit(
            f"autograde.py: {error} is neither in the environment nor in the result"
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        sys.exit(f"autograde.py: {error}")
