#!/usr/bin/python3
"""trace_text_test.py: what make trace prints, and what it does with recordings that
are long, broken or hostile.

    tests/kit/trace_text_test.py BUILD [TEST…]
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from board_world import BUILD, named_tests, run
from trace_world import ALL, DRAW, Folder, laid_out, lines, text

PROGRAM = """#include <unistd.h>
static void tell(void)
{
    write(1, "x", 1); /* line 4 */
}
int main(void)
{
    tell(); /* line 8 */
}
"""


def widest(drawn: str) -> int:
    return max(text.cells(row) for row in drawn.split("\n"))


def good(folder: Folder) -> str:
    """The recording is drawn, whatever is wrong with it; returns the text."""
    drawn = folder.draw()
    assert drawn.returncode == 0 and not drawn.stderr, drawn.stderr
    assert widest(drawn.stdout) <= 80, widest(drawn.stdout)
    for name in ("trace.svg", "trace.html", "slide-1.svg"):
        assert (folder.path / name).stat().st_size > 500, name
    assert drawn.stdout == (folder.path / "trace.txt").read_text()
    return drawn.stdout


def refused(folder: Folder) -> str:
    """It is not drawn, and one sentence says why."""
    drawn = folder.draw()
    assert drawn.returncode == 1 and not drawn.stdout, drawn.stdout
    assert drawn.stderr.count("\n") == 1, drawn.stderr
    assert drawn.stderr.startswith("draw.py: "), drawn.stderr
    return drawn.stderr


def one_more(rows: list[str], call: str, count: int, step: int = 1000) -> list[str]:
    """ROWS with COUNT more of CALL after the first that makes it."""
    at = next(i for i, row in enumerate(rows) if f" {call}(" in row)
    stamp, _, rest = rows[at].partition(" ")
    seconds, fraction = stamp.split(".")
    more = []
    for number in range(1, count + 1):
        time = int(fraction) + number * step
        more.append(f"{int(seconds) + time // 10**9}.{time % 10**9:09d} {rest}")
    return [*rows[: at + 1], *more, *rows[at + 1 :]]


def from_port(records: bytes, port: int) -> bytes:
    """The records of a capture, with another port of the client's."""
    result, at = bytearray(records), 0
    while at < len(records):
        left_to_right = records[at + 16 + 14 + 15] == 2  # from 10.9.0.2
        place = at + 16 + 14 + 20 + (0 if left_to_right else 2)
        result[place : place + 2] = port.to_bytes(2, "big")
        at += 16 + int.from_bytes(records[at + 8 : at + 12], "little")
    return bytes(result)


