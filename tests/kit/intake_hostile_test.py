#!/usr/bin/python3
"""intake_hostile_test.py: archives and folders that are made to do harm. What is right
beside them is taken, and each is told of.

    tests/kit/intake_hostile_test.py BUILD [TEST...]
"""

from __future__ import annotations

import gzip
import io
import os
import sys
import tarfile
import warnings
import zipfile

from board_world import run as run_tests
from intake_world import LAB2, World, scratch, zipped

GOOD = {f"{LAB2}/server.c": b"good"}


class Tests(World):
    def _neighbour_is_well(self, *who: str) -> None:
        """The one who handed in what is right, and the others that are there."""
        assert self.whos() == sorted([*who, "zz good"]), self.whos()
        assert self.taken("zz good") == GOOD

    def _tar(self, *entries: tuple[str, bytes, str]) -> bytes:
        """Of names, types, and what they link to."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            for name, kind, to in entries:
                entry = tarfile.TarInfo(name)
                entry.type, entry.linkname = kind, to
                archive.addfile(entry)
            entry = tarfile.TarInfo("lab02/server.c")
            entry.size = 4
            archive.addfile(entry, io.BytesIO(b"good"))
        return out.getvalue()

    def _run_beside_good(self) -> None:
        self.put("zz good/lab02/server.c", b"good")
        self.put("zz good/lab02/client.c", b"")
        (self.dir / "in/zz good/lab02/client.c").unlink()
        self.run()

    def paths(self) -> None:
        """Absolute paths, and those that lead out, are not taken"""
        mark = self.dir / "escaped"
        self.put(
            "zip.zip",
            zipped(
                {
                    str(mark): "x",
                    "../../escaped": "x",
                    "lab02/../lab03/server.c": "x",
                    "/lab03/client.c": "x",
                    "lab02\\server.c": "good",
                    "..\\..\\lab02\\client.c": "x",
                }
            ),
        )
        self.put(
            "tar.tar",
            self._tar(
                (str(mark), tarfile.REGTYPE, ""),
                ("../lab03/server.c", tarfile.REGTYPE, ""),
                ("a/../../lab03/client.c", tarfile.REGTYPE, ""),
            ),
        )
        self._run_beside_good()
        self._neighbour_is_well("zip", "tar")
        assert not mark.exists() and not (self.dir.parent / "escaped").exists()
        assert self.taken("zip") == GOOD and self.taken("tar") == GOOD
        self.expect_note("zip", "2 absolute paths in archives were not taken:")
        self.expect_note(
            "zip",
            "3 paths that lead out of their archive were not taken: ../../escaped, "
            "lab02/../lab03/server.c, ../../lab02/client.c.",
        )
        self.expect_note("tar", "is an absolute path in an archive: it was not taken.")
        self.expect_note("tar", "2 paths that lead out")

    def links_in_archives(self) -> None:
        """Links, devices and FIFOs in archives are not taken"""
        self.put(
            "tar.tar",
            self._tar(
                ("lab02/client.c", tarfile.SYMTYPE, "/etc/passwd"),
                ("lab03/server.c", tarfile.LNKTYPE, "/etc/passwd"),
                ("lab03/client.c", tarfile.FIFOTYPE, ""),
                ("lab08/nc.c", tarfile.CHRTYPE, ""),
            ),
        )
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            link = zipfile.ZipInfo("lab02/client.c")
            link.create_system, link.external_attr = 3, 0o120777 << 16
            archive.writestr(link, "/etc/passwd")
            archive.writestr("lab02/server.c", "good")
        self.put("zip.zip", out.getvalue())
        self._run_beside_good()
        self._neighbour_is_well("tar", "zip")
        assert self.taken("tar") == GOOD and self.taken("zip") == GOOD
        self.expect_note("zip", "lab02/client.c is a symbolic link: it was not followed.")
        self.expect_note("tar", "lab02/client.c is a symbolic link: it was not followed.")
        self.expect_note("tar", "lab03/server.c is a hard link")
        self.expect_note("tar", "2 FIFOs, sockets or devices were not opened: lab03/client.c, lab08/nc.c.")

    def links_in_folders(self) -> None:
        """A link to another student's folder, or file, is not followed"""
        (self.dir / "in/ann").mkdir()
        (self.dir / "in/ann/lab02").symlink_to("../zz good/lab02")
        (self.dir / "in/bob").symlink_to("zz good")
        (self.dir / "in/cy.zip").symlink_to("/etc/passwd")
        self._run_beside_good()
        self._neighbour_is_well("ann")
        self.expect_note("ann", "lab02 is a symbolic link: it was not followed.")
        assert self.class_document()["notes"] == ["2 symbolic links were not followed: bob, cy.zip."]

    def bombs(self) -> None:
        """What unpacks to much more than it is stops early, and costs little"""
        megabyte = gzip.compress(bytes(1 << 20))
        self.put(
            "tar.tar.gz", gzip.compress(self._tar()[:1024]) + self._header("lab02/client.c", 8 << 30) + megabyte * 300
        )
        self.put("many.tar.gz", b"".join(self._header(f"x{i}", 1 << 20) + megabyte for i in range(300)))
        self.put("zip.zip", zipped({"lab02/server.c": "good", "lab02/client.c": bytes(200 << 20)}))
        inner = zipped({"lab02/client.c": bytes(20 << 20)})
        self.put("nest.zip", zipped({"lab02/server.c": b"good", **{f"{i}.zip": inner for i in range(60)}}))
        self.put("large.zip", zipped({"lab02/server.c": b"good", "x.zip": bytes(17 << 20)}))
        self._run_beside_good()
        self._neighbour_is_well("tar", "many", "zip", "nest", "large")
        for who in ("tar", "zip", "nest", "large"):
            assert self.taken(who) == GOOD, (who, self.notes(who))
        self.expect_note("tar", "tar.tar.gz unpacks to more than 256 MiB: it was not read any further.")
        self.expect_note("many", "many.tar.gz unpacks to more than 256 MiB")
        self.expect_note("zip", "lab02/client.c is too large (a source file may have 256 KiB")
        self.expect_note("nest", "50 files are too large")
        self.expect_note("nest", "10 files were not taken, because what was found before them is the most")
        self.expect_note("large", "x.zip is too large")

    def _header(self, name: str, size: int) -> bytes:
        return gzip.compress(self._plain_header(name, size))

    @staticmethod
    def _plain_header(name: str, size: int) -> bytes:
        entry = tarfile.TarInfo(name)
        entry.size = size
        return entry.tobuf(tarfile.GNU_FORMAT)

    def limits(self) -> None:
        """4 MiB a student, 1,000 files, 20,000 entries, 32 folders"""
        self.put("size.zip", zipped({f"{i}/lab02/server.c": os.urandom(250 << 10) for i in range(20)}))
        self.put("files.zip", zipped({f"{i}/lab02/server.c": "good" for i in range(1100)}))
        self.put("entries.tar", self._tar(*((f"x{i}", tarfile.DIRTYPE, "") for i in range(21000))))
        self.put("ok.tar", self._tar(*((f"x{i}", tarfile.DIRTYPE, "") for i in range(19000))))
        self.put("/".join(["deep", *"x" * 40, "lab02", "server.c"]), b"")
        self._run_beside_good()
        self._neighbour_is_well("size", "files", "entries", "ok", "deep")
        self.expect_note("size", "4 files were not taken, because what was found before them is the most")
        self.expect_note("files", "100 files were not taken")
        self.expect_note("entries", "It has more than 20,000 files and folders: the rest was not looked at.")
        assert self.taken("files") == GOOD and self.taken("entries") == {} and self.taken("ok") == GOOD
        self.expect_note("deep", "lies in more than 32 folders: it was not looked into.")

    def moodle_limits(self) -> None:
        """In a download, too much of one student takes nothing from the next"""
        files = {f"Ann_1_assignsubmission_file/{i}": "" for i in range(20500)}
        files |= {
            "Bob_2_assignsubmission_file/x.zip": b"PK\3\4 broken",
            "zz good_3_assignsubmission_file/lab02/server.c": "good",
        }
        self.put("../all.zip", zipped(files))
        self.run(dir=self.dir / "all.zip")
        self._neighbour_is_well("Ann", "Bob")
        self.expect_note("Ann", "more than 20,000")
        self.expect_note("Bob", "x.zip is no zip or tar that can be read")

    def damaged(self) -> None:
        """Damaged, cut, encrypted and empty archives, and what is none"""
        whole = zipped({"lab02/server.c": "good", "lab02/client.c": os.urandom(9000)})
        self.put("cut.zip", whole[:3000])
        self.put(
            "cut tar.tar.gz",
            gzip.compress(self._tar()[:1024] + self._plain_header("x", 400000) + os.urandom(400000))[:-4000],
        )
        crc = bytearray(zipped({"lab02/client.c": "x" * 99, "lab02/server.c": "good"}))
        crc[crc.index(b"client.c") + 8] ^= 0xFF
        self.put("crc.zip", bytes(crc))
        self.put("small cut.tgz", gzip.compress(self._tar())[:-9])
        secret = bytearray(zipped({"lab02/server.c": "secret"}))
        secret[6] |= 1
        secret[secret.index(b"PK\1\2") + 8] |= 1
        self.put("secret.zip", bytes(secret))
        self.put("none.zip", b"hello, I am a zip")
        self.put("nothing.zip", b"")
        self.put("empty.zip", zipped({}))
        self.put("rar.rar", b"Rar!")
        self._run_beside_good()
        self._neighbour_is_well("cut", "cut tar", "small cut", "crc", "secret", "none", "nothing", "empty")
        assert self.taken("cut") == GOOD and self.taken("cut tar") == GOOD and self.taken("crc") == GOOD
        self.expect_note("cut", "is damaged")
        self.expect_note("cut tar", '"cut tar.tar.gz" is damaged')
        self.expect_note("small cut", '"small cut.tgz" is no zip or tar that can be read (truncated gzip input).')
        self.expect_note("crc", "lab02/client.c is damaged in its archive: it was not taken.")
        self.expect_note("secret", "lab02/server.c is encrypted: it cannot be read without its password.")
        self.expect_note("none", "none.zip is no zip or tar that can be read")
        self.expect_note("nothing", "nothing.zip is no zip or tar that can be read")
        self.expect_note("empty", "empty.zip is empty.")
        assert self.class_document()["notes"] == ["rar.rar is of a kind that is not read: ask for a zip or a tar."]

    def names(self) -> None:
        """Names of archives' entries: long, odd, twice, and in other alphabets"""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what is there twice
            for name, data in (
                ("lab02/server.c", "first"),
                ("lab02/server.c", "good"),
                ("x" * 300 + "/lab02/client.c", "x"),
                ("lab02/-rf\n\x1b[2J", "x"),
                ("__MACOSX/lab02/._server.c", "x"),
                ("lab02/.DS_Store", "x"),
                ("lab02/\u202ec", "x"),
            ):
                archive.writestr(name, data)
        self.put("ann.zip", out.getvalue())
        self.put(
            "../latin.zip",
            zipped({"M?ller/lab02/server.c": "good", "zz good/lab02/server.c": "good"}).replace(
                b"M?ller", b"M\xfcller"
            ),
        )
        broken = zipped({"Jö?g/lab02/server.c": "good", "zz good/lab02/server.c": "good"})
        self.put("../broken.zip", broken.replace("ö?".encode(), b"\xc3\xff\xfe"))
        self._run_beside_good()
        self._neighbour_is_well("ann")
        assert self.taken("ann") == GOOD
        self.expect_note("ann", "lab02/server.c is there twice in one archive: the last one counts")
        self.expect_note("ann", 'bytes more)" has a name that is too long: it was not taken.')
        self.expect_note("ann", '4 other files were left out: "lab02/-rf\\x0a\\x1b[2J", __MACOSX, lab02/.DS_Store, …')
        self.run(dir=self.dir / "latin.zip")
        self._neighbour_is_well("M_ller")
        assert self.taken("M_ller") == GOOD
        self.run(dir=self.dir / "broken.zip")
        self._neighbour_is_well()
        assert self.class_document()["notes"] == ['1 other file was left out: "(a name that cannot be read)".']

    def mutated(self) -> None:
        """Archives with wrong bytes in them, always the same: it never breaks"""
        state = 1
        seeds = [
            zipped({"lab02/server.c": "good" * 50, "x.tar": self._tar()}),
            self._tar(("a", tarfile.SYMTYPE, "b")),
            self.tar({"lab02/server.c": b"g"}, "gz"),
            self.tar({"lab02/server.c": b"g"}, "xz"),
        ]
        for i in range(120):
            data = bytearray(seeds[i % len(seeds)])
            for _ in range(1 + i % 9):
                state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
                data[(state >> 33) % len(data)] = state >> 24 & 0xFF
            self.put(f"m{i:03}.zip", bytes(data[: len(data) - (state >> 50) % 200 * (i % 2)]))
        self._run_beside_good()
        self._neighbour_is_well(*(f"m{i:03}" for i in range(120)))


if __name__ == "__main__":
    with scratch() as folder:
        sys.exit(run_tests(Tests(folder).named("intake-hostile")))
