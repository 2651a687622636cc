// One stage unfolded into its blocks, and one block of it into its ops. Every block keeps its own element throughout.
const SCENE = { width: 680, height: 280 };
const EDGE = 10;
const STRIP = 16;
const [WIDE, SMALL] = [46, 28];
const STRONG = 0.6; // shades on which dark letters are read better
const MANY = 48; // more blocks than these move as one
const SAID = 18; // pixels for what the paths cost, above and below

class Scene {
  constructor(map) {
    this.map = map;
    this.ground = svg("g");
    this.blocks = svg("g", { class: "blocks" });
    this.inside = svg("g", { class: "inside" });
    this.drawing = svg("svg", { viewBox: `0 0 ${SCENE.width} ${SCENE.height}`, role: "group" }, this.ground, this.blocks, this.inside);
    this.frame = html("div", { class: "frame" }, this.drawing);
    this.viewport = new Viewport(this.frame, this.drawing);
    this.elements = new Map();
    this.drawing.addEventListener("pointerover", (event) => this.pointed(event.target, true));
    this.drawing.addEventListener("pointerleave", () => map.unpoint());
    this.drawing.addEventListener("focusin", (event) => this.pointed(event.target, false));
    this.drawing.addEventListener("click", (event) => this.chosen(event.target));
    this.drawing.addEventListener("keydown", (event) => this.key(event));
  }

  take(doc) {
    this.doc = doc;
    this.stage = this.block = this.pattern = null;
    this.forget();
    this.inside.replaceChildren();
  }

  forget() {
    this.blocks.replaceChildren();
    this.elements.clear();
  }

  // The blocks of a stage side by side, none unfolded.
  showStage(stage, from) {
    const folding = this.stage === stage ? this.block : null;
    this.enter(stage, from);
    const places = gridOf(stage.inside.length);
    for (const [number, block] of stage.inside.entries()) this.put(block, places[number], "cell");
    this.moveAll(places, folding ? this.strip : [from]);
    if (folding) this.fold(this.elements.get(folding.number).place);
    else this.inside.replaceChildren();
    this.block = this.pattern = null;
    this.ground.replaceChildren(...linesOf(places));
    this.drawing.setAttribute("aria-label", `${stage.title}: ${stage.inside.length} parts`);
    this.stop = this.elements.get((folding ?? stage.inside[0]).number).group;
    this.stop.setAttribute("tabindex", 0);
  }

  // One block with its ops; the others of its stage stay as a strip above.
  showBlock(block, from) {
    if (block === this.block) return;
    const stage = this.doc.stages[block.stage];
    const unfolds = !this.block || this.stage !== stage;
    this.enter(stage, from);
    const before = this.elements.get(block.number).place;
    const many = stage.inside.length > 1;
    const top = many ? EDGE + STRIP + 12 : EDGE;
    const room = { x: EDGE, y: top, width: SCENE.width - 2 * EDGE, height: SCENE.height - top - EDGE };
    for (const [number, other] of stage.inside.entries()) {
      if (other === block) this.put(other, room, "open");
      else this.put(other, this.strip[number], "tick");
    }
    if (unfolds && before) this.moveAll(this.strip, from ? [from] : gridOf(stage.inside.length));
    const { x, width } = this.strip[stage.inside.indexOf(block)];
    this.ground.replaceChildren(...(many ? [svg("rect", { class: "here", x, y: EDGE, width, height: STRIP, rx: 3 })] : []));
    this.block = block;
    if (this.pattern !== this.doc.pattern(block)) this.unfold(room, unfolds ? before : null);
    this.drawing.setAttribute("aria-label", `${this.doc.titleOf(block)}: ${this.pattern.sentence}`);
    this.name();
    this.colourOps(this.map.measure);
  }

  enter(stage, from) {
    if (stage === this.stage) return;
    this.forget();
    this.stage = stage;
    this.pattern = null;
    this.strip = stripOf(stage.inside.length);
    for (const block of stage.inside) {
      const group = svg("g", { class: "block", role: "button", tabindex: -1, "data-block": block.number, "aria-label": this.doc.titleOf(block) },
        svg("path", { class: this.doc.pattern(block).around === "identity" ? "identity" : "identity dashed" }),
        svg("rect", { rx: 4 }), svg("text", { class: "number" }), svg("text", { class: "note" }));
      this.elements.set(block.number, { group, place: from });
      this.blocks.append(group);
    }
    this.colourBlocks(this.map.measure);
  }

