"""guest_test.py: the emulated machine itself: what is packed is found there, a
shell answers, QEMU's pins are at hand, and it switches itself off.

    tests/pi/guest_test.py BUILD [TEST...]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pieces
from guest import Device, Guest, GuestError
from verdicts import main
from virt import boot_virt


class Tests:
    def __init__(self, guest: Guest, version: str) -> None:
        self.guest = guest
        self.version = version

    def kernel(self) -> None:
        """Debian's kernel runs, and each module finds those that it needs"""
        assert self.guest.shell("uname -r") == (0, self.version)
        modules = self.guest.shell("cut -d ' ' -f 1 /proc/modules")[1].split()
        assert {"gpio_sim", "configfs", "virtio_net", "failover"} <= set(
            modules
        ), modules

    def files(self) -> None:
        """What was packed is there: files, programs, links, folders, devices"""
        assert self.guest.shell("cat '/some where/text'") == (0, "text")
        assert self.guest.shell("'/some where/program'; '/some where/link'") == (
            0,
            "runs\nruns",
        )
        assert self.guest.shell("ls -A /empty")[1] == ""
        assert self.guest.shell("echo gone > /some\\ where/null") == (0, "")
        owner = self.guest.shell(
            "stat -c '%u %a' '/some where/text' '/some where/program'"
        )
        assert owner == (0, "0 644\n0 755"), owner

    def shell(self) -> None:
        """The shell tells exit status, and stderr with stdout"""
        assert self.guest.shell("echo out; echo err >&2; false") == (1, "out\nerr")
        assert self.guest.shell("true") == (0, "")

    def pins(self) -> None:
        """A level from outside reaches the chip's line"""
        self.guest.qtest_set_input(self.guest.device("pl061"), 1, 1)
        self.guest.qtest_set_input(self.guest.device("pl061"), 1, 0)

    def missing(self) -> None:
        """What does not come is an error that shows the console"""
        self.guest.shell("echo shown")
        try:
            self.guest.wait_for("never", deadline=0.1)
        except GuestError as error:
            assert "'never' has not come" in str(error) and "shown" in str(error), error
        else:
            raise AssertionError("wait_for returned")

    def off(self) -> None:
        """It switches itself off, and QEMU ends"""
        self.guest.type("poweroff -f\n")
        self.guest.wait_off()


@contextmanager
def boot(build: Path) -> Iterator[dict[str, object]]:
    files = {
        "some where/text": b"text\n",
        "some where/program": b"#!/bin/sh\necho runs\n",
        "some where/link": "program",
        "some where/null": Device(1, 3),
        "empty": None,
    }
    module = pieces.gpio_sim(build / "cache")
    version = pieces.kernel(build / "cache").version
    with boot_virt(
        build, "guest", files, ["configfs", "virtio_net"], [module]
    ) as guest:
        yield {"guest": Tests(guest, version)}


if __name__ == "__main__":
    sys.exit(main(boot))
