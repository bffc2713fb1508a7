#!/usr/bin/env python3
"""launch_processes in Python: runs the other two peers together.

    labs/lab10-button-led/peer_launch_processes.py

What it starts lies beside it: peer_led_process.py and peer_button_process.py.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(sys.argv[0]).name
FOLDER = Path(__file__).resolve().parent
CHILDREN = ("peer_led_process.py", "peer_button_process.py")
OURS = {signal.SIGINT, signal.SIGTERM, signal.SIGCHLD}


def fail(subject: object, reason: object) -> NoReturn:
    """Report an error and end, as C's err and errx do."""
    if isinstance(reason, OSError):
        reason = reason.strerror or reason
    print(f"{PROGRAM}: {subject}: {reason}", file=sys.stderr)
    sys.exit(1)


def write_pid_file() -> None:
    path = FOLDER / "launch_processes.pid"
    try:
        path.write_text(f"{os.getpid()}\n", encoding="ascii")
    except OSError as error:
        fail(path, error)


def unblock() -> None:
    """In the child: what is blocked would stay so over exec."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OURS)


def start(name: str) -> subprocess.Popen[bytes]:
    path = FOLDER / name
    try:
        return subprocess.Popen([sys.executable, path], preexec_fn=unblock)
    except OSError as error:
        fail(path, error)


def signal_all(children: list[subprocess.Popen[bytes]], number: int) -> None:
    for child in children:
        child.send_signal(number)  # to one that is reaped: nothing


def run(children: list[subprocess.Popen[bytes]]) -> bool:
    """Wait for both ends. Was it because we were told to?"""
    told = failed = False
    while children:
        number = signal.sigwait(OURS)
        if number != signal.SIGCHLD:
            told = True
            signal_all(children, number)
            continue
        left = [child for child in children if child.poll() is None]
        if len(left) < len(children) and not told and not failed:
            failed = True
            signal_all(left, signal.SIGTERM)  # one alone is of no use
        children = left
    return not failed


def main(args: list[str]) -> int:
    if args:
        print(f"usage: {PROGRAM}", file=sys.stderr)
        return 2
    # Blocked, they wait until sigwait asks for them: none is lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, OURS)
    write_pid_file()
    return 0 if run([start(name) for name in CHILDREN]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
