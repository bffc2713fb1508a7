"""flash_test.py: make flash and make unflash, against a guest with systemd and a
Pi 4's chip: what it does, what it refuses, and that it always leaves the guest as
it was or as new.

    tests/pi/flash_test.py BUILD [TEST...]

Its tests are one story, in their order: a TEST alone may need those before it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pieces
from flash_guest import PACKAGES, Pi, make_disk, make_initrd, make_keys
from guest import DEADLINE_S
from lab10 import PINS
from verdicts import main

ROOT = Path(__file__).resolve().parents[2]
LED, BUTTON = PINS["led_process"], PINS["button_process"]
LINES = "/sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio"

# All that a flash could leave: files, links, folders, units, users' processes.
SNAPSHOT = r"""
find /etc /opt /root /home \( -type f -printf '%p %m %U %s\n' -o -printf '%p %m %U %l\n' \) | sort
find /etc/systemd /opt -type f -exec sha256sum {} + | sort
systemctl list-unit-files --plain --no-legend 'lab*'
systemctl list-units --all --plain --no-legend 'lab*' '*ock*lab*'
systemctl --failed --plain --no-legend
ps -e -o comm= | grep -c '^[a-z]*_process'
ls -A /tmp /run/systemd/system | grep -v '^systemd-private-.*-lab-'
"""

DIES = "#!/bin/sh\necho 'what is --chip?' >&2\nexit 3\n"
HAS_NO_LINE = "#!/bin/sh\nexec sleep 1000\n"


class Tests:
    def __init__(self, stack: ExitStack, build: Path, folder: Path, kernel: pieces.Kernel) -> None:
        self.stack, self.folder, self.kernel = stack, folder, kernel
        self.solutions = build / "solutions/lab10-button-led"
        self.make_build = os.path.relpath(build, ROOT)  # make knows no spaces
        self._build()
        self.boots = 0
        self._boot()
        self.bare = self._snapshot()

    def _boot(self) -> None:
        self.boots += 1
        self.pi = self.stack.enter_context(Pi(self.folder, self.kernel, f"flash{self.boots}"))
        self.pi.wait_up()

    # ---- What is done here

    def _build(self) -> None:
        """What make flash would; for those tests that leave make out."""
        folder = f"{self.make_build}/solutions/lab10-button-led"
        programs = [f"{folder}/{name}.arm64" for name in ("led_process", "button_process")]
        said = self._start("make", "-s", f"BUILD={self.make_build}", *programs).communicate()[0]
        if not all(Path(ROOT, program).exists() for program in programs):
            raise pieces.NotThere(f"make does not build {' '.join(programs)}: {said}")

    def _start(self, *words: object) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        return subprocess.Popen(
            [str(word) for word in words],
            cwd=ROOT,
            env=clean | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _make(self, goal: str, *more: str, user: str = "root") -> str:
        """It succeeds; what it said."""
        options = [f"PI={user}@127.0.0.1", f"PORT={self.pi.port}", f"KEY={self.folder}/keys/user"]
        process = self._start("make", "-s", goal, *options, f"BUILD={self.make_build}", "SOLUTIONS=1", *more)
        said = process.communicate(timeout=DEADLINE_S)[0]
        assert process.returncode == 0, f"make {goal} ended with {process.returncode}: {said}"
        return said

    def _flash(self, folder: Path | None = None, user: str = "root", key: str = "user") -> subprocess.Popen[str]:
        """As make flash does when all is built."""
        options = [f"--pi={user}@127.0.0.1", f"--port={self.pi.port}", f"--key={self.folder}/keys/{key}"]
        return self._start(ROOT / "hw/pi/flash", *options, folder or self.solutions)

    def _fails(self, sentence: str, process: subprocess.Popen[str] | None = None, **how: str | Path) -> str:
        """It says so, and the guest is as before."""
        process = process or self._flash(**how)
        said = process.communicate(timeout=DEADLINE_S)[0]
        assert process.returncode != 0 and re.search(sentence, said), f"not said: {sentence}\nbut: {said}"
        assert "Traceback" not in said and len(said.splitlines()) <= 6, said
        self._as_before()
        return said

    def _programs(self, led: str, button: str) -> Path:
        folder = self.folder / "programs"
        folder.mkdir(exist_ok=True)
        (folder / "led_process.arm64").write_text(led)
        (folder / "button_process.arm64").write_text(button)
        return folder

    # ---- What is seen there

    def _snapshot(self) -> list[str]:
        self.before = self.pi.run(SNAPSHOT).splitlines()
        return self.before

    def _as_before(self, before: list[str] | None = None) -> None:
        then, now = set(before or self.before), set(self.pi.run(SNAPSHOT).splitlines())
        assert then == now, f"new there: {sorted(now - then)}\ngone: {sorted(then - now)}"

    def _led(self, value: int) -> None:
        self.pi.until(f"LED {value}", f"cat {LINES}{LED}/value", str(value))

    def _press(self) -> None:
        for pull in ("down", "up"):
            self.pi.run(f"echo pull-{pull} > $(echo {LINES}{BUTTON}/pull)")

    def _presses_count(self) -> None:
        self._led(0)
        for value in (1, 0):
            self._press()
            self._led(value)

    @contextmanager
    def _there(self, before: str, after: str) -> Iterator[None]:
        """Something is otherwise in the guest meanwhile."""
        self.pi.run(before)
        try:
            yield
        finally:
            self.pi.run(after)

    @contextmanager
    def _fake(self, program: str, commands: str) -> Iterator[None]:
        """A program of the guest does other things meanwhile."""
        self.pi.run("cat > /run/fake; chmod +x /run/fake", data=f"#!/bin/sh\n{commands}\n".encode())
        with self._there(f"mount --bind /run/fake {program}", f"umount {program}; rm /run/fake"):
            yield

    # ---- On a Pi that never saw it

    def other_key(self) -> None:
        """A key that the Pi does not know: ssh-copy-id"""
        self._fails("lets nobody in as root with .*/other. Say: ssh-copy-id", key="other")

    def changed_host(self) -> None:
        """Another Pi answers under that address: the host key is not the same"""
        known = self.folder / "known_hosts"
        right = known.read_text()
        other = (self.folder / "keys/other.pub").read_text()
        known.write_text(f"[127.0.0.1]:{self.pi.port} {other}")
        said = self._flash().communicate()[0]
        known.write_text(right)
        assert "has another host key than last time" in said, said
        assert f"ssh-keygen -R '[127.0.0.1]:{self.pi.port}'" in said, said
        self._as_before()

    def sudo(self) -> None:
        """A user who may not become root without a password"""
        self._fails("maria may not use sudo without a password", user="maria")

    def arch(self) -> None:
        """A Pi with a 32-bit kernel says which ARCH; one of another kind, that it is none"""
        sentences = {"armv7l": "say ARCH=armhf", "armv6l": "a Pi 1 or Zero", "x86_64": "no Raspberry Pi"}
        for machine, sentence in sentences.items():
            with self._fake("/bin/uname", f"echo {machine}"):
                said = self._flash().communicate()[0]
            assert sentence in said, said
        self._as_before()

    def no_systemd(self) -> None:
        """A Pi that systemd did not start"""
        with self._there("mv /run/systemd/system /run/systemd/away", "mv /run/systemd/away /run/systemd/system"):
            said = self._flash().communicate()[0]
        assert "does not run systemd" in said, said
        self._as_before()

    def no_chip(self) -> None:
        """A machine without a GPIO chip"""
        with self._there("mkdir /dev/away; mv /dev/gpiochip* /dev/away", "mv /dev/away/* /dev; rmdir /dev/away"):
            self._fails("has no GPIO chip")

    def no_space(self) -> None:
        """A full disk, seen before anything is written, or in the middle of it"""
        fill = "fallocate -l $(($(df -Pk / | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4) - 200))k /var/fill"
        with self._there(fill, "rm /var/fill"):
            self._fails("has no space: /opt needs [0-9]+ KiB free, and has [0-9]+")
            with self._fake("/bin/df", "echo; echo x 9 9 99999 x"):
                self._fails("has no space left in /opt")

    def port_taken(self) -> None:
        """Something else has port 5555: it says what"""
        taken = "systemd-run -q --unit=taker --socket-property=ListenStream=5555 true"
        with self._there(taken, "systemctl stop taker.socket"):
            said = self._flash().communicate()[0]
        assert re.search(r"Port 5555 of the Pi is taken by systemd \(process 1\)", said), said
        self._as_before()

    def dies_first(self) -> None:
        """A program that ends at once: nothing is left, and its words are shown"""
        said = self._fails("led_process ended with exit status 3", folder=self._programs(DIES, DIES))
        assert "    what is --chip?\n" in said and "nothing was left there" in said, said

    # ---- Flashed

    def flash(self) -> None:
        """make flash: both run, as users without rights, and it says what it did"""
        said = self._make("flash")
        for words in (
            "they run   as lab-led and lab-button, of the group gpio: not root",
            "GPIO chip  /dev/gpiochip1 (pinctrl-bcm2711)",
            "LED ON and LED OFF came through port 5555",
            f"make unflash PI=root@127.0.0.1 PORT={self.pi.port}",
        ):
            assert words in said, said
        users = self.pi.run("ps -e -o user:20=,comm= | grep ' [a-z]*_process$' | sort").split()
        assert users == ["lab-button", "button_process", "lab-led", "led_process"], users

    def hardened(self) -> None:
        """systemd-analyze security is content with both units"""
        for unit in ("lab-led", "lab-button"):
            last = self.pi.run(f"systemd-analyze security --no-pager {unit} | tail -n 1")
            exposure = re.search(r"exposure level for \S+: ([0-9.]+)", last)
            assert exposure and float(exposure[1]) < 2.0, last

    def press(self) -> None:
        """A press at the pin: the LED's pin is high; another one: low"""
        self._presses_count()

    def reboot(self) -> None:
        """After a reboot both are there again, and a press counts"""
        self.pi.run("systemctl reboot", check=False)
        self.pi.wait_off()
        self._boot()
        self.pi.until("both units", "systemctl is-active lab-led lab-button | tr '\\n' ' '", "active active")
        self.pi.until("the LED's port", "grep -c :15B3 /proc/net/tcp /proc/net/tcp6 | grep -c -v :0", "1")
        self._presses_count()

    def again(self) -> None:
        """A second flash replaces the first: by a user with sudo, and 32-bit programs"""
        said = self._make("flash", "ARCH=armhf", user="pi")
        assert "the older version is gone" in said and "(armhf)" in said, said
        self._presses_count()
        self._snapshot()

    def dies_later(self) -> None:
        """A program that ends at once: the older version runs again"""
        folder = self._programs(HAS_NO_LINE, DIES)
        (folder / "led_process.arm64").write_bytes((self.solutions / "led_process.arm64").read_bytes())
        said = self._fails("button_process ended with exit status 3", folder=folder)
        assert "the older version is in its place again" in said, said

    @contextmanager
    def _in_the_middle(self) -> Iterator[subprocess.Popen[str]]:
        """A flash whose programs are being looked at, and have no line.

        It looks for ten times as long: where this machine has other work, it
        would be over before anybody gets there."""
        slower = 'test "$1" != 0.2 || set -- 2\nexec /run/sleep "$@"'
        with self._there("cp /bin/sleep /run/sleep", "rm /run/sleep"), self._fake("/bin/sleep", slower):
            process = self._flash(self._programs(HAS_NO_LINE, HAS_NO_LINE))
            command = "head -c 2 /opt/socket-lab/led_process; ps -e -o args= | grep -c '[s]leep 1000$'"
            self.pi.until("the new version", command, "#!1")
            yield process

    def interrupted(self) -> None:
        """Ctrl-C in the middle: the older version runs again, and it says so"""
        with self._in_the_middle() as process:
            process.send_signal(signal.SIGINT)
            said = self._fails("Interrupted", process)
        assert "The Pi is as it was: the older version is in its place again" in said, said

    def lost(self) -> None:
        """The connection is lost in the middle: the Pi itself puts back the older version"""
        with self._in_the_middle() as process:
            children = f"/proc/{process.pid}/task/{process.pid}/children"
            ssh = [int(pid) for pid in Path(children).read_text().split()]
            for pid in (process.pid, *ssh):
                os.kill(pid, signal.SIGKILL)
            process.communicate()
            command = "ls -A /opt; systemctl is-active lab-led lab-button"
            self.pi.until("the older version", command, "socket-lab\nactive\nactive")
            self._as_before()

    def killed(self) -> None:
        """What a flash left that nobody could undo, as at a power cut, the next one undoes"""
        with self._in_the_middle() as process:
            self.pi.run("kill -9 $(ps -e -o pid=,args= | grep 'sh -c [e]val' | sed 's/^ *//' | cut -d ' ' -f 1)")
            said = process.communicate(timeout=DEADLINE_S)[0]
        assert process.returncode == 1 and len(said.splitlines()) == 1, said
        assert ".socket-lab.before" in self.pi.run("ls -A /opt")
        self._fails("ended with exit status 3", folder=self._programs(DIES, DIES))
        self._presses_count()

    def unflash(self) -> None:
        """make unflash takes all away; once more: nothing is there"""
        said = self._make("unflash")
        assert "Taken away from root@127.0.0.1" in said, said
        self._as_before(self.bare)
        assert "lab-" not in self.pi.run("ls -A /tmp /run /run/systemd/system /var/lib")
        said = self._make("unflash", user="pi")
        assert said == "Nothing of lab 10 is on pi@127.0.0.1.\n", said
        self._snapshot()

    def line_in_use(self) -> None:
        """A line that somebody else has: the program's own words say so"""
        program = (self.solutions / "led_process.arm64").read_bytes()
        self.pi.run("cat > /run/led; chmod +x /run/led", data=program)
        holder = "systemd-run -q --unit=holder /run/led --chip raspberry-pi 6666"
        with self._there(holder, "systemctl stop holder; rm /run/led"):
            command = "ls -l /proc/$(systemctl show -p MainPID --value holder)/fd | grep -c gpio-line"
            self.pi.until("a line in use", command, "1")
            said = self._flash().communicate()[0]
        assert "led_process ended with exit status 1" in said and "use" in said, said
        self._as_before()

    def no_group(self) -> None:
        """Where no group gpio has the chip it runs as root, with no rights of root's"""
        before = "sed -i.with /^gpio:/d /etc/group; chgrp root /dev/gpiochip*; chmod 600 /dev/gpiochip*"
        after = "mv /etc/group.with /etc/group; chgrp gpio /dev/gpiochip*; chmod 660 /dev/gpiochip*"
        with self._there(before, after):
            said = self._make("flash")
            assert "they run   as root, as no group gpio has the chips" in said, said
            command = "grep -E '^(Uid|CapEff|NoNew)' /proc/$(systemctl show -p MainPID --value lab-led)/status"
            rights = self.pi.run(command)
            assert rights.split() == "Uid: 0 0 0 0 CapEff: 0000000000000000 NoNewPrivs: 1".split(), rights
            self._presses_count()
            self._make("unflash")
        self._as_before()


@contextmanager
def boot(build: Path) -> Iterator[dict[str, object]]:
    cache, folder = build / "cache", build / "pi/flash"
    packages = pieces.fetch(cache / f"{pieces.SUITE}-arm64-systemd", "arm64", *PACKAGES)
    kernel = pieces.kernel(cache)
    folder.mkdir(parents=True, exist_ok=True)
    make_keys(folder)
    make_initrd(folder, cache, kernel)
    make_disk(folder / "disk", packages, folder / "keys")
    with ExitStack() as stack:
        yield {"flash": Tests(stack, build, folder, kernel)}


if __name__ == "__main__":
    # Who was started in the background ignores Ctrl-C, and so would make flash.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(boot))
