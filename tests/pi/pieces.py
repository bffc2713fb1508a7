"""pieces.py: what an emulated Raspberry Pi is made of: Debian's kernel for arm64,
its modules, BusyBox; and gpio-sim, a module that Debian's kernel comes without.

All is fetched with hw/pi/fetch when it is first asked for, and kept in CACHE.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUITE = "bookworm"


class NotThere(Exception):
    """A piece cannot be had: why, and what to do."""


@dataclass(frozen=True)
class Kernel:
    version: str  # 6.1.0-50-arm64
    image: Path
    modules: Path  # a folder of folders of .ko files
    dtbs: Path  # a folder: broadcom/bcm2837-rpi-3-b.dtb


def _one(folder: Path, pattern: str) -> Path:
    """The one path of that pattern: kernels of a Debian release have names that
    change now and then."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise NotThere(f"{folder} has {len(found)} of {pattern}, not one. Delete it, to fetch it anew.")
    return found[0]


def fetch(folder: Path, architecture: str, *packages: str, suite: str = SUITE) -> Path:
    """Unpack Debian packages and what they depend on into a folder, once."""
    if folder.is_dir():
        return folder
    words = [ROOT / "hw/pi/fetch", folder, suite, architecture, "main", *packages]
    ended = subprocess.run(words, stdout=sys.stderr, stdin=subprocess.DEVNULL)
    if ended.returncode != 0:
        raise NotThere(f"Debian's {' '.join(packages)} ({architecture}) could not be fetched")
    return folder


def _packages(cache: Path) -> Path:
    # Together, so that headers and sources are those of the kernel: Debian's
    # archive has its newest one alone.
    words = ("linux-image-arm64", "linux-headers-arm64", "linux-source", "busybox-static")
    return fetch(cache / f"{SUITE}-arm64-kernel", "arm64", *words)


def kernel(cache: Path) -> Kernel:
    folder = _packages(cache)
    image = _one(folder, "boot/vmlinuz-*")
    version = image.name.removeprefix("vmlinuz-")
    modules = _one(folder, f"lib/modules/{version}")
    return Kernel(version, image, modules, _one(folder, f"usr/lib/linux-image-{version}"))


def busybox(cache: Path) -> Path:
    return _one(_packages(cache), "bin/busybox")


# ---- Modules ---------------------------------------------------------------------


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


# ---- gpio-sim ----------------------------------------------------------------------

SOURCES = ("drivers/gpio/gpio-sim.c", "drivers/gpio/gpiolib.h", "kernel/irq/irq_sim.c")


def _sources(folder: Path, packages: Path) -> None:
    """Take them out of the kernel's, as one module of two files."""
    archive = _one(packages, "usr/src/linux-source-*.tar.xz")
    top = archive.name.removesuffix(".tar.xz")
    words = ["tar", "-x", "-f", archive, "-C", folder, "--strip-components=3"]
    subprocess.run([*words, *(f"{top}/{name}" for name in SOURCES)], check=True)
    irq_sim = folder / "irq_sim.c"
    text = irq_sim.read_text()
    # The kernel exports neither of these two, and needs no third to be exported.
    text = text.replace("handle_simple_irq(irq_to_desc(irqnum))", "generic_handle_irq(irqnum)")
    irq_sim.write_text(re.sub(r"EXPORT_SYMBOL_GPL\(.*?\);\n", "", text))
    (folder / "gpio-sim.c").rename(folder / "gpio_sim_main.c")
    (folder / "Makefile").write_text("obj-m := gpio-sim.o\ngpio-sim-y := gpio_sim_main.o irq_sim.o\n")


def _headers(folder: Path, packages: Path, kbuild: Path, version: str) -> Path:
    """A copy of the kernel's headers, at a path without spaces, which the kernel's
    Makefile asks for, and with the tools of this machine's processor."""
    shutil.copytree(packages / "usr/src", folder / "usr/src", symlinks=True, ignore=shutil.ignore_patterns("*.tar.*"))
    tools = _one(kbuild, "usr/lib/linux-kbuild-*")
    shutil.copytree(tools, folder / "usr/lib" / tools.name, symlinks=True)
    headers = folder / "usr/src" / f"linux-headers-{version}"
    makefile = headers / "Makefile"
    makefile.write_text(makefile.read_text().replace("/usr/src", f"{folder}/usr/src"))
    return headers


def _build(folder: Path, headers: Path) -> None:
    cross = "" if platform.machine() == "aarch64" else "aarch64-linux-gnu-"
    words = ["make", "-C", headers, f"M={folder}", "ARCH=arm64", f"CROSS_COMPILE={cross}", "modules"]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    made = subprocess.run(words, capture_output=True, text=True, env=clean)
    if made.returncode != 0:
        last = "\n".join((made.stdout + made.stderr).splitlines()[-20:])
        raise NotThere(f"gpio-sim does not compile:\n{last}")


def gpio_sim(cache: Path) -> Path:
    """The module, for that kernel. It needs the modules configfs."""
    version = kernel(cache).version
    module = cache / f"gpio-sim-{version}.ko"
    if module.exists():
        return module
    packages = _packages(cache)
    release = _one(packages, "usr/lib/linux-kbuild-*").name
    own = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True).stdout.strip()
    kbuild = fetch(cache / f"{SUITE}-{own}-kbuild", own, release)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "gpio-sim").mkdir()
        _sources(folder / "gpio-sim", packages)
        _build(folder / "gpio-sim", _headers(folder, packages, kbuild, version))
        shutil.copy(folder / "gpio-sim/gpio-sim.ko", module.with_suffix(".part"))
    module.with_suffix(".part").rename(module)
    return module
