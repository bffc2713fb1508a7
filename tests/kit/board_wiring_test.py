#!/usr/bin/python3
"""board_wiring_test.py: all drawings of the wiring are those of hw/pins.h.

    tests/kit/board_wiring_test.py BUILD [TEST…]
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from board_world import HW, named_tests, run

sys.path.insert(0, str(HW))
from pins import HEADER, PINS_H  # noqa: E402

ROOT = HW.parent.parent
DRAWING = ROOT / "hw/pi/wiring.svg"


def wiring(*arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [str(root / "hw/pi/wiring"), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def with_pins(old: str, new: str) -> subprocess.CompletedProcess[str]:
    """What is drawn where pins.h has NEW in the place of OLD."""
    with tempfile.TemporaryDirectory(prefix="wiring ") as folder:
        root = Path(folder)
        for name in ("hw/pi/wiring", "hw/board/pins.py"):
            (root / name).parent.mkdir(parents=True)
            shutil.copy(ROOT / name, root / name)
        text = PINS_H.read_text()
        assert old in text, f"pins.h does not say {old}"
        (root / "hw/pins.h").write_text(text.replace(old, new))
        return wiring(root=root)


class Tests:
    def committed(self) -> None:
        """hw/pi/wiring.svg is what the table gives."""
        drawn = wiring()
        assert drawn.returncode == 0, drawn.stderr
        assert drawn.stdout == DRAWING.read_text(), "it is not: make wiring"

    def labelled(self) -> None:
        """The pins in use stand in it with their names, in text."""
        texts = [
            "".join(element.itertext()).split()
            for element in ElementTree.parse(DRAWING).iter()
            if element.tag.endswith("}text")
        ]
        for words in ("A GND 9", "B GPIO17 11", "C GPIO27 13", "14 GND D", "330 Ω"):
            assert words.split() in texts, words
        for number in range(1, 41):
            assert any(str(number) in words for words in texts), number

    def in_words(self) -> None:
        """The READMEs' table is the same."""
        table = wiring("--text").stdout
        for name in ("hw/README.md", "labs/lab10-button-led/README.md"):
            assert table in (ROOT / name).read_text(), f"{name} has another table"

    def one_header(self) -> None:
        """The simulated board's page has the same header."""
        script = (HW / "page/drawing.js").read_text()
        assert re.search(r"HEADER = `(.*?)`", script, re.S)[1].split() == HEADER

    def follows(self) -> None:
        """Another pin in pins.h is another drawing."""
        moved = with_pins(
            "OFFSET = 17,\n    LED_PIN = 11", "OFFSET = 22,\n    LED_PIN = 15"
        )
        assert moved.returncode == 0, moved.stderr
        assert "GPIO22\u200215" in re.sub(r"\s", "\u2002", moved.stdout), "no GPIO22"
        assert "GPIO17" not in moved.stdout
        red = with_pins("LED_OHM = 330", "LED_OHM = 470").stdout
        assert "470 Ω" in red and ">violet<" in red

    def refuses(self) -> None:
        """A table that cannot be right is one sentence, and no drawing."""
        for old, new, words in (
            ("LED_PIN = 11", "LED_PIN = 12", "pin 12 is GPIO18"),
            ("LED_GROUND_PIN = 9", "LED_GROUND_PIN = 2", "ground pin 2 is 5V"),
            ("BUTTON_PIN", "BUTTON_LEG", "has no BUTTON_PIN"),
            ("LED_OHM = 330", "LED_OHM = 333", "333 ohm has no colours"),
        ):
            refused = with_pins(old, new)
            assert refused.returncode == 1 and not refused.stdout, new
            assert words in refused.stderr, refused.stderr
            assert refused.stderr.count("\n") == 1, refused.stderr


if __name__ == "__main__":
    sys.exit(run(named_tests("wiring", Tests())))
