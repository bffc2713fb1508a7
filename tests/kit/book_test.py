#!/usr/bin/python3
"""book_test.py: links of the kit's pages, and the book that is made of its handouts.

    tests/kit/book_test.py BUILD [TEST...]
"""

from __future__ import annotations

import base64
import html.parser
import os
import re
import resource
import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path

from board_world import named_tests
from board_world import run as run_tests

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/book"))
import documents  # noqa: E402

PAGES = ["README.md", "*/README.md", "hw/board/README.md", "labs/*/README.md", "slides/*.md"]


def pages() -> list[Path]:
    return sorted({page for pattern in PAGES for page in ROOT.glob(pattern)} - set(ROOT.glob("build*/*")))


def handouts() -> list[Path]:
    return sorted(ROOT.glob("labs/*/README.md"))


def dead_links(page: Path) -> list[str]:
    """A sentence for each link that leads nowhere. A deck's pictures of traces are made."""
    document, dead = documents.read(page), []
    for link in document.links:
        path, _, anchor = link.target.partition("#")
        if re.match(r"[a-z]+:", path) or re.fullmatch(r"trace/[\w.-]+/slide-\d+\.svg", path) and page.parent.name == "slides":
            continue
        target = page.parent / path if path else page
        if not target.exists():
            dead.append(f"{page}, line {link.line}: {path} is not there")
        elif anchor and (target.suffix != ".md" or anchor not in documents.read(target).anchors):
            dead.append(f"{page}, line {link.line}: {path} has no #{anchor}")
    return dead


