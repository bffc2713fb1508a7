"""board_browser.py: the board's page as its user meets it, in a real browser
without a window.
"""

from __future__ import annotations

import os
import sys

from board_world import World, eventually

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
except ImportError:
    sys.exit(
        "FAIL page: python3-selenium is not installed: tests/setup --tests installs it"
    )

FLAGS = """--headless --disable-gpu --disable-quic --no-first-run --disable-sync
    --disable-background-networking --disable-component-update""".split()


def start_browser(folder: str) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in [*FLAGS, f"--user-data-dir={folder}"]:
        options.add_argument(flag)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # root has none
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


class Page:
    """The page as its user meets it."""

    def __init__(self, browser: webdriver.Chrome, world: World) -> None:
        self.browser = browser
        self.world = world

    def open(self) -> None:
        self.browser.get(self.world.url)
        self.wait_text("#link", "connected")

    def all_texts(self, selector: str) -> list[str]:
        script = """const all = [...document.querySelectorAll(arguments[0])];
            return all.map((e) => e.innerText ?? e.textContent)"""
        return self.browser.execute_script(script, selector)

    def text(self, selector: str) -> str:
        return self.all_texts(selector)[0]

    def wait_text(self, selector: str, words: str) -> None:
        now = [""]

        def look() -> bool:
            now[0] = self.text(selector)
            return words in now[0]

        try:
            eventually("", look)
        except AssertionError:
            raise AssertionError(
                f"{selector} does not say {words!r} but {now[0]!r}"
            ) from None

    def led(self) -> str:
        return self.text("#led-card strong").split()[-1]

    def glows(self) -> bool:
        """Does the drawn LED, too, shine?"""
        script = """const led = document.querySelector("#led").shadowRoot;
            return getComputedStyle(led.querySelector(".light")).display !== "none" """
        return self.browser.execute_script(script)

    def wait_led(self, word: str) -> None:
        self.wait_text("#led-card strong", word)
        eventually(f"the drawing is {word}", lambda: self.glows() == (word == "On"))

    def find(self, selector: str) -> webdriver.remote.webelement.WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def box(self, selector: str) -> dict[str, float]:
        """Where it is on the screen, in pixels."""
        script = """return document.querySelector(arguments[0])
            .getBoundingClientRect().toJSON()"""
        return self.browser.execute_script(script, selector)

    def click(self) -> None:
        self.find("#push").click()

    def toggle(self) -> None:
        """A click; then the LED is what it was not, and the button up again."""
        word = "Off" if self.led() == "On" else "On"
        self.click()
        self.wait_led(word)
        self.wait_text("#button-card strong", "Not pressed")

    def rows(self) -> list[str]:
        """The log, without times."""
        return self.all_texts("#log .what")

    def rows_since(self, count: int, words: str) -> list[str]:
        return [row for row in self.rows()[count:] if words in row]

    def complaints(self) -> list[str]:
        """What the browser's console holds against the page, since last asked."""
        return [
            entry["message"]
            for entry in self.browser.get_log("browser")
            if entry["level"] == "SEVERE"
        ]
