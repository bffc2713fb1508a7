#!/usr/bin/python3
"""intake_test.py: what make grade takes of a folder of submissions, and what it says
of the rest. The other halves: whose it is, intake_people_test.py; what is made to
do harm, intake_hostile_test.py; and a machine that fails, intake_machine_test.py.

    tests/kit/intake_test.py BUILD [TEST...]
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from board_world import run as run_tests
from intake_world import LAB2, LAB3, LAB8, LABS, World, scratch, zipped, zstd_of


class Tests(World):
    def plain_folders(self) -> None:
        """The layouts that need no guess: labs/LAB, LAB, lab02, an archive of that"""
        self.put("one/labs/lab02-uppercase-echo/server.c", b"1\n")
        self.put("one/labs/lab02-uppercase-echo/client.c", b"2\r\nno newline")
        self.put("two/lab02-uppercase-echo/server.c", b"3")
        self.put("two/lab02-uppercase-echo/client.c", b"4")
        self.put("three/lab02/server.c", b"5")
        self.put("three/lab02/client.c", b"6")
        self.put(
            "four.zip", zipped({"labs/lab02-uppercase-echo/server.c": "7", "labs/lab02-uppercase-echo/client.c": "8"})
        )
        self.put("five.tar.xz", self.tar({"wrap/lab02/server.c": b"9", "wrap/lab02/client.c": b"0"}, "xz"))
        assert self.run() == "5 students, 5 labs handed in; nothing to note.\n", self.said
        assert self.taken("one") == {f"{LAB2}/server.c": b"1\n", f"{LAB2}/client.c": b"2\r\nno newline"}
        for who, first in (("two", b"3"), ("three", b"5"), ("four", b"7"), ("five", b"9")):
            assert self.taken(who)[f"{LAB2}/server.c"] == first, who
        for file in self.folder_of("one").glob("lab*/*"):
            assert file.stat().st_mode & 0o7777 == 0o644, file

    def document(self) -> None:
        """student.json says who, where from, and the digest of each file"""
        self.put("Ångström Ünï/lab02/server.c", b"int x;\n")
        self.put("Ångström Ünï/lab02/client.c", b"")
        self.run()
        document = self.document_of("Ångström Ünï")
        digest = hashlib.sha256(b"int x;\n").hexdigest()
        assert document["key"] == "ngstr-m-n-" + hashlib.sha256("Ångström Ünï".encode()).hexdigest()[:8]
        assert document["id"] is None and document["source"] == "Ångström Ünï", document
        assert {"name": "server.c", "size": 7, "sha256": digest} in document["labs"][LAB2]
        assert document["notes"] == ["lab02: client.c is empty."], document
        assert self.class_document() == {"keys": [document["key"]], "notes": []}

    def archives(self) -> None:
        """Every kind of archive, and one in another"""
        files = {"lab02/server.c": b"s", "lab02/client.c": b"c"}
        for end in ("tar", "tar.gz", "tgz", "tar.bz2", "tar.xz", "txz"):
            kind = {"tgz": "gz", "txz": "xz"}.get(end, end.partition(".")[2])
            self.put(f"by {end}.{end}", self.tar(files, kind))
        self.put("by ZIP.ZIP", zipped(files))
        self.put("zstd.tar.zst", zstd_of(self.tar(files)))
        self.put("inside/lab02.zip", zipped({"server.c": "s", "client.c": "c"}))
        self.put("two deep.zip", zipped({"all.tar": self.tar(files)}))
        assert self.run().startswith("10 students, 10 labs handed in; nothing"), self.said
        for who in self.whos():
            assert self.taken(who) == {f"{LAB2}/server.c": b"s", f"{LAB2}/client.c": b"c"}, who
        self.put("three deep.zip", zipped({"b.zip": zipped({"c.zip": zipped(files)})}))
        self.run()
        assert "three deep" in self.whos() and not self.taken("three deep")
        self.expect_note("three deep", "b.zip/c.zip lies in an archive in an archive: it was not opened.")

    def guesses(self) -> None:
        """What is clear is taken, with a note; what is not is left"""
        self.put("deep/lab02/src/server.c", b"1")
        self.put("spelled/Lab 2/server.c", b"2")
        self.put("name-lab03.zip", zipped({"server.c": "3"}))
        self.put("flat/nc.c", b"4")
        self.put("unclear/server.c", b"5")
        self.put("both/lab02/a/server.c", b"6")
        self.put("both/lab02/b/server.c", b"7")
        self.put("old/lab02/server.c", b"8")
        self.put("old/lab02/old/server.c", b"9")
        self.run()
        for who, lab, data, words in (
            ("deep", LAB2, b"1", "lab02: server.c lies deeper than in the lab's own folder, in lab02/src."),
            ("spelled", LAB2, b"2", 'lab02: "Lab 2" was taken for this lab\'s folder.'),
            ("name-lab03", LAB3, b"3", "the name name-lab03.zip was taken to say which lab they are."),
            (
                "flat",
                LAB8,
                b"4",
                "lab08: nc.c lies in no lab's folder, but none of the other labs that are graded has such files.",
            ),
            ("unclear", None, b"", "server.c could be of several labs, and lies in no lab's folder: it was not taken."),
            (
                "both",
                None,
                b"",
                "lab02: lab02/a/server.c and lab02/b/server.c differ, and neither is the surer one: neither was taken.",
            ),
            (
                "old",
                LAB2,
                b"8",
                "lab02: there is more than one server.c; lab02/server.c was taken, lab02/old/server.c was not.",
            ),
        ):
            source = "nc.c" if lab == LAB8 else "server.c"
            assert self.taken(who) == ({f"{lab}/{source}": data} if lab else {}), (who, self.taken(who))
            self.expect_note(who, words)
        self.expect_note("unclear", "No file of a lab that is graded was found.")

    def one_lab(self) -> None:
        """With one lab there is nothing to guess: one note for the class; other labs are not mixed in"""
        self.put("ann/server.c", b"1")
        self.put("ann/client.c", b"2")
        self.put("bob/lab03/server.c", b"3")
        self.run(LABS[0])
        assert len(self.taken("ann")) == 2 and self.notes("ann") == []
        assert self.class_document()["notes"] == [
            "Files in no lab's folder were taken for lab02's, the only lab that is graded."
        ]
        assert self.taken("bob") == {}

    def what_is_left(self) -> None:
        """Extra files, a Makefile, headers, capitals and links are told; the kit's own files are not"""
        kit = Path(__file__).resolve().parents[2]
        shutil.copytree(kit / "labs" / LAB2, self.dir / "in/ann/labs" / LAB2)
        shutil.copytree(kit / "tests" / LAB2, self.dir / "in/ann/tests" / LAB2)
        shutil.copytree(kit / "tests/styles" / LAB2, self.dir / "in/ann/tests/styles" / LAB2)
        shutil.copy(kit / "Makefile", self.dir / "in/ann/Makefile")
        assert "nothing to note" in self.run(), self.notes("ann")
        assert len(self.taken("ann")) == 2
        lab = f"ann/labs/{LAB2}"
        for name in ("Makefile", "my.h", "Server.C", "a.out", "b.out", "c\x1b[31m.out", "d.out", "x.rar"):
            self.put(f"{lab}/{name}", b"...")
        self.put("ann/.git/HEAD", b"")
        (self.dir / "in" / lab / "client.c").unlink()
        (self.dir / "in" / lab / "client.c").symlink_to("/etc/passwd")
        os.mkfifo(self.dir / "in" / lab / "pipe")
        self.put("ann/lab03/server.c", b"")
        os.link(self.dir / "in/ann/lab03/server.c", self.dir / "in/ann/lab03/client.c")
        self.run()
        assert list(self.taken("ann")) == [f"{LAB2}/server.c"], self.taken("ann")
        lab = f"labs/{LAB2}"
        for words in (
            f"{lab}/Makefile is not used: every submission is built in the same way, by the kit.",
            f"{lab}/my.h is not used: headers are the kit's own.",
            f"{lab}/Server.C was not taken: capital and small letters count in a file's name.",
            f"{lab}/client.c is a symbolic link: it was not followed.",
            f"{lab}/pipe is a FIFO, a socket or a device: it was not opened.",
            f"{lab}/x.rar is of a kind that is not read: ask for a zip or a tar.",
            "2 hard links, other names of some files, were not taken: lab03/client.c, lab03/server.c.",
            f"5 other files were left out: .git, {lab}/a.out, {lab}/b.out, …",
            "lab02: client.c is missing.",
        ):
            self.expect_note("ann", words)

    def unreadable(self) -> None:
        """What cannot be read is told, even to root without its privilege to read all"""
        self.put("ann/lab02/server.c", b"1")
        self.put("ann/lab02/client.c", b"2")
        self.put("ann/lab03/server.c", b"3")
        (self.dir / "in/ann/lab02/server.c").chmod(0)
        (self.dir / "in/ann/lab03").chmod(0)
        plain = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
        self.run(by=plain)
        (self.dir / "in/ann/lab03").chmod(0o700)
        assert self.taken("ann") == {f"{LAB2}/client.c": b"2"}
        self.expect_note(
            "ann", "2 files or folders cannot be read here, look at their permissions: lab02/server.c, lab03."
        )

    def contents(self) -> None:
        """UTF-16 and binaries are taken as they are, and told"""
        self.put("ann/lab02/server.c", "int x;".encode("utf-16"))
        self.put("ann/lab02/client.c", b"\x7fELF\0\0")
        self.run()
        self.expect_note("ann", "lab02: server.c is UTF-16, which no C compiler reads")
        self.expect_note("ann", "lab02: client.c holds bytes of value 0: that is no source text.")
        assert len(self.taken("ann")) == 2

    def again(self) -> None:
        """What did not change is not touched; what is gone goes; results of others stay"""
        self.put("ann/lab02/server.c", b"1")
        self.put("ann/lab02/client.c", b"2")
        self.put("bob/lab02/server.c", b"3")
        self.run()
        bob, ann = self.folder_of("bob"), self.folder_of("ann")
        (ann / f"{LAB2}.json").write_text("{}")
        before = {path: path.stat().st_mtime_ns for path in ann.rglob("*") if path.is_file()}
        shutil.rmtree(self.dir / "in/bob")
        self.run()
        assert not bob.exists() and self.whos() == ["ann"]
        assert before == {path: path.stat().st_mtime_ns for path in before}
        (ann / LAB2 / "stale.c").write_text("")
        (ann / LAB2 / "server.c").chmod(0o600)
        (self.dir / "in/ann/lab02/client.c").unlink()
        self.put("ann/lab02/server.c", b"new")
        self.run()
        assert self.taken("ann") == {f"{LAB2}/server.c": b"new"} and (ann / f"{LAB2}.json").exists()
        (self.dir / "in/ann/lab02/server.c").unlink()
        self.run()
        assert not (ann / f"{LAB2}.json").exists() and not (ann / LAB2).exists()

    def refusals(self) -> None:
        """Nothing to read: one sentence, exit 2, and CLASS as it was"""
        self.put("ann/lab02/server.c", b"1")
        self.run()
        for dir, make, words in (
            ("none", lambda path: None, "cannot be read: No such file or directory."),
            ("empty", lambda path: path.mkdir(), "holds no submission."),
            ("text", lambda path: path.write_text("hello"), "is no zip or tar that can be read"),
            ("fifo", os.mkfifo, "is neither a folder nor an archive."),
            ("zip.zip", lambda path: path.write_bytes(zipped({})), "holds no submission."),
            (
                "flat",
                lambda path: path.mkdir() or (path / "nc.c").write_text("x"),
                "nc.c lies in no student's folder or archive",
            ),
            (
                "tree",
                lambda path: (path / "labs" / LAB2).mkdir(parents=True),
                "is named after a lab, not after a student",
            ),
        ):
            path = self.dir / dir
            make(path)
            self.run(dir=path, status=2)
            assert words in self.said and self.said.count("\n") == 1, self.said
            assert self.whos() == ["ann"]

    def labs_of_another_folder(self) -> None:
        """DIR that is one student's archive, or has a folder around all"""
        self.put("../ann.zip", zipped({f"labs/{LAB2}/server.c": "1"}))
        self.run(dir=self.dir / "ann.zip")
        assert self.whos() == ["ann"] and len(self.taken("ann")) == 1
        self.put(
            "../all.zip",
            zipped(
                {"wrap/ann/lab02/server.c": "1", "wrap/bob.zip": zipped({"lab02/server.c": "2"}), "__MACOSX/._x": ""}
            ),
        )
        self.run(dir=self.dir / "all.zip")
        assert self.whos() == ["ann", "bob"] and len(self.taken("bob")) == 1


if __name__ == "__main__":
    with scratch() as folder:
        sys.exit(run_tests(Tests(folder).named("intake")))
