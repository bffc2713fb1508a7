#!/usr/bin/python3
"""trace_order_test.py: what make trace draws is in the order in which it happened.

    tests/kit/trace_order_test.py BUILD [TEST…]
"""

from __future__ import annotations

import sys

from board_world import named_tests, run

from trace_world import (
    ALL, LEFT, RIGHT, Folder, jitter, laid_out, lines, load, states,
)  # fmt: skip

from words import READS, data_of

OPENS = ["SYN-SENT", "ESTABLISHED"]
TAKES = ["SYN-RECEIVED", "ESTABLISHED"]
CLOSES_LAST = ["CLOSE-WAIT", "LAST-ACK", "CLOSED"]


def following(rows: list[str], *wanted: str) -> None:
    """Each of WANTED begins or ends a row, one after the other."""
    at = 0
    for words in wanted:
        found = [i for i in range(at, len(rows)) if words in rows[i]]
        assert found, f"{words!r} does not come after row {at}: {rows[at:]}"
        at = found[0] + 1


def check_order(trace) -> None:
    """What holds for any recording."""
    place = {id(item): index for index, item in enumerate(trace.items)}
    leaves = {i.packet.number: i for i in trace.items if i.kind == "leaves"}
    for item in trace.items:
        if item.kind == "comes":
            left = leaves[item.packet.number]
            assert place[id(left)] < place[id(item)], f"packet {item.packet.number}"
    begins: dict[int, object] = {}
    for item in trace.items:
        if item.kind == "call":
            assert id(item.strand) not in begins, f"{item.call.name} before a return"
            if item.call.end is not None:
                begins[id(item.strand)] = item.call
        elif item.kind == "return" and id(item.strand) in begins:
            assert begins.pop(id(item.strand)) is item.call, item.call.name
    layout = laid_out(trace)
    heights = [layout.y[id(item)] for item in trace.items]
    assert heights == sorted(heights), "the picture has another order than time"


