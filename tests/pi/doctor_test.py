"""doctor_test.py: what make doctor says of a Pi's pins: as root, as an ordinary
user, with lines that are free and lines that are not.

    tests/pi/doctor_test.py BUILD [TEST...]

Its chip is gpio-sim's, of a Pi's label and size.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pieces
from guest import Content, Guest, initramfs, small_system
from verdicts import main

DEVICE = "/dev/gpiochip1"  # 0 is the machine's own
BANK = "/sys/kernel/config/gpio-sim/pi/bank0"
LAB10 = "solutions/lab10-button-led"


class Tests:
    def __init__(self, guest: Guest, build: Path) -> None:
        self.guest = guest
        self.build = build

    def _says(self, status: int, *words: str, user: str = "root") -> None:
        """The doctor ends with that status, and says all of that."""
        command = "/doctor" if user == "root" else f"su {user} -c /doctor"
        ended, text = self.guest.shell(command)
        assert ended == status, f"exit status {ended}:\n{text}"
        for word in words:
            assert word in text, f"not {word!r} but:\n{text}"

    def _does(self, command: str) -> str:
        status, text = self.guest.shell(command)
        assert status == 0, f"{command}: {text}"
        return text

    def no_pi(self) -> None:
        """Where no chip is a Pi's, the simulated board is what lab 10 runs on"""
        self._says(0, "no Raspberry Pi", "make run LAB=10")

    def free(self) -> None:
        """As root: which chip, that it may be used, and that both lines are free"""
        self._does("mount -t configfs configfs /sys/kernel/config")
        self._does(f"mkdir -p {BANK} && echo pinctrl-bcm2835 > {BANK}/label")
        self._does(f"echo 54 > {BANK}/num_lines && echo 1 > {BANK}/../live")
        self.guest.wait_until(f"[ -e {DEVICE} ]")
        self._says(
            0,
            f"✓ chip: {DEVICE} is pinctrl-bcm2835, of 54 lines",
            f"✓ permission: root may use {DEVICE} (root:root, mode 600)",
            "✓ LED: line 17, pin 11, is free",
            "✓ button: line 27, pin 13, is free",
            "✓ libgpiod",
        )

    def no_group(self) -> None:
        """A chip that is root's alone: one command for now"""
        self._says(
            1,
            f"✓ chip: {DEVICE} is pinctrl-bcm2835",
            f"✗ permission: student may not use {DEVICE} (root:root, mode 600)",
            f"sudo chown student {DEVICE}",
            user="student",
        )

    def not_in_group(self) -> None:
        """A user who is not in the chip's group: the command that adds him"""
        self._does(f"chown root:gpio {DEVICE} && chmod 660 {DEVICE}")
        self._says(
            1,
            f"✗ permission: student may not use {DEVICE} (root:gpio, mode 660)",
            "student is not in the group gpio",
            "sudo usermod -aG gpio student",
            user="student",
        )

    def added(self) -> None:
        """One who was added has to log in again, and then may"""
        wait = "touch /tmp/here; until [ -e /tmp/added ]; do usleep 9999; done; /doctor; echo over"
        self._does("chmod 1777 /tmp")
        self._does(f"su student -c '{wait}' > /tmp/said 2>&1 &")
        self.guest.wait_until("[ -e /tmp/here ]")
        self._does("sed -i 's/^gpio:.*/&student/' /etc/group && touch /tmp/added")
        self.guest.wait_until("grep -q over /tmp/said")
        text = self._does("cat /tmp/said")
        assert "this session began before: log out, and in again" in text, text
        self._says(
            0,
            f"✓ permission: student may use {DEVICE}",
            "✓ LED: line 17, pin 11, is free",
            user="student",
        )

    def lab10_at_work(self) -> None:
        """Lines that lab 10 itself has are as they should be"""
        self._does("/led_process --chip raspberry-pi > /dev/null 2>&1 &")
        self.guest.wait_until("/doctor | grep 'LED.* in use'")
        self._says(0, "✓ LED: line 17, pin 11, is in use by led_process", "make unflash")
        self._does("killall led_process")

    def in_use(self) -> None:
        """A line that another program has: which one, and what to do"""
        self._does("/button_process --chip raspberry-pi --line 17 > /dev/null 2>&1 &")
        self.guest.wait_until("/doctor | grep 'LED.* in use'")
        self._says(1, "✗ LED: line 17, pin 11, is in use by button_process", "--line OFFSET")
        self._does("killall button_process")

    def board(self) -> None:
        """On QEMU's Raspberry Pi 3 it names the board and its own chip"""
        kernel = pieces.kernel(self.build / "cache")
        tree = kernel.dtbs / "broadcom/bcm2837-rpi-3-b.dtb"
        initrd = self.build / "pi/doctor.cpio.gz"
        log = self.build / "pi/doctor-raspi3b.log"
        options = ["-dtb", str(tree), "-serial", "null"]
        with Guest(
            "raspi3b", kernel.image, initrd, "console=ttyS1 loglevel=3", options, "1G", log=log
        ) as guest:
            guest.wait_shell()
            status, text = guest.shell("/doctor")
            assert status == 0, text
            assert "✓ board: Raspberry Pi 3 Model B" in text, text
            assert "✓ chip: /dev/gpiochip0 is pinctrl-bcm2835, of 54 lines" in text, text


def tree(build: Path) -> dict[str, Content]:
    cache = build / "cache"
    names = ("led_process", "button_process")
    programs: dict[str, Content] = {n: build / f"{LAB10}/{n}.arm64" for n in names}
    modules = [
        *pieces.modules_for(pieces.kernel(cache), ["configfs", "bcm2835_wdt"]),
        pieces.gpio_sim(cache),
    ]
    files: dict[str, Content] = {
        "doctor": build / "hw/pi/doctor.arm64",
        "etc/passwd": b"root::0:0::/:/bin/sh\nstudent::1000:1000::/:/bin/sh\n",
        "etc/group": b"root:x:0:\ngpio:x:997:\nstudent:x:1000:\n",
    }
    return small_system(pieces.busybox(cache), modules, programs | files)


@contextmanager
def boot(build: Path) -> Iterator[dict[str, object]]:
    initrd = initramfs(build / "pi/doctor.cpio.gz", tree(build))
    kernel = pieces.kernel(build / "cache")
    options = ["-cpu", "cortex-a53"]
    with Guest("virt", kernel.image, initrd, "console=ttyAMA0 loglevel=3", options) as guest:
        guest.wait_shell()
        yield {"doctor": Tests(guest, build)}


if __name__ == "__main__":
    sys.exit(main(boot))
