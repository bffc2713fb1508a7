"""lab10.py: led_process and button_process in a guest, on the lines of a chip, and
the tests that they must pass on any.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guest import Content, Guest, GuestError

LAB = "solutions/lab10-button-led"
PORT = 5555
PINS = {"led_process": 17, "button_process": 27}  # as hw/pins.h has them
DEBOUNCE_MS = 20
SOON_S = 60.0  # on a busy machine
LONG_MS = 1000  # for bouncing that takes its time on a busy machine
BOUNCE_S = 0.001  # between a bouncing contact's edges
KINDS = ("arm64", "arm64v2")  # libgpiod 1.6 and 2
EDGES = "awk '/button_process/ {print $2}' /proc/interrupts"
LOW, HIGH = 0, 1
PRESSED, RELEASED = LOW, HIGH  # the button connects a pulled-up pin to ground


def program_files(build: Path, kinds: tuple[str, ...] = KINDS) -> dict[str, Content]:
    """The programs for a guest's tree, as /lab/KIND/led_process."""
    files: dict[str, Content] = {}
    for kind in kinds:
        for name in ("led_process", "button_process"):
            path = build / LAB / f"{name}.{kind}"
            if not path.exists():
                raise AssertionError(
                    f"{path} is not built: make {path.relative_to(build.parent)}"
                )
            files[f"lab/{kind}/{name}"] = path
    return files


class Programs:
    """The two of one kind, on a chip that is named as CHIP: at its LINES, or at
    those of the wiring."""

    def __init__(
        self, guest: Guest, kind: str, chip: str, lines: dict[str, int] | None = None
    ) -> None:
        self.guest = guest
        self.folder = f"/lab/{kind}"
        self.chip = chip
        self.lines = lines or PINS
        self.options = {name: f"--line {line}" for name, line in (lines or {}).items()}

    def command(self, name: str, options: str = "") -> str:
        return f"{self.folder}/{name} --chip {self.chip} {self.options.get(name, '')} {options}"

    def _start(self, name: str, options: str, ready: str, what: str) -> None:
        """Until READY, which is WHAT, succeeds, or the program has ended."""
        self.guest.shell(
            f"{self.command(name, options)} > /tmp/{name} 2>&1 & echo $! > /tmp/{name}.pid"
        )
        alive = f"kill -0 $(cat /tmp/{name}.pid) 2> /dev/null"
        try:
            self.guest.wait_until(f"{ready} || ! {alive}", SOON_S)
        except GuestError:
            raise AssertionError(
                f"{name} runs, but {what} is not there: {ready}"
            ) from None
        assert self.guest.shell(alive)[0] == 0, f"{name} ended: {self.said(name)}"

    def start_led(self) -> None:
        self._start(
            "led_process",
            f"{PORT}",
            "grep -q listening /tmp/led_process",
            "its ready line",
        )

    def start_button(self, debounce_ms: int) -> None:
        options = f"--debounce {debounce_ms} 127.0.0.1 {PORT}"
        ready = "grep -q button_process /proc/interrupts"
        self._start(
            "button_process",
            options,
            ready,
            "a line whose edges it waits for, in its name,",
        )

    def end(self, *names: str) -> None:
        pids = " ".join(f"$(cat /tmp/{name}.pid)" for name in names)
        self.guest.shell(f"kill {pids}; wait {pids}")

    def said(self, name: str) -> str:
        return self.guest.shell(f"cat /tmp/{name}")[1]

    def statuses(self) -> list[str]:
        """What led_process says that it has set, in order."""
        lines = self.said("led_process").splitlines()
        return [line.rpartition(" ")[2] for line in lines if "LED Status:" in line]

    def edges(self) -> int:
        """How many the kernel has seen on the button's line."""
        return int(self.guest.shell(EDGES)[1])

    def wait_edges(self, more_than: int) -> None:
        self.guest.wait_until(f"test $({EDGES}) -gt {more_than}")

    @contextmanager
    def running(self, debounce_ms: int = DEBOUNCE_MS) -> Iterator[None]:
        try:
            self.start_led()
            self.start_button(debounce_ms)
            yield
        finally:
            self.end("led_process", "button_process")


