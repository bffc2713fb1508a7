"""raspi3b_test.py: lab 10's programs with the driver of a Raspberry Pi 3's own
GPIO chip, on QEMU's model of that board. Its pins have no inputs.

    tests/pi/raspi3b_test.py BUILD [TEST...]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pieces
from guest import Guest, initramfs, small_system
from lab10 import KINDS, PINS, PORT, Programs, program_files
from verdicts import main

LABEL = "pinctrl-bcm2835"
DTB = "broadcom/bcm2837-rpi-3-b.dtb"


class Tests:
    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        guest.shell("mount -t debugfs none /sys/kernel/debug")

    def model(self) -> None:
        """The board says that it is a Raspberry Pi 3"""
        status, said = self.guest.shell("cat /proc/device-tree/model")
        assert "Raspberry Pi 3" in said, said

    def _expect_line(self, name: str, how: str) -> None:
        """The kernel says who has a line, and what it is: not the program itself."""
        due = f"(GPIO{PINS[name]} *|{name} *) {how}"
        self.guest.wait_until(f"grep '{due}' /sys/kernel/debug/gpio", deadline=60)

    def led(self) -> None:
        """led_process finds the chip among others by its label, and sets the LED"""
        for kind in KINDS:
            programs = Programs(self.guest, kind, "raspberry-pi")
            programs.start_led()
            self._expect_line("led_process", "out lo")
            for word, how in (("ON", "out hi"), ("OFF", "out lo")):
                self.guest.shell(f"printf 'LED {word}\\0' | nc 127.0.0.1 {PORT}")
                self._expect_line("led_process", how)
            programs.end("led_process")

    def button(self) -> None:
        """button_process takes the button's line, with its edges"""
        for kind in KINDS:
            programs = Programs(self.guest, kind, LABEL)
            programs.start_button(20)
            self._expect_line("button_process", "in ")
            programs.end("button_process")

    def no_such_line(self) -> None:
        """The chip has 54 lines"""
        for kind in KINDS:
            command = Programs(self.guest, kind, LABEL).command(
                "led_process", "--line 54 0"
            )
            due = f"led_process: LED: /dev/gpiochip0 ({LABEL}) has no line 54: its lines are 0 to 53"
            said = self.guest.shell(command)
            assert said == (1, due), said


@contextmanager
def boot(build: Path) -> Iterator[dict[str, object]]:
    kernel, busybox = pieces.kernel(build / "cache"), pieces.busybox(build / "cache")
    # Without its watchdog the board cannot switch itself off.
    modules = pieces.modules_for(kernel, ["bcm2835_wdt"])
    initrd = initramfs(
        build / "pi/raspi3b.cpio.gz",
        small_system(busybox, modules, program_files(build)),
    )
    # The first serial line is the radio's.
    extra = ["-dtb", str(kernel.dtbs / DTB), "-serial", "null"]
    with Guest(
        "raspi3b", kernel.image, initrd, "console=ttyS1 loglevel=3", extra, memory="1G"
    ) as guest:
        guest.wait_shell()
        yield {"raspi3b": Tests(guest)}
        guest.type("poweroff -f\n")
        guest.wait_off()


if __name__ == "__main__":
    sys.exit(main(boot))
