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
# Of README.md, what whoever works through the labs wants to know.
HOW_TO_WORK = ("To begin", "The labs", "For a student")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Failed(Exception):
    """Its words are the sentence."""


@dataclass
class Chapter:
    anchor: str  # each other one in it begins with this one
    title: str
    html: str
    sections: list[Heading]


# ---- What is in it -------------------------------------------------------------


def sections(document: Document, wanted: tuple[str, ...]) -> list[Token]:
    """Those sections' tokens, in the document's order."""
    kept: list[Token] = []
    level, found = 0, set()
    for token, heading in with_headings(document):
        if heading and (not level or heading.level <= level):
            level = heading.level if heading.text in wanted else 0
            found.add(heading.text)
        if level:
            kept.append(token)
    missing = [name for name in wanted if name not in found]
    if missing:
        raise Failed(f'{document.path.name} has no section "{missing[0]}", which the book begins with')
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


def is_handout(path: Path) -> bool:
    return path.parent.parent == KIT / "labs" and path.name == "README.md"


def in_the_book(target: str, document: Document) -> str | None:
    """Where in the book a link leads, if it leads there at all."""
    path, anchor = place(target, document)
    if is_handout(path):
        return f"#{short(path.parent)}" + (f"-{anchor}" if anchor else "")
    if path == document.path and not is_handout(path):
        return f"#work-{anchor}"
    return None


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


def linked(children: list[Token], document: Document) -> list[Token]:
    """With links that lead somewhere from the book, and paths where they do not."""
    made: list[Token] = []
    leaving: list[str] = []  # the path to be shown at each open link's end
    for token in children:
        if token.type == "image":
            inlined(token, document)
        if token.type == "link_open":
            target = str(token.attrs["href"])
            inside = target if re.match(r"https?:", target) else in_the_book(target, document)
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


def chapter(document: Document, anchor: str, title: str, tokens: list[Token]) -> Chapter:
    """Its headings are one smaller than in the file: the book's own is the largest."""
    inside: list[Heading] = []
    of = {id(token): heading for token, heading in with_headings(document)}
    for token, following in zip(tokens, tokens[1:] + tokens[:1]):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{int(token.tag[1]) + 1}"
        heading = of.get(id(token))
        if heading:
            token.attrs["id"] = anchor if heading.level == 1 else f"{anchor}-{heading.anchor}"
            if heading.level == 2:
                inside.append(Heading(2, heading.text, f"{anchor}-{heading.anchor}"))
        if token.children:
            token.children = linked(token.children, document)
    machine = reader()
    machine.options["highlight"] = coloured
    html = machine.renderer.render(tokens, machine.options, {})
    # Wide ones scroll by themselves, so that a phone's page does not.
    html = html.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    return Chapter(anchor, title, html, inside)


def chapters() -> list[Chapter]:
    readme = read(KIT / "README.md")
    tokens = sections(readme, HOW_TO_WORK)
    made = [chapter(readme, "work", "How to work", tokens)]
    made[0].html = f'<h2 id="work">{made[0].title}</h2>\n{made[0].html}'
    for folder in sorted((KIT / "labs").glob("lab[0-9][0-9]-*")):
        handout = read(folder / "README.md")
        title = next((h.text for h in handout.headings if h.level == 1), folder.name)
        made.append(chapter(handout, short(folder), title, handout.tokens))
    return made


def page(all_chapters: list[Chapter]) -> str:
    files = jinja2.FileSystemLoader(HERE)
    templates = jinja2.Environment(loader=files, autoescape=True, undefined=jinja2.StrictUndefined)
    return templates.get_template("book.html").render(title=TITLE, chapters=all_chapters)


# ---- On paper ------------------------------------------------------------------


def browser() -> str:
    named = os.environ.get("CHROME_PATH")
    found = next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)
    if found is None:
        raise Failed(f"there is no {named or 'Chromium'} here, which prints the PDF: {SETUP}")
    return found


def print_pdf(html: Path, pdf: Path) -> None:
    beside = pdf.with_suffix(".new")
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
        beside = folder / "book.new"
        beside.write_text(page(made), "utf-8")
        os.replace(beside, folder / "book.html")
        print(f"{folder / 'book.html'}: {len(made)} chapters, one file that loads nothing", flush=True)
        print_pdf(folder / "book.html", folder / "book.pdf")
        print(f"{folder / 'book.pdf'}")
    except (Failed, OSError) as error:
        print(f"make book: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
