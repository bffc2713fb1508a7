"""bench.py: from a press to the LED on an emulated board, as somebody outside
sees it: both pins are watched from there.

    tests/pi/bench.py BUILD

Beside it stands a bare exchange over the loopback in the same guest: connect,
send, close, until another process has read it. Taken in turn, in one run.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from guest import Guest, GuestError
from lab10 import PRESSED, RELEASED, Programs, program_files
from pieces import NotThere
from virt import BUTTON, LABEL, LED, LINES, boot_virt

ROUNDS, EACH = 20, 10


def press_times(guest: Guest, programs: Programs) -> list[float]:
    """Microseconds of some presses, each after the last one's release was seen."""
    device = guest.device("pl061")
    times = []
    for _ in range(EACH):
        before = programs.edges()
        begin = time.monotonic()
        guest.qtest_set_input(device, BUTTON, PRESSED)
        guest.qtest_next_output(LED)
        times.append((time.monotonic() - begin) * 1e6)
        guest.qtest_set_input(device, BUTTON, RELEASED)
        programs.wait_edges(before + 1)
    return times


def bare_times(guest: Guest) -> list[float]:
    status, said = guest.shell(f"/lab/loopback {EACH}")
    if status != 0:
        raise GuestError(f"loopback: {said}")
    return [float(line) for line in said.split()]


def measure(build: Path) -> tuple[list[float], list[float]]:
    files = program_files(build, ("arm64",)) | {
        "lab/loopback": build / "tests/pi/loopback.arm64"
    }
    bare, presses = [], []
    with boot_virt(build, "bench", files) as guest:
        programs = Programs(guest, "arm64", LABEL, LINES)
        guest.qtest_set_input(guest.device("pl061"), BUTTON, RELEASED)
        with programs.running(0):
            guest.qtest_watch(guest.device("pl061"))
            for _ in range(ROUNDS):
                bare += bare_times(guest)
                presses += press_times(guest, programs)
    return bare, presses


def main() -> int:
    if len(sys.argv) != 2:
        print(f"usage: {sys.argv[0]} BUILD", file=sys.stderr)
        return 2
    try:
        measured = measure(Path(sys.argv[1]).resolve())
    except (GuestError, NotThere, AssertionError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    bare, press = (statistics.median(times) for times in measured)
    print(
        f"Medians of {ROUNDS * EACH}, taken in turn, and the ratio to the first. The machine is emulated.\n"
    )
    print(f"  {'connect, send, close, read by another':42} {bare:5.0f} us  {1:5.2f} x")
    print(
        f"  {'a press to the LED, seen from outside':42} {press:5.0f} us  {press / bare:5.2f} x"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
