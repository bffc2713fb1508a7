#!/usr/bin/python3
"""flash_test.py: make flash where there is no Pi: what it says, and that no value
of PI becomes anything but an address. With a Pi: tests/pi/flash_test.py.

    tests/kit/flash_test.py BUILD [TEST...]
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from board_world import named_tests
from board_world import run as run_tests

ROOT = Path(__file__).resolve().parents[2]
FLASH = ROOT / "hw/pi/flash"


def run(*words: object, env: dict[str, str] | None = None) -> tuple[int, str]:
    """A command's exit status, and what it said."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    ended = subprocess.run(
        [str(word) for word in words],
        cwd=ROOT,
        env=clean | (env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    return ended.returncode, ended.stdout


def expect(ended: tuple[int, str], status: int, words: str) -> None:
    assert ended[0] == status and words in ended[1], ended
    assert "Traceback" not in ended[1], ended[1]


class Tests:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "with spaces"
        self.folder.mkdir()
        for name in ("led_process.arm64", "button_process.arm64"):
            (self.folder / name).write_bytes(b"")

    def _flash(self, pi: str, *more: object, env: dict[str, str] | None = None) -> tuple[int, str]:
        return run(FLASH, f"--pi={pi}", *more, self.folder, env=env)

    def _ssh_says(self, words: str) -> dict[str, str]:
        """The environment in which ssh says that, and ends as it does then."""
        bin = self.folder / "bin"
        bin.mkdir(exist_ok=True)
        (bin / "ssh").write_text(f"#!/bin/sh\necho '{words}' >&2\nexit 255\n")
        (bin / "ssh").chmod(0o755)
        return {"PATH": f"{bin}:{os.environ['PATH']}"}

    def usage(self) -> None:
        """Without PI, or with another ARCH, it says how it is called"""
        for goal in ("flash", "unflash"):
            expect(run("make", goal), 2, f"Say which Raspberry Pi: make {goal} PI=user@host")
        expect(run("make", "flash", "PI=x", "ARCH=sparc"), 2, "ARCH=arm64 is for a 64-bit")

    def odd_addresses(self) -> None:
        """What is no address never gets to ssh"""
        trap = self.folder / "trap"
        odd = ["-oProxyCommand=touch trap", "pi@-oX", "a b", "a;touch trap", "$(touch trap)"]
        for pi in [*odd, "a'b", "@", "pi@", "a/b", "ü", "a\nb"]:
            expect(self._flash(pi), 2, "is no Raspberry Pi's address: write user@host")
        unflash = run("make", "unflash", f"PI=-oProxyCommand=touch '{trap}'")
        expect(unflash, 2, "is no Raspberry Pi's address")
        assert not trap.exists()

    def odd_ports_and_keys(self) -> None:
        """A PORT that is none, and a KEY that is not there"""
        for port in ("0", "65536", "ssh", "-1", "22x"):
            expect(self._flash("pi@localhost", f"--port={port}"), 2, "is no port")
        expect(self._flash("pi@localhost", f"--key={self.folder}/none"), 2, "is no file that can be read")

    def closed_port(self) -> None:
        """A port on which nobody listens"""
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            port = bound.getsockname()[1]
            ended = self._flash("pi@127.0.0.1", f"--port={port}")
        expect(ended, 1, f"127.0.0.1 is there, but has no ssh on port {port}")

    def no_ssh(self) -> None:
        """Something that answers, but not as ssh does"""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            words = [str(word) for word in (FLASH, "--pi=127.0.0.1", f"--port={port}", self.folder)]
            with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as flash:
                server.settimeout(60)
                server.accept()[0].close()
                said = flash.stderr.read()
            assert flash.returncode == 1 and "is not ssh, or closes at once" in said, said

    def ssh_fails(self) -> None:
        """What ssh says becomes a sentence that says what to do"""
        for words, sentence in (
            ("ssh: Could not resolve hostname nopi: Name or service not known", "There is no host nopi"),
            ("ssh: connect to host nopi port 22: Connection timed out", "nopi does not answer on port 22"),
            ("ssh: connect to host nopi port 22: No route to host", "nopi does not answer on port 22"),
            ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @", "ssh-keygen -R nopi"),
            ("pi@nopi: Permission denied (publickey).", "ssh-copy-id pi@nopi"),
            ("@ WARNING: UNPROTECTED PRIVATE KEY FILE! @", "chmod 600"),
            ("something that nobody knows", "ssh to pi@nopi failed: something that nobody knows"),
        ):
            expect(self._flash("pi@nopi", env=self._ssh_says(words)), 1, sentence)

    def no_program(self) -> None:
        """A program that did not compile, or is not there, and nothing is sent"""
        (self.folder / "led_process.arm64").unlink()
        (self.folder / "led_process.arm64.log").write_text("led_process.c:7:1: error: what?\n")
        ended = self._flash("pi@nopi")
        expect(ended, 1, "led_process.c does not compile for arm64")
        expect(ended, 1, "led_process.c:7:1: error: what?")
        (self.folder / "led_process.arm64.log").unlink()
        expect(self._flash("pi@nopi"), 1, "There is no led_process.c")

    def script(self) -> None:
        """What runs on the Pi is understood by a plain shell"""
        shells = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]
        for shell in shells:
            words = [shell, "sh"] if shell == "busybox" else [shell]
            expect(run(*words, "-n", ROOT / "hw/pi/install.sh"), 0, "")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(run_tests(named_tests("flash", Tests(Path(folder)))))
