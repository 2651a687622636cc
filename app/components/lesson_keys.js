// The keys of a lesson: → ← walk, and on a wall a clicker's Page keys; F fills the wall, Esc leaves it, Q shows the QR
// code. Not while somebody types, nor where arrows mean something else; letters only while nothing outside the lesson
// has the focus (WCAG 2.1.4), Page keys scroll elsewhere. And on a wall it sees to it that a step fits the screen.
const MOVES = { ArrowRight: "forward", PageDown: "forward", ArrowLeft: "back", PageUp: "back", f: "wall", Escape: "leave" };
const TYPING = "input, textarea, select, [contenteditable=''], [contenteditable='true'], [role='textbox'], [role='combobox']";
const LESSON = "[data-testid='stMain']";
const ARROWS = "[role='radiogroup'], [role='tablist'], [role='slider'], [role='listbox'], [role='menu'], [role='grid'], [role='application'], canvas";

const WIDE = 900, SMALLEST_FIGURE = 0.6, SMALLEST_TYPE = 1.2, STEP = 0.05;
const DRAWN = [0, 150, 400, 900, 1800];  // milliseconds after which figures have come

// Keys pressed since the last place that the server has answered for. All of them are sent each time, and from where
// they began: a run that is overtaken by the next one takes its change of the address with it.
const unanswered = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  let sent = unanswered.get(parentElement) ?? { number: data.answered, keys: [] };
  if (sent.number <= data.answered) sent = { number: data.answered, from: data.at, wall: data.wall, keys: [] };
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
    const wall = willFill();
    if ((key.startsWith("Page") || key === "Escape") && !wall) return;
    if (key.length === 1 && target !== document.body && !at(LESSON)) return;
    if (key === "q") document.querySelector(".st-key-lesson_qr button")?.click();
    else if (MOVES[key]) send(MOVES[key]);
    else return;
    event.preventDefault();
  }

  function willFill() {
    return sent.keys.reduce((wall, key) => (key === "wall" ? !wall : key === "leave" ? false : wall), sent.wall);
  }

  function send(key) {
    sent = { ...sent, number: sent.number + 1, keys: [...sent.keys, key] };
    unanswered.set(parentElement, sent);
    setTriggerValue("pressed", sent);
  }

  return () => {
    held.abort();
    later.forEach(clearTimeout);
  };
}
