#!/usr/bin/python3
"""report_page_test.py: the pages of a class, in a real browser without a window.

    tests/kit/report_page_test.py BUILD [TEST…]
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from board_browser import start_browser
from board_world import BUILD, eventually, named_tests, run
from report_class import LAB, NAMES, ORDINARY, OTHER, SCRIPT, ÜNÏ, Folder
from report_look import CONTRAST, Addresses
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select


class Tests:
    def __init__(self, folder: Folder, browser) -> None:
        self.folder, self.browser = folder, browser

    def _open(self, *path: str, hash: str = "") -> None:
        self.browser.get("about:blank")
        address = "/".join(quote(part, safe="") for part in path)
        self.browser.get(f"file://{quote(str(self.folder.grades))}/{address}{hash}")

    def _names(self) -> list[str]:
        script = """return [...document.querySelectorAll("#students tbody tr")]
            .filter((row) => row.offsetParent !== null)
            .map((row) => row.cells[0].querySelector("bdi").innerText)"""
        return self.browser.execute_script(script)

    def _find(self, selector: str):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def _text(self, selector: str = "body") -> str:
        return self._find(selector).text

    def _column(self, name: str):
        buttons = self.browser.find_elements(By.CSS_SELECTOR, "#students th button")
        return next(b for b in buttons if b.text.startswith(name))

    def _fresh(self) -> None:
        self._open("index.html")

    def table(self) -> None:
        """A row for each who handed in, whatever came of it; no grade is no 0."""
        self._fresh()
        assert set(self._names()) > {"nothing", "error", ÜNÏ, SCRIPT}, self._names()
        row = self._find('[data-value="nothing"]').find_element(By.XPATH, "..").text
        assert row.split()[1:4] == ["–", "–", "–"], row
        row = self._find('[data-value="error"]').find_element(By.XPATH, "..").text
        assert "GRADER_ERROR" in row and " 0 " not in row, row
        assert "Seed 7 · kit v1" in self._text()
        assert "12 students, 2 labs" in self._text()  # solutions is none of them

    def spreadsheet(self) -> None:
        """A row for each who handed in; no grade is an empty field, a number bare."""
        words = [BUILD / "tests/report", "grades", self.folder.grades]
        words += ["--class", self.folder.intake, LAB, OTHER]
        run = subprocess.run(words, capture_output=True, text=True)
        assert run.returncode == 1, run.stderr  # one is a GRADER_ERROR
        lines = (self.folder.grades / "grades.csv").read_text().splitlines()
        assert lines[0] == '"who","lab02","lab03","total"'
        for line in (
            f'"{ÜNÏ}",100,,100',
            '"nothing",,,',
            '"error",,,',
            '"\'=1+1",80,70,150',
            '"\'-x y",80,,80',
        ):
            assert line in lines, f"{line}: {lines}"
        assert f"  {ÜNÏ}  " in run.stdout and "UNSAFE: 1 of" in run.stdout
        assert "\u202e" not in run.stdout

    def sorts(self) -> None:
        """By a click and by the keyboard; who has no grade comes last."""
        self._fresh()
        total = self._column("Total")
        heading = total.find_element(By.XPATH, "..")
        total.click()
        assert heading.get_attribute("aria-sort") == "descending"
        down = self._names()
        total.send_keys(Keys.ENTER)
        assert heading.get_attribute("aria-sort") == "ascending"
        up = self._names()
        values = [self._total(name) for name in down]
        known = [value for value in values if value != ""]
        assert known == sorted(known, key=int, reverse=True), values
        assert values[len(known) :] == [""] * 2, values
        assert up[-2:] == down[-2:] and set(up[:2]) != set(down[:2])
        self._column("Student").send_keys(Keys.SPACE)
        assert heading.get_attribute("aria-sort") == "none"
        names = self._names()
        assert names.index("student 9") < names.index("student 10"), names

    def _total(self, name: str) -> str:
        script = """return [...document.querySelectorAll("#students tbody tr")]
            .find((row) => row.cells[0].querySelector("bdi").innerText === arguments[0])
            .cells[3].dataset.value"""
        return self.browser.execute_script(script, name)

    def searches(self) -> None:
        """Without minding accents; the page says how many are shown."""
        self._fresh()
        self._find("#search").send_keys("ANGSTROM")
        assert self._names() == [ÜNÏ]
        assert self._text("#shown").startswith("1 of 13 shown")
        self._find("#everybody").click()
        assert len(self._names()) == 13
        self._find("#search").send_keys("nobody of that name")
        assert self._names() == []

    def filters(self) -> None:
        """Who needs a look, who lacks a grade."""
        self._fresh()
        choice = Select(self._find("#choice"))
        choice.select_by_value("look")
        wanted = {"error", "nothing", "sign", "student 10", "student 9", "unsafe"}
        assert set(self._names()) == wanted, self._names()
        choice.select_by_value("none")
        assert {"nothing", "error"} < set(self._names()), self._names()

    def fails(self) -> None:
        """The test that most fail leads to those who fail it, and Back leads back."""
        self._fresh()
        link = self._find('[data-name="lab02 server.upper"] a')
        assert link.text == "2 of 10", link.text
        link.click()
        eventually("the students", lambda: len(self._names()) == 2)
        assert set(self._names()) == {SCRIPT, "student 10"}, self._names()
        assert "who fail lab02 server.upper" in self._text("#shown")
        self.browser.back()
        eventually("all of them", lambda: len(self._names()) == 13)

    def looks(self) -> None:
        """Each reason for a look is there, with the student it is about."""
        self._fresh()
        said = self._find("#look").find_element(By.XPATH, "..").text
        for words in (
            "Not judged: no test at all",
            "GRADER_ERROR: the grader left no result (exit status 9)",
            "A program may have forged this result.",
            "server.c line 12 has a constructor",
            "server.c: 87 % alike with client.c of student 10.",
            "server.c is a link.",
            "Nothing of these labs could be graded.",
        ):
            assert words in said, words
        assert "README.txt was left out" in said
        assert ORDINARY not in said
        page = self.folder.grades / "student 9" / "instructor.html"
        assert ORDINARY in page.read_text()

    def distribution(self) -> None:
        """The drawing of the points can be heard, too."""
        self._fresh()
        words = self._find("figure svg").get_attribute("aria-label")
        assert words.startswith("lab02 uppercase echo, points: 2 with 50 to 59"), words
        assert "mean" in self._text("figure")

    def hidden(self) -> None:
        """A student's page names no hidden test; the instructor's does."""
        for name in NAMES:
            text = (self.folder.grades / name / "index.html").read_text()
            assert "This lab has hidden tests too." in text, name
            assert "client.secret" not in text and "secret title" not in text, name
            assert "all passed" not in text.lower() and "of them hidden" not in text
        text = (self.folder.grades / NAMES[0] / "instructor.html").read_text()
        assert "client.secret" in text and "5e5e5e" in text

    def traces(self) -> None:
        """The picture of make trace, where it is of this test, seed and program."""
        grades, program = self.folder.grades, self.folder.folder / "server"
        program.write_text("")
        trace = grades.parent / "trace/lab02-server.upper"
        trace.mkdir(parents=True)
        svg = '<svg xmlns="http://www.w3.org/2000/svg" width="321" height="20"/>'
        (trace / "trace.svg").write_text(svg)
        self.folder.grade("tree", LAB, "0111")
        right = {"lab": LAB, "test": {"id": "server.upper", "seed": 7}}
        right |= {"begin_ns": program.stat().st_mtime_ns + 1}
        right |= {"programs": [{"source": f"labs/{LAB}", "file": str(program)}]}
        wrong = [
            {"test": {"id": "server.upper", "seed": 8}},
            {"test": {"id": "server.idle", "seed": 7}},
            {"test": None},
            {"begin_ns": right["begin_ns"] - 2},
            {"programs": [{"source": f"solutions/{LAB}", "file": str(program)}]},
            {"programs": [{"source": f"labs/{LAB}", "file": "/nowhere"}]},
            {"programs": 7},
        ]
        try:
            for change in [*wrong, {}]:
                (trace / "recording.json").write_text(json.dumps(right | change))
                self.folder.draw()
                has = "data:image" in (grades / "tree/index.html").read_text()
                assert has == (change == {}), change
            # Whoever handed in has none: it is this tree's programs that are traced.
            assert "data:image" not in (grades / SCRIPT / "index.html").read_text()
            self._open("tree", "index.html")
            self._find("details.trace summary").click()
            script = "const i = document.querySelector('.trace img'); return i.complete && i.naturalWidth"
            wide = eventually(
                "the picture", lambda: self.browser.execute_script(script)
            )
            assert wide == 321, wide
        finally:
            shutil.rmtree(trace.parent)
            shutil.rmtree(grades / "tree")
            self.folder.draw()

    def private(self) -> None:
        """A student's page has no signs, notes or other students."""
        for name, words in (
            ("sign", "constructor"),
            ("student 9", "server.c is a link"),
        ):
            folder = self.folder.grades / name
            assert words not in (folder / "index.html").read_text()
            assert words in (folder / "instructor.html").read_text()
            assert "../" not in (folder / "index.html").read_text()

    def hostile(self) -> None:
        """No name and no output runs, or makes an element; every link leads."""
        for name in ("index.html", "instructor.html"):
            for who in (SCRIPT, "sign", "student 10"):
                self._open(who, name)
                assert self.browser.title.startswith(who), self.browser.title
                assert not self.browser.find_elements(By.CSS_SELECTOR, "img, script")
        self._fresh()
        assert self.browser.title == "Grades"
        for who in [*NAMES, "nothing"]:
            self._fresh()
            link = self.browser.find_element(By.XPATH, f'//td[@data-value="{who}"]/a')
            link.click()
            assert self._text("h1") == who, who

    def turned_around(self) -> None:
        """Characters that turn text around are shown, not obeyed."""
        page = (self.folder.grades / "student 10" / "index.html").read_text()
        assert "\u202e" not in page and "\\u{202e}txt.c" in page

    def narrow(self) -> None:
        """On a screen of 400 pixels nothing sticks out."""
        size = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        try:
            for path in (["index.html"], ["student 10", "instructor.html"]):
                self._open(*path)
                width = self.browser.execute_script(
                    "return document.documentElement.scrollWidth"
                )
                assert width <= 400, f"{path}: {width}"
        finally:
            self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def nothing_outside(self) -> None:
        """No page can ask the network for anything."""
        pages = list(self.folder.grades.rglob("*.html"))
        assert len(pages) > 20
        for page in pages:
            text = page.read_text()
            found = Addresses(text)
            assert not found.handlers, f"{page}: {found.handlers}"
            for address in found.found:
                assert not re.match(r"[a-z]+:|//|\s", address), f"{page}: {address}"
            assert not found.tags & {"img", "link", "iframe", "object", "base", "form"}
            assert re.search("Content-Security-Policy.*default-src &#39;none", text)
            assert "url(" not in text and "@import" not in text
        # And if something got in all the same: the policy holds.
        self._fresh()
        self.browser.get_log("browser")
        script = """const s = document.createElement("script");
            s.textContent = "document.title = 'run'"; document.body.append(s);
            const i = new Image(); i.src = "http://127.0.0.1:9/"; document.body.append(i);
            return document.title"""
        assert self.browser.execute_script(script) == "Grades"
        seen: list[str] = []

        def refused(*words: str) -> bool:
            seen.extend(e["message"] for e in self.browser.get_log("browser"))
            return all(word in " ".join(seen) for word in words)

        eventually(
            "both refusals", lambda: refused("inline script", "image", "127.0.0.1:9")
        )

    def dark(self) -> None:
        """Words stand out from the paper, in the dark and in print as well."""
        for feature in ("light", "dark"):
            for media in ("screen", "print"):
                self.browser.execute_cdp_cmd(
                    "Emulation.setEmulatedMedia",
                    {
                        "media": media,
                        "features": [
                            {"name": "prefers-color-scheme", "value": feature}
                        ],
                    },
                )
                for path in (["index.html"], ["student 10", "instructor.html"]):
                    self._open(*path)
                    worst = self.browser.execute_script(CONTRAST)
                    assert worst[0] >= 4.5, f"{feature} {media} {path}: {worst}"
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})

    def complaints(self) -> None:
        """The browser has nothing against the pages."""
        self.browser.get_log("browser")
        for path in (
            ["index.html"],
            ["sign", "index.html"],
            ["sign", "instructor.html"],
        ):
            self._open(*path)
            found = [e["message"] for e in self.browser.get_log("browser")]
            assert not found, found


def main() -> int:
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="report-") as name:
        folder = Folder(Path(name) / "class of #1").fill()
        folder.draw()
        browser = start_browser(str(Path(name) / "browser"))
        try:
            return run(named_tests("report", Tests(folder, browser)))
        finally:
            browser.quit()


if __name__ == "__main__":
    sys.exit(main())
