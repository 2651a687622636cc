// The keys of a lesson press its buttons, so that a key does what the button does: → ← walk, and on a wall a clicker's
// Page keys; F fills the wall, Esc leaves it, Q shows the QR code. Not while somebody types, nor where arrows mean
// something else; letters only while nothing outside the lesson has the focus (WCAG 2.1.4), Page keys scroll elsewhere.
// And on a wall it sees to it that a step fits the screen.
const BUTTONS = {
  ArrowRight: "lesson_forward", PageDown: "lesson_forward",
  ArrowLeft: "lesson_back", PageUp: "lesson_back",
  f: "lesson_wall", q: "lesson_qr",
};
const TYPING = "input, textarea, select, [contenteditable=''], [contenteditable='true'], [role='textbox'], [role='combobox']";
const LESSON = "[data-testid='stMain']";
const ARROWS = "[role='radiogroup'], [role='tablist'], [role='slider'], [role='listbox'], [role='menu'], [role='grid'], [role='application'], canvas";

const WIDE = 900, SMALLEST_FIGURE = 0.6, SMALLEST_TYPE = 1.2, STEP = 0.05;
const DRAWN = [0, 150, 400, 900, 1800];  // milliseconds after which figures have come

export default function ({ data, parentElement }) {
  const held = new AbortController();
  const document = parentElement.ownerDocument;
  document.addEventListener("keydown", pressed, { signal: held.signal });
  parentElement.querySelector("span").dataset.listens = data.at;
  document.defaultView.addEventListener("resize", fit, { signal: held.signal });
  // a button that the mouse has pressed would come back to the wall with the next key
  const pressedOnce = document.activeElement;
  if (data.wall && pressedOnce?.closest(".st-key-lesson_buttons") && !pressedOnce.matches(":focus-visible")) pressedOnce.blur();
  const later = DRAWN.map((time) => setTimeout(fit, time));

  // One screen: first the figure becomes smaller, then all of it.
  function fit() {
    const main = document.querySelector('[data-testid="stMain"]');
    const root = document.documentElement.style;
    let figure = 1, type = 1.6;
    for (;;) {
      root.setProperty("--rx-fit", figure);
      root.setProperty("--rx-wall", type);
      if (!data.wall || !main || main.clientWidth < WIDE || main.scrollHeight <= main.clientHeight) return;
      if (figure > SMALLEST_FIGURE) figure -= STEP;
      else if (type > SMALLEST_TYPE) type -= STEP;
      else return;
    }
  }

  function pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    const at = (selector) => target instanceof Element && target.closest(selector) !== null;
    if (at(TYPING) || document.querySelector("[role='dialog']")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key.startsWith("Arrow") && at(ARROWS)) return;
    if (key.startsWith("Page") && !data.wall) return;
    if (key.length === 1 && target !== document.body && !at(LESSON)) return;
    const name = key === "Escape" && data.wall ? "lesson_wall" : BUTTONS[key];
    const button = name && document.querySelector(`.st-key-${name} button:not(:disabled)`);
    if (!button) return;
    event.preventDefault();
    button.click();
  }
  return () => {
    held.abort();
    later.forEach(clearTimeout);
  };
}
