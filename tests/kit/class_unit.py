#!/usr/bin/python3 -B
"""class_unit.py: stands in for tests/grade/unit.c where a test wants units that
crash, wait or are late. What a unit does is the text of its file server.c.

Called as unit is. CLASS/runs gets a line each time.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

folder, key, lab = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
options = dict(zip(sys.argv[4:], sys.argv[5:] + [""]))
alone = "--alone" in options
student = json.loads((folder / key / "student.json").read_text())
does = (folder / key / lab / "server.c").read_text()
runs = folder / "runs"


def write_document(score: int | None, late: bool) -> None:
    submission = [
        {"name": f["name"] if other == lab else f"{other}/{f['name']}", "sha256": f["sha256"]}
        for other, files in student["labs"].items()
        for f in files
    ]
    document = {
        "schema": 1,
        "who": student["who"],
        "lab": lab,
        "score": score,
        "max_score": 100,
        "seed": int(options["--seed"]),
        "isolation": "none" if "--allow-unsafe" in sys.argv else "cell",
        "kit_version": options["--kit-version"],
        "tests": [{"id": "server.upper", "late": late}],
        "submission": submission,
        "alone": alone,
        "look": [],
    }
    path = folder / key / f"{lab}.json"
    beside = path.with_suffix(".new")
    try:
        beside.write_text(json.dumps(document))
        os.replace(beside, path)
    except OSError as error:
        sys.exit(f"{path}: cannot write the result: {error.strerror}")


before = runs.read_text() if runs.exists() else ""
with runs.open("a") as log:
    log.write(f"{key} {lab} {'alone' if alone else ''}\n")
if does == "crash" or (does == "crash once" and f"{key} {lab}" not in before):
    os.kill(os.getpid(), signal.SIGKILL)
if does == "fill the disk once" and f"{key} {lab}" not in before:
    subprocess.run("cat /dev/zero > big 2> /dev/null", shell=True, cwd=folder)
if does == "refuse":
    print("grader error: this machine has a cold", file=sys.stderr)
    sys.exit(3)
if does == "wait":
    # One that no signal to a group of processes or a terminal reaches.
    subprocess.Popen([f"sleeps in {folder}", "1000"], executable="/bin/sleep", start_new_session=True)
    (folder / f"waiting-{key}").touch()
    while not (folder / "go").exists():
        time.sleep(0.01)
write_document(None if does == "null" else 100, does == "late" and not alone or does == "slow")
sys.exit(3 if does == "null" else 0)
