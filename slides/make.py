#!/usr/bin/python3 -B
"""Makes the decks: BUILD/slides/NAME.html with the speaker's notes, NAME.pdf, and
an index of them. What they show of real programs is traced on the way.

    slides/make.py BUILD slides/lab03-time-of-day.md…

What has not changed is not made again. Marp comes from npm, of just the version
that package-lock.json names, into BUILD/marp. CHROME_PATH names another browser
than the machine's chromium. Exit status: 0, or 1 and a sentence.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from deck import Deck

HERE = Path(__file__).resolve().parent
KIT = HERE.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SETUP = "tests/setup --slides installs what is missing"
# What a trace is made by and of: of changed ones a new one is made.
TRACED = ("tests/trace/*", "tests/harness/*.[ch]", "tests/lab*/*.c", "common/*.[ch]")
TRACED += ("hw/*.[ch]", "solutions/*/*", "labs/*/*.py", "labs/*/*.h")
PICTURE = re.compile(r"!\[[^]]*\]\(([^)\s]+)\)")


class Failed(Exception):
    """Its words are the sentence."""


def digest(parts: Iterable[bytes | str | Path]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            part = part.read_bytes() if part.is_file() else b""
        part = part.encode() if isinstance(part, str) else part
        whole.update(b"%d " % len(part) + part)
    return whole.hexdigest()


def is_made(mark: Path, of: str) -> bool:
    return mark.is_file() and mark.read_text() == of


def called(command: list[str | Path], what: str, **more: Any) -> str:
    """Runs it; what it said, if it went wrong."""
    try:
        run = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more
        )
    except OSError as error:
        raise Failed(f"{what}: {command[0]}: {error.strerror}. {SETUP}.") from None
    said = run.stdout.decode(errors="replace").strip()
    if run.returncode != 0:
        raise Failed(f"{what}:\n{said}")
    return said


# ---- What makes them ---------------------------------------------------------------


def get_marp(build: Path) -> None:
    """Fetched, if it is not there yet."""
    folder = build / "marp"
    locked = [HERE / "package.json", HERE / "package-lock.json"]
    mark, of = folder / "made-of", digest(locked)
    if is_made(mark, of):
        return
    if shutil.which("npm") is None:
        raise Failed(f"There is no npm here, which fetches Marp: {SETUP}.")
    age = called(["node", "--version"], "node does not run").lstrip("v")
    if int(age.split(".")[0]) < 18:
        raise Failed(f"Marp needs Node.js 18 or newer; this machine's is {age}.")
    print("Fetching Marp from npm, once.", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in locked:
        shutil.copy(file, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    command += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    try:
        called(command, "npm", cwd=folder)
    except Failed as failed:
        why = re.search(r"^npm error (?!code|syscall|errno)(.+)", str(failed), re.M)
        words = why[1] if why else str(failed)
        raise Failed(f"npm could not fetch Marp. It says: {words}") from None
    mark.write_text(of)


def get_browser() -> str:
    named = os.environ.get("CHROME_PATH")
    found = named or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None or shutil.which(found) is None:
        raise Failed(
            f"There is no {named or 'Chromium'} here, which prints the decks as PDF: "
            f"{SETUP}, or CHROME_PATH=/path/of/a/chrome names one. The HTML is made."
        )
    return found


def marp(folder: Path, decks: list[Deck], kind: str, *options: str) -> None:
    """Has Marp make all of them at once, each beside its Markdown."""
    made = [folder / f"{deck.name}.{kind}" for deck in decks]
    for file in made:
        file.unlink(missing_ok=True)
    from_npm = folder.parent / "marp"
    words = [from_npm / "node_modules/.bin/marp", *(f"{deck.name}.md" for deck in decks)]
    words += ["--no-stdin", "--config-file", from_npm / "package.json"]
    words += ["--theme-set", HERE / "kit.css", *options]
    said = called(words, "Marp could not do it, and says", cwd=folder)
    if not all(file.exists() for file in made):
        raise Failed(f"Marp did not do it, and says:\n{said}")


# ---- Traces ------------------------------------------------------------------------


@cache
def traced() -> str:
    return digest(sorted(p for pattern in TRACED for p in KIT.glob(pattern)))


def make_trace(build: Path, name: str, words: list[str]) -> None:
    """Copies what `make trace` draws to BUILD/slides/trace/NAME."""
    to = build / "slides/trace" / name
    mark, of = to / "made-of", digest([*words, traced()])
    if is_made(mark, of):
        return
    said = f"make trace {shlex.join(words)}"
    print(said, flush=True)
    # A make of its own, which gets none of the words that this one was given.
    kept = ("PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL")
    environment = {k: os.environ[k] for k in kept if k in os.environ}
    made = build / "trace" / f"slides-{name}"
    shutil.rmtree(made, ignore_errors=True)
    own = [f"BUILD={build}", f"TRACE_NAME={made.name}"]
    command = ["make", "trace", *own, *words]
    called(command, f"{said} failed, and says", cwd=KIT, env=environment)
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    for pattern in ("slide-*.svg", "trace.html", "wire.pcap"):
        for picture in made.glob(pattern):
            shutil.copy(picture, to)
    mark.write_text(of)


# ---- Decks -------------------------------------------------------------------------


def prepare(deck: Deck, folder: Path) -> str:
    """Writes what Marp reads; returns what the deck is made of."""
    traces = folder / "trace"
    drawn = {name: len(list((traces / name).glob("slide-*.svg"))) for name in deck.traces}
    text = deck.prepared(drawn)
    pictures = PICTURE.findall(text)
    for picture in pictures:
        if not (folder / picture).is_file():
            raise Failed(f"{deck.path.name} shows {picture}, which nothing has made.")
    (folder / f"{deck.name}.md").write_text(text, encoding="utf-8")
    rules = [HERE / "kit.css", HERE / "package-lock.json", HERE / "package.json"]
    rules += [HERE / "make.py", HERE / "deck.py"]
    return digest([text, *(folder / p for p in pictures), *rules])


def make_html(folder: Path, decks: list[Deck]) -> None:
    """One file each, which loads nothing: pictures are put in."""
    marp(folder, decks, "html")
    for deck in decks:
        page = folder / f"{deck.name}.html"

        def inside(match: re.Match[str]) -> str:
            data = base64.b64encode((folder / match[1]).read_bytes()).decode()
            return f'src="data:image/svg+xml;base64,{data}"'

        text = page.read_text(encoding="utf-8")
        text = re.sub(r'src="([^":]+\.svg)"', inside, text)
        page.write_text(text, encoding="utf-8")


def make_pdf(folder: Path, decks: list[Deck]) -> None:
    """With the notes as annotations."""
    os.environ["CHROME_PATH"] = get_browser()
    if os.geteuid() == 0:
        os.environ["CHROME_NO_SANDBOX"] = "1"  # root has none
    # A machine that is busy is waited for.
    options = ["--pdf", "--pdf-notes", "--pdf-outlines", "--allow-local-files"]
    options += ["--browser-timeout=600"]
    marp(folder, decks, "pdf", *options)


def write_index(folder: Path) -> None:
    """Of all decks that are made, the one on the kit first."""
    decks = sorted(map(Deck, HERE.glob("*.md")), key=lambda d: (d.name != "kit", d.name))
    rows = [row(folder, d) for d in decks if (folder / f"{d.name}.html").is_file()]
    page = (HERE / "index.html").read_text(encoding="utf-8")
    page = page.replace("<!-- decks -->", "\n".join(rows))
    (folder / "index.html").write_text(page, encoding="utf-8")


def row(folder: Path, deck: Deck) -> str:
    pdf = f"{deck.name}.pdf"
    traces = [
        f'<a href="trace/{name}/trace.html">make trace {escape(shlex.join(words))}</a>'
        for name, words in deck.traces.items()
        if (folder / "trace" / name / "trace.html").is_file()
    ]
    printed = f'<a href="{pdf}">PDF</a>' if (folder / pdf).is_file() else ""
    return (
        f'<tr><td><a href="{deck.name}.html">{escape(deck.title)}</a></td>'
        f"<td>{printed}</td><td>{'<br>'.join(traces)}</td></tr>"
    )


def main(words: list[str]) -> None:
    if len(words) < 2:
        raise Failed("usage: slides/make.py BUILD DECK…")
    build = Path(words[0]).resolve()
    folder = build / "slides"
    decks = [Deck(Path(word)) for word in words[1:]]
    get_marp(build)
    (folder / ".made-of").mkdir(parents=True, exist_ok=True)
    for deck in decks:
        for name, trace in deck.traces.items():
            make_trace(build, name, trace)
    of = {deck.name: prepare(deck, folder) for deck in decks}
    try:
        for kind, make in (("html", make_html), ("pdf", make_pdf)):
            make_new(folder, decks, of, kind, make)
    finally:  # HTML alone is worth an index, too
        write_index(folder)
    print(f"The decks are in {words[0]}/slides; they begin at index.html.")


def make_new(
    folder: Path,
    decks: list[Deck],
    of: dict[str, str],
    kind: str,
    make: Callable[[Path, list[Deck]], None],
) -> None:
    """Makes those that are not made of what they are to be made of."""
    marks = {deck.name: folder / ".made-of" / f"{deck.name}.{kind}" for deck in decks}
    old = [d for d in decks if not is_made(marks[d.name], of[d.name])]
    if old:
        print(f"{kind.upper()}: {' '.join(d.name for d in old)}", flush=True)
        make(folder, old)
    for deck in old:
        marks[deck.name].write_text(of[deck.name])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failed as failed:
        sys.exit(str(failed))
    except OSError as error:
        sys.exit(f"{error.filename or 'slides'}: {error.strerror}")
