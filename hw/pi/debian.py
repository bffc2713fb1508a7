"""debian.py: Debian's packages for a Raspberry Pi, unpacked, and the kernel and its
modules among them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FETCH = Path(__file__).resolve().parent / "fetch"
SUITE = "bookworm"


class NotThere(Exception):
    """A piece cannot be had: why, and what to do."""


@dataclass(frozen=True)
class Kernel:
    version: str  # 6.1.0-50-arm64
    image: Path
    modules: Path  # a folder of folders of .ko files
    dtbs: Path  # a folder: broadcom/bcm2837-rpi-3-b.dtb


def one(folder: Path, pattern: str) -> Path:
    """The one path of that pattern: kernels of a Debian release have names that
    change now and then."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise NotThere(f"{folder} has {len(found)} of {pattern}, not one. Delete it, to fetch it anew.")
    return found[0]


def fetch(
    folder: Path, architecture: str, *packages: str, suite: str = SUITE, components: str = "main"
) -> Path:
    """Unpack Debian packages and what they depend on into a folder, once."""
    if folder.is_dir():
        return folder
    words = [FETCH, folder, suite, architecture, components, *packages]
    ended = subprocess.run(words, stdout=sys.stderr, stdin=subprocess.DEVNULL)
    if ended.returncode != 0:
        raise NotThere(f"Debian's {' '.join(packages)} ({architecture}) could not be fetched.")
    return folder


# ---- The kernel ------------------------------------------------------------------


def kernel_in(folder: Path) -> Kernel:
    """The kernel among unpacked packages."""
    image = one(folder, "boot/vmlinuz-*")
    version = image.name.removeprefix("vmlinuz-")
    modules = one(folder, f"lib/modules/{version}")
    return Kernel(version, image, modules, one(folder, f"usr/lib/linux-image-{version}"))


def _needs(module: Path) -> list[str]:
    """The modules that one says it depends on."""
    match = re.search(rb"\0depends=([^\0]*)\0", module.read_bytes())
    return [name for name in match[1].decode().split(",") if name] if match else []


def modules_for(kernel: Kernel, names: Sequence[str]) -> list[Path]:
    """The files of modules, each after those that it needs. One that is built
    into the kernel has none."""
    files = {path.stem.replace("-", "_"): path for path in kernel.modules.rglob("*.ko")}
    builtin = (kernel.modules / "modules.builtin").read_text().replace("-", "_")
    order: list[Path] = []

    def add(name: str) -> None:
        name = name.replace("-", "_")
        if name in files:
            for needed in _needs(files[name]):
                add(needed)
            if files[name] not in order:
                order.append(files[name])
        elif f"/{name}.ko\n" not in builtin:
            raise NotThere(f"Debian's kernel {kernel.version} has no module {name}")

    for name in names:
        add(name)
    return order
