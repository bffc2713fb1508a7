#!/usr/bin/python3
"""intake_people_test.py: whose it is: Moodle's downloads, names that two share, names
that lie, and names that would do harm.

    tests/kit/intake_people_test.py BUILD [TEST...]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from board_world import run as run_tests
from intake_world import LAB2, LAB3, World, scratch, zipped


class Tests(World):
    def moodle(self) -> None:
        """A Moodle download: its zip, that zip in a folder, unpacked, and blind"""
        names = ["Ann Ä_12_assignsubmission_file", "Bo_7_assignsubmission_file_"]
        files = {f"{name}/{file}": file for name in names for file in ("server.c", "client.c")}
        files["Bo_7_assignsubmission_onlinetext/onlinetext.html"] = "<p>"
        files["Cy_9_assignsubmission_file_lab02.zip"] = zipped({"server.c": "server.c", "client.c": "client.c"})
        for kind, dir in (("itself", "cs-lab02-77.zip"), ("in a folder", "in"), ("unpacked", "lab02 unpacked")):
            self.fresh()
            download = self.dir / dir
            if kind == "unpacked":
                for path, data in files.items():
                    self.put(f"../{dir}/{path}", data if isinstance(data, bytes) else data.encode())
            else:
                self.put("../cs-lab02-77.zip" if kind == "itself" else "cs-lab02-77.zip", zipped(files))
            self.run(dir=download)
            assert self.whos() == ["Ann Ä", "Bo", "Cy"], (kind, self.whos())
            assert [self.document_of(who)["id"] for who in self.whos()] == ["12", "7", "9"]
            assert all(len(self.taken(who)) == 2 for who in self.whos()), kind
            name = f'"{dir}"' if kind == "unpacked" else "cs-lab02-77.zip"
            assert (
                f"Files in no lab's folder were taken for lab02's, after the name {name}."
                in self.class_document()["notes"]
            ), self.class_document()
        self.fresh()
        for number in (3, 4):
            self.put(f"Participant_{number}_assignsubmission_file/lab02/server.c", b"x")
        self.run()
        assert self.whos() == ["Participant 3", "Participant 4"]

    def shared_names(self) -> None:
        """Two students of one name get their numbers; one in two downloads does not"""
        self.put("Kim_1_assignsubmission_file/lab02/server.c", b"1")
        self.put("Kim_2_assignsubmission_file/lab02/server.c", b"2")
        self.put("Lee_3_assignsubmission_file/lab02/server.c", b"3")
        self.run()
        assert self.whos() == ["Kim (1)", "Kim (2)", "Lee"], self.whos()
        assert self.taken("Kim (2)")[f"{LAB2}/server.c"] == b"2"
        self.fresh()
        self.put("cs lab02.zip", zipped({"Lee_3_assignsubmission_file/server.c": "2"}))
        self.put("cs lab03.zip", zipped({"Lee_55_assignsubmission_file/server.c": "3"}))
        self.run()
        assert self.whos() == ["Lee"] and self.document_of("Lee")["ids"] == ["3", "55"]
        assert self.taken("Lee") == {f"{LAB2}/server.c": b"2", f"{LAB3}/server.c": b"3"}
        self.expect_note(
            "Lee",
            'It was handed in in 2 places: "cs lab02.zip/Lee_3_assignsubmission_file", '
            '"cs lab03.zip/Lee_55_assignsubmission_file".',
        )

    def one_student_twice(self) -> None:
        """A folder and an archive of one name: one student, unless they contradict"""
        self.put("ann/lab02/server.c", b"same")
        self.put("ann.zip", zipped({"lab02/server.c": "same", "lab03/server.c": "more"}))
        self.run()
        assert self.whos() == ["ann"] and len(self.taken("ann")) == 2
        self.expect_note("ann", "It was handed in in 2 places: ann, ann.zip.")
        self.put("ann.tar", self.tar({"lab02/server.c": b"another"}))
        self.run()
        assert self.whos() == ["ann", "ann (2)"], self.whos()
        assert self.taken("ann")[f"{LAB2}/server.c"] == b"same"
        self.expect_note("ann", 'ann.tar is called ann too, and holds other files: it is graded as "ann (2)".')
        self.expect_note("ann (2)", "hold different files: which one counts?")

    def another_ones_name(self) -> None:
        """Who hands in a folder named after another student does not become that one"""
        self.put("Victim_9_assignsubmission_file/lab02/server.c", b"right")
        self.put(
            "mallory.zip",
            zipped({"lab02/server.c": "mine", "Victim_9_assignsubmission_file/lab03/server.c": "planted"}),
        )
        self.put(
            "Mal_8_assignsubmission_file/x.zip", zipped({"Victim_9_assignsubmission_file/lab02/server.c": "planted"})
        )
        self.run()
        assert self.whos() == ["Mal", "Victim", "mallory"], self.whos()
        assert self.taken("Victim") == {f"{LAB2}/server.c": b"right"}
        self.expect_note("mallory", "It holds folders that are named as in a Moodle download")

    def odd_names(self) -> None:
        """Names that would do harm as a folder, on a terminal or in a page"""
        odd = {
            b"-rf": "_rf",
            b"a\nb": "a_b",
            b"\xffx": "_x",
            b"x\x1b]0;y\x07": "x_]0;y_",
            b"index.html": "index_html",
            "r\u202etl".encode(): "r_tl",
            b"<b>&": "<b>&",
            b"=1+1": "=1+1",
            b" pad ": "pad",
            b"\xc3\xa4" * 100: "ä" * 60,
        }
        for name in odd:
            folder = os.fsencode(self.dir / "in") + b"/" + name + b"/lab02"
            os.makedirs(folder)
            Path(os.fsdecode(folder) + "/server.c").write_bytes(b"x")
        self.put(".hidden/lab02/server.c", b"x")
        self.run()
        assert self.whos() == sorted(odd.values(), key=str.encode), self.whos()
        for name, who in odd.items():
            assert len(self.taken(who)) == 1
            if who.encode() != name:
                self.expect_note(who, "was changed to one that a folder can have.")
        self.expect_note("a_b", "The name a\\x0ab was changed")
        assert all(set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for key in self.class_document()["keys"])
        assert self.class_document()["notes"] == ["1 other file was left out: .hidden."]
        self.put("a\x01b/lab02/server.c", b"y")
        self.run()
        assert "a_b (2)" in self.whos()


if __name__ == "__main__":
    with scratch() as folder:
        sys.exit(run_tests(Tests(folder).named("intake-people")))
