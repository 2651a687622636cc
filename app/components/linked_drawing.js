// A drawing of the core in which what belongs together lights up together: by mouse, by finger, and by arrow keys.
const SMALLEST = 0.72; // of its size; where there is less room it scrolls sideways

export default function (component) {
  const { data, parentElement } = component;
  const frame = parentElement.querySelector(".drawing");
  const said = parentElement.querySelector(".said");
  if (frame.dataset.drawn === data.svg) return;
  frame.dataset.drawn = data.svg;
  frame.innerHTML = data.svg; // made by the core, of numbers alone
  const svg = frame.querySelector("svg");
  svg.style.minWidth = `${SMALLEST * Number(svg.getAttribute("width"))}px`;
  frame.setAttribute("aria-label", data.label);
  said.textContent = data.resting;
  const targets = [...frame.querySelectorAll("[data-at]")];
  const parts = [...frame.querySelectorAll("[data-of]")].map((part) => [part, new Set(part.dataset.of.split(" "))]);

  function light(target) {
    const name = target?.dataset.at;
    for (const [part, of] of parts) part.classList.toggle("lit", name !== undefined && of.has(name));
    for (const other of targets) other.classList.toggle("lit", other === target);
    frame.classList.toggle("pointed", name !== undefined);
    said.textContent = target?.dataset.words ?? data.resting;
  }
  for (const [place, target] of targets.entries()) {
    target.setAttribute("role", "img");
    target.setAttribute("aria-label", target.dataset.words);
    target.setAttribute("tabindex", place ? "-1" : "0");
    target.onfocus = () => light(target);
    target.onblur = () => light(null);
    target.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      const next = targets[place + step];
      if (!next) return;
      target.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
      event.preventDefault();
    };
  }
  const named = new Map(targets.map((target) => [target.dataset.at, target]));
  // a leaf or a column names itself; a piece that is of one path alone names that one
  const pointedAt = ({ target }) => target.closest("[data-at]") ?? named.get(target.closest("[data-of]")?.dataset.of);
  frame.onpointerover = (event) => light(pointedAt(event));
  frame.onpointerleave = () => light(parentElement.activeElement?.closest?.("[data-at]"));
}