class Tests:
    def columns(self) -> None:
        """80 columns and no more, for each recording there is."""
        for name in ALL:
            with Folder(name) as folder:
                assert widest(good(folder)) > 70, name

    def cut(self) -> None:
        """What is cut is counted, to the byte."""
        with Folder("window") as folder:
            rows = good(folder).split("\n")
        found = [r for r in rows if "send(fd 3" in r]
        shown, more = re.findall(r'"(x*)"…\+(\d+)', found[0])[0]
        assert len(shown) + int(more) == 6000, found

    def folded(self) -> None:
        """500 equal calls are a few, and the number of those that are not drawn."""
        with Folder("handshake") as folder:
            folder.edit(
                folder.calls("server"),
                lambda t: "\n".join(one_more(t.split("\n"), "setsockopt", 499)),
            )
            rows = lines(folder.load())
            drawn = [r for r in rows if "setsockopt(" in r]
            assert "… 497 more like this …" in rows and len(drawn) == 3, len(drawn)

    def folded_loops(self) -> None:
        """So is a loop of several calls."""
        with Folder("handshake") as folder:
            path = folder.calls("server")
            rows = path.read_text().split("\n")
            for call in ("getsockname", "setsockopt"):  # by turns
                rows = one_more(rows, call, 60)
            path.write_text("\n".join(rows))
            found = lines(folder.load())
            assert any("more" in r and "…" in r for r in found), found
            assert len(found) < 90, len(found)

    def long(self) -> None:
        """10 MB of calls in no order at all: still a picture, and said what is left out."""
        chance = random.Random(7)
        names = [
            "getsockname(3)",
            "listen(3, 5)",
            'write(1, "abc", 3)',
            "pause()",
            "kill(7, 0)",
        ]
        with Folder("handshake") as folder:
            path = folder.calls("server")
            first = int(path.read_text().partition(".")[0])
            rows = [
                f"{first + 1}.{n * 900 % 10**9:09d} {chance.choice(names)} = 0 <0.000001>"
                for n in range(100_000)
            ]
            path.write_text(path.read_text() + "\n".join(rows) * 2)
            assert path.stat().st_size > 9 << 20
            drawn = good(folder)
            assert re.search(r"… [\d]+ more calls like those above …", drawn)
            assert drawn.count("\n") < 900, drawn.count("\n")
            assert (folder.path / "trace.html").stat().st_size < 4 << 20

    def many_connections(self) -> None:
        """Of forty clients a few are drawn; how many are not is said."""
        with Folder("handshake") as folder:
            pcap, times = folder.path / "wire.pcap", folder.path / "wire.times"
            data, rows = pcap.read_bytes(), times.read_text().splitlines()
            more = b"".join(from_port(data[24:], 1000 + n) for n in range(39))
            pcap.write_bytes(data + more)
            times.write_text("\n".join(rows * 40))
            drawn = good(folder)
            assert f"… 34 more connections, {34 * len(rows)} packets …" in drawn, drawn

    def source(self) -> None:
        """The line of the program itself that made the call, by its address."""
        with Folder("datagrams") as folder, tempfile.TemporaryDirectory(
            dir=BUILD
        ) as name:
            source = Path(name) / "tell.c"
            source.write_text(PROGRAM)
            program = Path(name) / "client"
            subprocess.run(
                ["gcc", "-g", "-O0", "-w", "-o", program, source], check=True
            )
            frames = ""
            symbols = subprocess.run(
                ["nm", program], capture_output=True, text=True
            ).stdout
            for function in ("tell", "main"):
                address = int(re.search(rf"(\w+) [tT] {function}\n", symbols)[1], 16)
                frames += f"\n > /lab/client({function}+0x1c) [{address + 0x14:#x}]"
            folder.edit(
                folder.calls("client"),
                lambda t: re.sub(r"(.* socket\(.*)", lambda m: m[1] + frames, t),
            )
            folder.programs(
                lambda p: p.update(file=str(program), argv=["client"], source=name)
            )
            found = [
                r for r in lines(folder.load()) if "socket(" in r and "tell.c" in r
            ]
            assert re.search(r"tell\.c:[3-8]$", found[0]), found

    def missing_calls(self) -> None:
        """Without calls the wire alone; the note is the recorder's."""
        with Folder("loss") as folder:
            folder.programs(lambda p: p.update(calls=None))
            folder.recording(
                notes=["strace is not installed: the calls are not shown."]
            )
            drawn = good(folder)
            assert "strace is not installed" in drawn and "SYN ACK seq 0" in drawn
            assert "accept" not in drawn

    def missing_wire(self) -> None:
        """Without the wire the calls, and what can be inferred of them."""
        with Folder("echo") as folder:
            for name in ("wire.pcap", "wire.times"):
                (folder.path / name).unlink()
            drawn = good(folder)
            assert "wire.pcap is missing" in drawn
            assert "13 bytes (inferred)" in drawn and "accept = fd 4" in drawn

    def truncated(self) -> None:
        """A capture that ends within a packet: what is there, at any length."""
        for size in (0, 3, 24, 30, 60, 200, 333):
            with Folder("loss") as folder:
                path = folder.path / "wire.pcap"
                path.write_bytes(path.read_bytes()[:size])
                words = " ".join(good(folder).split())
                note = "ends within a packet" if size > 24 else "no pcap file"
                assert note in words or size == 24, f"{size}: {words}"

    def garbage(self) -> None:
        """Lines that strace never wrote are counted; the rest is drawn."""
        with Folder("handshake") as folder:
            junk = [
                "junk",
                "1.2 x",
                "99.000000001 read(",
                "\x00\xff",
                '5.123456789 a("',
                "((((",
            ]
            path = folder.calls("client")
            path.write_bytes(path.read_bytes() + "\n".join(junk).encode("latin-1"))
            drawn = good(folder)
            assert "could not be understood" in drawn and "connect = 0" in drawn

    def any_bytes(self) -> None:
        """Files with bytes turned, 60 times: a picture or one sentence."""
        chance = random.Random(1)
        for _ in range(60):
            with Folder(chance.choice(["handshake", "fork", "datagrams"])) as folder:
                path = chance.choice(sorted(folder.path.iterdir()))
                data = bytearray(path.read_bytes())
                for _ in range(chance.randrange(1, 40)):
                    data[chance.randrange(len(data))] = chance.randrange(256)
                path.write_bytes(data)
                drawn = folder.draw()
                words = drawn.stderr
                assert "Traceback" not in words and drawn.returncode in (0, 1), words
                assert (drawn.returncode == 0) == (words == ""), words
                assert widest(drawn.stdout) <= 80, path

    def no_recording(self) -> None:
        """What is none is refused in a sentence that says what is wrong."""
        with Folder("loss") as folder:
            path = folder.path / "recording.json"
            good_one = path.read_text()
            for words, wanted in (
                ("{", "no JSON document"),
                ("[]", "no recording"),
                ("{}", "no recording"),
                ('{"programs": [], "schema": "trace/9"}', "another version"),
            ):
                path.write_text(words)
                assert wanted in refused(folder), words
            path.unlink()
            assert "No such file" in refused(folder)
            path.write_text(good_one)
            (folder.path / "trace.svg.new").mkdir()
            assert "trace.svg" in refused(folder)
        usage = subprocess.run([DRAW / "draw.py"], capture_output=True, text=True)
        assert usage.returncode == 2 and usage.stderr == "usage: draw.py FOLDER\n"

    def odd_values(self) -> None:
        """Fields of another kind than they should be: a picture or one sentence."""
        fields = ["lab", "title", "test", "wire", "programs", "notes", "begin_ns"]
        for field in fields:
            for value in (None, 7, "x", [], [7], {}, {"kind": []}):
                with Folder("datagrams") as folder:
                    folder.recording(**{field: value})
                    drawn = folder.draw()
                    assert "Traceback" not in drawn.stderr, f"{field} {value}"
                    assert drawn.stderr.count("\n") == drawn.returncode

    def hostile(self) -> None:
        """What would clear a terminal or turn its lines around is shown, not obeyed."""
        with Folder("datagrams") as folder:
            words = "\x1b[2J\u202e\r<b>\x07\u4e2d" * 9
            folder.recording(title=words, notes=[words])
            folder.edit(
                folder.calls("client"),
                lambda t: t.replace("original text", r"\33[2J\7"),
            )
            drawn = good(folder)
            assert not set(drawn) & set("\x1b\u202e\r\x07"), drawn
            assert '\\x1b[2J\\x07"…+8' in drawn

    def test_events(self) -> None:
        """In the recording of a test the other side is the test."""
        with Folder("datagrams") as folder:
            begin = next(i.time for i in folder.load().items if i.packet)
            rows = [
                {
                    "t": begin + 900,
                    "who": "client 1",
                    "what": "sent",
                    "text": '"hi\\n"',
                },
                {
                    "t": begin + 5000,
                    "who": "server",
                    "what": "stdout",
                    "text": "not shown",
                },
            ]
            (folder.path / "test.events").write_text("\n".join(map(json.dumps, rows)))
            raw = json.loads((folder.path / "recording.json").read_text())
            servers = [p for p in raw["programs"] if p["role"] == "server"]
            test = {
                "id": "server.upper",
                "status": "failed",
                "seed": 7,
                "reason": "Late.",
            }
            folder.recording(programs=servers, test=test)
            drawn = good(folder)
            assert "Test server.upper, failed, seed 7: Late." in drawn
            assert 'client 1: sent "hi\\n"' in drawn and "not shown" not in drawn
            assert "the test" in drawn.split("\n")[3], drawn

    def rows(self) -> None:
        """In the picture, words of one column are at least a line apart."""
        with Folder("five") as folder:
            layout = laid_out(folder.load())
            places: dict[object, list[float]] = {}
            for item in layout.items:
                if id(item) in layout.labels:
                    column = "wire" if item.packet else item.side
                    places.setdefault(column, []).append(layout.y[id(item)])
            for column, heights in places.items():
                gaps = [b - a for a, b in zip(heights, heights[1:])]
                assert min(gaps) > layout.metric.font + 3, f"{column}: {min(gaps)}"


if __name__ == "__main__":
    sys.exit(run(named_tests("trace text", Tests())))
