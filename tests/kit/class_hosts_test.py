#!/usr/bin/python3
"""class_hosts_test.py: a class on other machines: two sshd on the loopback, with
keys of their own, that know nothing of this tree but what is brought to them.

    tests/kit/class_hosts_test.py BUILD [TEST...]
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from board_world import BUILD, eventually, free_port, named_tests
from board_world import run as run_tests
from class_world import Class, processes_that_name, solution, starter

USER = pwd.getpwuid(os.geteuid()).pw_name
SSHD = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
# A shell there finds none of the user's own settings.
SetEnv HOME={folder}
"""
SSH = """
Host alpha beta
    HostName 127.0.0.1
    User {user}
    IdentityFile {folder}/key
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known_hosts
    GlobalKnownHostsFile /dev/null
Host alpha
    Port {alpha}
Host stranger
    HostName 127.0.0.1
    Port {alpha}
    UserKnownHostsFile /dev/null
Host nobody.invalid
    HostName nobody.invalid
"""


class Host:
    """An sshd. Root's has a place of its own in which the kit is put."""

    def __init__(self, top: Path, name: str) -> None:
        self.port = free_port()
        self.folder = top / name
        self.folder.mkdir()
        config = self.folder / "sshd_config"
        config.write_text(SSHD.format(port=self.port, folder=top))
        words = ["/usr/sbin/sshd", "-D", "-e", "-f", str(config)]
        if os.geteuid() == 0:
            place = 'mount --bind "$0" "$1" && mount -t tmpfs none /run && mkdir /run/sshd && shift && exec "$@"'
            words = ["unshare", "-m", "sh", "-c", place, str(self.folder), str(top / "remote"), *words]
        self.log = (self.folder / "sshd.log").open("w")
        self.sshd = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        eventually("sshd listens", lambda: "listening on" in (self.folder / "sshd.log").read_text())

    def family(self) -> list[int]:
        """The sshd, and all that came of it."""
        family = [self.sshd.pid]
        for pid in family:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                family += [int(word) for word in task.read_text().split()]
        return family

    def die(self) -> None:
        """At once, with all that runs there."""
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in self.family():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        self.sshd.wait()

    def runs_a_unit(self) -> bool:
        return bool(set(self.family()) & set(processes_that_name("build/tests/unit build/class-")))


class Tests:
    def __init__(self, top: Path) -> None:
        self.top = top
        self.ssh = f"ssh -F {top}/ssh_config"
        self.remote = str(top / "remote")
        (top / "remote").mkdir()
        for key in ("host_key", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", top / key], check=True)
        self.alpha, self.beta = Host(top, "alpha"), Host(top, "beta")
        (top / "ssh_config").write_text(SSH.format(user=USER, folder=top, alpha=self.alpha.port))
        public = (top / "host_key.pub").read_text()
        ports = (self.alpha.port, self.beta.port)
        (top / "known_hosts").write_text("".join(f"[127.0.0.1]:{port} {public}" for port in ports))

    def end(self) -> None:
        for host in (self.alpha, self.beta):
            if host.sshd.poll() is None:
                host.die()

    def _options(self, hosts: str) -> list[str]:
        return ["--seed", "1", "--hosts", hosts, "--ssh", self.ssh, "--remote", self.remote]

    def odd_hosts(self) -> None:
        """What is no host's name never gets to ssh"""
        with Class() as it:
            it.does(anna="right")
            trap = it.top / "trap"
            odd = [
                "-oProxyCommand=touch",
                "a;b",
                "$(touch trap)",
                "a@-b",
                "a:0",
                "a:x",
                "a:2:3",
                "@a",
                "a@",
                "a/b",
                "ü",
            ]
            for word in odd:
                status, said = it.grade(*self._options(word))
                assert status == 2 and "is no host: write host, user@host or user@host:port" in said, (word, said)
            assert not trap.exists() and not it.runs()
            for words, sentence in (("", "HOSTS names no host"), ("a a", "HOSTS names a twice")):
                status, said = it.grade(*self._options(words))
                assert status == 2 and sentence in said, said

    def unreachable(self) -> None:
        """Each host that cannot be used is named in a sentence; this machine goes on"""
        with Class() as it:
            it.does(anna="right")
            closed = free_port()
            hosts = f"nobody.invalid alpha:{closed} stranger localhost"
            status, said = it.grade(*self._options(hosts))
            assert status == 0 and it.document("anna")["score"] == 100, said
            assert "HOSTS: nobody.invalid is not used: there is no host of that name" in said, said
            assert f"HOSTS: alpha:{closed} is not used: it has no ssh on port {closed}" in said, said
            assert "HOSTS: stranger is not used: its host key is not one that this machine knows" in said, said
            status, said = it.grade("--hosts", "nobody.invalid", "--seed", "2")
            assert status == 2 and "none of the hosts can be used, so nothing is graded" in said, said

    def two_hosts(self) -> None:
        """Two machines and this one grade as one does; nothing of the class stays there"""
        with Class(stand_in=False) as it:
            it.hand_in("Ångström Ünï", {"lab02": solution("lab02")})
            for i in range(5):
                it.hand_in(f"student {i}", {"lab02": starter("lab02")})
            hosts = f"alpha beta:{self.beta.port} localhost"
            status, said = it.grade(*self._options(hosts))
            assert status == 0 and "6 of 6 runs" in said, said
            assert it.document("Ångström Ünï")["score"] == 100
            assert it.document("student 3")["score"] < 6
            left = [path for host in (self.alpha, self.beta) for path in host.folder.glob("kit-*/build/class-*")]
            assert not left, left

    def dies(self) -> None:
        """A machine that dies in the middle loses nothing: the other runs what it had"""
        with Class(stand_in=False) as it:
            for i in range(6):
                it.hand_in(f"student {i}", {"lab02": starter("lab02")})
            with it.start(*self._options(f"alpha beta:{self.beta.port}")) as running:
                eventually("a unit runs on beta", self.beta.runs_a_unit)
                self.beta.die()
                said = running.communicate(timeout=300)[0]
            assert running.returncode == 0 and "6 of 6 runs" in said, said
            assert all(it.document(f"student {i}")["score"] < 6 for i in range(6))
            it.expect_nothing_runs()

    def last_one_dies(self) -> None:
        """When no machine is left, this one does the rest"""
        with Class(stand_in=False) as it:
            for i in range(3):
                it.hand_in(f"student {i}", {"lab02": starter("lab02")})
            with it.start(*self._options("alpha")) as running:
                eventually("a unit runs on alpha", self.alpha.runs_a_unit)
                self.alpha.die()
                said = running.communicate(timeout=300)[0]
            assert running.returncode == 0 and "No host is left: this machine goes on." in said, said
            assert "3 of 3 runs" in said, said


if __name__ == "__main__":
    missing = [tool for tool in ("/usr/sbin/sshd", "/usr/bin/rsync") if not shutil.which(tool)]
    if missing:
        sys.exit(f"FAIL class.hosts: {' '.join(missing)} is missing: tests/setup --tests installs it")
    with tempfile.TemporaryDirectory(prefix="hosts-", dir=BUILD) as folder:
        tests = Tests(Path(folder))
        try:
            sys.exit(run_tests(named_tests("class-hosts", tests)))
        finally:
            tests.end()
