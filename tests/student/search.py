"""Does a text hold a piece of a solution, or name a hidden test?

A handout quotes lines of a solution, a starter begins as the solution does, and
programs that open sockets have lines in common. What no file of the kit has, and
a copied function has, is a RUN of lines, each long enough to say something, that
follow each other as in a solution. Layout does not count, nor what stands
between them in lines that are shorter.
"""

from __future__ import annotations

import re

LONG_ENOUGH = 25  # characters of a line
RUN = 4  # lines, one after the other

Line = tuple[int, str]


def telling_lines(text: str) -> list[Line]:
    """The lines that count, with their numbers and one blank for each gap."""
    lines = ((number, " ".join(line.split())) for number, line in enumerate(text.splitlines(), 1))
    return [(n, line) for n, line in lines if len(line) >= LONG_ENOUGH and line[0] != "#"]


def runs(text: str) -> list[tuple[int, tuple[str, ...]]]:
    """Each run of a text, with the number of its first line."""
    lines = telling_lines(text)
    return [
        (lines[i][0], tuple(line for _, line in lines[i : i + RUN]))
        for i in range(len(lines) - RUN + 1)
    ]


def find_solutions(public: dict[str, str], solutions: dict[str, str]) -> list[str]:
    """A sentence for each public text that holds a run of a solution."""
    known = {run: name for name, text in sorted(solutions.items(), reverse=True) for _, run in runs(text)}
    found = []
    for name, text in sorted(public.items()):
        hits = [(number, run) for number, run in runs(text) if run in known]
        if hits:
            number, run = hits[0]
            found.append(f'{name}, line {number}, is from {known[run]}: "{run[0]}"')
    return found


def find_hidden(public: dict[str, str], hidden: dict[str, str]) -> list[str]:
    """A sentence for each public text that has a hidden test's id. In code,
    server.close is more likely a member of a struct: there it must be a string."""
    found = []
    for file, text in sorted(hidden.items()):
        for id in re.findall(r'\bTEST\(\s*"([^"]+)"', text):
            whole = rf"(?<![\w.-]){re.escape(id)}(?![\w-])"
            for name, text in sorted(public.items()):
                in_code = name.endswith((".c", ".h", ".py", ".js"))
                if re.search(rf"[\"'=]{whole}" if in_code else whole, text):
                    found.append(f"{name} names {id}, a hidden test of {file}.")
    return found
