// page.js: shows what the page's server tells of the board, and sends it what is
// pressed. All text from outside goes through textContent, so none is markup.
import "./elements.js";
import { draw } from "./drawing.js";

const MOST_ENTRIES = 400;
const RETRY_MS = 500;
const AGAIN =
  "Start it again, with make run LAB=10 or make board: this page goes on by itself then";
const BOARD_GONE = `The board has ended. ${AGAIN}.`;
const SERVER_GONE = `This page's server has ended. ${AGAIN}, or open the address that is printed there.`;
const NOBODY = "No process has this line: start it with make run LAB=10";
const MARKS = {
  fall: "↓",
  rise: "↑",
  low: "○",
  high: "●",
  line: "◆",
  tcp: "⇄",
  note: "·",
  up: "■",
  down: "□",
};

const find = (id) => document.getElementById(id);
const parts = {
  led: find("led"),
  resistor: find("resistor"),
  cap: find("cap"),
  push: find("push"),
};

// ---- What is shown ----

let isNewLog = true; // the next news brings the whole log
let drawn = ""; // the wiring that the drawing shows
let latest = null;

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function trouble(text) {
  find("trouble").hidden = !text;
  put(find("trouble"), text);
  put(find("link"), text ? "no connection" : "connected");
  document.body.classList.toggle("lost", Boolean(text));
}

function show(state) {
  latest = state;
  if (drawn !== JSON.stringify(state.wires)) {
    draw(find("drawing"), state.wires, parts);
    drawn = JSON.stringify(state.wires);
  }
  trouble(state.up ? "" : BOARD_GONE);
  showLed(state);
  showButton(state);
  showOthers(state);
  find("bounce").checked = state.bounce;
  find("bounce").disabled = !state.up;
  parts.push.setAttribute("aria-disabled", String(!state.up)); // and keeps the focus
  showLog(state.log);
}

function showServerGone() {
  if (latest?.up) show({ ...latest, up: false, log: [] });
  trouble(SERVER_GONE);
}

function showLed(state) {
  const line = state.lines[state.wires.led.offset];
  const lit = state.up && line?.level === 1;
  parts.led.value = lit;
  document.body.classList.toggle("lit", lit);
  const word = state.up ? (lit ? "On" : "Off") : "Unknown";
  put(find("led-label"), `LED: ${word}`);
  showCard(find("led-card"), state, state.wires.led, line, word);
}

function showButton(state) {
  const line = state.lines[state.wires.button.offset];
  const pressed = state.up && line?.level === 0;
  parts.cap.pressed = pressed;
  document.body.classList.toggle("pressed", pressed);
  const word = state.up ? (pressed ? "Pressed" : "Not pressed") : "Unknown";
  put(find("button-label"), `Push button: ${word.toLowerCase()}`);
  showCard(find("button-card"), state, state.wires.button, line, word);
}

// "led_process[4711]" in words.
function called(owner) {
  const found = owner.match(/^(.*)\[(\d+)\]$/);
  return found ? `${found[1]}, pid ${found[2]}` : owner;
}

function levelWord(line) {
  return line ? (line.level ? "high" : "low") : "not in use";
}

function showCard(card, state, wire, line, word) {
  const owner = line?.owner;
  put(card.querySelector(".state strong"), word);
  const level = state.up ? levelWord(line) : "unknown";
  put(card.querySelector(".where"), `GPIO${wire.offset}, pin ${wire.pin}: ${level}`);
  const who = owner ? `Owner: ${called(owner)}` : NOBODY;
  put(card.querySelector(".owner"), state.up ? who : "");
  card.classList.toggle("free", state.up && !owner);
}

// A line that the wiring does not know: a program with a wrong number, perhaps.
function showOthers(state) {
  const known = [String(state.wires.led.offset), String(state.wires.button.offset)];
  const isOther = ([offset, line]) => !known.includes(offset) && line.owner;
  const items = Object.entries(state.lines)
    .filter(isOther)
    .map(([offset, line]) => {
      const item = document.createElement("li");
      const way = line.direction === "in" ? "input" : "output";
      item.textContent = `GPIO${offset}, ${way}, ${levelWord(line)}: ${called(line.owner)}`;
      return item;
    });
  find("others").hidden = !items.length;
  find("others")
    .querySelector("ul")
    .replaceChildren(...items);
}

