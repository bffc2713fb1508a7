#!/usr/bin/python3
"""slides_page_test.py: each slide of each deck, in a real browser without a window.

    tests/kit/slides_page_test.py BUILD [TEST…]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from board_browser import start_browser
from board_world import BUILD, named_tests, run

KIT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(KIT / "slides"))
import make  # noqa: E402
from deck import Deck, Quote  # noqa: E402
from slides_look import LOOK  # noqa: E402

# Of the size of a trace's: what it shows is another test's.
PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720">
<rect width="1280" height="720" fill="#ccc"/></svg>"""
SHORTEST_NOTE = 40
FRONT = "---\nmarp: true\ntheme: kit\npaginate: true\ntitle: planted\n---\n"
NOTE = "\n<!-- What to say, and what students get wrong about it, is here. -->\n"
# Slides of which each has something wrong, and a word that tells it.
PLANTED = (
    ("below", "\n".join(f"- line {n}\n" for n in range(30))),
    ("beyond", f"```c\nint {'x' * 90};\n```\n"),
    ("14 px", '<p style="font-size: 14px">so small</p>\n'),
    ("20 px", '<pre style="font-size: 20px">code so small</pre>\n'),
    ("below", '<p style="position: absolute; bottom: 16px">on the page number</p>\n'),
    (
        "6.5 px",
        '<svg width="200" height="90" viewBox="0 0 800 360">'
        '<text x="10" y="60" font-size="26">so small</text></svg>\n',
    ),
    (
        "outside",
        '<svg width="200" height="90" viewBox="0 0 200 90">'
        '<text x="10" y="60" font-size="26">not to its end in here</text></svg>\n',
    ),
    ("not shown", '<img width="900" height="500" src="data:image/png;base64,AAAA">\n'),
)


def quote_is_there(quote: Quote) -> str:
    """What is wrong with it; nothing, if the file has just these lines."""
    path = KIT / quote.file
    if not path.is_file():
        return f"{quote.file} is not there"
    lines = path.read_text(encoding="utf-8").splitlines()
    there = undented(lines[quote.first - 1 : quote.last])
    code = undented(quote.code.splitlines())
    if fits(code, there):
        return ""
    for first in range(len(lines)):
        if fits(code, undented(lines[first : first + len(there)])):
            return f"{quote.caption}: it is at line {first + 1} now"
    return f"{quote.caption}: that is not what stands there"


def undented(lines: list[str]) -> list[str]:
    """Without what all lines are indented by, but for empty ones and cuts."""
    indents = [len(x) - len(x.lstrip()) for x in lines if x.strip() not in ("", "…")]
    return [x[min(indents, default=0) :].rstrip() for x in lines]


def fits(code: list[str], there: list[str]) -> bool:
    """Is it the same? A "…" stands for one line or more."""
    pattern = ["(?:.*\n)+" if x.strip() == "…" else re.escape(x + "\n") for x in code]
    return re.fullmatch("".join(pattern), "".join(x + "\n" for x in there)) is not None


