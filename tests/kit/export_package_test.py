#!/usr/bin/python3
"""export_package_test.py: the kit as it is packed for a platform, and run as the
platform would run it.

    tests/kit/export_package_test.py BUILD [TEST…]
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import export_rules as rules
from board_world import BUILD, named_tests, run
from export_world import EXPORT, RUNNER, command
from report_class import FORGED, HOSTILE, LAB

import autograde  # isort: skip
import package  # isort: skip


def unzip(path: Path, folder: Path) -> None:
    """With the files' modes, as unzip does."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.filelist:
            name = archive.extract(entry, folder)
            os.chmod(name, entry.external_attr >> 16 & 0o777)


class Tests:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _pack(self, platform: str, *words: str) -> Path:
        out = self.folder / f"{platform}-{len(words)}"
        done = command(
            *(sys.executable, "-B", EXPORT / "package.py", platform, LAB, out),
            *("--kit-version", "v1", *words),
        )
        assert done.returncode == 0, done.stdout
        return out

    def handed_in(self) -> None:
        """Files in no folder go to the lab that asks for them; links stay links."""
        flat, place = self.folder / "flat", self.folder / "handed-in"
        flat.mkdir()
        for name in ("led_process.c", "tcp_server.c", "essay.txt"):
            (flat / name).touch()
        (flat / "button_process.c").symlink_to("/etc/passwd")
        autograde.hand_in(flat, "lab10-button-led", place)
        labs = place / "submission/labs"
        assert {str(f.relative_to(labs)) for f in labs.rglob("*.c")} == {
            "lab10-button-led/led_process.c",
            "lab10-button-led/button_process.c",
            "lab09-callbacks/tcp_server.c",
        }
        assert (labs / "lab10-button-led/button_process.c").is_symlink()
        autograde.hand_in(
            place / "submission", "lab10-button-led", self.folder / "tree"
        )
        assert (self.folder / "tree/submission/labs/lab09-callbacks").is_dir()

    def packed(self) -> None:
        """What each platform needs at its root; no solutions; the same each time."""
        with zipfile.ZipFile(self._pack("gradescope")) as archive:
            modes = {
                e.filename: e.external_attr >> 16 & 0o777 for e in archive.filelist
            }
            kit = archive.read("kit.tar.gz")
        assert modes["run_autograder"] == modes["setup.sh"] == 0o755, modes
        with zipfile.ZipFile(self._pack("vpl")) as archive:
            assert set(archive.namelist()) == {"vpl_evaluate.sh", "kit.tar.gz"}
            assert archive.read("kit.tar.gz") == kit
        files = {f.name for f in self._pack("classroom50").iterdir()}
        assert files == {"autograder.py", "kit.tar.gz"}
        with tarfile.open(fileobj=io.BytesIO(kit)) as archive:
            names = archive.getnames()
        assert "labs/lab02-uppercase-echo/server.c" in names
        left = [
            n for n in names if n.startswith(("solutions", ".git/", "tests/mutants"))
        ]
        assert not left, left

    def packed_in_public(self) -> None:
        """Hidden tests go to no platform that shows its files to students."""
        kit, package.KIT = package.KIT, self.folder / "kit"
        words, sys.argv = sys.argv, ["package.py", "classroom50", LAB, "out"]
        sys.argv += ["--kit-version", "v1"]
        (package.KIT / "tests" / LAB).mkdir(parents=True)
        (package.KIT / "tests" / LAB / "hidden.c").touch()
        try:
            package.main()
            raise AssertionError("it was packed")
        except ValueError as error:
            assert "hidden no more" in str(error), error
        finally:
            package.KIT, sys.argv = kit, words

    def _submission(self, place: Path) -> None:
        """A right server, and a client that fails and prints what it should not."""
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        shutil.copy(Path("solutions") / LAB / "server.c", place)
        text = json.dumps(FORGED + HOSTILE.replace("\u202e", ""))
        program = f"#include <stdio.h>\nint main(void) {{ fputs({text}, stdout); }}\n"
        (place / "client.c").write_text(program)

    def _ordinary(self, *folders: Path) -> dict:
        """For root: the ids of nobody, to whom the folders are given."""
        if os.geteuid() != 0 or not all(p.stat().st_mode & 1 for p in BUILD.parents):
            return {}
        for folder in folders:
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, 65534, 65534)
        self.folder.chmod(0o755)
        return {"user": 65534, "group": 65534, "extra_groups": []}

    def gradescope_runs(self) -> None:
        """setup.sh, then run_autograder, in folders as Gradescope lays them."""
        home = self.folder / "autograder"
        for name in ("source", "submission", "results"):
            (home / name).mkdir(parents=True)
        unzip(self._pack("gradescope"), home / "source")
        place = {"environment": {"AUTOGRADER": str(home)}}
        done = command(home / "source/setup.sh", **place)
        assert done.returncode == 0, done.stdout[-2000:]
        results = home / "results/results.json"
        self._submission(home / "submission")
        done = command(home / "source/run_autograder", **place)
        assert done.returncode == 0, done.stdout[-2000:]
        written = json.loads(results.read_bytes())
        assert rules.gradescope(written)
        assert (
            55 < written["score"] < 80 and written["extra_data"]["isolation"] == "cell"
        )
        # Another submission, of nothing: what was there before is forgotten.
        shutil.rmtree(home / "submission")
        (home / "submission").mkdir()
        done = command(home / "source/run_autograder", **place)
        written = json.loads(results.read_bytes())
        assert (
            written["score"] == 0 and "no client.c and no server.c" in written["output"]
        )
        # Where there is no isolation, as in Docker, nothing is graded unasked.
        self._submission(home / "submission")
        bare = 'echo 0 > /proc/sys/user/max_net_namespaces; exec "$0"'
        script = home / "source/run_autograder"
        done = command("unshare", "-r", "sh", "-c", bare, script, **place)
        assert done.returncode != 0 and not results.exists(), done.stdout[-2000:]
        assert "ALLOW_UNSAFE=1" in done.stdout, done.stdout[-2000:]
        # A grader that fails leaves nothing that could pass for a grade.
        (home / "kit/tests/harness/harness.h").write_text("#error broken\n")
        self._submission(home / "submission")
        done = command(home / "source/run_autograder", **place)
        assert done.returncode != 0 and not results.exists(), done.stdout[-2000:]

    def vpl_runs(self) -> None:
        """vpl_evaluate.sh beside the student's files, as an ordinary user."""
        home = self.folder / "vpl home"
        self._submission(home)
        (home / ".evaluation").write_text("Grade :=>>100\n")
        (home / "vpl_environment.sh").write_text("export VPL_GRADEMAX=10\n")
        unzip(self._pack("vpl"), home)
        who = self._ordinary(home)
        done = command("sh", "vpl_evaluate.sh", cwd=home, **who)
        assert done.returncode == 0 and done.stdout == "", done.stdout
        done = command("./vpl_execution", cwd=home, **who)
        seen = rules.vpl(done.stdout)
        assert seen.grade and 5.5 < float(seen.grade) < 8, done.stdout[-2000:]
        assert seen.text == [] and "Grade :=>>100" in "\n".join(seen.shown)
        (home / ".kit/tests/harness/harness.h").write_text("#error broken\n")
        done = command("./vpl_execution", cwd=home, **who)
        seen = rules.vpl(done.stdout)
        assert seen.grade == "" and seen.titles == ["Not graded"], done.stdout[-2000:]

    def classroom50_runs(self) -> None:
        """autograder.py in a checkout, as the runner starts it."""
        bundle = self._pack("classroom50")
        checkout = self.folder / "checkout"
        self._submission(checkout / "labs" / LAB)
        temporary = self.folder / "temporary"
        temporary.mkdir()
        who = self._ordinary(checkout, temporary)
        environment = {
            **RUNNER,
            "CLASSROOM50_BUNDLE_DIR": str(bundle),
            "RUNNER_TEMP": str(temporary),
        }
        done = command(
            *(sys.executable, bundle / "autograder.py"),
            cwd=checkout,
            environment=environment,
            **who,
        )
        assert done.returncode == 0, done.stdout[-2000:]
        result = json.loads((checkout / "result.json").read_bytes())
        rules.classroom50(result)
        assert 55 < result["score"] < 80 and result["max-score"] == 100
        assert "server" in (checkout / "release-body.md").read_text()


def main() -> int:
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="package-") as name:
        return run(named_tests("package", Tests(Path(name))))


if __name__ == "__main__":
    sys.exit(main())
