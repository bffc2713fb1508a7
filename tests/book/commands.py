#!/usr/bin/python3
"""Runs the commands of a page of the kit, as its reader would: in the kit's folder.

    commands.py FILE.md

Which ones, a block says behind its language, where no reader sees it:

    ```sh run                   a script: it must exit with 0
    ```text run                 a terminal: each line after "$ " is a command, which must
                                exit with 0, and what follows it must come
    ```text run on              … whose last command goes on beside the next block, and
                                is ended after it: a server
    ```text run with COMMAND    … beside which COMMAND goes on
    ```text run typing WORDS    … in which these words and Enter were typed, as one sees:
                                so they stand there, and do not come. "run on typing …" too

In a deck each sh block is run. A command that is to say "PROGRAM: …" last, as for an
error, must not exit with 0. What differs from run to run need not be the same:
a date, a process id in brackets, a port that the kernel chose; "…" stands for
anything. A command that is put in the background, or goes on, is waited for until it
listens and sleeps. What a block leaves behind is ended with it. Prints a sentence for each block that does not do what it says, and then
how many were run. Exit status: 0, or 1.

Programs are given a network, process ids and a /tmp of their own by whoever calls
this (tests/kit/commands_test.py).
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import termios
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from documents import read

DEADLINE_S = 120  # which no working machine needs
SOCKETS = [f"/proc/net/{kind}" for kind in ("tcp", "tcp6", "udp", "udp6", "unix")]
# What may be another one each time, and what it may be.
VARIES = re.compile(
    r"(?P<rest>…)|(?P<date>\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})|(?P<process>\[\d+\])"
    r"|(?P<port>\b(?:3[3-9]|[45]\d|60)\d{3}\b)"
)
MAY_BE = {
    "rest": r".*",
    "date": r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}",
    "process": r"\[\d+\]",
    "port": r"\d{5}",
}
# After a command in the background: until there is one socket more that listens (0A,
# for UDP 07, for UNIX 00010000), or it has ended.
WAITING = r"""
ready() { cat %s 2>/dev/null | grep -cE '^ *[0-9]+: [0-9A-F:]+ [0-9A-F:]+ 0[A7] |^[0-9a-f]+: \S+ \S+ 00010000 '; }
wait_for() { while [ "$(ready)" -le "$1" ] && kill -0 $! 2>/dev/null; do :; done; }
""" % " ".join(SOCKETS)


class Wrong(Exception):
    """What a block does not do."""


@dataclass
class Block:
    line: int
    language: str
    on: bool  # goes on
    beside: str  # a command
    typed: str
    text: str


def blocks(path: Path) -> list[Block]:
    found = []
    is_deck = path.read_text("utf-8").startswith("---\nmarp: true\n")
    for token in read(path).tokens:
        if token.type != "fence" or token.map is None:
            continue
        words = re.fullmatch(r"(\w*)(?: (run)( on)?(?: with (.+)| typing (.+))?)?", token.info.strip())
        if words is None:
            raise Wrong(f'line {token.map[0] + 1}: "{token.info}" is not understood')
        language, run, on, beside, typed = words.groups()
        if run or (is_deck and language == "sh"):
            found.append(Block(token.map[0] + 1, language, bool(on), beside or "", typed or "", token.content))
    return found


def text_file(text: str) -> IO[bytes]:
    """To be read from its start."""
    file = tempfile.TemporaryFile()
    file.write(text.encode())
    file.seek(0)
    return file


def fields(stat: Path) -> list[str]:
    """Of a process, from its state on: proc(5). None if it has gone."""
    try:
        return stat.read_text().rpartition(") ")[2].split()
    except OSError:
        return []


class Terminal:
    """A program, and what it has printed: to a terminal, as its lines then come at once."""

    def __init__(self, script: str, shell: list[str], typed: str = "") -> None:
        self.output = b""
        self.master, slave = pty.openpty()
        settings = termios.tcgetattr(slave)
        settings[1] &= ~termios.OPOST  # a newline is a newline
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        with text_file(script) as file, text_file(f"{typed}\n" if typed else "") as keyboard:
            self.process = subprocess.Popen(
                [*shell, f"/dev/fd/{file.fileno()}"],
                stdin=keyboard,
                stdout=slave,
                stderr=slave,
                pass_fds=[file.fileno()],
                start_new_session=True,
            )
        os.close(slave)
        threading.Thread(target=self.end_the_rest, daemon=True).start()

    def end_the_rest(self) -> None:
        """When the shell has ended, whoever it has left."""
        self.process.wait()
        self.stop()

    def read(self) -> bool:
        """Some more of it; false at its end."""
        try:
            got = os.read(self.master, 65536)
        except OSError:  # nobody has the other end any more
            got = b""
        self.output += got
        return bool(got)

    def said(self) -> str:
        return self.output.decode(errors="replace")

    def end(self) -> int:
        """Waits for its end, and whatever it has started."""
        while self.read():
            pass
        os.close(self.master)
        return self.process.wait()

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)

    def rests(self) -> bool:
        """Does all that it has started wait for something, however often one looks?"""
        return all(self.sleeps() for _ in range(20))

    def sleeps(self) -> bool:
        stats = [stat for path in Path("/proc").glob("[0-9]*/stat") if (stat := fields(path))]
        return all(stat[0] == "S" for stat in stats if stat[3] == str(self.process.pid))


# ---- What a terminal shows -----------------------------------------------------


def turns(block: Block) -> list[tuple[str, str]]:
    """Each command, and what must come of it: not what was typed."""
    made: list[tuple[str, str]] = []
    text = block.text
    if block.typed:
        text = text.replace(f"{block.typed}\n", "", 1)
        if text == block.text:
            raise Wrong(f'"{block.typed}" is to be typed, and does not stand there')
    for line in text.splitlines():
        if line.startswith("$ "):
            made.append((line[2:], ""))
        elif made:
            made[-1] = (made[-1][0], made[-1][1] + line + "\n")
        else:
            raise Wrong(f'it does not begin with a "$ ", but with "{line}"')
    return made


def compare(command: str, due: str, came: str) -> None:
    pattern, end = "", 0
    for found in VARIES.finditer(due):
        pattern += re.escape(due[end : found.start()]) + MAY_BE[found.lastgroup or ""]
        end = found.end()
    pattern += re.escape(due[end:])
    if not re.fullmatch(pattern, came):
        raise Wrong(f'"{command}" is to say {due!r}, and says {came!r}')


def transcript(commands: list[tuple[str, str]]) -> str:
    """A script that marks where each command ends, and how."""
    script = WAITING
    for command, _ in commands:
        behind = re.search(r"&\s*$", command)
        script += "before=$(ready)\n" if behind else ""
        script += f"{command}\n"
        script += "wait_for $before\n" if behind else ""
        script += "printf '\\0%d\\0' $?\n"
    return script


def check_terminal(commands: list[tuple[str, str]], said: str, all_ended: bool) -> None:
    parts = said.split("\0")
    for number, (command, due) in enumerate(commands):
        last = number == len(commands) - 1 and not all_ended
        came = parts[2 * number] if 2 * number < len(parts) else ""
        compare(command, due, came)
        if not last:
            status = parts[2 * number + 1] if 2 * number + 1 < len(parts) else "nothing"
            program = command.split()[0].rpartition("/")[2]
            is_error = due.rpartition("\n")[0].rpartition("\n")[2].startswith(f"{program}: ")
            if not status.isdigit() or (status != "0") != is_error:
                raise Wrong(f'"{command}" ends with {status}')


class Page:
    """Its blocks one after the other, and what still goes on."""

    def __init__(self) -> None:
        self.beside: Terminal | None = None
        self.due: list[tuple[str, str]] = []

    def start(self, commands: list[tuple[str, str]], typed: str) -> None:
        """Runs those before the last to their end, and that one until it listens
        and sleeps."""
        script = transcript(commands[:-1]) + f"exec {commands[-1][0]}\n"
        count = self.listening()
        self.beside = Terminal(script, ["bash"], typed)
        while self.beside.process.poll() is None:
            if self.listening() > count and self.beside.rests():
                break

    @staticmethod
    def listening() -> int:
        asked = subprocess.run(["bash", "-c", f"{WAITING}ready"], stdout=subprocess.PIPE, text=True)
        return int(asked.stdout)

    def finish(self) -> None:
        """Ends what went on beside a block, once it has nothing more to do, and looks
        what it has said."""
        beside, due = self.beside, self.due
        self.beside, self.due = None, []
        if beside is not None:
            while not beside.rests():
                pass
            beside.stop()
            beside.end()
            check_terminal(due, beside.said(), all_ended=False)

    def run(self, block: Block) -> None:
        if block.beside:
            self.start([(block.beside, "")], "")  # whatever it says
        if block.language == "sh":
            terminal = Terminal(block.text, ["sh", "-e"])
            if terminal.end() != 0:
                raise Wrong(f"it ends with {terminal.process.returncode}, and says {terminal.said()!r}")
        elif block.on:
            self.due = turns(block)
            self.start(self.due, block.typed)
            return
        else:
            commands = turns(block)
            terminal = Terminal(transcript(commands), ["bash"], block.typed)
            terminal.end()
            check_terminal(commands, terminal.said(), all_ended=True)
        self.finish()


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: commands.py FILE.md", file=sys.stderr)
        return 2
    failed, page = 0, Page()
    signal.alarm(DEADLINE_S)
    try:
        all_blocks = blocks(Path(sys.argv[1]))
    except Wrong as wrong:
        print(f"{sys.argv[1]}, {wrong}.")
        return 1
    for block in all_blocks:
        try:
            page.run(block)
        except Wrong as wrong:
            failed += 1
            print(f"{sys.argv[1]}, line {block.line}: {wrong}.")
    if page.beside is not None:
        failed += 1
        print(f"{sys.argv[1]}: the last block goes on, and nothing is run beside it.")
        page.finish()
    print(f"{len(all_blocks)} blocks were run, {failed} do not do what they say")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
