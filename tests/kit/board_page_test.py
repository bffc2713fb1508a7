#!/usr/bin/python3
"""board_page_test.py: the board's page, in a real browser without a window, on
the real board with lab 10's processes.

    tests/kit/board_page_test.py BUILD [TEST…]
"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from board_browser import Page, start_browser
from board_world import World, eventually, named_tests, run
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys


class Tests:
    """One board and one browser; each test begins with a page opened anew."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.world = page.world
        self.browser = page.browser

    def click(self) -> None:
        """A click switches the LED on, the next one off."""
        page = self.page
        page.wait_led("Off")
        page.click()
        page.wait_led("On")
        page.wait_text("#button-card strong", "Not pressed")
        page.click()
        page.wait_led("Off")
        assert "low" in page.text("#led-card .where")

    def held(self) -> None:
        """The button is pressed from pointer down to pointer up."""
        page = self.page
        ActionChains(self.browser).click_and_hold(page.find("#push")).perform()
        page.wait_text("#button-card strong", "Pressed")
        page.wait_text("#button-card .where", "GPIO27, pin 13: low")
        # A release counts wherever it is.
        ActionChains(self.browser).move_to_element(page.find("h1")).release().perform()
        page.wait_text("#button-card strong", "Not pressed")

    def space(self) -> None:
        """The button has the focus; Space presses it."""
        page = self.page
        assert self.browser.switch_to.active_element.get_attribute("id") == "push"
        before = page.led()
        ActionChains(self.browser).key_down(Keys.SPACE).perform()
        page.wait_led("Off" if before == "On" else "On")
        page.wait_text("#button-card strong", "Pressed")
        ActionChains(self.browser).key_up(Keys.SPACE).perform()
        page.wait_text("#button-card strong", "Not pressed")
        page.toggle()

    def touch(self) -> None:
        """A finger presses as a mouse does."""
        page = self.page
        box = page.box("#push")
        point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        send = self.browser.execute_cdp_cmd
        send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
        page.wait_text("#button-card strong", "Pressed")
        send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_text("#button-card strong", "Not pressed")
        send("Emulation.setTouchEmulationEnabled", {"enabled": False})

    def tcp(self) -> None:
        """The log shows the message, who sent it to whom, and its size."""
        page = self.page
        if page.led() == "On":
            page.toggle()
        before = len(page.rows())
        page.toggle()
        both = "button_process → led_process "
        eventually(
            "the message", lambda: page.rows_since(before, both + '"LED ON\\0" 7 bytes')
        )
        eventually(
            "the connection",
            lambda: page.rows_since(before, "button_process connects to "),
        )
        eventually(
            "the accept",
            lambda: page.rows_since(before, "led_process accepts 127.0.0.1:"),
        )
        eventually(
            "the LED",
            lambda: page.rows_since(
                before, "led_process sets GPIO17 (led) high: LED on"
            ),
        )
        page.toggle()
        eventually(
            "the message",
            lambda: page.rows_since(before, both + '"LED OFF\\0" 8 bytes'),
        )

    def led_gone(self) -> None:
        """The LED's process dies and comes back: the page says so, and goes on."""
        page = self.page
        page.wait_text(
            "#led-card .owner", f"led_process, pid {self.world.running['led'].pid}"
        )
        if page.led() == "On":
            page.toggle()
        self.world.end("led", signal.SIGKILL)
        page.wait_text(
            "#led-card .owner",
            "No process has this line: start it with make run LAB=10",
        )
        eventually(
            "the log",
            lambda: page.rows_since(0, "led_process has given up GPIO17 (led)"),
        )
        before = len(page.rows())
        page.click()
        eventually(
            "the refusal", lambda: page.rows_since(before, "is refused by 127.0.0.1:")
        )
        pid = self.world.start_led()
        page.wait_text("#led-card .owner", f"led_process, pid {pid}")
        # The press may have been given up by now; then the next one counts.
        eventually(
            "an end of the tries", lambda: page.led() == "On" or self.world.gave_up()
        )
        if page.led() == "Off":
            page.toggle()

    def led_dark(self) -> None:
        """An LED whose process dies is dark."""
        page = self.page
        if page.led() == "Off":
            page.toggle()
        self.world.end("led", signal.SIGKILL)
        page.wait_led("Off")
        self.world.start_led()
        page.wait_text("#led-card .owner", "led_process")
        page.click()  # the button's process still means to switch it off
        page.wait_text("#button-card strong", "Not pressed")
        page.toggle()

    def bounce(self) -> None:
        """Contacts bounce: a press is many edges, and still one toggle."""
        page = self.page
        watcher = self.world.watcher()
        page.find("#bounce").click()
        watcher.until("bounce on")
        before = len(page.rows())
        for _ in range(4):
            page.toggle()
        sets = page.rows_since(before, "led_process sets GPIO17")
        edges = page.rows_since(before, "GPIO27 (button) falls")
        assert len(sets) == 4, f"{len(sets)} toggles of 4 clicks"
        assert len(edges) >= 8, f"{len(edges)} falling edges: nothing bounced"
        page.find("#bounce").click()
        watcher.until("bounce off")

    def hostile(self) -> None:
        """What a program notes is text, whatever it looks like."""
        page = self.page
        evil = (
            '<img src="x" onerror="window.broken=1"><script>window.broken=1</script>'
            "<b>bold</b> \u202eabc"
        )
        watcher = self.world.watcher()
        watcher.say(f"note {evil}")
        watcher.say(f'note tcp sent 3 "{evil}"')
        watcher.say("claim 22 in")
        shown = evil.replace("\u202e", "\\u202e")
        eventually("the note", lambda: page.rows_since(0, f"test {shown}"))
        eventually(
            "the bytes", lambda: page.rows_since(0, f'test → ? "{shown}" 3 bytes sent')
        )
        eventually(
            "the line",
            lambda: "GPIO22, input, high: test, pid 1" in page.all_texts("#others li"),
        )
        script = (
            "return document.querySelectorAll('#log img, #log script, #log b').length"
        )
        assert self.browser.execute_script(script) == 0, "markup in the log"
        assert (
            self.browser.execute_script("return window.broken") is None
        ), "a script ran"

    def board_gone(self) -> None:
        """The board dies and comes back: the page says so, and goes on by itself."""
        page, world = self.page, self.world
        before = len(page.rows())
        world.end("board", signal.SIGKILL)
        page.wait_text("#trouble", "The board has ended.")
        page.wait_text("#led-card strong", "Unknown")
        page.click()  # to no effect
        assert "pressed" not in page.text("#button-card strong").lower()
        world.start_board()
        page.wait_text("#link", "connected")
        assert not page.find("#trouble").is_displayed()
        comings = page.rows_since(before, "the board is there")
        assert len(comings) == 1, f"{len(comings)} comings of one board"
        for name in ("led", "button"):  # both anew, or one may remember a press
            world.end(name)
        world.restore("led", "button")
        page.wait_text(
            "#led-card .owner", f"led_process, pid {world.running['led'].pid}"
        )
        page.toggle()

    def server_gone(self) -> None:
        """The page's server ends and comes back at its address: the same."""
        page, world = self.page, self.world
        self.browser.execute_script("window.same = true")
        assert world.end("page") == 128 + signal.SIGTERM
        page.wait_text("#trouble", "This page's server has ended.")
        page.wait_text("#led-card strong", "Unknown")
        url = world.url
        world.start_page()
        assert world.url == url, "another address than last time"
        page.wait_text("#link", "connected")
        assert self.browser.execute_script(
            "return window.same"
        ), "the page was loaded anew"
        page.toggle()
        page.complaints()  # connections refused meanwhile

    def closed(self) -> None:
        """A page that is closed takes its finger off the button."""
        page = self.page
        first = self.browser.current_window_handle
        self.browser.switch_to.new_window("window")
        page.open()
        ActionChains(self.browser).click_and_hold(page.find("#push")).perform()
        page.wait_text("#button-card strong", "Pressed")
        self.browser.close()
        self.browser.switch_to.window(first)
        page.wait_text("#button-card strong", "Not pressed")

    def sizes(self) -> None:
        """From a telephone to a wide screen nothing sticks out, and the button
        is large enough for a finger."""
        page = self.page
        for width in (360, 412, 768, 1024, 1400):
            size = {
                "width": width,
                "height": 800,
                "deviceScaleFactor": 1,
                "mobile": False,
            }
            self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            out = self.browser.execute_script(
                """const wide = document.documentElement.clientWidth;
                return [...document.querySelectorAll("body *")].filter((e) => {
                    const box = e.getBoundingClientRect();
                    return box.width > 1 && (box.right > wide + 1 || box.left < -1);
                }).map((e) => e.tagName + "." + e.id)"""
            )
            assert not out, f"at {width} px these stick out: {out}"
            box = page.box("#push")
            side = min(box["width"], box["height"])
            assert side >= 40, f"at {width} px the button has {side} px"
        self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def contrast(self) -> None:
        """Words stand out by 4.5 to 1, in the light and in the dark."""
        page = self.page
        script = (Path(__file__).parent / "board_contrast.js").read_text()
        for scheme in ("light", "dark"):
            media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
            weak = self.browser.execute_script(script)
            assert not weak, f"{scheme}: {weak}"
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        assert page.led() in ("On", "Off")

    def wiring(self) -> None:
        """The pins of the drawing are those of pins.h, and the header knows them."""
        page = self.page
        tags = page.all_texts(".tag-text")
        assert sorted(tags) == sorted(
            ["GPIO17 11", "GND 9", "GPIO27 13", "14 GND"]
        ), tags
        assert page.find("#led-card .where").text.startswith("GPIO17, pin 11:")
        assert len(page.all_texts(".pin")) == 40

    def console(self) -> None:
        """The browser has nothing to complain of, of its content rules least."""
        self.page.complaints()
        self.page.open()
        self.page.toggle()
        complaints = self.page.complaints()
        assert not complaints, complaints

    # The last one: the others count on from where the log ends.

    def long_log(self) -> None:
        """The log keeps the newest 400 lines, and shows the last one."""
        page = self.page
        watcher = self.world.watcher()
        for i in range(500):
            watcher.say(f"note line {i}")
        eventually("the last line", lambda: page.rows()[-1] == "test line 499")
        assert len(page.rows()) == 400, f"{len(page.rows())} lines"
        script = """const log = document.querySelector("#log");
            return log.scrollHeight - log.scrollTop - log.clientHeight"""
        assert self.browser.execute_script(script) < 2, "the last line is not in sight"
        page.open()
        assert page.rows()[-1] == "test line 499", "the log is gone after a reload"


def main() -> int:
    with World() as world, tempfile.TemporaryDirectory() as folder:
        world.restore("page")
        browser = start_browser(folder)
        try:
            tests = Tests(Page(browser, world))

            def anew(test: Callable[[], None]) -> None:
                world.restore("led", "button", "page")
                tests.page.open()
                tests.page.wait_text("#led-card .owner", "led_process")
                tests.page.wait_text("#button-card .owner", "button_process")
                test()

            return run(
                [
                    (name, partial(anew, test))
                    for name, test in named_tests("page", tests)
                ]
            )
        finally:
            browser.quit()


if __name__ == "__main__":
    sys.exit(main())
