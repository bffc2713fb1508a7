"""guest.py: a machine of QEMU's, and the system in its memory that it boots.

    initramfs(path, {"init": b"#!/bin/sh\n...", "bin": busybox_folder})
    with Guest("virt", kernel.image, path) as guest:
        guest.wait_for("ready")
        guest.type("poweroff -f\n")
        guest.wait_off()

The machine is emulated whole (TCG): it needs no /dev/kvm and no root.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "hw/pi"))
from cpio import Content, Device, initramfs  # noqa: E402, F401: for those who use us

DEADLINE_S = 240.0  # a boot of 4 s takes a minute on a busy machine
LAST_LINES = 40  # of the console, shown when something did not come


def free_port() -> int:
    """One of this machine's loopback, for a port of a guest's."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class GuestError(Exception):
    """What the guest did not do, with what its console said last."""


# ---- Lines to and from QEMU itself ---------------------------------------------


class Lines:
    """A socket of lines, whose other end QEMU inherits: no path to keep short."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.rest = b""

    def say(self, line: str) -> None:
        self.ours.sendall(line.encode() + b"\n")

    def next(self, deadline: float = DEADLINE_S) -> str:
        self.ours.settimeout(deadline)
        while b"\n" not in self.rest:
            try:
                more = self.ours.recv(65536)
            except TimeoutError:
                raise GuestError(f"QEMU has said nothing for {deadline:.0f} s") from None
            if not more:
                raise GuestError("QEMU has ended")
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode().strip()

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()


# ---- The machine -----------------------------------------------------------------


class Guest:
    """A running machine; it ends with the block. What its console says goes to
    LOG too: by default beside INITRD, under its name."""

    def __init__(
        self,
        machine: str,
        kernel: Path,
        initrd: Path,
        append: str = "",
        extra: Sequence[str] = (),
        memory: str = "512M",
        qtest: bool = False,
        log: Path | None = None,
    ) -> None:
        self.log = log or initrd.parent / (initrd.name.split(".")[0] + ".log")
        # It goes when we go, however that comes about.
        self._words = ["setpriv", "--pdeathsig", "KILL"]
        self._words += ["qemu-system-aarch64", "-M", machine, "-accel", "tcg", "-m", memory]
        self._words += ["-display", "none", "-no-reboot", "-monitor", "none"]
        self._words += ["-kernel", str(kernel), "-initrd", str(initrd), "-append", append]
        # A "-serial null" in EXTRA makes the console the machine's second one.
        self._words += [*extra, "-serial", "stdio"]
        self._lines: dict[str, Lines] = {}
        self._add_lines("qmp", "-mon", "chardev=qmp,mode=control")
        if qtest:
            self._add_lines("qtest", "-qtest", "chardev:qtest", "-qtest-log", "/dev/null")
        self._console = ""
        self._seen = 0  # up to where wait_for has matched
        self._more = threading.Condition()
        self._ended = False
        self._pins: list[str] = []  # what QEMU has said of them, in between

    def _add_lines(self, name: str, *words: str) -> None:
        lines = self._lines[name] = Lines()
        self._words += ["-chardev", f"socket,id={name},fd={lines.theirs.fileno()}", *words]

    def __enter__(self) -> Guest:
        self._process = subprocess.Popen(
            self._words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[lines.theirs.fileno() for lines in self._lines.values()],
            start_new_session=True,  # a Ctrl-C is for the test, which ends it
        )
        for lines in self._lines.values():
            lines.theirs.close()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for lines in self._lines.values():
            lines.close()
        for pipe in (self._process.stdin, self._process.stdout):
            pipe.close()

    # ---- The console

    def _read(self) -> None:
        """Keep reading: a full pipe would stop the guest."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a letter may come in parts
        with self.log.open("wb") as log:
            while more := os.read(self._process.stdout.fileno(), 65536):
                log.write(more)
                log.flush()
                with self._more:
                    self._console += decoder.decode(more).replace("\r", "")
                    self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    def _failure(self, what: str) -> GuestError:
        last = "\n".join(self._console.splitlines()[-LAST_LINES:])
        return GuestError(f"{what}\n--- the console said last ({self.log}):\n{last}\n---")

    def wait_for(self, pattern: str, deadline: float = DEADLINE_S) -> re.Match[str]:
        """The next place where the console's text matches, after the last one;
        ^ and $ are those of its lines."""
        wanted = re.compile(pattern, re.MULTILINE)
        end = time.monotonic() + deadline
        with self._more:
            while not (match := wanted.search(self._console, self._seen)):
                left = end - time.monotonic()
                if self._ended:
                    raise self._failure(f"the guest ended before {pattern!r} came")
                if left <= 0:
                    raise self._failure(f"{pattern!r} has not come for {deadline:.0f} s")
                self._more.wait(left)
            self._seen = match.end()
        return match

    def type(self, text: str) -> None:
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def wait_off(self, deadline: float = DEADLINE_S) -> None:
        """Until the guest has switched its machine off."""
        try:
            status = self._process.wait(deadline)
        except subprocess.TimeoutExpired:
            raise self._failure(f"the guest is not off after {deadline:.0f} s") from None
        self._reader.join()
        if status != 0:
            raise self._failure(f"QEMU ended with status {status}")

    # ---- A shell on the console: an /init that ends in SHELL_INIT

    def shell(self, command: str, deadline: float = DEADLINE_S) -> tuple[int, str]:
        """Run a command, of one line; its exit status, and what it printed."""
        self.type(f'eval {shlex.quote(command)} 2>&1; echo "[done $?]"\n')
        match = self.wait_for(r"(?s)(.*?)\[done (\d+)\]\n", deadline)
        return int(match[2]), match[1].strip("\n")

    def wait_shell(self) -> None:
        self.wait_for(SHELL_READY)

    def wait_until(self, command: str, deadline: float = DEADLINE_S) -> str:
        """Run a command until it succeeds; what it printed then."""
        end = time.monotonic() + deadline
        while True:
            status, text = self.shell(command, deadline)
            if status == 0:
                return text
            if time.monotonic() > end:
                raise GuestError(f"for {deadline:.0f} s this has not succeeded: {command}\nit says: {text}")
            time.sleep(0.05)

    # ---- QEMU's own words

    def qmp(self, command: str, **arguments: object) -> object:
        """What QEMU answers to a command of its protocol."""
        lines = self._lines["qmp"]
        if not hasattr(self, "_greeted"):
            self._greeted = True
            lines.next()
            self.qmp("qmp_capabilities")
        lines.say(json.dumps({"execute": command, "arguments": arguments}))
        while True:
            answer = json.loads(lines.next())
            if "error" in answer:
                raise GuestError(f"QEMU: {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]  # others are news

    def device(self, kind: str) -> str:
        """The path of the one device of that kind, in QEMU's tree."""
        for child in self.qmp("qom-list", path="/machine/unattached"):
            if child["type"] == f"child<{kind}>":
                return f"/machine/unattached/{child['name']}"
        raise GuestError(f"this machine has no {kind}")

    def qtest(self, command: str) -> None:
        """Say it and wait for OK. What the pins did meanwhile is kept."""
        lines = self._lines["qtest"]
        lines.say(command)
        while not (line := lines.next()).startswith("OK"):
            if line.startswith("FAIL"):
                raise GuestError(f"QEMU: {command}: {line}")
            self._pins.append(line)

    def qtest_watch(self, device: str) -> None:
        """From now on qtest_next_output says what the device's outputs do. They
        lead nowhere else then."""
        self.qtest(f"irq_intercept_out {device}")

    def qtest_set_input(self, device: str, pin: int, level: int) -> None:
        """From outside: a finger on a button."""
        self.qtest(f"set_irq_in {device} unnamed-gpio-in {pin} {level}")

    def qtest_next_output(self, pin: int, deadline: float = DEADLINE_S) -> int:
        """Wait until that output changes: its level."""
        while True:
            line = self._pins.pop(0) if self._pins else self._lines["qtest"].next(deadline)
            if match := re.fullmatch(rf"IRQ (raise|lower) {pin}", line):
                return int(match[1] == "raise")


# ---- A small system ----------------------------------------------------------------

SHELL_READY = "the shell is ready"

# Standard places, then a shell on the console that has no prompt and repeats
# nothing: what comes is what commands say.
SHELL_INIT = f"""#!/bin/sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /run /etc
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox --install -s /bin
ip link set lo up
for module in $(cat /modules/order 2>/dev/null); do insmod "/modules/$module"; done
stty -echo
echo "{SHELL_READY}"
while IFS= read -r line; do eval "$line"; done
"""


def small_system(busybox: Path, modules: Sequence[Path], files: dict[str, Content]) -> dict[str, Content]:
    """The tree of a system that is BusyBox and a shell on the console; MODULES
    are loaded in that order."""
    tree: dict[str, Content] = {"init": SHELL_INIT.encode(), "bin/busybox": busybox, "bin/sh": "busybox"}
    tree["modules/order"] = "".join(f"{m.name}\n" for m in modules).encode()
    tree |= {f"modules/{m.name}": m for m in modules}
    return tree | files
