#!/usr/bin/python3
"""intake_machine_test.py: intake, while what it reads changes, its disk is full, it is
killed, or runs twice.

    tests/kit/intake_machine_test.py BUILD [TEST...]
"""

from __future__ import annotations

import fcntl
import shutil
import signal
import subprocess
import sys
import threading

from board_world import run as run_tests
from intake_world import BUILD, LAB2, LABS, ROOT, World, scratch, zipped


class Tests(World):
    def swapped(self) -> None:
        """A file that becomes a link while it is read is never followed"""
        secret = self.dir / "secret"
        secret.write_text("secret")
        victim, over = self.dir / "in/ann/lab02/server.c", threading.Event()
        self.put("ann/lab02/server.c", b"mine")

        def swap() -> None:
            beside = victim.with_name("beside")
            while not over.is_set():
                beside.symlink_to(secret)
                beside.rename(victim)
                beside.write_text("mine")
                beside.rename(victim)

        swapping = threading.Thread(target=swap)
        swapping.start()
        try:
            for _ in range(60):
                self.run()
                assert self.taken("ann").get(f"{LAB2}/server.c", b"mine") == b"mine"
        finally:
            over.set()
            swapping.join()

    def full_disk(self) -> None:
        """A full disk: one sentence, and each file that was there is whole"""
        self.put("ann/lab02/server.c", b"old")
        self.classes.mkdir()
        script = f"""
            submissions=$2; class=$3
            mount -t tmpfs -o size=120k none "$class" && "$@" || exit
            for i in 1 2 3 4 5 6 7 8 9; do
                mkdir -p "$submissions/$i/lab02"
                head -c 20000 /dev/zero > "$submissions/$i/lab02/server.c"
            done
            echo new > "$submissions/ann/lab02/server.c"
            "$@"; echo "status $?"
            cat "$class"/ann-*/{LAB2}/server.c; ls -A "$class" "$class"/*/*"""
        words = [BUILD / "tests/intake", self.dir / "in", self.classes, *LABS]
        ended = subprocess.run(
            ["unshare", "-rm", "sh", "-c", script, "sh", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = ended.stdout
        assert said.startswith("1 student, 1 lab handed in"), said
        assert "The submissions cannot be kept" in said and "No space left on device" in said, said
        assert "status 1\nold" in said or "status 1\nnew\n" in said, said
        assert ".new" not in said, said

    def killed(self) -> None:
        """Killed at any moment, the next run makes it as if nothing had been"""
        for i in range(60):
            self.put(f"s{i}/lab02/server.c", b"x" * i)
            self.put(f"t{i}.zip", zipped({"lab02/server.c": "y" * i, "lab03/client.c": "z"}))
        words = [str(BUILD / "tests/intake"), str(self.dir / "in"), str(self.classes), *LABS]
        for ms in range(1, 120, 6):
            with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as intake:
                try:
                    intake.wait(ms / 1000)
                except subprocess.TimeoutExpired:
                    intake.send_signal(signal.SIGKILL)
        self.run()
        found = sorted(
            (path.relative_to(self.classes), path.is_file() and path.read_bytes()) for path in self.classes.rglob("*")
        )
        shutil.rmtree(self.classes)
        self.run()
        clean = sorted(
            (path.relative_to(self.classes), path.is_file() and path.read_bytes()) for path in self.classes.rglob("*")
        )
        assert found == clean, {path for path, _ in found} ^ {path for path, _ in clean}

    def one_at_a_time(self) -> None:
        """While another one is at work in CLASS, nothing is changed there"""
        self.put("ann/lab02/server.c", b"1")
        self.run()
        with (self.classes / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.put("ann/lab02/server.c", b"2")
            lock.write("77\n")
            lock.flush()
            self.run(status=2)
        assert "another make grade is grading this class (process 77)" in self.said and self.taken("ann") == {
            f"{LAB2}/server.c": b"1"
        }


if __name__ == "__main__":
    with scratch() as folder:
        sys.exit(run_tests(Tests(folder).named("intake-machine")))
