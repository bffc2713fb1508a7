"""pieces.py: what an emulated Raspberry Pi is made of: Debian's kernel for arm64,
its modules, BusyBox; and gpio-sim, a module that Debian's kernel comes without.

All is fetched with hw/pi/fetch when it is first asked for, and kept in CACHE.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "hw/pi"))
from debian import SUITE, Kernel, NotThere, fetch, kernel_in, modules_for, one  # noqa: E402, F401


def _packages(cache: Path) -> Path:
    # Together, so that headers and sources are those of the kernel: Debian's
    # archive has its newest one alone.
    words = ("linux-image-arm64", "linux-headers-arm64", "linux-source", "busybox-static")
    return fetch(cache / f"{SUITE}-arm64-kernel", "arm64", *words)


def kernel(cache: Path) -> Kernel:
    return kernel_in(_packages(cache))


def busybox(cache: Path) -> Path:
    return one(_packages(cache), "bin/busybox")


# ---- gpio-sim ----------------------------------------------------------------------

SOURCES = ("drivers/gpio/gpio-sim.c", "drivers/gpio/gpiolib.h", "kernel/irq/irq_sim.c")


def _sources(folder: Path, packages: Path) -> None:
    """Take them out of the kernel's, as one module of two files."""
    archive = one(packages, "usr/src/linux-source-*.tar.xz")
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
    tools = one(kbuild, "usr/lib/linux-kbuild-*")
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
    with open(cache / "gpio-sim.lock", "w") as lock:  # others wait while one builds it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not module.exists():
            _make_gpio_sim(cache, module, version)
    return module


def _make_gpio_sim(cache: Path, module: Path, version: str) -> None:
    packages = _packages(cache)
    release = one(packages, "usr/lib/linux-kbuild-*").name
    own = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True).stdout.strip()
    kbuild = fetch(cache / f"{SUITE}-{own}-kbuild", own, release)
    spaces = " " in tempfile.gettempdir()  # in which no kernel's module is built
    with tempfile.TemporaryDirectory(dir="/tmp" if spaces else None) as temporary:
        folder = Path(temporary)
        (folder / "gpio-sim").mkdir()
        _sources(folder / "gpio-sim", packages)
        _build(folder / "gpio-sim", _headers(folder, packages, kbuild, version))
        shutil.copy(folder / "gpio-sim/gpio-sim.ko", module.with_suffix(".part"))
    module.with_suffix(".part").rename(module)
