"""pl061_test.py: lab 10's programs on a GPIO chip of QEMU's, the PL061 of its
machine "virt": the button is pressed from outside, and the LED seen there.

    tests/pi/pl061_test.py BUILD [TEST...]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guest import Guest
from lab10 import BOUNCE_S, RELEASED, SOON_S, ChipTests, Programs, program_files
from verdicts import main
from virt import BUTTON, LABEL, LED, LINES, boot_virt, power_off


class Tests(ChipTests):
    there = f"gpiochip0 ({LABEL})"
    place = f"/dev/gpiochip0 ({LABEL})"
    last_line = 7

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.programs = Programs(guest, "arm64", LABEL, LINES)
        self.device = guest.device("pl061")
        guest.qtest_watch(self.device)
        self.set_button(RELEASED)

    def set_button(self, *levels: int) -> None:
        for level in levels:
            self.guest.qtest_set_input(self.device, BUTTON, level)
            time.sleep(BOUNCE_S)

    def wait_led_pin(self, level: int) -> None:
        while self.guest.qtest_next_output(LED, SOON_S) != level:
            continue  # a led_process that starts switches it off

    def by_name_and_path(self) -> None:
        """The chip is found by its name and by its path, too"""
        for chip in ("gpiochip0", "/dev/gpiochip0"):
            with Programs(self.guest, "arm64", chip, LINES).running():
                self.press()
                self.wait_led(1)
            # The next led_process begins with the LED off.
            with Programs(self.guest, "arm64", chip, LINES).running():
                self.wait_led(0)

    def no_pi(self) -> None:
        """Asked for a Raspberry Pi's chip where there is none: the sentence says so"""
        due = f"there is no GPIO chip of a Raspberry Pi: name one that is there: {self.there}"
        self.expect_refusal("led_process", "--chip raspberry-pi", due)


@contextmanager
def boot(build: Path) -> Iterator[dict[str, object]]:
    with boot_virt(build, "pl061", program_files(build)) as guest:
        yield {"pl061": Tests(guest)}
        power_off(guest)


if __name__ == "__main__":
    sys.exit(main(boot))
