// The blocks of a network as tiles: a click takes one out, dragging it among its like changes the order.
const FAR = 6; // pixels from which a press is a drag
const PATIENCE = 10_000; // ms in which an answer to what was done before the last deed is passed over: it would undo that
const SHARED = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  if (!SHARED.has(parentElement)) SHARED.set(parentElement, new Tiles(parentElement));
  SHARED.get(parentElement).show(component);
}

class Tiles {
  constructor(root) {
    this.root = root;
    this.rows = root.querySelector(".rows");
    this.said = root.querySelector(".said");
    this.back = root.querySelector(".back");
    this.back.onclick = () => this.restored();
    this.tiles = new Map();
  }

  show({ data, setTriggerValue }) {
    this.send = (value) => setTriggerValue("arranged", value);
    if (this.dragged) return; // what is in the hand stays there; letting it go asks anew
    if (this.data?.label === data.label && data.heard < this.number && Date.now() < this.until) return; // knows not all yet
    this.number = data.heard;
    this.data = data;
    const focused = this.root.activeElement?.dataset?.name ?? null;
    const known = new Set(data.rows.flatMap((row) => row.tiles.map((tile) => tile.name)));
    for (const name of this.tiles.keys()) if (!known.has(name)) this.tiles.delete(name);
    this.out = new Set(data.without);
    this.rows.replaceChildren(...data.rows.map((row) => this.row(row)));
    this.rows.setAttribute("aria-label", data.label);
    this.settled(focused);
  }

  row(row) {
    const element = document.createElement("div");
    element.className = "row";
    const shape = document.createElement("span");
    shape.className = "shape";
    shape.textContent = row.shape;
    element.append(shape, ...row.tiles.map((tile) => this.tile(tile)));
    return element;
  }

  tile({ name, label, group }) {
    const made = this.tiles.get(name) ?? document.createElement("button");
    this.tiles.set(name, made);
    made.type = "button";
    made.textContent = label;
    made.dataset.name = name;
    made.dataset.group = group ?? "";
    made.onclick = () => this.toggled(made);
    made.onkeydown = (event) => this.pressed(event, made);
    made.onpointerdown = (event) => this.taken(event, made);
    return made;
  }

  get all() { return [...this.rows.querySelectorAll("button")]; }

  alike(tile) { return tile.dataset.group === "" ? [] : this.all.filter((other) => other.dataset.group === tile.dataset.group); }

  // Marks what is out and what stands elsewhere; one tile alone is reached by Tab, the arrows lead on from there.
  settled(focused) {
    const order = this.all;
    for (const [place, tile] of order.entries()) {
      const { name } = tile.dataset;
      const out = this.out.has(name);
      const moved = this.data.usual[place] !== name;
      tile.setAttribute("aria-pressed", out);
      tile.setAttribute("aria-label", `${name}${out ? ", taken out" : ""}${moved ? ", moved" : ""}`);
      tile.classList.toggle("moved", moved);
      tile.tabIndex = -1;
    }
    const reached = order.find((tile) => tile.dataset.name === (focused ?? this.reached)) ?? order[0];
    if (reached) reached.tabIndex = 0;
    if (focused && reached && this.root.activeElement !== reached) reached.focus({ preventScroll: true });
    this.reached = reached?.dataset.name;
    this.back.disabled = !this.out.size && order.every((tile, place) => tile.dataset.name === this.data.usual[place]);
  }

  tell(words) {
    this.said.textContent = words;
    this.settled(this.root.activeElement?.dataset?.name ?? null);
    this.number += 1;
    this.until = Date.now() + PATIENCE;
    this.send({ of: this.data.label, number: this.number, order: this.all.map((tile) => tile.dataset.name), without: [...this.out] });
  }

  toggled(tile) {
    if (this.justDropped) return;
    const { name } = tile.dataset;
    const out = !this.out.delete(name);
    if (out) this.out.add(name);
    this.reached = name;
    this.tell(out ? `${name} is taken out.` : `${name} is back.`);
  }

