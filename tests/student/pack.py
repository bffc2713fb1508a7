#!/usr/bin/python3
"""Packs the kit that students are handed: make student-kit.

    pack.py FOLDER

Writes FOLDER/socket-lab-kit-student-VERSION.tar.gz, of what is committed: what
somebody has tried in labs/ does not get in. The same commit makes the same
bytes. Before it is in its place it is searched for solutions and for the names
of hidden tests (search.py); if there are any, nothing is written.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

from pages import for_students
from search import find_hidden, find_solutions

# All that students get. What is not named here stays at home.
TAKEN = re.compile(
    r"Makefile|README\.md|LICENSE|\.clang-format|\.editorconfig|\.gitignore"
    r"|(labs|common|hw)/.+"
    r"|tests/setup|tests/harness/.+|tests/trace/.+|tests/report/[^/]+\.c"
    r"|tests/lab\d\d-[^/]+/(?!hidden[^/]*\.c$|bench\.c$|fuzz\.c$)[^/]+\.(c|h|mk)"
)
HIDDEN = re.compile(r"tests/lab\d\d-[^/]+/hidden[^/]*\.c")
SOLUTION = re.compile(r"(solutions|tests/styles)/.+\.(c|h|sh)")


def git(*words: str, stdin: bytes | None = None) -> bytes:
    ended = subprocess.run(["git", *words], input=stdin, capture_output=True)
    if ended.returncode != 0:
        reason = ended.stderr.decode(errors="replace").strip().splitlines() or ["git failed"]
        sys.exit(f"make student-kit packs what is committed, and git says: {reason[0]}")
    return ended.stdout


def committed() -> dict[str, tuple[int, bytes]]:
    """Each regular file of the last commit that is of any use here: its mode and bytes."""
    files: dict[str, tuple[int, bytes]] = {}
    with tarfile.open(fileobj=io.BytesIO(git("archive", "HEAD"))) as archive:
        for member in archive:
            wanted = any(p.fullmatch(member.name) for p in (TAKEN, HIDDEN, SOLUTION))
            if member.isreg() and wanted:
                content = archive.extractfile(member)
                assert content is not None  # of a regular file there is always one
                files[member.name] = (0o755 if member.mode & 0o100 else 0o644, content.read())
    return files


def not_committed() -> list[str]:
    """Files of the students' kit that are not here as they were committed."""
    entries = git("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all").decode(errors="replace")
    return [entry[3:] for entry in entries.split("\0") if TAKEN.fullmatch(entry[3:])]


def packed(files: dict[str, tuple[int, bytes]], folder: str, time: int) -> bytes:
    """As a tar.gz that depends on nothing but its arguments."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=out, mode="wb", mtime=0) as zipped:
        with tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name in sorted(files):
                entry = tarfile.TarInfo(f"{folder}/{name}")
                entry.mode, entry.size, entry.mtime = files[name][0], len(files[name][1]), time
                archive.addfile(entry, io.BytesIO(files[name][1]))
    return out.getvalue()


def texts(files: dict[str, tuple[int, bytes]], names: re.Pattern[str]) -> dict[str, str]:
    return {n: c.decode(errors="replace") for n, (_, c) in files.items() if names.fullmatch(n)}


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: pack.py FOLDER", file=sys.stderr)
        return 2
    version = git("describe", "--always", "HEAD").decode().strip()
    time = int(git("log", "-1", "--format=%ct", "HEAD"))
    files = committed()
    kit = {n: for_students(n, f) for n, f in files.items() if TAKEN.fullmatch(n)}
    # There is no git where it is unpacked, or another one.
    kit[".version"] = (0o644, f"{version}\n".encode())

    public = texts(kit, re.compile(".+"))
    found = find_solutions(public, texts(files, SOLUTION)) + find_hidden(public, texts(files, HIDDEN))
    if found:
        words = "No kit for students is made: it would hand out what they must not have."
        print(words, *found, sep="\n  ", file=sys.stderr)
        return 1

    path = Path(sys.argv[1]) / f"socket-lab-kit-student-{version}.tar.gz"
    beside = path.with_suffix(".new")
    try:
        beside.write_bytes(packed(kit, f"socket-lab-kit-{version}", time))
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    without = "no solutions, no hidden tests" if texts(files, HIDDEN) else "no solutions"
    print(f"{path}: {len(kit)} files, {without}. make lab01 works where it is unpacked.")
    changed = not_committed()
    if changed:
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        print(f"It has what is committed, so not what you changed since: {', '.join(changed[:5])}{more}.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, tarfile.TarError) as error:
        sys.exit(f"make student-kit: {error}")
