"""class_world.py: what the tests of class grading share: classes made here, as
intake would leave them, and programs that grade them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LABS = {f.name[:5]: f.name for f in sorted((ROOT / "solutions").iterdir())}

# What a student hands in: of a lab, its files.
Files = Mapping[str, bytes]


def solution(lab: str) -> dict[str, bytes]:
    return _files(ROOT / "solutions" / LABS[lab])


def starter(lab: str) -> dict[str, bytes]:
    return _files(ROOT / "labs" / LABS[lab])


def _files(folder: Path) -> dict[str, bytes]:
    listed = [path for path in folder.iterdir() if path.suffix in (".c", ".sh")]
    return {path.name: path.read_bytes() for path in listed if not path.name.startswith("stretch")}


def key_of(who: str) -> str:
    plain = re.sub("[^a-z0-9]+", "-", who.lower()).strip("-")
    return f"{plain}-{hashlib.sha256(who.encode()).hexdigest()[:8]}"


def hand_in(class_folder: Path, who: str, labs: Mapping[str, Files]) -> Path:
    """What intake would leave of one student; returns the folder."""
    folder = class_folder / key_of(who)
    taken: dict[str, list[dict[str, object]]] = {}
    for lab, files in labs.items():
        (folder / LABS[lab]).mkdir(parents=True, exist_ok=True)
        taken[LABS[lab]] = []
        for name, data in sorted(files.items()):
            (folder / LABS[lab] / name).write_bytes(data)
            digest = hashlib.sha256(data).hexdigest()
            taken[LABS[lab]].append({"name": name, "size": len(data), "sha256": digest})
    about = {"who": who, "key": folder.name, "id": None, "source": who, "labs": taken, "notes": []}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "student.json").write_text(json.dumps(about))
    keys = sorted(f.name for f in class_folder.iterdir() if (f / "student.json").exists())
    (class_folder / "students.json").write_text(json.dumps({"keys": keys, "notes": []}))
    return folder
