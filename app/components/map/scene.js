// One stage unfolded into its blocks, and one block of it into its ops. Every block keeps its own element throughout.
const SCENE = { width: 680, height: 280 };
const EDGE = 10;
const STRIP = 16;

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
    const folding = this.block && this.stage === stage ? this.block : null;
    this.enter(stage, from);
    this.block = null;
    const places = gridOf(stage.inside.length);
    for (const [number, block] of stage.inside.entries()) this.put(block, places[number], "cell");
    if (folding) this.fold(this.elements.get(folding.number).place);
    else this.inside.replaceChildren();
    this.pattern = null;
    this.ground.replaceChildren(...linesOf(places));
    this.drawing.setAttribute("aria-label", `${stage.title}: ${stage.inside.length} parts`);
    this.stop = this.elements.get((folding ?? stage.inside[0]).number).group;
    this.stop.setAttribute("tabindex", 0);
    this.colour(this.map.measure);
  }

  // One block with its ops; the others of its stage stay as a strip above.
  showBlock(block, from) {
    if (block === this.block) return;
    const stage = this.doc.stages[block.stage];
    this.enter(stage, from);
    const before = this.elements.get(block.number).place;
    const many = stage.inside.length > 1;
    const top = many ? EDGE + STRIP + 12 : EDGE;
    const room = { x: EDGE, y: top, width: SCENE.width - 2 * EDGE, height: SCENE.height - top - EDGE };
    const places = stripOf(stage.inside.length);
    for (const [number, other] of stage.inside.entries()) this.put(other, other === block ? room : places[number], other === block ? "open" : "tick");
    const { x, width } = places[stage.inside.indexOf(block)];
    this.ground.replaceChildren(...(many ? [svg("rect", { class: "here", x, y: EDGE, width, height: STRIP, rx: 3 })] : []));
    const same = this.pattern === this.doc.pattern(block);
    const unfolds = !this.block || this.stage !== stage;
    this.block = block;
    if (!same) this.unfold(room, unfolds ? before ?? from : null);
    this.drawing.setAttribute("aria-label", `${this.doc.titleOf(block)}: ${this.pattern.sentence}`);
    this.name();
    this.colour(this.map.measure);
  }

  enter(stage, from) {
    if (stage === this.stage) return;
    this.forget();
    this.stage = stage;
    for (const block of stage.inside) {
      const group = svg("g", { class: "block", role: "button", tabindex: -1, "data-block": block.number, "aria-label": this.doc.titleOf(block) },
        svg("path", { class: this.doc.pattern(block).around === "identity" ? "identity" : "identity dashed" }),
        svg("rect", { rx: 4 }), svg("text", { class: "number" }, block.name ? String(block.place) : this.doc.fact(block.first).kind),
        svg("text", { class: "note" }));
      this.elements.set(block.number, { group, place: from });
      this.blocks.append(group);
    }
  }

  put(block, place, kind) {
    const element = this.elements.get(block.number);
    const [arc, rect, number, note] = element.group.children;
    const { x, y, width, height } = place;
    for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value);
    if (kind === "cell") {
      const around = this.doc.pattern(block).around;
      arc.setAttribute("d", around ? `M${x - 4} ${y + height / 2}C${x - 2} ${y - 18} ${x + width + 2} ${y - 18} ${x + width + 4} ${y + height / 2}` : "");
      for (const [text, down] of [[number, -1], [note, 12]]) {
        text.setAttribute("x", x + width / 2);
        text.setAttribute("y", y + height / 2 + down);
      }
      number.textContent = block.name ? block.place : width > 60 ? this.doc.fact(block.first).kind : "·";
    }
    element.group.setAttribute("class", `block ${kind}${width > 56 ? " wide" : ""}`);
    comeFrom(rect, element.place, place);
    element.place = place;
  }

  unfold(room, from) {
    const block = this.block;
    this.pattern = this.doc.pattern(block);
    const { width, above, below, nodes, wires, notes, sums } = this.pattern;
    const texts = 18;
    const scale = Math.min(1.15, room.width / width, room.height / (above + below + 2 * texts));
    const left = room.x + (room.width - width * scale) / 2;
    const line = room.y + (room.height - (above + below + 2 * texts) * scale) / 2 + (above + texts) * scale;
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
    if (!from || still.matches) return;
    const old = { x: (from.x - left) / scale, y: (from.y - line) / scale, width: from.width / scale, height: from.height / scale };
    comeFrom(this.inside.firstChild, old, { x: 0, y: -above, width, height: above + below }, true);
    for (const { group, place } of this.nodes) {
      const share = { x: old.x + (place.x / width) * old.width, y: old.y + ((place.y + above) / (above + below)) * old.height };
      comeFrom(group, { ...share, width: (place.width / width) * old.width, height: (place.height / (above + below)) * old.height }, place, true);
    }
  }

  // The ops go back into their block, at its place in the stage.
  fold(place) {
    for (const child of [...this.inside.children]) child.remove();
    comeFrom(this.elements.get([...this.elements].find(([, one]) => one.place === place)[0]).group, null, place);
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
      if (kind === "op" && Number(fact.shades[1] > 0)) group.append(svg("text", { class: "cost", x, y: y + height / 2 + 14 }));
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
    for (const block of this.stage?.inside ?? []) {
      const { group } = this.elements.get(block.number);
      group.style.setProperty("--shade", this.doc.shadeOfBlock(block, measure));
      group.lastChild.textContent = this.doc.countOfBlock(block, measure);
    }
    if (!this.block) return;
    for (const { group, ops } of this.nodes) {
      const row = this.block.first + ops[0];
      const shade = this.doc.shade(row, measure);
      group.style.setProperty("--shade", shade);
      group.classList.toggle("strong", shade > 0.6 && measure !== "kind");
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
    for (const group of this.inside.querySelectorAll(".fixed")) group.classList.remove("fixed");
    if (!this.block || row === null || this.doc.block(row) !== this.block) return;
    for (const { group } of this.byOp.get(row - this.block.first) ?? []) group.classList.add("fixed");
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
