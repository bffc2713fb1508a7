#!/usr/bin/python3
"""trace_record_test.py: what make trace records is what happened, in its order.

    tests/kit/trace_record_test.py BUILD [TEST…]

RUNS=200 in the environment: test "order" looks at so many recordings.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from board_world import named_tests
from board_world import run as run_tests
from trace_recorder import ACK, FIN, ICMP, RST, SYN, TCP, UDP, Packet, Recording, run

BUILD = Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
ROOT = Path(__file__).resolve().parents[2]
ECHO, TIME, UDP_ECHO, FORK = "lab02-uppercase-echo", "lab03-time-of-day", "lab07-datagrams", "lab06-concurrency"
MS = 10**6

ORDINARY = ("unshare", "-U", "--map-user=1000", "--map-group=1000")

# Reads nothing before it is told, by a second connection. Its client does so
# when it knows that there is no room for a segment more: tcpi_snd_wnd, at byte
# 228 of struct tcp_info, is the window as it has heard of it.
SLOW_READER = """
import socket, sys
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
first, second = listener.accept()[0], listener.accept()[0]
while first.recv(4096):
    pass
"""
FAST_WRITER = """
import socket, struct, sys, time
there = sys.argv[1], int(sys.argv[2])
first = socket.create_connection(there)
first.setblocking(False)
first.send(bytes(16384))
window = 4096
while window >= 256:
    time.sleep(0.001)
    window = struct.unpack_from("=I", first.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), 228)[0]
