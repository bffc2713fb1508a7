"""gpio_sim_test.py: lab 10's programs on chips that the kernel simulates, named
and sized as those of a Raspberry Pi 3, 4 and 5, with both versions of libgpiod.

    tests/pi/gpio_sim_test.py BUILD [TEST...]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pieces
from guest import Content, Guest
from lab10 import (
    BOUNCE_S,
    HIGH,
    LOW,
    PINS,
    RELEASED,
    SOON_S,
    ChipTests,
    Programs,
    program_files,
)
from verdicts import main
from virt import boot_virt, power_off


@dataclass(frozen=True)
class Pi:
    boards: str
    label: str
    lines: int


PI_3 = Pi("Raspberry Pi 3, Zero, or older", "pinctrl-bcm2835", 54)
PI_4 = Pi("Raspberry Pi 4", "pinctrl-bcm2711", 58)
PI_5 = Pi("Raspberry Pi 5", "pinctrl-rp1", 54)
OTHER = "gpiochip0 (9030000.pl061)"  # QEMU's own: a Pi has others, too
CONFIG = "/sys/kernel/config/gpio-sim/pi"


class Chip:
    """The one simulated chip that there is at a time."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.pi: Pi | None = None

    def become(self, pi: Pi) -> None:
        if self.pi == pi:
            return
        if self.pi is not None:
            self._do(f"echo 0 > {CONFIG}/live && rmdir {CONFIG}/bank0 {CONFIG}")
        self._do(f"mkdir -p {CONFIG}/bank0")
        self._do(
            f"cd {CONFIG}/bank0 && echo {pi.label} > label && echo {pi.lines} > num_lines; cd /"
        )
        self._do(f"echo 1 > {CONFIG}/live")
        self.name = self._do(f"cat {CONFIG}/bank0/chip_name")
        self.folder = (
            f"/sys/devices/platform/{self._do(f'cat {CONFIG}/dev_name')}/{self.name}"
        )
        self.pi = pi

    def _do(self, command: str) -> str:
        status, said = self.guest.shell(command)
        assert status == 0, f"{command}: {said}"
        return said

    def pull(self, line: int, *levels: int) -> None:
        words = " ".join("pull-up" if level else "pull-down" for level in levels)
        path = f"{self.folder}/sim_gpio{line}/pull"
        self._do(
            f"for way in {words}; do echo $way > {path}; usleep {BOUNCE_S * 1e6:.0f}; done"
        )

    def pulled(self, line: int) -> str:
        return self._do(f"cat {self.folder}/sim_gpio{line}/pull")

    def wait_value(self, line: int, level: int) -> None:
        self.guest.wait_until(
            f"grep {level} {self.folder}/sim_gpio{line}/value", SOON_S
        )


class OnPi:
    """Programs of one kind that are told no more than that it is a Raspberry Pi."""

    def __init__(self, chip: Chip, pi: Pi, kind: str) -> None:
        self.guest = chip.guest
        self.chip = chip
        self.pi = pi
        self.kind = kind
        self.programs = Programs(chip.guest, kind, "raspberry-pi")

    def set_up(self) -> None:
        self.chip.become(self.pi)
        self.set_button(RELEASED)
        self.place = f"/dev/{self.chip.name} ({self.pi.label})"
        self.there = f"{OTHER}, {self.chip.name} ({self.pi.label})"
        self.last_line = self.pi.lines - 1

    def set_button(self, *levels: int) -> None:
        self.chip.pull(PINS["button_process"], *levels)

    def wait_led_pin(self, level: int) -> None:
        self.chip.wait_value(PINS["led_process"], level)


class All(OnPi, ChipTests):
    """All that is tested on any chip, and what only this kind of chip shows."""

    def pull_up(self) -> None:
        """The button's pin is pulled up"""
        self.chip.pull(PINS["button_process"], LOW)
        with self.programs.running():
            pulled = self.chip.pulled(PINS["button_process"])
            assert (
                pulled == "pull-up"
            ), f"the pin of the button is {pulled}: no pull-up was asked for"

    def says_which_pi(self) -> None:
        """button_process says which line of which Pi it has"""
        with self.programs.running():
            said = self.programs.said("button_process")
            due = f"line {PINS['button_process']} of {self.place}: {self.pi.boards}"
            assert due in said, f"{said!r} lacks {due!r}"

    def by_label(self) -> None:
        """The chip is found by its label, name and path, too"""
        for name in (self.pi.label, self.chip.name, f"/dev/{self.chip.name}"):
            with Programs(self.guest, self.kind, name).running():
                self.press()
                self.wait_led(HIGH)

    def _refused(self, user: str, owner: str, mode: str, options: str) -> str:
        """What led_process says to USER, when the chips belong to OWNER."""
        command = self.programs.command("led_process", f"{options} 0")
        self.guest.shell(f"chown {owner} /dev/gpiochip*; chmod {mode} /dev/gpiochip*")
        status, said = self.guest.shell(f"su {user} -c '{command}'")
        self.guest.shell("chown root:root /dev/gpiochip*; chmod 600 /dev/gpiochip*")
        assert status == 1, f"status {status}: {said}"
        return said

    def no_permission(self) -> None:
        """No permission: the sentence names the group to join, or sudo"""
        path = f"/dev/{self.chip.name}"
        join = ": add yourself to its group with 'sudo usermod -aG gpio $USER', and log in again"
        sudo = ", which is root's alone: start the program with sudo"
        for owner, mode, way in (
            ("root:gpio", 660, join),
            ("root:root", 600, sudo),
            ("root:gpio", 600, sudo),
        ):
            for chip in ("raspberry-pi", path):
                said = self._refused("student", owner, str(mode), f"--chip {chip}")
                due = f"led_process: LED: no permission to use {path}{way}"
                assert said == due, f"{said!r}, and {due!r} was due"

    def group_member(self) -> None:
        """A member of the group gpio may use the chip: told that the line is in use"""
        with self.programs.running():
            said = self._refused("member", "root:gpio", "660", "")
            assert "is in use by led_process" in said, said


class Some(OnPi, ChipTests):
    """Of another Pi only what its label and size decide."""

    # These are tested elsewhere.
    bouncing_is_one_press = no_debounce = release_is_no_press = led_is_back = None
    no_such_chip = not_a_chip = None
    says_which_pi = All.says_which_pi


ACCOUNTS: dict[str, Content] = {
    "etc/passwd": b"root:x:0:0::/:/bin/sh\nstudent:x:1000:1000::/:/bin/sh\nmember:x:1001:1000::/:/bin/sh\n",
    "etc/group": b"root:x:0:\ngpio:x:997:member\nstudent:x:1000:\n",
}


@contextmanager
def boot(build: Path) -> Iterator[dict[str, object]]:
    module = pieces.gpio_sim(build / "cache")
    with boot_virt(
        build, "gpio_sim", program_files(build) | ACCOUNTS, ["configfs"], [module]
    ) as guest:
        guest.shell("mount -t configfs none /sys/kernel/config")
        chip = Chip(guest)
        yield {
            "gpio-sim.pi-4.v1": All(chip, PI_4, "arm64"),
            "gpio-sim.pi-4.v2": All(chip, PI_4, "arm64v2"),
            "gpio-sim.pi-3.v1": Some(chip, PI_3, "arm64"),
            "gpio-sim.pi-5.v2": Some(chip, PI_5, "arm64v2"),
        }
        power_off(guest)


if __name__ == "__main__":
    sys.exit(main(boot))
