"""slides_look.py: what a browser sees of a deck that Marp made."""

# Ends when the pictures are there. Sizes are those of a slide of 1280 x 720.
LOOK = """
const done = arguments[0];
const wrong = [];
const sections = [...document.querySelectorAll("section")];

// The page number's line is the footer's own.
const FOOT = 680, EDGE = 20, PROSE = 18, CODE = 22, BLOCK = 24;

function pages(section) {
  const slide = section.getBoundingClientRect();
  const scale = slide.width / 1280;
  return (rect) => ({
    left: (rect.left - slide.left) / scale, right: (rect.right - slide.left) / scale,
    top: (rect.top - slide.top) / scale, bottom: (rect.bottom - slide.top) / scale,
    width: rect.width / scale, height: rect.height / scale, scale,
  });
}

function inside(rect, outer) {
  return rect.left >= outer.left - 1 && rect.right <= outer.right + 1 &&
    rect.top >= outer.top - 1 && rect.bottom <= outer.bottom + 1;
}

function size(node, on) {
  const element = node.parentElement;
  const px = parseFloat(getComputedStyle(element).fontSize);
  // What a drawing says that it is may be drawn smaller.
  if (element.ownerSVGElement && element.closest("section svg"))
    return px * element.getScreenCTM().a / on(new DOMRect()).scale;
  return px;
}

function least(element) {
  if (element.closest("pre"))
    return BLOCK;
  return element.closest("code") && !element.closest("small") ? CODE : PROSE;
}

function look_at_text(section, number, node) {
  const on = pages(section), element = node.parentElement;
  const words = node.data.trim().slice(0, 30);
  const px = Math.round(size(node, on) * 10) / 10;
  if (px < least(element))
    wrong.push(`${number}: "${words}" has ${px} px`);
  const range = document.createRange();
  range.selectNodeContents(node);
  const drawing = element.closest("section svg");
  // Of a line that is wrapped the blank at its end hangs over.
  const holder = element.closest("pre") ?? element.closest("td, th, li, p, h1, h2, h3, blockquote, div, section");
  for (const r of range.getClientRects()) {
    const rect = on(r);
    if (rect.width === 0)
      continue;
    if (rect.bottom > FOOT)
      wrong.push(`${number}: "${words}" is below the slide's end`);
    else if (rect.top < 0 || rect.left < EDGE || rect.right > 1280 - EDGE)
      wrong.push(`${number}: "${words}" is beyond the slide's edge`);
    else if (drawing && !inside(rect, on(drawing.getBoundingClientRect())))
      wrong.push(`${number}: "${words}" is outside of its drawing`);
    else if (!drawing && rect.right > on(holder.getBoundingClientRect()).right + 1)
      wrong.push(`${number}: "${words}" goes beyond its block`);
    else
      continue;
    return;
  }
}

function look_at(section, number) {
  const on = pages(section);
  const texts = document.createTreeWalker(section, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (node.data.trim() && !node.parentElement.closest("footer, style"))
      look_at_text(section, number, node);
  }
  for (const picture of section.querySelectorAll("img, section svg, pre, table")) {
    const rect = on(picture.getBoundingClientRect());
    const name = picture.dataset?.from ?? picture.getAttribute("src")?.slice(-30) ?? picture.tagName;
    if (picture.tagName === "IMG" && (picture.naturalWidth === 0 || rect.height < 200))
      wrong.push(`${number}: the picture ${name} is not shown`);
    const end = picture.tagName === "IMG" ? 721 : FOOT;
    if (rect.bottom > end || rect.right > 1281 || rect.left < -1 || rect.top < -1)
      wrong.push(`${number}: ${name} goes below or beyond the slide`);
  }
}

Promise.allSettled([...document.images].map((image) => image.decode())).then(() => {
  sections.forEach((section, index) => look_at(section, index + 1));
  const all = (selector, name) =>
    [...document.querySelectorAll(selector)].map((e) => e.getAttribute(name));
  done({
    wrong,
    language: document.documentElement.lang,
    slides: sections.length,
    notes: [...document.querySelectorAll(".bespoke-marp-note")].map((e) => e.textContent.trim()),
    links: all("section a", "href"),
    loads: [...all("img, script[src], iframe", "src"), ...all("link[rel=stylesheet]", "href")],
  });
});
"""
