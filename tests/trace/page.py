"""The page: the picture, how to read it, and each packet in full.

One file that loads nothing and runs nothing. A click on an arrow shows its packet
below the picture, by :target alone.
"""

from __future__ import annotations

import base64
import hashlib

from model import Program, Trace
from style import STYLE
from svg import clean, long_clean, title_of
from wire import Packet
from words import time_words

MOST_PACKETS = 400
MOST_BYTES = 512
MOST_OUTPUT = 4000

PAGE_STYLE = """
:root { color-scheme: light dark; --ink: #1d2126; --soft: #58626d; --line: #d5dae0; --paper: #fff;
  --panel: #f5f7f9; --link: #0b57a4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #a3adb8; --line: #3a424c;
  --paper: #16191d; --panel: #20252b; --link: #8ec1ff; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  margin: 1.2rem auto; padding: 0 1rem; max-width: 1900px; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
.picture { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; }
.picture svg { display: block; max-width: 100%; height: auto; min-width: 60rem; margin: 0 auto; }
a { color: var(--link); } .soft { color: var(--soft); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
pre, code { font-family: "DejaVu Sans Mono", ui-monospace, monospace; font-size: .86em; }
pre { background: var(--panel); padding: .5rem .7rem; border-radius: .3rem; overflow-x: auto; margin: .3rem 0; }
section.packet { border: 1px solid var(--line); border-radius: .4rem; padding: .3rem .9rem; margin: .6rem 0;
  background: var(--paper); }
section.packet h3 { margin: .3rem 0; } section.packet .close { display: none; }
section.packet:target { position: fixed; left: 1rem; right: 1rem; bottom: 0; max-height: 45vh; overflow: auto;
  border: 2px solid var(--link); z-index: 2; box-shadow: 0 -4px 24px #0006; }
section.packet:target .close { display: inline; float: right; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .1rem .8rem .1rem 0; vertical-align: top; }
th { font-weight: 400; color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .5rem 0; }
dt { font-weight: 600; } dd { margin: 0; }
"""

READING = (
    ("Downwards", "is time, in ms from the first call. The order is exact; lengths are not: "
     "where nothing happens for long there is a gap that says how long."),
    ("Bars", "on a lifeline are calls, from entry to return. A hatched bar waits in the kernel. "
     "There is a lifeline for each process and thread."),
    ("Arrows", "are packets, drawn from when they left to when they came. ✗: lost. Dashed: sent "
     "again. Dotted: nothing was on a wire; bytes that one wrote and the other read."),
    ("Numbers", "seq and ack are relative: each side's SYN has seq 0. len counts bytes of data, "
     "win is how many the sender still has room for. “abc”…+9 means: nine bytes more."),
    ("States", "are those of RFC 9293, of each end by itself: an end changes its state when it "
     "sends, and when what was sent to it comes."),
)  # fmt: skip


def hex_dump(data: bytes, size: int) -> str:
    rows = []
    for at in range(0, min(len(data), MOST_BYTES), 16):
        row = data[at : at + 16]
        digits = " ".join(f"{byte:02x}" for byte in row)
        letters = "".join(chr(b) if 32 <= b < 127 else "." for b in row)
        rows.append(f"{at:04x}  {digits:<47}  {letters}")
    shown = min(len(data), MOST_BYTES)
    if size > shown:
        rows.append(f"… {size - shown} more bytes")
    return "\n".join(rows)


def fields(packet: Packet, trace: Trace) -> list[tuple[str, str]]:
    source, target = packet.source, packet.target
    way = "never came" if packet.came is None else time_words(packet.came - packet.sent)
    rows = [
        ("from", f"{source[0]} port {source[1]}" if source[1] else source[0]),
        ("to", f"{target[0]} port {target[1]}" if target[1] else target[0]),
        ("left at", f"{trace.ms(packet.sent):.3f} ms"),
        ("on its way", way),
    ]
    if packet.protocol == "TCP":
        rows += [
            ("flags", " ".join(packet.names) or "none"),
            ("sequence number", f"{packet.seq} (in the header {packet.sequence})"),
        ]
        if packet.has("ACK"):
            rows.append(
                (
                    "acknowledgment number",
                    f"{packet.ack} (in the header {packet.acknowledged})",
                )
            )
        rows.append(("window", f"{packet.room} bytes (in the header {packet.window})"))
        for name, value in packet.options.items():
            rows.append((name, "yes" if value is True else str(value).strip("()[]")))
    rows.append(("data", f"{packet.size} bytes"))
    return rows


