"""cpio.py: writes the system in memory that a kernel boots: its initramfs.

    initramfs(path, {"init": b"#!/bin/sh\n...", "bin": busybox_folder})

An ordinary user can: files of root and devices exist in the archive alone.
"""

from __future__ import annotations

import gzip
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Device:
    """A character device: its numbers."""

    major: int
    minor: int


# A file or a folder of this machine; a file's bytes, which are a program if they
# begin like a script or like what a compiler makes; where a link points; a device; an empty folder.
Content = Path | bytes | str | Device | None


def _entry(name: str, mode: int, data: bytes = b"", device: Device | None = None) -> bytes:
    """One entry of a cpio archive, of the kind that kernels read ("newc"). All
    belongs to root, whoever writes it."""
    rdev = device or Device(0, 0)
    fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, rdev.major, rdev.minor)
    path = name.encode() + b"\0"
    head = b"070701" + b"".join(b"%08x" % n for n in (*fields, len(path), 0)) + path
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def _entries(name: str, content: Content) -> Iterator[bytes]:
    match content:
        case None:
            yield _entry(name, stat.S_IFDIR | 0o755)
        case bytes():
            program = content.startswith((b"#!", b"\x7fELF"))
            yield _entry(name, stat.S_IFREG | (0o755 if program else 0o644), content)
        case str():
            yield _entry(name, stat.S_IFLNK | 0o777, content.encode())
        case Device():
            yield _entry(name, stat.S_IFCHR | 0o600, device=content)
        case Path() if content.is_symlink():
            yield _entry(name, stat.S_IFLNK | 0o777, os.readlink(content).encode())
        case Path() if content.is_dir():
            yield _entry(name, content.stat().st_mode)
            for inner in sorted(content.iterdir()):
                yield from _entries(f"{name}/{inner.name}", inner)
        case Path() if content.is_file():
            yield _entry(name, content.stat().st_mode, content.read_bytes())


def _with_folders(tree: dict[str, Content]) -> dict[str, Content]:
    """The same, and before each thing the folders that it lies in."""
    whole: dict[str, Content] = {}
    for name, content in tree.items():
        above = [str(folder) for folder in Path(name).parents][-2::-1]
        for folder in above:
            whole.setdefault(folder, None)
        whole[name] = content
    return whole


def initramfs(path: Path, tree: dict[str, Content], level: int = 1) -> Path:
    """Write what the kernel unpacks and whose /init it runs. A link of this
    machine's is packed as a link; name its target to pack what it points to.
    The same tree is the same bytes, whenever and wherever it is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    devices: dict[str, Content] = {"dev/console": Device(5, 1), "dev/null": Device(1, 3)}
    with path.open("wb") as file, gzip.GzipFile("", "wb", level, file, mtime=0) as archive:
        for name, content in _with_folders({**devices, **tree}).items():
            for entry in _entries(name, content):
                archive.write(entry)
        archive.write(_entry("TRAILER!!!", 0))
    return path
