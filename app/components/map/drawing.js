// SVG and HTML elements, made and moved. Text comes in as text, never as markup.
const SVG = "http://www.w3.org/2000/svg";
const UNFOLDING = 280;
const still = matchMedia("(prefers-reduced-motion: reduce)");

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function html(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function button(text, label, act) {
  const made = html("button", { type: "button", "aria-label": label, title: label }, text);
  made.onclick = act;
  return made;
}

// Lets an element that stands at `now` come from where it, or what it unfolds from, stood before.
function comeFrom(element, before, now, fade = false) {
  if (still.matches || !before) return;
  const across = before.width / now.width || 0.01;
  const down = before.height / now.height || 0.01;
  const start = `translate(${before.x - now.x * across}px, ${before.y - now.y * down}px) scale(${across}, ${down})`;
  element.animate([{ transform: start, opacity: fade ? 0 : 1 }, { transform: "none", opacity: 1 }], {
    duration: UNFOLDING, easing: "cubic-bezier(.2, .7, .2, 1)",
  });
}

// The way back: the element goes to a place, and out of the drawing.
function goTo(element, place, now) {
  if (still.matches || !place) return element.remove();
  const across = place.width / now.width || 0.01;
  const down = place.height / now.height || 0.01;
  const end = `translate(${place.x - now.x * across}px, ${place.y - now.y * down}px) scale(${across}, ${down})`;
  element.style.pointerEvents = "none";
  element.animate([{ transform: "none", opacity: 1 }, { transform: end, opacity: 0 }], {
    duration: UNFOLDING, easing: "cubic-bezier(.2, .7, .2, 1)", fill: "forwards",
  }).finished.then(() => element.remove());
}

// A drawing that can be larger than its frame: zoomed by buttons, keys, ctrl and wheel, or two fingers; panned by dragging.
class Viewport {
  constructor(frame, drawing) {
    Object.assign(this, { frame, drawing, zoom: 1 });
    frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoomTo(this.zoom * Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
    }, { passive: false });
    frame.addEventListener("pointerdown", (event) => this.grab(event));
    frame.addEventListener("touchmove", (event) => this.pinch(event), { passive: false });
    frame.addEventListener("touchend", () => { this.spread = null; });
  }

  zoomTo(zoom, x, y) {
    const seen = this.frame.getBoundingClientRect();
    const [left, top] = [(x ?? seen.left + seen.width / 2) - seen.left, (y ?? seen.top + seen.height / 2) - seen.top];
    const to = Math.min(Math.max(zoom, 1), 8);
    const factor = to / this.zoom;
    const [across, down] = [(this.frame.scrollLeft + left) * factor - left, (this.frame.scrollTop + top) * factor - top];
    this.zoom = to;
    this.drawing.style.setProperty("--zoom", to);
    this.frame.classList.toggle("zoomed", to > 1);
    this.frame.scrollTo(across, down);
    this.moved?.();
  }

  // Shows the same part of its drawing as another, for drawings of one width side by side.
  follow({ zoom, frame }) {
    this.zoom = zoom;
    this.drawing.style.setProperty("--zoom", zoom);
    this.frame.classList.toggle("zoomed", zoom > 1);
    this.frame.scrollLeft = frame.scrollLeft / (frame.scrollWidth || 1) * this.frame.scrollWidth;
    this.frame.scrollTop = frame.scrollTop / (frame.scrollHeight || 1) * this.frame.scrollHeight;
  }

  fit() { this.zoomTo(1); }

  // True if the key was for the zoom.
  key(key) {
    if (key === "+" || key === "=") this.zoomTo(this.zoom * 1.4);
    else if (key === "-") this.zoomTo(this.zoom / 1.4);
    else if (key === "0") this.fit();
    else return false;
    return true;
  }

  grab(event) {
    this.dragged = false;
    if (event.pointerType !== "mouse" || event.button) return;
    const from = { x: event.clientX, y: event.clientY, left: this.frame.scrollLeft, top: this.frame.scrollTop };
    const move = (moved) => {
      const [x, y] = [moved.clientX - from.x, moved.clientY - from.y];
      this.dragged ||= Math.hypot(x, y) > 4;
      if (this.dragged) this.frame.scrollTo(from.left - x, from.top - y);
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
  }

  pinch(event) {
    if (event.touches.length !== 2) return;
    event.preventDefault();
    const [one, other] = event.touches;
    const spread = Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    if (this.spread) {
      this.zoomTo(this.zoom * spread / this.spread, (one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2);
    }
    this.spread = spread;
  }

  // Brings an element into view, sideways only: the page itself stays where it is.
  reveal(element) {
    const [seen, wanted] = [this.frame.getBoundingClientRect(), element.getBoundingClientRect()];
    if (wanted.left < seen.left || wanted.right > seen.right) {
      this.frame.scrollLeft += (wanted.left + wanted.right - seen.left - seen.right) / 2;
    }
    if (wanted.top < seen.top || wanted.bottom > seen.bottom) {
      this.frame.scrollTop += (wanted.top + wanted.bottom - seen.top - seen.bottom) / 2;
    }
  }
}

function zoomButtons(viewport) {
  const group = html("div", { class: "zoom", role: "group", "aria-label": "Zoom" });
  group.append(
    button("−", "Smaller", () => viewport.zoomTo(viewport.zoom / 1.4)),
    button("+", "Larger", () => viewport.zoomTo(viewport.zoom * 1.4)),
    button("Fit", "Fit the drawing into its frame", () => viewport.fit()),
  );
  return group;
}