class Tests:
    def __init__(self, folder: Path, browser) -> None:
        self.folder, self.browser = folder, browser
        make.get_marp(BUILD)
        self.decks = [Deck(path) for path in sorted((KIT / "slides").glob("*.md"))]
        self._make(self.decks)

    def _make(self, decks: list[Deck]) -> None:
        """All that make slides does of them, with stand-ins for the pictures."""
        for deck in decks:
            for picture in make.PICTURE.findall(deck.text):
                place = self.folder / picture
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(PICTURE)
            make.prepare(deck, self.folder)
        make.make_html(self.folder, decks)

    def _look(self, deck: Deck) -> dict:
        self.browser.get(f"file://{self.folder}/{deck.name}.html")
        return self.browser.execute_async_script(LOOK)

    def there(self) -> None:
        """There is a deck for each lab, and one on the kit."""
        labs = {path.name for path in (KIT / "labs").glob("lab[0-9][0-9]-*")}
        missing = {"kit", *labs} - {deck.name for deck in self.decks}
        assert not missing, missing

    def fits(self) -> None:
        """Nothing overflows, no text is too small, and every picture is shown."""
        wrong = [f"{d.name} {w}" for d in self.decks for w in self._look(d)["wrong"]]
        assert not wrong, "; ".join(wrong)

    def planted(self) -> None:
        """What overflows or is too small is found, and what is right is not."""
        path = self.folder / "planted-source.md"
        bodies = ["Well.\n\n```c\nint x;\n```\n", *(body for _, body in PLANTED)]
        slides = [f"# Planted\n\n{body}{NOTE}" for body in bodies]
        path.write_text(FRONT + "\n---\n\n".join(slides))
        deck = Deck(path)
        self._make([deck])
        wrong = self._look(deck)["wrong"]
        assert not [w for w in wrong if w.startswith("1:")], wrong
        for number, (word, _) in enumerate(PLANTED, start=2):
            found = [w for w in wrong if w.startswith(f"{number}:") and word in w]
            assert found, f"{number} {word}: {wrong}"

    def notes(self) -> None:
        """Each slide has something for whoever speaks."""
        for deck in self.decks:
            look = self._look(deck)
            assert look["language"] == "en", deck.name
            assert look["slides"] == len(look["notes"]) >= 15, deck.name
            for number, note in enumerate(look["notes"], start=1):
                assert len(note) >= SHORTEST_NOTE, f"{deck.name} {number}: {note!r}"
                assert not re.match("from:|trace:", note), f"{deck.name} {number}"

    def lecture(self) -> None:
        """A deck is a lecture: what the notes say that each slide takes is 45 minutes."""
        for deck in self.decks:
            notes = [n for n in self._look(deck)["notes"] if not n.startswith("45")]
            told = [re.match(r"(\d+) minute", note) for note in notes]
            minutes = sum(int(match[1]) for match in told if match)
            assert 40 <= minutes <= 50, f"{deck.name}: {minutes} minutes"

    def quotes(self) -> None:
        """What a deck quotes stands in the file just there."""
        quotes = [(deck, quote) for deck in self.decks for quote in deck.quotes]
        for deck in self.decks:
            marked = len(re.findall("<!-- from:", deck.text))
            assert marked == len(deck.quotes), f"{deck.name}: a from: without its block"
        wrong = [f"{d.name}: {w}" for d, q in quotes if (w := quote_is_there(q))]
        assert quotes and not wrong, "; ".join(wrong)

    def quotes_planted(self) -> None:
        """A quote that is not to the letter is found, and one that has moved."""
        file = "slides/deck.py"
        lines = (KIT / file).read_text().splitlines()
        first = next(n for n, x in enumerate(lines, 1) if x.startswith("class Quote"))
        right = "\n".join(lines[first - 1 : first + 2]) + "\n"
        assert quote_is_there(Quote(file, first, first + 2, right)) == ""
        cut = right.split("\n")[0] + "\n…\n"
        assert quote_is_there(Quote(file, first, first + 2, cut)) == ""
        moved = quote_is_there(Quote(file, first - 3, first - 1, right))
        assert f"line {first} now" in moved, moved
        for wrong in (right.replace("file", "File"), right + "\n", right[:-8]):
            assert "not what" in quote_is_there(Quote(file, first, first + 2, wrong))
        assert "not there" in quote_is_there(Quote("slides/gone.c", 1, 1, right))

    def links(self) -> None:
        """A deck links to the web and into itself alone, and loads nothing."""
        for deck in self.decks:
            look = self._look(deck)
            wrong = [x for x in look["links"] if not re.match("https://|#", x)]
            assert not wrong, f"{deck.name}: {wrong}"
            wrong = [x for x in look["loads"] if not x.startswith("data:")]
            assert not wrong, f"{deck.name}: {wrong}"

    def traces(self) -> None:
        """A deck shows what it has traced, and nothing else; a name is one trace's."""
        words: dict[str, list[str]] = {}
        for deck in self.decks:
            shown = make.PICTURE.findall(deck.text)
            names = {Path(picture).parent.name for picture in shown}
            assert names == set(deck.traces), f"{deck.name}: {names}"
            assert all(p.startswith("trace/") for p in shown), deck.name
            for name, trace in deck.traces.items():
                assert words.setdefault(name, trace) == trace, f"{deck.name}: {name}"

    def as_drawn(self) -> None:
        """There are as many slides as there are pictures, whatever a deck names."""
        path = self.folder / "drawn.md"
        slides = [f"## P{n}\n\n![w:9](trace/x/slide-{n}.svg)\n" for n in (1, 2)]
        path.write_text(FRONT + "<!-- trace: x LAB=1 -->\n# A\n\n---\n" + "\n---\n".join(slides))
        for count, headings in (
            (1, ["# A", "## P1"]),
            (2, ["# A", "## P1", "## P2"]),
            (4, ["# A", "## P1", "## P2, 2 of 4", "## P2, 3 of 4", "## P2, 4 of 4"]),
        ):
            text = Deck(path).prepared({"x": count})
            assert re.findall("^#.*", text, re.MULTILINE) == headings, text
            numbers = [int(n) for n in re.findall(r"slide-(\d)", text)]
            assert numbers == list(range(1, count + 1)), text

    def whole(self) -> None:
        """make slides: HTML, PDF with notes, an index; and once only."""
        command = ["make", "slides", "LAB=03", f"BUILD={BUILD}"]
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        said = subprocess.run(
            command, cwd=KIT, env=kept, capture_output=True, text=True
        )
        assert said.returncode == 0, said.stdout + said.stderr
        made = [BUILD / "slides" / f"lab03-time-of-day.{x}" for x in ("html", "pdf")]
        assert made[1].read_bytes().startswith(b"%PDF")
        assert "lab03-time-of-day.pdf" in (BUILD / "slides/index.html").read_text()
        before = [path.stat().st_mtime_ns for path in made]
        said = subprocess.run(
            command, cwd=KIT, env=kept, capture_output=True, text=True
        )
        assert "make trace" not in said.stdout and "PDF:" not in said.stdout
        assert [path.stat().st_mtime_ns for path in made] == before

    def refused(self) -> None:
        """What is not there is told in a sentence."""
        for lab in ("77", "kits"):
            said = subprocess.run(
                ["make", "slides", f"LAB={lab}"],
                cwd=KIT,
                capture_output=True,
                text=True,
            )
            assert said.returncode != 0 and f'"{lab}"' in said.stderr, said.stderr
        environment = {**os.environ, "PATH": str(self.folder)}
        said = subprocess.run(
            [sys.executable, KIT / "slides/make.py", self.folder / "new", "slides/kit.md"],
            env=environment,
            cwd=KIT,
            capture_output=True,
            text=True,
        )
        assert said.returncode == 1 and "no npm here" in said.stderr, said.stderr


def main() -> int:
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="slides-") as name:
        browser = start_browser(str(Path(name) / "browser"))
        try:
            return run(named_tests("slides", Tests(Path(name), browser)))
        except make.Failed as failed:
            print(f"FAIL slides: {failed}")
            return 1
        finally:
            browser.quit()


if __name__ == "__main__":
    sys.exit(main())
