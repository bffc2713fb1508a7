#!/usr/bin/python3
"""Packs the kit for a learning platform that grades one submission at a time.

    package.py PLATFORM LAB OUT --kit-version V [--allow-unsafe]

PLATFORM is gradescope or vpl, for which OUT becomes a zip, or classroom50, for
which it becomes a folder. In it are the platform's own files, from packages/,
and kit.tar.gz: the files that git knows, as they are here, but none that grading
has no use for, first of all no solutions. Packed twice it is the same, byte for
byte.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
KIT = HERE.parent.parent
LEFT_OUT = (
    "solutions/",
    "slides/",
    "tests/attacks/",
    "tests/bench/",
    "tests/kit/",
    "tests/mutants/",
    "tests/pi/",
    "tests/styles/",
)
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # no zip knows an earlier day
NEXT = {
    "gradescope": "Upload it as the autograder of an assignment of 100 points.",
    "vpl": "Unpack it, and add both files to the execution files of the activity.",
    "classroom50": "Put both files into CLASSROOM/autograders/ASSIGNMENT/.",
}
UNSAFE = (
    "Where there is no isolation it grades all the same, and says so in each result."
)
# Where the platform gives its files to whoever asks, hidden tests would be none.
IN_PUBLIC = ("classroom50",)


def kit_files() -> list[str]:
    listing = subprocess.run(
        ["git", "-C", KIT, "ls-files", "-z"], capture_output=True, text=True
    )
    if listing.returncode != 0:
        raise ValueError(
            "the kit is packed by what git knows of it, and here git says: "
            + listing.stderr.strip()
        )
    names = listing.stdout.split("\0")
    return sorted(
        n for n in names if n and not n.startswith(LEFT_OUT) and (KIT / n).is_file()
    )


def kit_archive() -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream:
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name in kit_files():
                entry = tar.gettarinfo(KIT / name, name)
                entry.uid = entry.gid = entry.mtime = 0
                entry.uname = entry.gname = "root"
                entry.mode = 0o755 if entry.mode & 0o100 else 0o644
                with open(KIT / name, "rb") as file:
                    tar.addfile(entry, file)
    return packed.getvalue()


def platform_files(words: argparse.Namespace) -> dict[str, bytes]:
    """The platform's own files, told which lab it is, and the kit."""
    told = {
        "@LAB@": words.lab,
        "@KIT_VERSION@": words.kit_version,
        "@OPTIONS@": "--allow-unsafe" if words.allow_unsafe else "",
    }
    files = {}
    for path in sorted((HERE / "packages" / words.platform).iterdir()):
        if path.is_file():
            text = path.read_text()
            for mark, value in told.items():
                text = text.replace(mark, value)
            files[path.name] = text.encode()
    return files | {"kit.tar.gz": kit_archive()}


def write_zip(out: Path, files: dict[str, bytes]) -> None:
    beside = out.with_name(out.name + ".new")
    try:
        with zipfile.ZipFile(beside, "w") as archive:
            for name, data in files.items():
                entry = zipfile.ZipInfo(name, LONG_AGO)
                program = data.startswith(b"#!")
                entry.external_attr = (0o100755 if program else 0o100644) << 16
                entry.create_system = 3  # or unzip takes no notice of the mode
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, data)
        os.replace(beside, out)
    finally:
        beside.unlink(missing_ok=True)


def write_folder(out: Path, files: dict[str, bytes]) -> None:
    beside = out.with_name(out.name + ".new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for name, data in files.items():
        (beside / name).write_bytes(data)
    shutil.rmtree(out, ignore_errors=True)
    os.replace(beside, out)


def main() -> int:
    parser = argparse.ArgumentParser(description="Packs the kit for a platform.")
    parser.add_argument("platform", choices=["gradescope", "vpl", "classroom50"])
    parser.add_argument("lab")
    parser.add_argument("out", type=Path)
    parser.add_argument("--kit-version", required=True)
    parser.add_argument("--allow-unsafe", action="store_true")
    words = parser.parse_args()
    if words.platform in IN_PUBLIC and any((KIT / "tests" / words.lab).glob("hidden*")):
        raise ValueError(
            f"{words.lab} has hidden tests, and {words.platform} shows its files to"
            " students: they would be hidden no more"
        )
    words.out.parent.mkdir(parents=True, exist_ok=True)
    files = platform_files(words)
    (write_folder if words.platform == "classroom50" else write_zip)(words.out, files)
    print(f"{words.out}: {NEXT[words.platform]}")
    if words.allow_unsafe:
        print(UNSAFE)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, tarfile.TarError) as error:
        sys.exit(f"package.py: {error}")
