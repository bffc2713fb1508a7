"""virt.py: QEMU's machine "virt", whose GPIO chip has pins to press from outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pieces
from guest import Content, Guest, initramfs, small_system

LABEL = "9030000.pl061"
LED, BUTTON = 5, 6
LINES = {"led_process": LED, "button_process": BUTTON}


@contextmanager
def boot_virt(
    build: Path,
    name: str,
    files: dict[str, Content],
    modules: Sequence[str] = (),
    own_modules: Sequence[Path] = (),
) -> Iterator[Guest]:
    """A shell on it, with FILES, and Debian's MODULES and OWN_MODULES loaded."""
    cache = build / "cache"
    kernel = pieces.kernel(cache)
    order = [*pieces.modules_for(kernel, modules), *own_modules]
    initrd = initramfs(
        build / f"pi/{name}.cpio.gz", small_system(pieces.busybox(cache), order, files)
    )
    append, cpu = "console=ttyAMA0 loglevel=3", ["-cpu", "cortex-a53"]
    with Guest("virt", kernel.image, initrd, append, cpu, qtest=True) as guest:
        guest.wait_shell()
        yield guest


def power_off(guest: Guest) -> None:
    guest.type("poweroff -f\n")
    guest.wait_off()
