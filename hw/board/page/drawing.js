// drawing.js: two breadboards, the header of a Raspberry Pi, and the wires, as
// SVG. Which pins are used comes from hw/pins.h, through the page's server.

// What the 40 pins are, pin 1 first.
const HEADER = `
  3V3 5V GPIO2 5V GPIO3 GND GPIO4 GPIO14 GND GPIO15
  GPIO17 GPIO18 GPIO27 GND GPIO22 GPIO23 3V3 GPIO24 GPIO10 GND
  GPIO9 GPIO25 GPIO11 GPIO8 GND GPIO7 ID_SD ID_SC GPIO5 GND
  GPIO6 GPIO12 GPIO13 GND GPIO19 GPIO16 GPIO26 GPIO20 GND GPIO21`
  .trim()
  .split(/\s+/);

const PITCH = 9.6; // between two holes, 2.54 mm: what the elements are drawn for
const ROWS = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]; // a to e, the gap, f to j
const COLUMNS = 17;
const LED_BOARD = { x: 14, y: 36 };
const BUTTON_BOARD = { x: 14, y: 252 };

// Where the parts' legs are. Holes of one column are connected, on each side of
// the gap; so the LED's legs are in two columns, and the button stands over the gap.
const LED_ANODE = { column: 3, row: 3 };
const RESISTOR = { column: 4, row: 4 };
const BUTTON = { column: 4, row: 4 };

const PIN_TOP = 52;
const PIN_PITCH = 19.5;
const PIN_LEFT = 330; // the odd pins
const PIN_RIGHT = 350; // the even ones