class ChipTests:
    """What a test file for a kind of chip derives its tests from."""

    guest: Guest
    programs: Programs
    there: str  # how the chip is told of where another one was named
    place: str  # how it is called where one of its lines is meant
    last_line: int

    def set_button(self, *levels: int) -> None:
        """Levels at the button's pin, with as much time between them as there is
        when a contact bounces."""
        raise NotImplementedError

    def wait_led_pin(self, level: int) -> None:
        """Until the LED's pin has it, or a GuestError."""
        raise NotImplementedError

    def wait_led(self, level: int, when: str = "after a press") -> None:
        try:
            self.wait_led_pin(level)
        except GuestError:
            said = self.programs.said("button_process"), self.programs.said(
                "led_process"
            )
            raise AssertionError(
                f"the LED's pin is not {level} {when}; the programs said {said}"
            ) from None

    # ---- A finger

    def rest(self, debounce_ms: int) -> None:
        """A finger's pace: for longer than a contact bounces nothing moves."""
        self.guest.shell(f"usleep {debounce_ms * 1500}")

    def move(self, level: int, debounce_ms: int = DEBOUNCE_MS) -> None:
        """Press or release. What comes too fast for the guest to see is neither."""
        before = self.programs.edges()
        self.set_button(level)
        self.programs.wait_edges(before)
        self.rest(debounce_ms)

    def press(self, debounce_ms: int = DEBOUNCE_MS) -> None:
        for level in (PRESSED, RELEASED):
            self.move(level, debounce_ms)

    def press_bouncing(self, debounce_ms: int) -> bool:
        """Did the guest see any of it? A busy machine may sleep through it."""
        seen = []
        for level in (PRESSED, RELEASED):
            before = self.programs.edges()
            self.set_button(level, 1 - level, level, 1 - level, level, 1 - level, level)
            self.programs.wait_edges(before)
            self.rest(debounce_ms)
            seen.append(self.programs.edges() - before)
        return min(seen) > 1

    def expect_statuses(self, *due: str) -> None:
        self.guest.wait_until(
            f"test $(grep -c Status: /tmp/led_process) -ge {len(due)}"
        )
        statuses = self.programs.statuses()
        assert statuses == list(
            due
        ), f"led_process set {statuses}, and {list(due)} was due"

    def expect_refusal(self, name: str, options: str, due: str) -> None:
        other_port = "0" if name == "led_process" else ""
        status, said = self.guest.shell(
            self.programs.command(name, f"{options} {other_port}")
        )
        what = {"led_process": "LED", "button_process": "button"}[name]
        assert (status, said) == (
            1,
            f"{name}: {what}: {due}",
        ), f"status {status}: {said}"

    # ---- The tests

    def presses_toggle(self) -> None:
        """Each press reaches the LED, before the button is let go: on, off, on, off"""
        with self.programs.running():
            for level in (HIGH, LOW, HIGH, LOW):
                self.move(PRESSED)
                self.wait_led(level, "while the button is down")
                self.move(RELEASED)
            self.expect_statuses("On", "Off", "On", "Off")

    def bouncing_is_one_press(self) -> None:
        """A contact that bounces as it closes and as it opens is one press"""
        tries, bounced = 0, 0
        with self.programs.running(LONG_MS):
            while bounced < 2:
                assert tries < 20, "too busy a machine: the guest sees no bouncing"
                tries += 1
                bounced += self.press_bouncing(LONG_MS)
                self.wait_led(tries % 2)
            self.expect_statuses(*("On", "Off") * (tries // 2), *["On"] * (tries % 2))

    def no_debounce(self) -> None:
        """With --debounce 0 each closing of the contact counts"""
        with self.programs.running(0):
            for level in (HIGH, LOW, HIGH):
                self.press(1)
                self.wait_led(level)
            self.expect_statuses("On", "Off", "On")

    def release_is_no_press(self) -> None:
        """A button that is held down when the program starts does nothing when let go"""
        self.set_button(PRESSED)
        with self.programs.running():
            self.set_button(RELEASED)
            self.rest(DEBOUNCE_MS)
            self.press()
            self.wait_led(HIGH)
            self.expect_statuses("On")

    def led_is_back(self) -> None:
        """A press while led_process is down fails after 2 s, and says so; the next
        one sends the same command again"""
        with self.programs.running():
            self.programs.end("led_process")
            self.press()
            self.guest.wait_until("grep 'LED ON not delivered' /tmp/button_process")
            self.programs.start_led()
            self.press()
            self.wait_led(HIGH)
            self.expect_statuses("On")

    def line_in_use(self) -> None:
        """A line in use: the sentence says by whom"""
        with self.programs.running():
            for name, line in self.programs.lines.items():
                due = f"line {line} of {self.place} is in use by {name}: end that, or choose another line"
                self.expect_refusal(name, "", due)

    def no_such_line(self) -> None:
        """A line that the chip does not have: the sentence says which there are"""
        last = self.last_line
        for name in self.programs.lines:
            due = f"{self.place} has no line {last + 1}: its lines are 0 to {last}"
            self.expect_refusal(name, f"--line {last + 1}", due)

    def no_such_chip(self) -> None:
        """A chip that is not there, by label or path: the sentence says which are"""
        for chip in ("no-such-chip", "gpiochip77", "/dev/gpiochip77"):
            due = f"there is no GPIO chip {chip}: name one that is there: {self.there}"
            self.expect_refusal("led_process", f"--chip {chip}", due)

    def not_a_chip(self) -> None:
        """A path that is no chip: the sentence says how those are called"""
        for path in ("/dev/null", "/tmp/", "/init"):
            due = (
                f"{path} is not a GPIO chip: those are called /dev/gpiochip0 and so on"
            )
            self.expect_refusal("led_process", f"--chip {path}", due)