def packet_section(packet: Packet, trace: Trace) -> str:
    name = " ".join([packet.protocol, *packet.names, packet.words, packet.kind]).strip()
    lost = ", lost" if packet.came is None else ""
    rows = "".join(
        f"<tr><th scope=row>{clean(k)}</th><td>{clean(v)}</td></tr>"
        for k, v in fields(packet, trace)
    )
    dump = (
        f"<pre>{long_clean(hex_dump(packet.data, packet.size))}</pre>"
        if packet.data
        else ""
    )
    return (
        f'<section class="packet" id="s{packet.number}"><h3>Packet {packet.number}: {clean(name)}{lost} '
        f'<a class="close" href="#picture">close</a></h3><table>{rows}</table>{dump}</section>\n'
    )


def printed(words: str) -> str:
    if len(words) > MOST_OUTPUT:
        words = f"{words[:MOST_OUTPUT]}\n… {len(words) - MOST_OUTPUT} more characters"
    return (
        f"<pre>{long_clean(words)}</pre>"
        if words
        else '<span class="soft">nothing</span>'
    )


def program_section(program: Program) -> str:
    raw = program.raw
    argv = raw.get("argv")
    command = " ".join(map(str, argv)) if isinstance(argv, list) else ""
    rows = [
        ("command", f"<code>{clean(command)}</code>"),
        ("ended", clean(str(raw.get("exit", "")))),
    ]
    for name in ("stdin", "stdout", "stderr"):
        if raw.get(name) or name != "stdin":
            rows.append((name, printed(str(raw.get(name) or ""))))
    body = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows)
    return f"<h3>{clean(program.name)}</h3><dl>{body}</dl>\n"


def test_section(trace: Trace) -> str:
    test = trace.raw.get("test")
    if not isinstance(test, dict):
        return ""
    words = f"{test.get('id', '')}: {test.get('title', '')}"
    reason = f"<p>{clean(str(test['reason']))}</p>" if test.get("reason") else ""
    return (
        f"<p><b>Test {clean(words)}</b>, {clean(str(test.get('status', '')))}, "
        f"seed {clean(str(test.get('seed', '')))}.</p>{reason}"
    )


def whole_page(trace: Trace, picture: str) -> str:
    style = PAGE_STYLE + STYLE
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    shown = {i.packet.number: i.packet for i in trace.items if i.packet}
    packets = [shown[n] for n in sorted(shown)]
    sections = "".join(packet_section(p, trace) for p in packets[:MOST_PACKETS])
    if len(packets) > MOST_PACKETS:
        sections += (
            f"<p>{len(packets) - MOST_PACKETS} more packets are in wire.pcap alone.</p>"
        )
    notes = "".join(f"<li>{clean(note)}</li>" for note in trace.notes)
    reading = "".join(f"<dt>{name}</dt><dd>{words}</dd>" for name, words in READING)
    title = clean(title_of(trace))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{digest}'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{test_section(trace)}
<div class="picture" id="picture">
{picture}</div>
{f"<h2>Notes</h2><ul>{notes}</ul>" if notes else ""}
<h2>How to read it</h2>
<dl>{reading}</dl>
<h2>The programs</h2>
{"".join(map(program_section, trace.programs))}
{f"<h2>The packets</h2><p class=soft>A click on an arrow shows its packet here. All are in wire.pcap, for Wireshark.</p>{sections}" if packets else ""}
</body>
</html>
"""