  put(block, place, kind) {
    const element = this.elements.get(block.number);
    if (element.place === place) return;
    const [arc, rect, number, note] = element.group.children;
    const { x, y, width, height } = place;
    for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value);
    if (kind === "cell") {
      const around = this.doc.pattern(block).around;
      const [begin, end, middle] = [x - width * 0.16, x + width * 1.16, y + height / 2];
      const top = middle - (height / 2 + 15) / 0.75; // a cubic comes to three quarters of the height of its controls
      arc.setAttribute("d", around && height > 30 ? `M${begin} ${middle}C${begin} ${top} ${end} ${top} ${end} ${middle}` : "");
      const wide = width > WIDE;
      for (const [text, down] of [[number, wide ? -2 : 4], [note, 13]]) {
        text.setAttribute("x", x + width / 2);
        text.setAttribute("y", y + height / 2 + down);
      }
      number.textContent = block.name ? block.place : wide ? this.doc.fact(block.first).kind : "·";
    }
    element.group.setAttribute("class", `block ${kind}${width > WIDE ? " wide" : width < SMALL ? " small" : ""}`);
    if (kind === "open" || this.elements.size <= MANY) comeFrom(rect, element.place, place);
    element.place = place;
  }

  // Of very many blocks all at once, which costs no more than one.
  moveAll(now, before) {
    if (this.elements.size > MANY && before[0]) comeFrom(this.blocks, around(before), around(now));
  }

  unfold(room, from) {
    this.pattern = this.doc.pattern(this.block);
    const { width, above, below, nodes, wires, notes, sums } = this.pattern;
    const height = above + below + 2 * SAID;
    const scale = Math.min(1.15, room.width / width, room.height / height);
    const left = room.x + (room.width - width * scale) / 2;
    const line = room.y + (room.height - height * scale) / 2 + (above + SAID) * scale;
    this.origin = { left, line, scale };
    this.inside.setAttribute("transform", `translate(${left} ${line}) scale(${scale})`);
    this.nodes = nodes.map((node) => this.node(...node));
    const said = notes.flatMap(([role, x, y]) => {
      const sum = sums.find(([of]) => of === (role === "identity" ? "shortcut" : role));
      return sum ? [svg("text", { class: `sum of-${role}`, x, y: y < 0 ? y - 8 : y + 14 }, sum[1])] : [];
    });
    const lines = svg("g", { "aria-hidden": "true" }, ...wires.map(([role, d]) => svg("path", { class: `wire ${role}`, d })), ...said);
    this.inside.replaceChildren(lines, ...this.nodes.map(({ group }) => group));
    this.byOp = new Map();
    for (const node of this.nodes) {
      for (const op of node.ops) this.byOp.set(op, [...(this.byOp.get(op) ?? []), node]);
    }
    this.stop = null;
    if (from) this.each((element, place) => comeFrom(element, this.shrunk(place, from), place, true));
  }

  // The ops go back into their block, at its place in the stage.
  fold(to) {
    this.each((element, place) => goTo(element, this.shrunk(place, to), place));
  }

  each(move) {
    const { width, above, below } = this.pattern;
    move(this.inside.firstChild, { x: 0, y: -above, width, height: above + below });
    for (const { group, place } of this.nodes) move(group, place);
  }

  // Where a part of the drawing is when the whole drawing is as small as a block in its stage.
  shrunk({ x, y, width, height }, block) {
    const { left, line, scale } = this.origin;
    const { width: wide, above, below } = this.pattern;
    const [across, down] = [block.width / scale / wide, block.height / scale / (above + below)];
    return {
      x: (block.x - left) / scale + x * across, y: (block.y - line) / scale + (y + above) * down,
      width: width * across, height: height * down,
    };
  }

  node(kind, ops, x, y, width, height, label, note) {
    const place = { x: x - width / 2, y: y - height / 2, width, height };
    const group = svg("g", { class: kind, tabindex: -1, role: "button", "data-op": ops[0] });
    if (kind === "sign") group.append(sign(x, y, width / 2, label));
    else {
      const fact = this.doc.facts[this.pattern.ops[ops[0]].fact];
      if (kind === "op") group.setAttribute("data-group", fact.group);
      group.append(svg("rect", { ...place, rx: 7 }));
      if (note) group.append(svg("text", { class: "label", x, y: y - 3 }, label), svg("text", { class: "note", x, y: y + 12 }, note));
      else group.append(svg("text", { class: "label", x, y: y + 4 }, label));
      if (kind === "op") group.append(svg("text", { class: `cost${fact.shades[1] ? "" : " slight"}`, x, y: y + height / 2 + 14 }));
    }
    return { group, ops, place };
  }

  // What screen readers hear of each op of this very block.
  name() {
    for (const { group, ops } of this.nodes) {
      const row = this.block.first + ops[0];
      const fact = this.doc.fact(row);
      const more = ops.length > 1 ? `, and ${ops.length - 1} ops like it` : "";
      group.setAttribute("aria-label", `${this.doc.nameOf(row)}, ${fact.words}, ${fact.before} to ${fact.after}, ${fact.params} parameters, ${fact.macs} multiply-adds${more}`);
    }
  }

  colour(measure) {
    this.colourBlocks(measure);
    this.colourOps(measure);
  }

  colourBlocks(measure) {
    for (const block of this.stage?.inside ?? []) {
      const { group } = this.elements.get(block.number);
      const shade = this.doc.shadeOfBlock(block, measure);
      group.style.setProperty("--shade", shade);
      group.firstChild.nextSibling.classList.toggle("strong", shade > STRONG && measure !== "kind");
      group.lastChild.textContent = this.doc.countOfBlock(block, measure);
    }
  }

  colourOps(measure) {
    if (!this.block) return;
    for (const { group, ops } of this.nodes) {
      const row = this.block.first + ops[0];
      const shade = this.doc.shade(row, measure);
      group.style.setProperty("--shade", shade);
      group.classList.toggle("strong", shade > STRONG && measure !== "kind");
      const cost = group.querySelector(".cost");
      if (cost) cost.textContent = this.doc.count(row, measure);
    }
  }

  light(row) {
    for (const group of this.inside.querySelectorAll(".lit")) group.classList.remove("lit");
    if (!this.block || row === null || this.doc.block(row) !== this.block) return;
    const nodes = this.byOp.get(row - this.block.first) ?? [];
    for (const { group } of nodes) group.classList.add("lit");
    this.stop?.setAttribute("tabindex", -1);
    this.stop = nodes[0]?.group;
    this.stop?.setAttribute("tabindex", 0);
  }

  fix(row) {
    for (const group of this.inside.querySelectorAll("[data-op]")) {
      group.classList.remove("fixed");
      group.setAttribute("aria-pressed", false);
    }
    if (!this.block || row === null || this.doc.block(row) !== this.block) return;
    for (const { group } of this.byOp.get(row - this.block.first) ?? []) {
      group.classList.add("fixed");
      group.setAttribute("aria-pressed", true);
    }
  }

  focus() {
    this.stop?.focus({ preventScroll: true });
    if (this.stop) this.viewport.reveal(this.stop);
  }

  rowAt(target) {
    const op = target.closest("[data-op]");
    return op && this.block ? this.block.first + Number(op.dataset.op) : null;
  }

  blockAt(target) {
    const block = target.closest("[data-block]");
    return block ? this.doc.blocks[Number(block.dataset.block)] : null;
  }

  pointed(target, byPointer) {
    const row = this.rowAt(target);
    if (row !== null) return this.map.light(row, byPointer);
    const block = this.blockAt(target);
    if (block && block !== this.block) this.map.lightBlock(block);
    else if (byPointer) this.map.unpoint();
  }

  chosen(target) {
    if (this.viewport.dragged) return;
    const row = this.rowAt(target);
    if (row !== null) return this.map.fix(row);
    const block = this.blockAt(target);
    if (block && block !== this.block) this.map.unfoldBlock(block, false);
  }

  key(event) {
    const { key } = event;
    const row = this.rowAt(event.target);
    const block = this.blockAt(event.target);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    const leap = { ArrowUp: -1, ArrowDown: 1 }[key];
    if (this.viewport.key(key)) { /* zoomed */ }
    else if (key === "Enter" || key === " ") {
      if (row !== null) this.map.fix(row);
      else if (block) this.map.unfoldBlock(block, true);
    } else if (step && row !== null) this.map.walk(row + step);
    else if (leap && row !== null) this.map.leap(leap);
    else if ((step ?? leap) && block) this.neighbour(block, step ?? leap);
    else return;
    event.preventDefault();
  }

  neighbour(block, step) {
    const next = this.stage.inside[this.stage.inside.indexOf(block) + step];
    if (!next) return;
    this.stop?.setAttribute("tabindex", -1);
    this.stop = this.elements.get(next.number).group;
    this.stop.setAttribute("tabindex", 0);
    this.focus();
  }
}