  restored() {
    this.out.clear();
    const named = new Map(this.all.map((tile) => [tile.dataset.name, tile]));
    let place = 0;
    for (const row of this.rows.children) {
      const count = row.querySelectorAll("button").length;
      row.append(...this.data.usual.slice(place, place + count).map((name) => named.get(name)));
      place += count;
    }
    this.tell("Every block is in its place.");
  }

  moved(tile, step) {
    const alike = this.alike(tile);
    const other = alike[alike.indexOf(tile) + step];
    const { name } = tile.dataset;
    if (!other) {
      this.said.textContent = alike.length > 1 ? `${name} goes no further among blocks of its shape.` : `${name} has no block of its shape to change places with.`;
      return;
    }
    if (step < 0) other.before(tile); else other.after(tile);
    tile.focus({ preventScroll: true });
    const now = this.alike(tile);
    this.tell(`${name} is number ${now.indexOf(tile) + 1} of ${now.length} of its shape.`);
  }

  pressed(event, tile) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    if (event.altKey) return this.moved(tile, step);
    const order = this.all;
    const next = order[order.indexOf(tile) + step];
    if (!next) return;
    tile.tabIndex = -1;
    next.tabIndex = 0;
    this.reached = next.dataset.name;
    next.focus();
  }

  taken(event, tile) {
    if (event.button || this.alike(tile).length < 2) return;
    const begin = { x: event.clientX, y: event.clientY, order: this.all };
    tile.setPointerCapture(event.pointerId);
    const move = (at) => {
      if (!this.dragged && Math.hypot(at.clientX - begin.x, at.clientY - begin.y) < FAR) return;
      this.dragged = tile;
      tile.classList.add("held");
      this.carried(tile, at);
    };
    const end = (kept) => {
      for (const [kind, heard] of Object.entries(heardOf)) tile.removeEventListener(kind, heard);
      document.removeEventListener("keydown", escaped, true);
      if (!this.dragged) return;
      this.dragged = null;
      tile.classList.remove("held");
      tile.style.transform = "";
      this.justDropped = true; // the click that follows is no click
      setTimeout(() => { this.justDropped = false; });
      if (!kept) return this.put(begin.order);
      const now = this.alike(tile);
      if (this.all.some((other, place) => other !== begin.order[place])) {
        this.tell(`${tile.dataset.name} is number ${now.indexOf(tile) + 1} of ${now.length} of its shape.`);
      }
    };
    const escaped = (key) => { if (key.key === "Escape") end(false); };
    const heardOf = { pointermove: move, pointerup: () => end(true), pointercancel: () => end(false) };
    for (const [kind, heard] of Object.entries(heardOf)) tile.addEventListener(kind, heard);
    document.addEventListener("keydown", escaped, true);
  }

  // The tile follows the pointer, and takes the place of the one of its like whose middle it comes nearest to.
  carried(tile, at) {
    tile.style.transform = "";
    const alike = this.alike(tile);
    const middle = (other) => {
      const { left, top, width, height } = other.getBoundingClientRect();
      return [left + width / 2, top + height / 2];
    };
    const far = (other) => Math.hypot(middle(other)[0] - at.clientX, middle(other)[1] - at.clientY);
    const nearest = alike.reduce((best, other) => (far(other) < far(best) ? other : best), tile);
    const step = alike.indexOf(nearest) - alike.indexOf(tile);
    if (step) {
      const { pointerId } = at;
      if (step < 0) nearest.before(tile); else nearest.after(tile);
      if (!tile.hasPointerCapture(pointerId)) tile.setPointerCapture(pointerId);
    }
    const [x, y] = middle(tile);
    tile.style.transform = `translate(${at.clientX - x}px, ${at.clientY - y}px)`;
  }

  put(order) {
    for (const row of this.rows.children) {
      const inside = new Set(row.querySelectorAll("button"));
      row.append(...order.filter((tile) => inside.has(tile)));
    }
    this.settled(null);
  }
}
