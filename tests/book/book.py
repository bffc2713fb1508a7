#!/usr/bin/python3
"""Makes one book of the handouts: BUILD/book/book.html and book.pdf.

    book.py BUILD

The page is one file that loads nothing: how to work with the kit, from README.md,
then each lab's handout, with their pictures. Links between handouts lead to the
place in the book; a file of the kit is shown as its path. The PDF is that page as
Chromium prints it; CHROME_PATH names another browser. Exit status: 0, or 1 and a
sentence.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SETUP = "tests/setup --book installs what is missing"
try:
    import jinja2
    from markdown_it.token import Token
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    from documents import Document, Heading, reader, read
except ImportError as error:
    sys.exit(f"make book: {error.name} of Debian's python3 is missing: {SETUP}.")

HERE = Path(__file__).resolve().parent
KIT = HERE.parents[1]
TITLE = "Socket lab kit"
# Of README.md, what whoever works through the labs wants to know: what stands above
# this, but for that.
NOT_FOR_STUDENTS, LEFT_OUT = "For an instructor", "What is proved without one"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Failed(Exception):
    """Its words are the sentence."""


@dataclass
class Chapter:
    document: Document
    anchor: str  # each other one in it begins with this one
    title: str
    tokens: list[Token]  # of the document, maybe not all
    html: str = ""

    @property
    def headings(self) -> list[tuple[Token, Heading]]:
        kept = {id(token) for token in self.tokens}
        return [(t, h) for t, h in with_headings(self.document) if h and id(t) in kept]

    def anchor_of(self, heading: Heading) -> str:
        return self.anchor if heading.level == 1 else f"{self.anchor}-{heading.anchor}"

    @property
    def sections(self) -> list[tuple[str, str]]:
        """For the table of contents: anchor and words."""
        return [(self.anchor_of(h), h.text) for _, h in self.headings if h.level == 2]


# Where in the book a heading of a file is; a file's own place has no anchor in it.
Places = dict[tuple[Path, str], str]


# ---- What is in it -------------------------------------------------------------


def how_to_work(document: Document) -> list[Token]:
    """The tokens of those sections."""
    if NOT_FOR_STUDENTS not in [heading.text for heading in document.headings]:
        raise Failed(f'{document.path.name} has no section "{NOT_FOR_STUDENTS}", above which the book takes all')
    kept: list[Token] = []
    left_out = 2  # up to a heading of this level nothing is taken; at first, the title
    for token, heading in with_headings(document):
        if heading and heading.text == NOT_FOR_STUDENTS:
            break
        if heading and heading.level > 1 and (not left_out or heading.level <= left_out):
            left_out = heading.level if heading.text == LEFT_OUT else 0
        if not left_out:
            kept.append(token)
    return kept


def with_headings(document: Document) -> list[tuple[Token, Heading | None]]:
    headings = iter(document.headings)
    return [(t, next(headings) if t.type == "heading_open" else None) for t in document.tokens]


def short(folder: Path) -> str:
    return folder.name.split("-")[0]  # lab03


def place(target: str, document: Document) -> tuple[Path, str]:
    """The file that a link of a document means, and the anchor in it."""
    path, _, anchor = target.partition("#")
    return (document.path.parent / path).resolve() if path else document.path, anchor


def chapters() -> list[Chapter]:
    readme = read(KIT / "README.md")
    made = [Chapter(readme, "work", "How to work", how_to_work(readme))]
    for folder in sorted((KIT / "labs").glob("lab[0-9][0-9]-*")):
        handout = read(folder / "README.md")
        title = next((h.text for h in handout.headings if h.level == 1), folder.name)
        made.append(Chapter(handout, short(folder), title, handout.tokens))
    return made


def places(all_chapters: list[Chapter]) -> Places:
    found: Places = {}
    for chapter in all_chapters:
        found[chapter.document.path, ""] = f"#{chapter.anchor}"
        for _, heading in chapter.headings:
            found[chapter.document.path, heading.anchor] = f"#{chapter.anchor_of(heading)}"
    return found


# ---- Its HTML ------------------------------------------------------------------


def coloured(code: str, language: str, _: str) -> str:
    try:
        lexer = get_lexer_by_name({"sh": "bash"}.get(language, language))
    except ClassNotFound:
        return ""  # as it is
    return highlight(code, lexer, HtmlFormatter(nowrap=True))


def inlined(image: Token, document: Document) -> None:
    """The picture itself in the place of its path."""
    path, _ = place(str(image.attrs["src"]), document)
    kind = {".svg": "svg+xml", ".png": "png"}[path.suffix]
    image.attrs["src"] = f"data:image/{kind};base64," + base64.b64encode(path.read_bytes()).decode()


def linked(children: list[Token], document: Document, known: Places) -> list[Token]:
    """With links that lead somewhere from the book, and paths where they do not."""
    made: list[Token] = []
    leaving: list[str] = []  # the path to be shown at each open link's end
    for token in children:
        if token.type == "image":
            inlined(token, document)
        if token.type == "link_open":
            target = str(token.attrs["href"])
            inside = target if re.match(r"https?:", target) else known.get(place(target, document))
            leaving.append("" if inside else path_of(target, document))
            token.attrs["href"] = inside or ""
        if token.type == "link_close" and leaving[-1]:
            made += shown_path(leaving.pop(), made)
        elif token.type == "link_close":
            leaving.pop()
            made.append(token)
        elif token.type != "link_open" or not leaving[-1]:
            made.append(token)
    return made


def path_of(target: str, document: Document) -> str:
    path, anchor = place(target, document)
    name = str(path.relative_to(KIT)) + ("/" if path.is_dir() else "")
    return name if not anchor else f"{name}#{anchor}"


def shown_path(path: str, before: list[Token]) -> list[Token]:
    """The path, unless the link's own words were just that or its name."""
    words = before[-1].content if before else ""
    if words and (words == path or path.endswith(f"/{words}")):
        before.pop()
        return [Token("code_inline", "code", 0, content=path)]
    return [
        Token("text", "", 0, content=" ("),
        Token("code_inline", "code", 0, content=path),
        Token("text", "", 0, content=")"),
    ]


