"""export_world.py: what the tests of the exports share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXPORT = Path("tests/export").resolve()
sys.path.insert(0, str(EXPORT))

RUNNER = {
    "CLASSROOM": "sockets",
    "ASSIGNMENT": "lab02",
    "SUBMISSION_TAG": "submit/2026-11-21T12-00-00Z-abc1234",
    "COMMIT_URL": "https://example.org/commit/abc",
    "RELEASE_URL": "https://example.org/release/abc",
}


def command(*words: object, **more) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    clean |= more.pop("environment", {})
    return subprocess.run(
        [str(word) for word in words],
        env=clean,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **more,
    )