// ---- The log ----

let lastAt = null;

function span(name, text) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}

function gapWord(seconds) {
  const ms = seconds * 1000;
  if (ms < 1) return `+${(ms * 1000).toFixed(0)} µs`;
  return ms < 10
    ? `+${ms.toFixed(1)} ms`
    : ms < 1000
      ? `+${ms.toFixed(0)} ms`
      : `+${seconds.toFixed(1)} s`;
}

function row(entry) {
  const item = document.createElement("li");
  const what = span("what", "");
  if (entry.to) {
    what.append(
      span("from", entry.who),
      " → ",
      span("to", entry.to),
      " ",
      span("data", entry.data),
      " ",
      span("size", entry.text),
    );
  } else what.append(span("from", entry.who), " ", entry.text);
  item.className = entry.kind;
  const mark = span("mark", MARKS[entry.kind] ?? "");
  mark.setAttribute("aria-hidden", "true");
  item.append(
    span("at", `${entry.at.toFixed(3)} s`),
    span("since", lastAt === null ? "" : gapWord(entry.at - lastAt)),
    mark,
    what,
  );
  lastAt = entry.at;
  return item;
}

function showLog(entries) {
  const log = find("log");
  const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  if (isNewLog) {
    log.replaceChildren();
    lastAt = null;
    isNewLog = false;
  }
  log.append(...entries.map(row));
  while (log.childElementCount > MOST_ENTRIES) log.firstElementChild.remove();
  if (follows) log.scrollTop = log.scrollHeight;
}

// ---- What is sent ----

// No finger is faster. What is, a program may rightly take for bouncing.
const FINGER_MS = 60;

let sending = Promise.resolve(); // one after the other: a release never overtakes its press
let moved = -Infinity; // when the board last had the button so

async function post(command) {
  try {
    const answer = await fetch(command, { method: "POST", keepalive: true });
    put(find("answer"), answer.ok ? "" : await answer.text());
  } catch {
    showServerGone();
  }
}

function send(command) {
  sending = sending.then(() => post(command));
}

async function finger(command) {
  const left = moved + FINGER_MS - performance.now();
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  await post(command);
  moved = performance.now();
}

function move(command) {
  sending = sending.then(() => finger(command));
}

let isHeld = false;

function press() {
  if (isHeld || !latest?.up) return;
  isHeld = true;
  move("press");
}

function release() {
  if (!isHeld) return;
  isHeld = false;
  move("release");
}

const isKey = (event) => event.key === " " || event.key === "Enter";

parts.push.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  parts.push.setPointerCapture(event.pointerId);
  press();
});
for (const end of ["pointerup", "pointercancel", "blur"]) window.addEventListener(end, release); // it counts wherever it is
parts.push.addEventListener("blur", release);
parts.push.addEventListener("keydown", (event) => {
  if (!isKey(event)) return;
  event.preventDefault(); // no click besides
  if (!event.repeat) press();
});
parts.push.addEventListener("keyup", (event) => {
  if (!isKey(event)) return;
  event.preventDefault();
  release();
});
// From a screen reader: a click with neither pointer nor key.
parts.push.addEventListener("click", (event) => {
  if (event.detail !== 0) return;
  press();
  release();
});
parts.push.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch
// No timer runs here any more.
window.addEventListener("pagehide", () => {
  if (isHeld) post("release");
  isHeld = false;
});
find("bounce").addEventListener("change", (event) =>
  send(event.target.checked ? "bounce-on" : "bounce-off"),
);

// ---- What comes ----

function listen() {
  const events = new EventSource("events");
  events.onopen = () => (isNewLog = true);
  events.onmessage = (event) => show(JSON.parse(event.data));
  events.onerror = () => {
    showServerGone();
    // A browser tries again by itself, but not in each case.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
  };
}

listen();