class Reader(html.parser.HTMLParser):
    """What is in the book: its ids, where its links lead, what it loads, its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.headings: list[str] = []
        self.text = ""
        self.in_heading = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attributes}
        self.ids += [of["id"]] if "id" in of else []
        self.links += [of["href"]] if tag == "a" else []
        self.loads += [of[name] for name in ("src", "srcset", "data") if name in of]
        self.loads += [of["href"]] if tag == "link" else []
        if re.fullmatch(r"h[1-6]", tag):
            self.in_heading = True
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        self.in_heading &= not re.fullmatch(r"h[1-6]", tag)

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.in_heading:
            self.headings[-1] += data


class Tests:
    def __init__(self, build: Path) -> None:
        self.build = build.resolve()
        self.folder = self.build / "kit" / "book"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def _make(self, kit: Path = ROOT, *, into: Path | None = None, **environment: str) -> tuple[int, str]:
        ended = subprocess.run(
            ["/usr/bin/python3", "-B", str(kit / "tests/book/book.py"), str(into or self.folder)],
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        return ended.returncode, ended.stdout

    def _kit(self, name: str) -> Path:
        """A kit that consists of its pages, to be spoilt."""
        kit = self.folder / name
        for folder in ("labs", "tests/book"):
            shutil.copytree(ROOT / folder, kit / folder)
        (kit / "hw/pi").mkdir(parents=True)
        for file in ("README.md", "hw/README.md", "hw/pi/wiring.svg"):
            shutil.copy(ROOT / file, kit / file)
        return kit

    @cached_property
    def said(self) -> str:
        """Of making the book, without a browser that would print it."""
        status, said = self._make(CHROME_PATH="/nonexistent/browser")
        assert status == 1 and "Traceback" not in said, said
        return said

    @cached_property
    def book(self) -> Reader:
        assert "book.html: " in self.said
        return Reader((self.folder / "book/book.html").read_text("utf-8"))

    # ---- Links

    def links(self) -> None:
        """No page or deck has a link to a file or heading that is not there"""
        found = pages()
        for page in ("README.md", "tests/README.md", "hw/README.md", "common/README.md"):
            assert ROOT / page in found, page
        dead = [sentence for page in found for sentence in dead_links(page)]
        assert not dead, dead

    def links_are_seen(self) -> None:
        """A link that is dead is found, in prose, tables and pictures; one in code is none"""
        page = self.folder / "page.md"
        (self.folder / "there.md").write_text("# A heading, *with* `code`!\n# Twice\n# Twice\n")
        page.write_text(
            "[a](there.md#a-heading-with-code) [b](there.md#twice-1) [c](https://nobody.example/) `[d](gone.md)`\n"
            "```\n[e](gone.md)\n```\n"
        )
        assert dead_links(page) == []
        page.write_text("x\n\n[a](gone.md)\n\n| a |\n| --- |\n| [b](there.md#gone) |\n\n![c](gone.png) [d](#gone) [e](there.md#twice-2)")
        lines = [sentence.partition(", ")[2] for sentence in dead_links(page)]
        assert [line.split(":")[0] for line in lines] == ["line 3", "line 7", "line 9", "line 9", "line 9"], lines

    def handouts_say_where(self) -> None:
        """Each handout names its deck, its trace and its programs in Python, above the first section"""
        for handout in handouts():
            lab = handout.parent.name
            top = handout.read_text().split("\n## ")[0]
            peers = [peer.name for peer in handout.parent.glob("peer_*.py") if "__main__" in peer.read_text()]
            wanted = [f"(../../slides/{lab}.md)", f"`make slides LAB={lab[3:5]}`", f"`make trace LAB={lab[3:5]}`"]
            missing = [word for word in wanted + [f"]({peer})" for peer in peers] if word not in top]
            assert peers and not missing, (lab, missing)

    # ---- The book

    def every_heading(self) -> None:
        """The book has each heading of each handout, once, in order, and how to work"""
        due = [h.text for page in handouts() for h in documents.read(page).headings]
        at = self.book.headings.index(due[0])
        assert self.book.headings[at:] == due
        before = self.book.headings[:at]
        for heading in ("Contents", "How to work", "To begin", "For a student"):
            assert heading in before, heading
        assert "For an instructor" not in before and "What is proved without one" not in before, before

    def every_word(self) -> None:
        """No line of code, row or item of a handout is lost"""
        text = " ".join(self.book.text.split())
        for page in handouts():
            for token in documents.read(page).tokens:
                if token.type == "fence":
                    assert " ".join(token.content.split()) in text, (page, token.content)
                plain = [t.content for t in token.children or [] if t.type in ("text", "code_inline")]
                lost = [words for words in plain if " ".join(words.split()) not in text]
                assert not lost, (page, lost)

    def links_lead_somewhere(self) -> None:
        """Each link in the book leads to a place in it, or to the web; each place is there once"""
        assert len(self.book.ids) == len(set(self.book.ids))
        odd = [link for link in self.book.links if link.lstrip("#") not in self.book.ids and not re.match(r"https?:", link)]
        assert not odd, odd
        for link in ("#lab01-short-counts", "#lab04", "#lab02-running-out-of-descriptors", "#lab10-wiring"):
            assert link in self.book.links, link

    def files_are_paths(self) -> None:
        """A link to a file of the kit is its path, as words"""
        for path in ("slides/lab03-time-of-day.md", "labs/lab03-time-of-day/peer_client.py", "hw/README.md#on-a-raspberry-pi"):
            assert path in self.book.text, path

    def one_file(self) -> None:
        """The page loads nothing, and has its pictures in it"""
        pictures = [load for load in self.book.loads if load.startswith("data:image/svg+xml;base64,")]
        assert pictures == self.book.loads and len(pictures) >= 2, self.book.loads
        for file in ("hw/pi/wiring.svg", "labs/lab06-concurrency/cost.svg"):
            assert any(base64.b64decode(p.split(",")[1]) == (ROOT / file).read_bytes() for p in pictures), file
        text = (self.folder / "book/book.html").read_text()
        assert "default-src 'none'" in text and "<script" not in text and "url(" not in text and "@import" not in text

    def no_browser(self) -> None:
        """Where there is no browser, the page is made, and one sentence says what is missing"""
        last = self.said.splitlines()[-1]
        assert last == (
            "make book: there is no /nonexistent/browser here, which prints the PDF: tests/setup --book installs what is missing."
        ), last

    def sentences(self) -> None:
        """What is wrong with a page, or a disk, is one sentence"""
        kit = self._kit("spoilt")
        picture = kit / "labs/lab06-concurrency/cost.svg"
        picture.rename(kit / "elsewhere.svg")
        self._expect_sentence(self._make(kit), "labs/lab06-concurrency/cost.svg")
        (kit / "elsewhere.svg").rename(picture)
        (kit / "README.md").write_text("# No kit\n")
        self._expect_sentence(self._make(kit), 'README.md has no section "For an instructor"')
        (self.folder / "taken").write_text("")
        self._expect_sentence(self._make(into=self.folder / "taken"), "taken/book")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        try:
            full = self._make(into=self.folder / "full")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        self._expect_sentence(full, "File too large")
        assert not list((self.folder / "full/book").iterdir())

    @staticmethod
    def _expect_sentence(ended: tuple[int, str], words: str) -> None:
        status, said = ended
        assert status == 1 and said.startswith("make book: ") and said.count("\n") == 1 and words in said, said

    def pdf(self) -> None:
        """Where there is Chromium: a PDF with a page for each lab to begin on, and an outline"""
        if shutil.which("chromium") is None:
            return
        status, said = self._make(CHROME_PATH="chromium")
        assert status == 0, said
        pdf = (self.folder / "book/book.pdf").read_bytes()
        assert pdf.startswith(b"%PDF-") and b"/Outlines" in pdf
        count = max(int(n) for n in re.findall(rb"/Type\s*/Pages\s*/Count (\d+)|/Count (\d+)", pdf) for n in n if n)
        assert count > 5 * len(handouts()), count
        assert sorted(p.name for p in (self.folder / "book").iterdir()) == ["book.html", "book.pdf"]


if __name__ == "__main__":
    sys.exit(run_tests(named_tests("book", Tests(Path(sys.argv[1])))))
