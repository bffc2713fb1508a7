"""report_look.py: what the tests of the pages look for in one."""

from __future__ import annotations

from html.parser import HTMLParser

# What could make a browser ask for something, if its value is an address.
ASKING = {"src", "srcset", "href", "action", "data", "poster", "background", "ping"}


class Addresses(HTMLParser):
    """Every address of a page, and every attribute that is a handler."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.handlers: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.add(tag)
        self.found += [value for name, value in attributes if name in ASKING]
        self.handlers += [name for name, _ in attributes if name.startswith("on")]


# The least contrast of any text with the paper behind it, and which text.
CONTRAST = """
const light = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const behind = (e) => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$/.test(c)) return c; } return "rgb(255, 255, 255)"; };
let worst = [99, ""];
for (const e of document.querySelectorAll("body *")) {
    if (e.tagName === "SCRIPT" || !e.checkVisibility()) continue;
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const style = getComputedStyle(e);
    const paint = e.closest("svg") ? style.fill : style.color;
    const [a, b] = [light(paint), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < worst[0]) worst = [ratio, e.textContent.trim().slice(0, 40)];
}
return worst;
"""
