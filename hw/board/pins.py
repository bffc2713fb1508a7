"""pins.py: the wiring, as hw/pins.h has it, the one table of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PINS_H = Path(__file__).resolve().parent.parent / "pins.h"

# What the 40 pins are, pin 1 first: the same on a Raspberry Pi 3, 4 and 5.
HEADER = """
    3V3 5V GPIO2 5V GPIO3 GND GPIO4 GPIO14 GND GPIO15
    GPIO17 GPIO18 GPIO27 GND GPIO22 GPIO23 3V3 GPIO24 GPIO10 GND
    GPIO9 GPIO25 GPIO11 GPIO8 GND GPIO7 ID_SD ID_SC GPIO5 GND
    GPIO6 GPIO12 GPIO13 GND GPIO19 GPIO16 GPIO26 GPIO20 GND GPIO21
""".split()


@dataclass
class Wire:
    """How a part is wired to the header of a Raspberry Pi."""

    offset: int  # of the line in its chip
    pin: int  # of the header
    ground: int  # the pin of its other end
    ohm: int  # of the resistor to that end; 0: none


def name_of(pin: int) -> str:
    return HEADER[pin - 1] if 1 <= pin <= len(HEADER) else "no pin"


def read_pins(path: Path = PINS_H) -> dict[str, Wire]:
    """Return the wiring of "led" and "button"; ValueError if it cannot be right."""
    numbers = dict(re.findall(r"\b([A-Z_]+) = (\d+)\b", path.read_text()))
    wires = {}
    for part in ("LED", "BUTTON"):
        try:
            offset, pin, ground = (
                int(numbers[f"{part}_{what}"])
                for what in ("OFFSET", "PIN", "GROUND_PIN")
            )
        except KeyError as error:
            raise ValueError(f"{path} has no {error.args[0]}") from None
        if name_of(pin) != f"GPIO{offset}" or name_of(ground) != "GND":
            raise ValueError(
                f"{path}: {part}_OFFSET is GPIO{offset}, but pin {pin} is "
                f"{name_of(pin)}, and ground pin {ground} is {name_of(ground)}"
            )
        ohm = int(numbers.get(f"{part}_OHM", 0))
        wires[part.lower()] = Wire(offset, pin, ground, ohm)
    return wires