function shape(parent, name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

function hole(board, column, row) {
  return { x: board.x + 11.7 + column * PITCH, y: board.y + 10 + ROWS[row] * PITCH };
}

function pin(number) {
  const row = Math.floor((number - 1) / 2);
  return { x: number % 2 ? PIN_LEFT : PIN_RIGHT, y: PIN_TOP + row * PIN_PITCH };
}

function drawBreadboard(svg, board) {
  const { x, y } = board;
  shape(svg, "rect", { class: "breadboard", x, y, width: 177, height: 116, rx: 5 });
  shape(svg, "rect", { class: "gap", x, y: y + 54.5, width: 177, height: 7 });
  for (let column = 0; column < COLUMNS; column++)
    for (let row = 0; row < ROWS.length; row++) {
      const at = hole(board, column, row);
      shape(svg, "rect", {
        class: "hole",
        x: at.x - 1.6,
        y: at.y - 1.6,
        width: 3.2,
        height: 3.2,
        rx: 0.8,
      });
    }
}

function drawPi(svg) {
  // A piece of the board, torn off at the left.
  shape(svg, "path", {
    class: "pcb",
    d: "M246 8H410a10 10 0 0 1 10 10V430a10 10 0 0 1-10 10H246c6-28-7-52-1-80s5-52-1-80 4-52 1-80-6-52-1-80 6-52 2-112z",
  });
  shape(svg, "text", { class: "maker", x: 340, y: 28 }, "Raspberry Pi header");
  shape(svg, "rect", {
    class: "socket",
    x: PIN_LEFT - 10,
    y: PIN_TOP - 11,
    width: 40,
    height: 392.5,
    rx: 2,
  });
  for (let number = 1; number <= 40; number++) {
    const at = pin(number);
    const round = number === 1 ? 0 : 5; // pin 1 is the square one
    shape(svg, "rect", {
      class: "pin",
      x: at.x - 5,
      y: at.y - 5,
      width: 10,
      height: 10,
      rx: round,
    });
  }
}

// Numbers and names stand above the wires.
function drawPinNames(svg, used) {
  for (let number = 1; number <= 40; number++) {
    const at = pin(number);
    const odd = number % 2;
    const side = (distance) => at.x + (odd ? -distance : distance);
    const anchor = odd ? "end" : "start";
    const part = used.get(number);
    if (part) drawUsedPin(svg, at, odd, HEADER[number - 1], number, part);
    else {
      shape(
        svg,
        "text",
        { class: "number", x: side(14), y: at.y + 3.2, "text-anchor": anchor },
        number,
      );
      shape(
        svg,
        "text",
        { class: "name", x: side(29), y: at.y + 3.2, "text-anchor": anchor },
        HEADER[number - 1],
      );
    }
  }
}

function drawUsedPin(svg, at, odd, name, number, part) {
  const width = part.part ? 68 : 44;
  const x = odd ? at.x - 12 - width : at.x + 12;
  shape(svg, "rect", { class: `tag ${part.wire}`, x, y: at.y - 7.5, width, height: 15, rx: 7.5 });
  const text = shape(svg, "text", {
    class: "tag-text",
    x: x + width / 2,
    y: at.y + 3.4,
    "text-anchor": "middle",
  });
  text.textContent = odd ? `${name} ${number}` : `${number} ${name}`;
}

function drawWire(svg, kind, d) {
  shape(svg, "path", { class: "casing", d });
  shape(svg, "path", { class: `wire ${kind}`, d });
}

// From a hole to a pin: it leaves the hole towards LEAVE, and comes to an odd pin
// straight, to an even one from between two rows.
function path(from, leave, number) {
  const to = pin(number);
  const y = number % 2 ? to.y : to.y + PIN_PITCH / 2;
  const curve = `M${from.x} ${from.y}C${from.x + leave.x} ${from.y + leave.y} 196 ${y} 262 ${y}`;
  return curve + (number % 2 ? `H${to.x}` : `H${to.x - 6}Q${to.x} ${y} ${to.x} ${to.y}`);
}

function drawLabel(svg, at, id, text) {
  shape(svg, "text", { class: "label", x: at.x, y: at.y, id }, text);
}

function drawGlow(svg, circle) {
  const gradient = shape(svg, "radialGradient", { id: "glow" });
  for (const [offset, opacity] of [
    [0.1, 0.65],
    [0.45, 0.25],
    [1, 0],
  ])
    shape(gradient, "stop", { class: "glow-stop", offset, "stop-opacity": opacity });
  shape(svg, "circle", { class: "glow", fill: "url(#glow)", ...circle });
}

// Puts an element so that a point of it is over a hole.
function place(element, board, leg, x, y) {
  const at = hole(board, leg.column, leg.row);
  element.style.left = `${at.x - x}px`;
  element.style.top = `${at.y - y}px`;
  return at;
}

// Draws everything, once: WIRES is what pins.h says, PARTS the page's elements.
export function draw(svg, wires, parts) {
  const { led, button } = wires;
  svg.replaceChildren();
  drawPi(svg);
  drawBreadboard(svg, LED_BOARD);
  drawBreadboard(svg, BUTTON_BOARD);
  drawGlow(svg, { cx: 59, cy: 47, r: 54 });
  const wire = (kind, board, column, row, leave, number) =>
    drawWire(svg, kind, path(hole(board, column, row), leave, number));
  wire("ground", LED_BOARD, RESISTOR.column + 6, 2, { x: 60, y: 0 }, led.ground);
  wire("led", LED_BOARD, LED_ANODE.column, 4, { x: 10, y: 66 }, led.pin);
  wire("ground", BUTTON_BOARD, BUTTON.column + 7, 7, { x: 90, y: 0 }, button.ground);
  wire("button", BUTTON_BOARD, BUTTON.column + 7, 2, { x: 40, y: -20 }, button.pin);
  drawPinNames(
    svg,
    new Map([
      [led.pin, { wire: "led", part: true }],
      [led.ground, { wire: "ground" }],
      [button.pin, { wire: "button", part: true }],
      [button.ground, { wire: "ground" }],
    ]),
  );
  drawLabel(svg, { x: LED_BOARD.x + 2, y: 24 }, "led-label", "LED");
  drawLabel(svg, { x: BUTTON_BOARD.x + 2, y: BUTTON_BOARD.y + 133 }, "button-label", "Push button");
  drawLabel(svg, { x: 126, y: LED_BOARD.y + 52 }, "ohm-label", `${led.ohm} Ω`);

  place(parts.led, LED_BOARD, LED_ANODE, 15, 42);
  parts.resistor.value = String(led.ohm);
  place(parts.resistor, LED_BOARD, RESISTOR, 0, 5.65);
  place(parts.cap, BUTTON_BOARD, BUTTON, 0, 13);
  place(parts.push, BUTTON_BOARD, BUTTON, 8, 21);
}
