// The keys of a lesson press its buttons, so that a key does what the button does: → ← and a clicker's Page keys walk,
// F fills the wall, Esc leaves it, Q shows the QR code. Not while somebody types, nor where arrows mean something else.
const BUTTONS = {
  ArrowRight: "lesson_forward", PageDown: "lesson_forward",
  ArrowLeft: "lesson_back", PageUp: "lesson_back",
  f: "lesson_wall", q: "lesson_qr",
};
const TYPING = "input, textarea, select, [contenteditable=''], [contenteditable='true'], [role='textbox'], [role='combobox']";
const ARROWS = "[role='radiogroup'], [role='tablist'], [role='slider'], [role='listbox'], [role='menu'], [role='grid'], [role='application'], canvas";

export default function ({ data, parentElement }) {
  const held = new AbortController();
  parentElement.ownerDocument.addEventListener("keydown", pressed, { signal: held.signal });

  function pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const document = parentElement.ownerDocument;
    const target = event.composedPath()[0];
    const at = (selector) => target instanceof Element && target.closest(selector) !== null;
    if (at(TYPING) || document.querySelector("[role='dialog']")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key.startsWith("Arrow") && at(ARROWS)) return;
    const name = key === "Escape" && data.wall ? "lesson_wall" : BUTTONS[key];
    const button = name && document.querySelector(`.st-key-${name} button:not(:disabled)`);
    if (!button) return;
    event.preventDefault();
    button.click();
  }
  return () => held.abort();
}
