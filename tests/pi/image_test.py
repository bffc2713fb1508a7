"""image_test.py: the SD card's image, and that what is on it boots: its own
kernel, initramfs, device tree and command line, on QEMU's Raspberry Pi 3.

    tests/pi/image_test.py BUILD [TEST...]

QEMU starts the kernel by itself: what a Pi's firmware makes of the card is not
tested. Its USB has a network adapter, so the lab is asked from outside as well.
"""

from __future__ import annotations

import hashlib
import re
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guest import Guest, GuestError, free_port
from pieces import NotThere
from verdicts import main

ROOT = Path(__file__).resolve().parents[2]
FIRST = 4 << 20  # where the partition begins
DTB = "bcm2837-rpi-3-b.dtb"
LED_ON, LED_OFF = b"LED ON\0", b"LED OFF\0"


def output(*words: object) -> str:
    command = [str(word) for word in words]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert ended.returncode == 0, f"{command[0]}: {ended.stdout}{ended.stderr}"
    return ended.stdout


def make(
    build: Path, image: Path, *programs: Path, limit: int = -1
) -> subprocess.CompletedProcess[str]:
    """hw/pi/image, with the solutions if no programs are given; no file can have
    more than LIMIT bytes."""
    lab = build / "solutions/lab10-button-led"
    programs = programs or tuple(lab / f"{name}_process.arm64" for name in ("led", "button"))
    words = [ROOT / "hw/pi/image", build / "cache", image, *programs]
    return subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )


class Card(Guest):
    """A machine that has nothing but what is on the card. Its console is the
    second serial one, as on a Pi."""

    def __init__(self, card: Path, machine: str, extra: list[str], append: str) -> None:
        super().__init__(
            machine, card / "vmlinuz", card / "initramfs.gz", append, extra,
            memory="1G", log=card.parent / f"image-{machine}.log",
        )  # fmt: skip

    def log_in(self) -> None:
        """By Enter, as it says."""
        self.type("\n")
        self.wait_for("lab10# ")
        # That one edits lines, for people: one that only says what commands say.
        loop = 'while IFS= read -r line; do eval "$line"; done'
        self.type(f"stty -echo; dmesg -n 1; echo quiet''now; {loop}\n")
        self.wait_for("quietnow")


def raspi3b(card: Path, port: int) -> Card:
    extra = ["-dtb", str(card / DTB)]
    extra += ["-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{port}-:5555"]
    extra += ["-device", "usb-net,netdev=net,mac=00:16:3e:00:00:01", "-serial", "null"]
    return Card(card, "raspi3b", extra, (card / "cmdline.txt").read_text().strip())


