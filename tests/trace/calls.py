"""The system calls of a recording: what strace wrote, a file a thread.

A file may hold anything, for a program's own words are in it: a line that is
not understood is counted, and never the end.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

BYTES_READ = 24 << 20  # of one file: more is no picture any more

STAMP = re.compile(r"(\d{1,12})\.(\d{9}) (.*)", re.DOTALL)
ENDED = re.compile(r"\+\+\+ (exited with (\d+)|killed by (\w+).*?) \+\+\+")
SIGNAL = re.compile(r"--- (\w+) \{.*?si_code=(\w+).*\} ---")
NAME = re.compile(r"([a-z_][a-z0-9_]*)\(")
RESULT = re.compile(
    r"\)\s*= (\?|-?\d+|0x[0-9a-f]+)(<[^>]*>)?(?: ([A-Z][A-Z0-9_]+))?(.*?)(?: <(\d+\.\d+)>)?$",
    re.DOTALL,
)
# A string, a descriptor with what it is, a bracket, a comma, and the rest.
TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"(?:\.\.\.)?|\d+<[^>]*>|[(\[{]|[)\]}]|,|[^"()\[\]{},\d]+|\d+|.',
    re.DOTALL,
)
FRAME = re.compile(r" > (.*?)\(([^()]*?)(?:\+0x[0-9a-f]+)?\) \[0x([0-9a-f]+)\]")


@dataclass(slots=True)
class Call:
    """One call; `end` is None if it had not returned when the recording ended."""

    start: int
    end: int | None
    name: str
    args: list[str]
    value: int | None = None
    errno: str = ""
    more: str = ""  # what strace says behind the result
    result_fd: str = ""  # what a descriptor that it returned is
    frames: list[tuple[str, str, int]] = field(default_factory=list)
    lines: list[tuple[str, str, int]] = field(default_factory=list)
    where: str = ""
    meaning: str = ""  # what its result stands for: a child's name
    strand: "Strand | None" = None

    @property
    def failed(self) -> bool:
        return bool(self.errno)


@dataclass(slots=True)
class Happening:
    """A signal that came, or another thing that is no call."""

    start: int
    what: str


@dataclass(slots=True)
class Strand:
    """A process or a thread of a program."""

    pid: int
    calls: list[Call] = field(default_factory=list)
    signals: list[Happening] = field(default_factory=list)
    name: str = ""
    thread: bool = False
    parent: "Strand | None" = None
    born: Call | None = None
    begin: int = 0
    end: int | None = None
    how: str = ""
    inner_pid: int | None = None
    program: int = 0

    def last(self) -> int:
        last = self.calls[-1] if self.calls else None
        return self.end or (last.end or last.start if last else self.begin)


def split_arguments(text: str, at: int) -> tuple[list[str], int]:
    """The arguments from AT on, and where their bracket closes (-1: nowhere)."""
    args, now, depth = [], [], 0
    for match in TOKEN.finditer(text, at):
        word = match[0]
        if word in "([{":
            depth += 1
        elif word in ")]}":
            if depth == 0:
                args.append("".join(now).strip())
                return [a for a in args if a], match.start()
            depth -= 1
        elif word == "," and depth == 0:
            args.append("".join(now).strip())
            now = []
            continue
        now.append(word)
    args.append("".join(now).strip())
    return [a for a in args if a], -1


def parse_call(start: int, body: str) -> Call | None:
    name = NAME.match(body)
    if not name:
        return None
    args, close = split_arguments(body, name.end())
    call = Call(start, None, name[1], args)
    result = RESULT.match(body, close) if close >= 0 else None
    if result is None:
        if args:
            args[-1] = args[-1].split("<unfinished")[0].strip()
            call.args = [a for a in args if a]
        # It did not come back: the program ended in it, or the recording.
        return call if "<unfinished" in body or close >= 0 else None
    if result[1] != "?":
        call.value = int(result[1], 0)
    call.result_fd = (result[2] or "")[1:-1]
    call.errno = result[3] or ""
    call.more = result[4].strip()
    if result[5]:
        seconds, fraction = result[5].split(".")
        call.end = start + int(seconds) * 10**9 + int(fraction.ljust(9, "0")[:9])
    return call


class Reader:
    """Reads the lines of one file into a strand."""

    def __init__(self, pid: int) -> None:
        self.strand = Strand(pid)
        self.odd = 0
        self.waiting: dict[str, Call] = {}
        self.frames: list[tuple[str, str, int]] | None = None

    def line(self, line: str) -> None:
        if line.startswith(" > "):
            frame = FRAME.match(line)
            if frame and self.frames is not None and len(self.frames) < 64:
                function = frame[2].split("+")[0]
                self.frames.append((frame[1], function, int(frame[3], 16)))
            return
        self.frames = None
        stamp = STAMP.match(line)
        if not stamp:
            self.odd += bool(line.strip())
            return
        start = int(stamp[1]) * 10**9 + int(stamp[2])
        if not self.event(start, stamp[3]):
            self.odd += 1

    def event(self, start: int, body: str) -> bool:
        strand = self.strand
        if not strand.begin:
            strand.begin = start
        if ended := ENDED.match(body):
            strand.end = start
            strand.how = f"exit {ended[2]}" if ended[2] else f"{ended[3]} ends it"
            return True
        if signal := SIGNAL.match(body):
            strand.signals.append(Happening(start, signal[1]))
            return True
        if body.startswith("<... "):
            return self.resumed(start, body)
        call = parse_call(start, body)
        if call is None:
            return False
        if "<unfinished" in body[-24:]:
            self.waiting[call.name] = call
        call.strand = strand
        strand.calls.append(call)
        self.frames = call.frames
        return True

    def resumed(self, start: int, body: str) -> bool:
        """The second half of a call whose first half was written before."""
        found = re.match(r"<\.\.\. (\w+) resumed>(.*)", body, re.DOTALL)
        first = self.waiting.pop(found[1], None) if found else None
        if not first:
            return False
        rest = parse_call(start, f"{found[1]}({found[2].lstrip(', ')}")
        if rest:
            first.args += rest.args
            first.value, first.errno, first.more = rest.value, rest.errno, rest.more
            first.result_fd = rest.result_fd
        first.end = start
        self.frames = first.frames
        return True


def read_strands(folder: Path, prefix: str, notes: list[str]) -> list[Strand]:
    """The strands of one program, in the order in which they were born."""
    strands = []
    for path in sorted(folder.glob(f"{prefix}.*")):
        pid = path.name[len(prefix) + 1 :]
        if not pid.isdecimal():
            continue
        reader = Reader(int(pid))
        with open(path, "rb") as file:
            data = file.read(BYTES_READ + 1)
        if len(data) > BYTES_READ:
            notes.append(
                f"{path.name} has more than {BYTES_READ >> 20} MB: only its beginning is drawn."
            )
            data = data[: data.rfind(b"\n", 0, BYTES_READ)]
        for line in data.decode("utf-8", "replace").split("\n"):
            reader.line(line)
        if reader.odd:
            lines = "1 line" if reader.odd == 1 else f"{reader.odd} lines"
            notes.append(f"{lines} of {path.name} could not be understood.")
        reader.strand.calls.sort(key=lambda call: call.start)
        strands.append(reader.strand)
    if not strands:
        notes.append(f"There is no file of calls for {prefix.removesuffix('.calls')}.")
    return sorted(strands, key=lambda strand: (strand.begin, strand.pid))


# ---- From strace's files to a program's processes and threads ----


def is_birth(call: Call) -> bool:
    return (
        call.name in ("fork", "vfork", "clone", "clone3")
        and not call.failed
        and (call.value is None or call.value > 0)
    )


def makes_thread(call: Call) -> bool:
    return "CLONE_THREAD" in " ".join(call.args)


def starts_program(call: Call, wanted: set[str], python: bool) -> bool:
    if call.name not in ("execve", "execveat") or call.value != 0:
        return False
    path = next((a for a in call.args if a.startswith('"')), "").strip('"')
    name = os.path.basename(path)
    if python:
        return name.startswith("python3")
    return path in wanted or name in wanted


def begin_of_program(strands: list[Strand], program: dict) -> tuple[Strand, int] | None:
    """The strand in which the program itself begins, and at which of its calls."""
    python = program.get("language") == "Python"
    argv = program.get("argv") or [""]
    wanted = {str(program.get("file", "")), os.path.basename(str(argv[0]))}
    wanted.add(os.path.basename(str(program.get("file", ""))))
    found = None
    for strand in strands:
        for index, call in enumerate(strand.calls):
            if starts_program(call, wanted - {""}, python):
                if found is None or call.start < found[0].calls[found[1]].start:
                    found = strand, index
                break
    if found:
        return found
    # Another name: the last that was executed in the first process.
    for strand in strands:
        execs = [
            i for i, c in enumerate(strand.calls) if c.name == "execve" and c.value == 0
        ]
        if execs:
            return strand, execs[-1]
    return (strands[0], 0) if strands and strands[0].calls else None


def family(strands: list[Strand], program: dict, number: int) -> list[Strand]:
    """The program's own strands, named and joined to their parents.

    A process of the cell calls its child by another number than strace does,
    but both count upwards: the smallest of the one is the smallest of the other.
    """
    begin = begin_of_program(strands, program)
    if not begin:
        return []
    main, index = begin
    main.calls = main.calls[index:]
    main.begin = main.calls[0].start
    main.signals = [s for s in main.signals if s.start >= main.begin]
    others = [s for s in strands if s is not main and s.begin > main.begin]
    births = [c for s in [main, *others] for c in s.calls if is_birth(c)]
    by_pid = {s.pid: s for s in others}
    if any(c.value in by_pid for c in births):
        pairs = [(c, by_pid[c.value]) for c in births if c.value in by_pid]
    else:
        others.sort(key=lambda s: s.pid)
        births.sort(key=lambda c: c.value if c.value is not None else 1 << 40)
        pairs = list(zip(births, others))
    for call, strand in pairs:
        strand.born, strand.parent = call, call.strand
        strand.thread, strand.inner_pid = makes_thread(call), call.value
        strand.begin = max(strand.begin, call.start + 1)
    return named([main, *sorted(others, key=lambda s: s.begin)], number)


def named(strands: list[Strand], number: int) -> list[Strand]:
    counts = {True: 0, False: 0}
    for strand in strands:
        strand.program = number
        if strand is not strands[0]:
            counts[strand.thread] += 1
            word = "thread" if strand.thread else "child"
            strand.name = f"{word} {counts[strand.thread]}"
    return strands
