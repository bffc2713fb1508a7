"""worksheet.py: a CSV in which one column is filled in and every other byte
stays: Moodle compares some of them with its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BOM = b"\xef\xbb\xbf"


@dataclass
class Sheet:
    """Rows of raw fields, each with the bytes that end it."""

    bom: bytes
    rows: list[list[list[bytes]]]

    def text(self, row: int, column: int) -> str:
        """What a field says; a row may be short."""
        if column >= len(self.rows[row]):
            return ""
        raw = self.rows[row][column][0].decode()
        return raw[1:-1].replace('""', '"') if raw.startswith('"') else raw

    def column(self, name: str) -> int | None:
        names = [self.text(0, i).strip() for i in range(len(self.rows[0]))]
        return names.index(name) if name in names else None

    def as_bytes(self) -> bytes:
        return self.bom + b"".join(b"".join(f) for row in self.rows for f in row)


def read_sheet(data: bytes) -> Sheet:
    """Fields end with what ends the first: a comma, a semicolon or a tab."""
    bom = BOM if data.startswith(BOM) else b""
    data = data[len(bom) :]
    try:
        data.decode()
    except UnicodeDecodeError:
        raise ValueError("it is not in UTF-8") from None
    first = re.match(rb'(?:"(?:[^"]|"")*"|[^",;\t\r\n]*)([,;\t])', data)
    if not first:
        raise ValueError("its first line has no columns")
    field = re.compile(
        rb'("(?:[^"]|"")*"|[^"'
        + first[1]
        + rb"\r\n]*)("
        + first[1]
        + rb"|\r\n|\n|\r|\Z)"
    )
    rows: list[list[list[bytes]]] = [[]]
    at, ended = 0, False
    while at < len(data) or not ended:
        found = field.match(data, at)
        if not found:
            raise ValueError(f"line {len(rows)} is not CSV")
        rows[-1].append([found[1], found[2]])
        at = found.end()
        ended = found[2] != first[1]
        if ended and at < len(data):
            rows.append([])
    return Sheet(bom, rows)


def quoted(text: str) -> str:
    """A field of RFC 4180, which no spreadsheet takes for a formula."""
    if text[:1] in ("=", "+", "-", "@", "\t", "\r"):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"'


def line(values: list[str | int | None]) -> str:
    """Text in quotes, numbers bare; None, which is no grade, an empty field."""
    fields = [quoted(v) if isinstance(v, str) else str(v) for v in values]
    return ",".join("" if f == "None" else f for f in fields) + "\r\n"