second = socket.create_connection(there)
first.setblocking(True)
first.sendall(b"the last")
"""


def of_data(packets: list[Packet]) -> list[Packet]:
    return [p for p in packets if p.data and p.protocol == TCP]


class Tests:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def _new(self) -> Path:
        self.count += 1
        return self.folder / str(self.count)

    def _suite(self, lab: str, *words: object, within: tuple[str, ...] = ()) -> tuple[int, str, Path]:
        where = self._new()
        suite = BUILD / "tests" / lab / "suite"
        own = ["--programs", BUILD / "solutions" / lab, "--trace", where, "--seed", 7]
        peers = [] if "--test" in words else ["--peers", ROOT / "labs" / lab]
        return *run(suite, *own, *peers, *words, within=within), where

    def _record(self, lab: str, *words: object, within: tuple[str, ...] = ()) -> Recording:
        status, said, where = self._suite(lab, *words, within=within)
        assert status == 0, said
        return Recording(where)

    def _two(self, server: str, client: str, *words: object) -> Recording:
        where = self._new()
        two = BUILD / "tests/trace/two"
        status, said = run(two, "--trace", where, "--server", server, "--client", client, *words)
        assert status == 0 and not said, said
        return Recording(where)

    def order(self) -> None:
        """A call begins before its segment departs, and ends after what it waits for arrives"""
        for _ in range(int(os.environ.get("RUNS", 4))):
            made = self._record(ECHO, "--pair", 2)
            assert made.about["wire"]["kind"] == "link" and not made.notes, made.about
            syn, answer = made.packets[:2]
            assert (syn.flags, answer.flags) == (SYN, SYN | ACK), made.packets
            there, back = (next(p for p in of_data(made.packets) if p.source == s) for s in ("10.9.0.2", "10.9.0.1"))
            text = "The quick brown fox 0123"
            connect = made.call("client", "connect", of='sin_addr=inet_addr("10.9.0.1")')
            accept = made.call("server", "accept", "accept4", of="= 4<")
            send = made.call("client", "sendto", "write", "sendmsg", of=text)
            heard = made.call("server", "recvfrom", "read", of=text)
            reply = made.call("server", "sendto", "write", of=text.upper())
            got = made.call("client", "recvfrom", "read", of=text.upper())
            for steps in (
                (connect.begin, syn.departed, syn.arrived, answer.departed, answer.arrived, connect.next),
                (syn.arrived, accept.next),
                (send.begin, there.departed, there.arrived, heard.next),
                (there.arrived, reply.begin, back.departed, back.arrived, got.next),
            ):
                assert list(steps) == sorted(steps), (steps, made.about)
            for a, b in zip(made.packets, made.packets[1:]):
                assert a.departed <= b.departed, "the file is not in order"

    def whole(self) -> None:
        """Handshake, data and both ends are there, with right checksums and nothing else"""
        for words in ([], ["--server", "python"], ["--client", "python"]):
            made = self._record(TIME, *words)
            assert [p.flags & SYN for p in made.packets[:3]] == [SYN, SYN, 0]
            assert sum(bool(p.flags & FIN) for p in made.packets) == 2, "not both ended"
            assert {p.source for p in made.packets} == {"10.9.0.1", "10.9.0.2"}
            assert all(p.sound and p.protocol == TCP for p in made.packets)
            (time,) = of_data(made.packets)
            client, server = made.program("client"), made.program("server")
            assert time.data.decode().strip() in client["stdout"], client
            assert client["exit"] == "exit status 0" and client["argv"][1] == "10.9.0.1", client
            assert server["exit"] == "still running when the recording ended", server
            assert (server["language"], client["language"]) == tuple(
                "Python" if f"--{who}" in words else "C" for who in ("server", "client")
            )

    def ipv6(self) -> None:
        """Over IPv6 nobody asks for neighbours"""
        made = self._record("lab05-names", "--pair", 12)
        assert len(made.packets) >= 8 and {p.protocol for p in made.packets} == {TCP}
        assert all(p.sound and p.source.startswith("fd00:") for p in made.packets)

    def loss(self) -> None:
        """LOSS=4 loses the fourth packet, which comes again; so do two of them"""
        made = self._record(TIME, "--loss", "4", "--delay", "5ms")
        assert [i + 1 for i, p in enumerate(made.packets) if p.arrived is None] == [4]
        lost = made.packets[3]
        again = [p for p in made.packets[4:] if p.sequence == lost.sequence and p.data == lost.data]
        assert lost.data and len(again) == 1, made.packets
        assert made.program("client")["exit"] == "exit status 0"
        made = self._record(TIME, "--loss", "1,5")
        assert [i + 1 for i, p in enumerate(made.packets) if p.arrived is None] == [1, 5]
        assert made.packets[1].flags == SYN and made.packets[1].departed - made.packets[0].departed > 900 * MS
        assert made.about["wire"]["lost"] == [1, 5]

    def delay(self) -> None:
        """DELAY=20ms holds each packet up for so long, and no DELAY for much less"""
        def took(made: Recording) -> list[int]:
            return [p.arrived - p.departed for p in made.packets if p.arrived]

        assert min(took(self._record(TIME, "--delay", "20ms"))) >= 20 * MS
        assert min(took(self._record(TIME))) < 5 * MS

    def window(self) -> None:
        """With RCVBUF=4096 a slow reader closes its window, and opens it again"""
        for name, text in (("slow.py", SLOW_READER), ("fast.py", FAST_WRITER)):
            (self.folder / name).write_text(text)
        server, client = (f"python3 '{self.folder / n}' 10.9.0.1 8080" for n in ("slow.py", "fast.py"))
        made = self._two(server, client, "--port", 8080, "--rcvbuf", 4096)
        first = [p for p in made.packets if p.ports == made.packets[0].ports and not p.flags & SYN]
        windows = [p.window for p in first if p.source == "10.9.0.1"]
        smallest = windows.index(min(windows))
        assert all(p.window <= 4096 for p in made.packets if p.flags & SYN), "a large window is offered"
        assert windows[smallest] <= 2 and max(windows[smallest:]) > 2, windows
        assert made.packets[-1].arrived, made.packets

    def udp(self) -> None:
        """Datagrams, and the ICMP that says that nobody is there"""
        made = self._record(UDP_ECHO)
        assert [p.protocol for p in made.packets] == [UDP, UDP] and all(p.sound for p in made.packets)
        made = self._record(UDP_ECHO, "--pair", 9)
        assert [p.protocol for p in made.packets] == [UDP, ICMP], made.packets
        made = self._record(UDP_ECHO, "--loss", "1")
        assert [p.arrived is None for p in made.packets] == [True, False, False], made.packets

    def refused(self) -> None:
        """Where nobody listens the answer is a reset"""
        made = self._record(FORK, "--pair", 5)
        assert made.packets[0].flags == SYN and made.packets[1].flags == RST | ACK
        assert made.program("client")["exit"] == "exit status 1"

    def processes(self) -> None:
        """Each process and thread has a file, and stacks lead to the program"""
        made = self._record(FORK)
        assert len(list(made.folder.glob("fork_server.calls.*"))) >= 4
        assert "> /lab/fork_server(" in "".join(p.read_text() for p in made.folder.glob("fork_server.calls.*"))
        made = self._record(FORK, "--pair", 2)
        made.call("thread_server", "clone", "clone3", of="CLONE_THREAD")
        assert made.call("thread_server", "accept", "accept4", of="<socket:[")

    def lines(self) -> None:
        """A Python peer notes its lines, each child of it too"""
        made = self._record(FORK, "--server", "python")
        notes = (made.folder / "fork_server.lines").read_bytes().replace(b"\0", b"").splitlines()
        rows = [json.loads(row) for row in notes if row]
        script = Path(made.program("fork_server")["file"]).read_text().splitlines()
        assert len({row["tid"] for row in rows}) == 2, "the child is missing"
        for name in ("accept", "fork", "sendall"):
            called = [script[row["line"] - 1] for row in rows if name in row["call"]]
            assert called and all(f"{name}(" in line for line in called), (name, called)

    def one_test(self) -> None:
        """One test: its verdict, what it did and on which port, and both stamps of each frame"""
        made = self._record(ECHO, "--test", "server.upper")
        about, test = made.about, made.about["test"]
        assert test | {"title": ""} == {
            "id": "server.upper", "title": "", "status": "passed", "reason": None, "seed": 7,
        }, test  # fmt: skip
        assert about["wire"]["kind"] == "loopback"
        assert made.packets and all(p.arrived and p.arrived >= p.departed for p in made.packets)
        events = [json.loads(line) for line in (made.folder / "test.events").read_text().splitlines()]
        sent = next(e for e in events if e["what"] == "sent")
        assert sent["who"] == "client 1" and sent["port"] > 1023, sent
        data = of_data(made.packets)[0]
        assert data.departed <= sent["t"], "sent before it was sent"
        assert about["begin_ns"] < sent["t"] < about["end_ns"]

    def stopped(self) -> None:
        """A test that waits until its program has stopped itself is not misled by strace"""
        made = self._record(TIME, "--test", "server.ready-line")
        assert made.about["test"]["status"] == "passed", made.about
        calls = "".join(path.read_text() for path in made.folder.glob("server-2.calls.*"))
        assert "--- stopped by SIGSTOP ---" in calls and "SIGCONT" in calls

    def sanitized(self) -> None:
        """A program that is built for the sanitizers comes to its end"""
        made = self._record(UDP_ECHO, "--test", "client.sanitizers")
        assert made.about["test"]["status"] == "passed" and "leaks" in made.notes, made.about

    def failed(self) -> None:
        """A test that fails is recorded with its reason; so is a server that does not listen"""
        starter = ["--programs", BUILD / "labs" / ECHO]
        made = self._record(ECHO, *starter, "--test", "server.upper")
        assert made.about["test"]["status"] == "failed", made.about
        assert "ended before it listened" in made.about["test"]["reason"]
        made = self._record(ECHO, *starter)
        assert "ended before it listened" in made.notes and "SERVER=python" in made.notes, made.notes
        assert made.program("server")["stderr"] == "server: not written yet\n"

    def commands(self) -> None:
        """Any two programs, of a shell's words, over TCP and UDP"""
        echo, datagrams = (BUILD / "solutions" / lab for lab in (ECHO, UDP_ECHO))
        made = self._two(f"'{echo}/server' 8080", f"'{echo}/client' 10.9.0.1 8080 'it is'", "--port", 8080)
        assert made.program("client")["stdout"].endswith("IT IS\n"), made.about
        assert made.program("server")["language"] == "C", made.about
        assert made.about["title"] == "server and client", made.about
        made = self._two(f"'{datagrams}/server' 8080", f"'{datagrams}/client' 10.9.0.1 8080 word")
        assert [p.protocol for p in made.packets] == [UDP, UDP]
        made = self._two("cat", "cat", "--input", "to the client\n")
        assert made.program("client")["stdout"] == "to the client\n" and "did not listen" in made.notes

    def user(self) -> None:
        """An ordinary user records the same"""
        self.folder.chmod(0o777)
        if run("test", "-x", BUILD / "tests" / TIME / "suite", within=ORDINARY)[0]:
            return  # the kit is where only its owner may look
        made = self._record(TIME, "--loss", "4", within=ORDINARY)
        assert made.about["wire"]["kind"] == "link" and made.packets[3].arrived is None, made.about
        made.call("client", "connect", of="10.9.0.1")

    def less(self) -> None:
        """Without strace, or without namespaces, what is left is recorded, and the rest told"""
        hide = "mount --bind /dev/null {} && exec \"$@\""
        without = ("unshare", "-rm", "sh", "-c", hide.format("/usr/bin/strace"), "sh")
        made = self._record(TIME, within=without)
        assert made.program("server")["calls"] is None and len(made.packets) == 8, made.about
        assert "strace is not installed" in made.notes, made.notes
        none = 'echo 0 > /proc/sys/user/max_net_namespaces; exec "$@"'
        made = self._record(TIME, "--delay", "5ms", within=("unshare", "-r", "sh", "-c", none, "sh"))
        assert made.about["wire"]["kind"] == "none" and not made.packets
        assert "gives no private network" in made.notes and "DELAY" in made.notes, made.notes
        made.call("client", "connect")
        none = "echo 0 > /proc/sys/user/max_net_namespaces; exec unshare -U --map-user=1000 --map-group=1000 \"$@\""
        made = self._record(TIME, within=("unshare", "-r", "sh", "-c", none, "sh"))
        assert made.about["wire"]["kind"] == "none" and made.program("server")["stderr"] == "", made.about

    def full(self) -> None:
        """A full disk is told in a sentence"""
        place = self.folder / "small"
        place.mkdir(exist_ok=True)
        small = f"mount -t tmpfs -o size=8k none '{place}' && exec \"$@\""
        suite = BUILD / "tests" / TIME / "suite"
        words = ["--programs", BUILD / "solutions" / TIME, "--peers", ROOT / "labs" / TIME, "--trace", place / "new"]
        status, said = run(suite, *words, within=("unshare", "-rm", "sh", "-c", small, "sh"))
        assert status == 3 and said.count("\n") == 1 and "No space left on device" in said, said

    def wrong(self) -> None:
        """What cannot be asked for is answered with a sentence, and nothing is made"""
        for words, sentence in (
            (["--pair", "9"], "There is no PAIR=9 in lab02-uppercase-echo. Its pairs:\n  1  the default text"),
            (["--pair", "x"], "There is no PAIR=x"),
            (["--delay", "abc"], 'DELAY must be a time from 0ms to 1000ms, as DELAY=20ms, not "abc"'),
            (["--delay", "20s"], "DELAY must be a time"),
            (["--loss", "0"], "LOSS must name packets by their numbers"),
            (["--loss", "4,"], "LOSS must name packets"),
            (["--rcvbuf", "4k"], "RCVBUF must be a number from 1024 to 6291456"),
            (["--server", "cat"], 'SERVER of a lab is "python" or "c", not "cat"'),
            (["--test", "server.upper", "--loss", "4"], "LOSS does not go with TEST"),
            (["--test", "server.none"], 'There is no test "server.none"'),
        ):
            status, said, where = self._suite(ECHO, *words)
            assert status == 2 and sentence in said, (words, said)
            assert not where.exists(), words
        status, said, _ = self._suite(ECHO, "--programs", self.folder)
        assert status == 3 and said == "Nothing was recorded: There is no client.c, so there is nothing to test.\n", said
        status, said = run(BUILD / "tests/trace/two", "--trace", self._new(), "--server", "cat")
        assert status == 2 and "CLIENT is missing" in said, said


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="trace-") as top:
        sys.exit(run_tests(named_tests("trace-record", Tests(Path(top)))))
