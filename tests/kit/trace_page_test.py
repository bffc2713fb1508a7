#!/usr/bin/python3
"""trace_page_test.py: the pictures of make trace, in a real browser without a window.

    tests/kit/trace_page_test.py BUILD [TEST…]
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from board_browser import start_browser
from board_world import BUILD, named_tests, run
from report_look import CONTRAST, Addresses
from selenium.webdriver.common.by import By
from trace_world import ALL, Folder

SCRIPT = "<script>document.title='run'</script>"

# Texts that lie over another, or stick out of the picture; a pixel of touch is none.
OVERLAPS = """
const svg = document.querySelector("svg.trace"), view = svg.viewBox.baseVal;
const scale = svg.getBoundingClientRect(), found = [];
const boxes = [...svg.querySelectorAll("text")].map((t) => {
    const r = t.getBoundingClientRect();
    return {words: t.textContent, l: r.left + 1, r: r.right - 1, t: r.top + 2, b: r.bottom - 2}; })
    .filter((b) => b.words.trim());
boxes.sort((a, b) => a.t - b.t);
for (let i = 0; i < boxes.length; i++) {
    const a = boxes[i];
    if (a.l < scale.left - 1 || a.r > scale.right + 1) found.push("outside: " + a.words);
    for (let j = i + 1; j < boxes.length && boxes[j].t < a.b; j++) {
        const b = boxes[j];
        if (a.l < b.r && b.l < a.r) found.push(a.words + " | " + b.words);
    }
}
return [boxes.length, found];
"""

# The least size of any text, and of a call's name, in pixels of a slide of 1280.
SIZES = """
const size = (t) => t.getScreenCTM().d * parseFloat(getComputedStyle(t).fontSize);
const least = (q) => Math.min(...[...document.querySelectorAll(q)].map(size));
return [least("text"), least("text .name")];
"""
WIDE = ("five",)  # five clients and as many children have less room each


def hostile(folder: Folder) -> None:
    """A student's program that prints, sends and is called what would be a tag."""
    folder.edit(folder.calls("client"), lambda t: t.replace("original text", SCRIPT))
    folder.recording(title=SCRIPT, notes=[f"{SCRIPT} \u202etxt"])
    folder.programs(lambda p: p.update(stdout=SCRIPT, argv=[SCRIPT], exit=SCRIPT))


class Tests:
    def __init__(self, folders: dict[str, Folder], browser) -> None:
        self.folders, self.browser = folders, browser

    def _open(self, path: Path) -> None:
        self.browser.get("about:blank")
        self.browser.get(f"file://{quote(str(path))}")

    def labels(self) -> None:
        """No label lies over another or sticks out, in any picture."""
        count = 0
        for name, folder in self.folders.items():
            self._open(folder.path / "trace.svg")
            texts, found = self.browser.execute_script(OVERLAPS)
            assert texts > 15 and not found, f"{name}: {found[:4]}"
            count += texts
        assert count > 500, count

    def slides(self) -> None:
        """Nor on a slide; and nothing on one is smaller than can be read."""
        for name, folder in self.folders.items():
            paths = sorted(folder.path.glob("slide-*.svg"))
            assert paths, name
            for path in paths:
                self._open(path)
                texts, found = self.browser.execute_script(OVERLAPS)
                assert texts and not found, f"{name} {path.name}: {found[:4]}"
            if name not in WIDE:
                sizes = self.browser.execute_script(SIZES)
                assert sizes[0] >= 13 and sizes[1] >= 16, f"{name}: {sizes}"

    def page(self) -> None:
        """Its picture is that of trace.svg, and nothing lies over another there, too."""
        self._open(self.folders["loss"].path / "trace.html")
        texts, found = self.browser.execute_script(OVERLAPS)
        assert texts > 40 and not found, found[:4]
        for selector in ("h1", "dl", "section.packet"):
            assert self.browser.find_elements(By.CSS_SELECTOR, selector), selector

    def packet(self) -> None:
        """A click on an arrow shows its packet's header and bytes, on the screen."""
        self._open(self.folders["loss"].path / "trace.html")
        arrow = self.browser.find_element(By.CSS_SELECTOR, 'svg a[href="#s4"] path')
        self.browser.execute_script(
            "arguments[0].closest('a').scrollIntoView(); "
            "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))",
            arrow,
        )
        box = self.browser.find_element(By.ID, "s4")
        place = self.browser.execute_script(
            "const r = arguments[0].getBoundingClientRect(); "
            "return [r.top, r.bottom, innerHeight, getComputedStyle(arguments[0]).position]",
            box,
        )
        assert place[3] == "fixed" and 0 < place[0] < place[1] <= place[2], place
        for words in ("sequence number", "never came", "25 bytes", "53 75 6e 20"):
            assert words in box.text, box.text
        box.find_element(By.CSS_SELECTOR, ".close").click()
        script = "return getComputedStyle(arguments[0]).position"
        assert self.browser.execute_script(script, box) == "static"

    def hostile(self) -> None:
        """What students print runs nowhere: neither in the page nor in a picture."""
        folder = self.folders["hostile"]
        for name in ("trace.html", "trace.svg", "slide-1.svg"):
            self._open(folder.path / name)
            assert self.browser.title != "run"
            assert not self.browser.find_elements(By.CSS_SELECTOR, "script"), name
            assert "\u202e" not in (folder.path / name).read_text()
        text = self.browser.execute_script(
            "return document.documentElement.textContent"
        )
        assert SCRIPT in text, "the title"

    def nothing_outside(self) -> None:
        """No file can ask the network for anything."""
        for folder in self.folders.values():
            for path in [*folder.path.glob("*.html"), *folder.path.glob("*.svg")]:
                text = path.read_text()
                found = Addresses(text)
                assert not found.handlers, f"{path}: {found.handlers}"
                for address in found.found:
                    assert re.fullmatch(r"#[a-z0-9]+", address), f"{path}: {address}"
                assert not found.tags & {"script", "img", "link", "iframe", "object"}
                assert "@import" not in text
                assert not re.search(r"url\((?!#)", text), path
            page = (folder.path / "trace.html").read_text()
            assert re.search("Content-Security-Policy.*default-src 'none'", page)

    def dark(self) -> None:
        """Words stand out from the paper, in the dark as well."""
        for feature in ("light", "dark"):
            self.browser.execute_cdp_cmd(
                "Emulation.setEmulatedMedia",
                {"features": [{"name": "prefers-color-scheme", "value": feature}]},
            )
            for name in ("loss", "fork", "unix"):
                self._open(self.folders[name].path / "trace.html")
                worst = self.browser.execute_script(CONTRAST)
                assert worst[0] >= 4.5, f"{feature} {name}: {worst}"
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    def complaints(self) -> None:
        """The browser has nothing against them."""
        self.browser.get_log("browser")
        for name in ("loss", "five", "hostile"):
            for file in ("trace.html", "trace.svg"):
                self._open(self.folders[name].path / file)
                found = [e["message"] for e in self.browser.get_log("browser")]
                assert not found, f"{name}: {found}"


def main() -> int:
    folders = {name: Folder(name) for name in ALL} | {"hostile": Folder("datagrams")}
    hostile(folders["hostile"])
    for name, folder in folders.items():
        drawn = folder.draw()
        assert drawn.returncode == 0, f"{name}: {drawn.stderr}"
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="trace-") as name:
        browser = start_browser(str(Path(name) / "browser"))
        try:
            return run(named_tests("trace page", Tests(folders, browser)))
        finally:
            browser.quit()
            for folder in folders.values():
                folder.temporary.cleanup()


if __name__ == "__main__":
    sys.exit(main())