// Where the blocks of a stage stand side by side: in lines, from left to right.
function gridOf(number) {
  const columns = number < 9 ? number : Math.ceil(Math.sqrt(number * 2.2));
  const lines = Math.ceil(number / columns);
  const [across, down] = [Math.min((SCENE.width - 4 * EDGE) / columns, 130), Math.min((SCENE.height - 3 * EDGE) / lines, 150)];
  const [left, top] = [(SCENE.width - across * columns) / 2, (SCENE.height - down * lines) / 2 + EDGE];
  const [width, height] = [across * 0.66, down * (lines > 1 ? 0.55 : 0.5)];
  return Array.from({ length: number }, (_, place) => ({
    x: left + across * (place % columns) + (across - width) / 2,
    y: top + down * Math.floor(place / columns) + (down - height) / 2,
    width, height,
  }));
}

// The rectangle around some.
function around(places) {
  const [left, top] = [Math.min(...places.map(({ x }) => x)), Math.min(...places.map(({ y }) => y))];
  const right = Math.max(...places.map(({ x, width }) => x + width));
  const bottom = Math.max(...places.map(({ y, height }) => y + height));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

// The signal through each line of them.
function linesOf(places) {
  const lines = new Map();
  for (const { x, y, width, height } of places) {
    const [begin, end] = lines.get(y + height / 2) ?? [x, x];
    lines.set(y + height / 2, [Math.min(begin, x), Math.max(end, x + width)]);
  }
  return [...lines].map(([y, [begin, end]]) => svg("path", { class: "identity signal", d: `M${begin - 16} ${y}H${end + 16}` }));
}

function stripOf(number) {
  const across = Math.min((SCENE.width - 2 * EDGE) / number, 34);
  const left = (SCENE.width - across * number) / 2;
  return Array.from({ length: number }, (_, place) => ({
    x: left + across * place + across * 0.1, y: EDGE, width: across * 0.8, height: STRIP,
  }));
}
