// The words of the page whose colour is too near to that of what is behind
// them: run in the page, it returns a line for each.
const channels = (color) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const over = ([r, g, b, a], under) => [r, g, b].map((c, i) => (c * a + under[i] * (255 - a)) / 255);
const light = (rgb) => {
  const [r, g, b] = rgb.map((c) =>
    c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  if (!element) return [255, 255, 255];
  return over(channels(getComputedStyle(element).backgroundColor), behind(element.parentElement));
};
const ownText = (element) =>
  [...element.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
const weak = [];
for (const element of document.querySelectorAll("body *:not(svg *)")) {
  if (!ownText(element) || !element.checkVisibility()) continue;
  const paper = behind(element);
  const ink = over(channels(getComputedStyle(element).color), paper);
  const [high, low] = [light(ink), light(paper)].sort((a, b) => b - a);
  const ratio = (high + 0.05) / (low + 0.05);
  if (ratio < 4.5) weak.push(`${element.textContent.trim().slice(0, 30)}: ${ratio.toFixed(1)}`);
}
return [...new Set(weak)];