def render(chapter: Chapter, known: Places) -> None:
    """Its headings are one smaller than in the file: the book's own is the largest."""
    of = {id(token): heading for token, heading in chapter.headings}
    for token in chapter.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{int(token.tag[1]) + 1}"
        if id(token) in of:
            token.attrs["id"] = chapter.anchor_of(of[id(token)])
        if token.children:
            token.children = linked(token.children, chapter.document, known)
    machine = reader()
    machine.options["highlight"] = coloured
    html = machine.renderer.render(chapter.tokens, machine.options, {})
    # Wide ones scroll by themselves, so that a phone's page does not.
    html = html.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    if not any(heading.level == 1 for heading in of.values()):
        html = f'<h2 id="{chapter.anchor}">{chapter.title}</h2>\n{html}'
    chapter.html = html


def page(all_chapters: list[Chapter]) -> str:
    files = jinja2.FileSystemLoader(HERE)
    templates = jinja2.Environment(loader=files, autoescape=True, undefined=jinja2.StrictUndefined)
    return templates.get_template("book.html").render(title=TITLE, chapters=all_chapters)


def write_whole(path: Path, text: str) -> None:
    """What was there stays if this cannot be written."""
    beside = path.with_suffix(".html.new")
    try:
        beside.write_text(text, "utf-8")
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


# ---- On paper ------------------------------------------------------------------


def browser() -> str:
    named = os.environ.get("CHROME_PATH")
    found = next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)
    if found is None:
        raise Failed(f"there is no {named or 'Chromium'} here, which prints the PDF: {SETUP}")
    return found


def print_pdf(html: Path, pdf: Path) -> None:
    beside = pdf.with_suffix(".pdf.new")
    profile = pdf.parent / "browser"
    command = [browser(), "--headless", "--disable-gpu", f"--user-data-dir={profile}", "--no-first-run"]
    if os.geteuid() == 0:
        command.append("--no-sandbox")  # it has none for root, and this page is our own
    command += ["--no-pdf-header-footer", "--generate-pdf-document-outline"]
    command += [f"--print-to-pdf={beside}", html.as_uri()]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, errors="replace")
    finally:
        shutil.rmtree(profile, ignore_errors=True)
    if ended.returncode != 0 or not beside.is_file():
        beside.unlink(missing_ok=True)
        last = (ended.stderr.strip().splitlines() or ["nothing"])[-1]
        raise Failed(f"{command[0]} could not print {html}, and says: {last}")
    os.replace(beside, pdf)


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: book.py BUILD", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1]).resolve() / "book"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = chapters()
        known = places(made)
        for chapter in made:
            render(chapter, known)
        write_whole(folder / "book.html", page(made))
        print(f"{folder / 'book.html'}: {len(made)} chapters, one file that loads nothing", flush=True)
        print_pdf(folder / "book.html", folder / "book.pdf")
        print(f"{folder / 'book.pdf'}")
    except (Failed, OSError) as error:
        print(f"make book: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