class Tests:
    def __init__(self, build: Path, image: Path, card: Path, guest: Card, port: int) -> None:
        self.build, self.image, self.card = build, image, card
        self.guest, self.port = guest, port

    def table(self) -> None:
        """The image has one bootable FAT partition that sfdisk and fsck.vfat find no fault with"""
        path = ["env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        assert "No errors" in output(*path, "sfdisk", "-V", self.image)
        table = output(*path, "sfdisk", "-d", self.image)
        assert "size=      253952, type=c, bootable" in table and table.count("start=") == 1, table
        partition = self.card.parent / "partition"
        with self.image.open("rb") as whole, partition.open("wb") as part:
            whole.seek(FIRST)
            part.write(whole.read())
        output(*path, "fsck.vfat", "-n", partition)
        partition.unlink()

    def firmware(self) -> None:
        """It holds what the firmware of a Pi 3 and of a Pi 4 looks for, and nothing else"""
        names = {path.name for path in self.card.iterdir()}
        firmware = {"bootcode.bin", "start.elf", "fixup.dat", "start4.elf", "fixup4.dat"}
        ours = {"config.txt", "cmdline.txt", "vmlinuz", "initramfs.gz"}
        trees = {name for name in names if name.endswith(".dtb")}
        assert names == firmware | ours | trees, names
        assert {DTB, "bcm2837-rpi-3-b-plus.dtb", "bcm2711-rpi-4-b.dtb"} <= trees, trees
        for line in (self.card / "config.txt").read_text().splitlines():
            for word in line.replace("=", " ").split()[1:2]:
                if line.startswith(("kernel", "initramfs")):
                    assert word in names, line

    def comes_up(self) -> None:
        """Its own kernel and initramfs boot on QEMU's Pi 3, and the console says what to do"""
        self.guest.wait_for("Lab 10, a button and an LED, on Raspberry Pi 3 Model B")
        self.guest.wait_for(r"LED: pin 11 \(GPIO17\)")
        self.guest.wait_for(r"Button: pin 13 \(GPIO27\)")
        self.guest.wait_for("listening on port 5555")

    def network(self) -> None:
        """It gets an address by DHCP over USB, and says which"""
        self.guest.wait_for(r"this Pi is 10\.0\.2\.15")

    def from_outside(self) -> None:
        """LED ON from another machine is said on the console"""
        for message, word in ((LED_ON, "On"), (LED_OFF, "Off")):
            with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
                connection.sendall(message)
                self.guest.wait_for(rf"LED TCP\[\d+\]: LED Status: {word}$")

    def chip(self) -> None:
        """The programs hold lines 17 and 27 of the chip that is labelled pinctrl-bcm2835"""
        self.guest.log_in()
        self.guest.shell("mount -t debugfs debugfs /sys/kernel/debug")
        status, lines = self.guest.shell("cat /sys/kernel/debug/gpio")
        assert status == 0 and "pinctrl-bcm2835" in lines, lines
        assert re.search(r"GPIO17 +\|led_process +\) out", lines), lines
        assert re.search(r"GPIO27 +\|button_process +\) in ", lines), lines

    def from_the_shell(self) -> None:
        """The console's shell reaches port 5555, and the LED's line follows"""
        led = "grep led_process /sys/kernel/debug/gpio"
        for message, level in (("LED ON", "hi"), ("LED OFF", "lo")):
            assert self.guest.shell(f"printf '{message}' | nc 127.0.0.1 5555")[0] == 0
            self.guest.wait_until(f"{led} | grep -q 'out {level}'")

    def comes_back(self) -> None:
        """A program that is killed starts again, and says so"""
        for name in ("led_process", "button_process"):
            old = self.guest.shell(f"pidof {name}")[1]
            self.guest.shell(f"kill -9 {old}")
            new = self.guest.wait_until(f"pidof {name}")
            assert new != old, f"{name} is {old} still"
        status, log = self.guest.shell("dmesg")
        assert "led_process has ended (exit status 137). It starts again in 1 s." in log, log
        self.guest.wait_until("printf 'LED ON' | nc 127.0.0.1 5555")

    def drivers(self) -> None:
        """Each driver that is packed could be loaded"""
        status, log = self.guest.shell("dmesg | grep 'could not be loaded'")
        assert status == 1, log

    def never_written(self) -> None:
        """It has no driver for the card's reader: the plug may be pulled at any moment"""
        assert self.guest.shell("ls -A /sys/class/mmc_host /sys/block") == (
            0,
            "/sys/block:\n\n/sys/class/mmc_host:",
        ), self.guest.shell("ls -A /sys/class/mmc_host /sys/block")

    def off(self) -> None:
        """poweroff switches the machine off"""
        self.guest.type("poweroff\n")
        self.guest.wait_off()

    def other_machine(self) -> None:
        """The same kernel and initramfs come up on QEMU's virt, whose chip is no Pi's: the programs say so, and are tried again ever more slowly"""
        with Card(self.card, "virt", ["-cpu", "cortex-a53"], "console=ttyAMA0 loglevel=5") as guest:
            guest.wait_for("led_process: LED: there is no GPIO chip of a Raspberry Pi")
            for pause in (1, 2, 4):
                guest.wait_for(rf"led_process has ended \(exit status 1\). It starts again in {pause} s")
            guest.log_in()
            guest.type("poweroff\n")
            guest.wait_off()

    def same_bytes(self) -> None:
        """A second image is the same, byte for byte"""
        again = self.card.parent / "again.img"
        made = make(self.build, again)
        assert made.returncode == 0, made.stderr
        digests = [hashlib.sha256(p.read_bytes()).hexdigest() for p in (self.image, again)]
        again.unlink()
        again.with_name("again.img.xz").unlink()
        assert digests[0] == digests[1] and digests[0] in made.stdout, digests

    def refuses(self) -> None:
        """What cannot be made is one sentence, and no half of an image"""
        folder = self.card.parent / "refused"
        folder.mkdir(exist_ok=True)
        log = folder / "led_process.arm64.log"
        log.write_text("led_process.c:1: error\n")
        for path, words in (
            (folder / "led_process.arm64", "led_process does not compile"),
            (folder / "button_process.arm64", "button_process is missing"),
            (Path("/bin/true"), "is no program for arm64"),
        ):
            made = make(self.build, folder / "lab10.img", path)
            assert made.returncode == 1 and words in made.stderr, made.stderr
            assert made.stderr.count("\n") == 1 and not made.stdout, made.stderr
            assert [p.name for p in folder.iterdir()] == [log.name], list(folder.iterdir())
        log.unlink()
        made = make(self.build, folder / "lab10.img", limit=100 << 20)  # as on a full disk
        assert made.returncode == 1 and "lab10.img: File too large" in made.stderr, made.stderr
        assert made.stderr.count("\n") == 1 and not list(folder.iterdir()), made.stderr
        folder.rmdir()


def take_out(image: Path, card: Path) -> None:
    """All files of the image's file system."""
    card.mkdir(parents=True, exist_ok=True)
    for old in card.iterdir():
        old.unlink()
    output("mcopy", "-n", "-i", f"{image}@@{FIRST}", "::*", card)


@contextmanager
def boot(build: Path) -> Iterator[dict[str, object]]:
    image = build / "pi/tested/lab10.img"
    made = make(build, image)
    if "could not be fetched" in made.stderr:
        raise NotThere(made.stderr.strip())
    if made.returncode != 0:
        raise GuestError(made.stderr)
    card = build / "pi/tested/card"
    take_out(image, card)
    port = free_port()
    with raspi3b(card, port) as guest:
        yield {"image": Tests(build, image, card, guest, port)}


if __name__ == "__main__":
    sys.exit(main(boot))