class Tests:
    def handshake(self) -> None:
        """connect, SYN, SYN ACK, ACK; each return after what it waited for."""
        rows = lines(load("handshake"))
        following(
            rows,
            "accept(fd 3)",
            "connect(fd 3, 10.9.0.1 port 30117)",
            "SYN seq 0",
            "[SYN-SENT]",
            "[SYN-RECEIVED]",
            "SYN ACK seq 0 ack 1",
            "connect = 0  waited",
            "ACK seq 1 comes",
            "accept = fd 4  waited",
            "send(fd 4",
            "len 25",
            'recv = 25 "Sun Nov 22',
        )

    def orderly_close(self) -> None:
        """The server ends first, so the TIME-WAIT is its."""
        trace = load("handshake")
        assert states(trace, LEFT) == OPENS + CLOSES_LAST, states(trace, LEFT)
        # The client's FIN brings the ACK of the server's: no FIN-WAIT-2.
        assert states(trace, RIGHT) == [*TAKES, "FIN-WAIT-1", "TIME-WAIT"]

    def client_closes(self) -> None:
        """The client ends first, and waits for the server's FIN."""
        trace = load("echo")
        assert states(trace, LEFT) == [*OPENS, "FIN-WAIT-1", "TIME-WAIT"]
        assert states(trace, RIGHT) == TAKES + CLOSES_LAST

    def both_close(self) -> None:
        """FINs that cross: both ends come through CLOSING."""
        trace = load("both")
        end = ["FIN-WAIT-1", "CLOSING", "TIME-WAIT"]
        assert states(trace, LEFT) == OPENS + end, states(trace, LEFT)
        assert states(trace, RIGHT) == TAKES + end, states(trace, RIGHT)

    def half_close(self) -> None:
        """After the client's FIN the server's answer still goes its way."""
        trace = load("window")
        rows = lines(trace)
        following(rows, "FIN PSH ACK", '"got 6000', "[FIN-WAIT-2]", "[TIME-WAIT]")
        fin = next(p for p in trace.packets if p.has("FIN"))
        after = [p for p in trace.packets if p.data and p.sent > fin.sent]
        assert [p.left_to_right for p in after] == [False], after

    def reset(self) -> None:
        """A RST ends both ends at once, and is an error of whoever reads."""
        trace = load("reset")
        assert states(trace, LEFT) == [*OPENS, "CLOSED"], states(trace, LEFT)
        assert states(trace, RIGHT) == [*TAKES, "CLOSED"], states(trace, RIGHT)
        following(lines(trace), "RST ACK", "[CLOSED]", "recv = -1 ECONNRESET")

    def refused(self) -> None:
        """A SYN that is answered with a RST opens nothing at the other end."""
        trace = load("refused")
        assert states(trace, LEFT) == ["SYN-SENT", "CLOSED"]
        assert states(trace, RIGHT) == []
        following(lines(trace), "connect(", "SYN seq 0", "RST", "ECONNREFUSED")

    def unreachable(self) -> None:
        """UDP: ICMP says that nobody is there."""
        rows = lines(load("unreachable"))
        following(rows, "send(fd 3", "UDP 13 bytes", "ICMP port unreachable")
        following(rows, "ICMP port unreachable", "ECONNREFUSED")

    def lost(self) -> None:
        """What is lost comes never; the FIN behind it counts when the gap is filled."""
        trace = load("loss")
        lost = [p for p in trace.packets if p.came is None]
        again = [p for p in trace.packets if p.kind == "retransmission"]
        assert len(lost) == 1 and len(lost[0].data) == 25, lost
        assert [p.data for p in again] == [lost[0].data]
        change = trace.flows[0].ends[LEFT].changes[2]
        assert change.state == "CLOSE-WAIT" and change.cause is again[0], change
        following(
            lines(trace), "LOST", "FIN ACK seq 26 comes", "retransmission", "recv = 25"
        )

    def zero_window(self) -> None:
        """The reader's window closes, is probed, opens."""
        trace = load("window")
        kinds = [p.kind for p in trace.packets]
        first = kinds.index("zero window")
        assert "window probe" in kinds[first:] and "window update" in kinds[first:]
        rows = lines(trace)
        following(rows, "win 0 zero window", "nanosleep = 0", "window update")

    def datagrams(self) -> None:
        """UDP: no states, and nothing before the first datagram."""
        following(
            lines(load("datagrams")),
            "recvfrom(fd 3",
            'send(fd 3, "original text")',
            'UDP 13 bytes "original text"',
            "recvfrom = 13",
            'UDP 13 bytes "ORIGINAL TEXT"',
        )

    def unix_sockets(self) -> None:
        """No wire: arrows from who wrote the bytes to who read them."""
        for name in ("unix", "unix-datagrams"):
            rows = lines(load(name))
            following(rows, '"hello\\n"', "6 bytes (inferred)", '= 6 "hello\\n"')
            following(rows, '"HELLO\\n"', "6 bytes (inferred)", '= 6 "HELLO\\n"')

    def children(self) -> None:
        """fork's child by name, its birth before what it does, and its end."""
        trace = load("fork")
        kinds = [(i.kind, i.strand.name) for i in trace.items if i.strand]
        assert kinds.index(("birth", "child 1")) < kinds.index(("call", "child 1"))
        following(
            lines(trace),
            "parent: fork() = child 1",
            "child 1: send(",
            "child 1: exit(0)",
            "SIGCHLD comes",
            "waitpid(any child, WNOHANG) = child 1, exit 0",
        )

    def threads(self) -> None:
        """A thread by name, from its birth to its end."""
        rows = lines(load("thread"))
        following(rows, "main: pthread_create() = thread 1", "thread 1: send(")
        following(rows, "thread 1: send(", "thread 1: pthread_exit")

    def many(self) -> None:
        """Five clients at once: each label says whose."""
        trace = load("five")
        assert len(trace.flows) == 5
        rows = lines(trace)
        for number in range(1, 6):
            following(rows, f"#{number} SYN seq 0", f"[#{number} SYN-SENT]")
            following(rows, f"child {number}: send(", f"child {number}: exit(0)")

    def waits(self) -> None:
        """What blocks is said to, and for how long; what does not, is not."""
        trace = load("handshake")
        waited = {i.call.name for i in trace.items if i.kind == "call" and i.waited}
        assert waited >= {"accept", "connect", "recvfrom"}, waited
        assert not waited & {"socket", "bind", "listen", "sendto", "close"}, waited

    def always(self) -> None:
        """Whatever it is: causes come first, in the text and in the picture."""
        for name in ALL:
            check_order(load(name))

    def two_hundred(self) -> None:
        """Clocks that are a little off, files in any order: still so, 200 times."""
        wanted = {name: lines_without_returns(load(name)) for name in ALL}
        seen = 0
        for seed in range(200):
            name = ALL[seed % len(ALL)]
            with Folder(name) as folder:
                jitter(folder, seed)
                trace = folder.load()
                check_order(trace)
                seen += assert_caused(trace)
                found = lines_without_returns(trace)
                assert found == wanted[name], f"{name} {seed}: {found}"
        assert seen > 100, seen


def lines_without_returns(trace) -> list[tuple]:
    """What begins and what is on the wire: exact times, so always the same order."""
    return [
        (i.kind, i.call.name if i.call else i.packet.number if i.packet else i.words)
        for i in trace.items
        if i.kind in ("call", "leaves", "comes")
    ]


def assert_caused(trace) -> int:
    """A read returned what it got after that had come; how many were looked at."""
    seen = 0
    for item in trace.items:
        data = data_of(item.call) if item.kind == "return" and item.call else None
        if item.kind != "return" or item.call.name not in READS or not data:
            continue
        came = [p.came for p in trace.packets if p.data == data and p.came]
        if len(came) == 1:
            seen += 1
            assert came[0] < item.time, f"{item.call.name} at {trace.ms(item.time)}"
    return seen


if __name__ == "__main__":
    sys.exit(run(named_tests("trace order", Tests())))
