// The whole network, always in sight: volumes to scale along an unbroken line.
class Overview {
  constructor(map) {
    this.map = map;
    this.drawing = svg("svg", { role: "group", "aria-label": "The network from the picture to the classes" });
    this.frame = html("div", { class: "frame" }, this.drawing);
    this.viewport = new Viewport(this.frame, this.drawing);
    this.drawing.addEventListener("pointerover", (event) => this.pointed(event.target));
    this.drawing.addEventListener("click", (event) => {
      const box = this.boxAt(event.target);
      if (box >= 0 && !this.viewport.dragged) map.unfoldBox(box, event.detail === 0);
    });
    this.drawing.addEventListener("focusin", (event) => this.pointed(event.target));
    this.drawing.addEventListener("keydown", (event) => this.key(event));
  }

  draw(doc) {
    this.doc = doc;
    const { overview } = doc;
    const { boxes, captions, line, begin, end } = overview;
    this.drawing.setAttribute("viewBox", `0 0 ${overview.width} ${overview.height}`);
    this.boxes = boxes.map((box, number) => this.box(box, number));
    const arcs = boxes.filter((box) => box.arc).map((box) => svg("path", {
      d: box.arc, class: box.around === "identity" ? "identity" : "identity dashed",
    }));
    const beside = boxes.filter((box) => box.beside).map((box) => svg("path", { d: box.beside, class: "identity" }));
    const signs = boxes.filter((box) => box.sign).map((box) => sign(box.meeting, line, 6.5, box.sign));
    const texts = captions.map(({ text, note, x, y }) => svg("g", { class: "caption", "aria-hidden": "true" },
      svg("text", { x, y }, text), svg("text", { x, y: y + 14, class: "note" }, note)));
    this.drawing.replaceChildren(
      svg("g", { "aria-hidden": "true" }, ...arcs, ...beside, svg("path", { d: `M${begin} ${line}H${end}`, class: "identity signal" })),
      ...this.boxes,
      svg("g", { "aria-hidden": "true" }, ...signs),
      ...texts,
    );
    this.lit = -1;
    this.at(0);
  }

  box(box, number) {
    const { x, y, width, height, repeats, slices } = box;
    const [right, up] = this.doc.overview.lean;
    const value = this.doc.overview.values[number];
    const hit = Math.max(width + right, 16);
    const made = svg("g", { class: "box", role: "button", tabindex: -1, "data-box": number },
      svg("rect", { class: "hit", x: x + (width + right - hit) / 2, y: y + up, width: hit, height: height - up }),
      svg("path", { class: "face", d: `M${x} ${y}l${right} ${up}h${width}l${-right} ${-up}zM${x + width} ${y}l${right} ${up}v${height}l${-right} ${-up}z` }),
      svg("rect", { class: "front", x, y, width, height }),
      ...slices.map((at) => svg("path", { class: "slice", d: `M${at} ${y}v${height}` })),
    );
    if (repeats > 1) {
      const [middle, half] = [x + width / 2, 9 + 3.4 * String(repeats).length];
      made.append(svg("rect", { class: "badge", x: middle - half, y: y + height + 7, width: 2 * half, height: 17, rx: 8.5 }),
        svg("text", { class: "times", x: middle, y: y + height + 19.5 }, `×${repeats}`));
    }
    made.setAttribute("aria-label", [
      box.name === value.label ? value.label : `${value.label}, ${box.name}`,
      ...(repeats > 1 ? [`${repeats} alike`] : []), value.shape,
      `${value.counts[1]} multiply-adds`, `${value.counts[0]} parameters`,
      ...(box.around ? [`shortcut: ${box.around}`] : []),
    ].join(", "));
    const row = this.lastRow(number);
    const group = row === null ? "picture" : this.doc.block(row).name ? "block" : this.doc.fact(row).group;
    made.setAttribute("data-group", group);
    return made;
  }

  // The last op that is in a box; null for the picture.
  lastRow(number) {
    if (this.endsOf !== this.doc) {
      this.endsOf = this.doc;
      this.ends = new Map();
      for (let row = 0; row < this.doc.rows; row += 1) this.ends.set(this.doc.box(row), row);
    }
    return this.ends.get(number) ?? null;
  }

  colour(measure) {
    for (const [number, made] of this.boxes.entries()) {
      const row = this.lastRow(number);
      const shade = measure === "receptive field"
        ? (row === null ? 0 : this.doc.shade(row, measure))
        : this.doc.shadeOfBox(number, measure);
      made.style.setProperty("--shade", shade);
    }
  }

  light(number) {
    if (number === this.lit) return;
    this.boxes[this.lit]?.classList.remove("lit");
    this.boxes[number]?.classList.add("lit");
    this.lit = number;
    if (number >= 0) this.at(number);
  }

  // Where the keyboard enters.
  at(number) {
    this.boxes[this.stop]?.setAttribute("tabindex", -1);
    this.boxes[number]?.setAttribute("tabindex", 0);
    this.stop = number;
  }

  boxAt(target) { return Number(target.closest("[data-box]")?.dataset.box ?? -1); }

  pointed(target) {
    const box = this.boxAt(target);
    if (box >= 0) this.map.lightBox(box);
  }

  key(event) {
    const box = this.boxAt(event.target);
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1 };
    if (event.key in moves) {
      const to = Math.min(Math.max(box + moves[event.key], 0), this.boxes.length - 1);
      this.at(to);
      this.boxes[to].focus({ preventScroll: true });
      this.viewport.reveal(this.boxes[to]);
    } else if (event.key === "ArrowDown" || event.key === "Enter" || event.key === " ") this.map.unfoldBox(box, true);
    else if (!this.viewport.key(event.key)) return;
    event.preventDefault();
  }
}

function sign(x, y, radius, text) {
  const reach = radius * 0.62;
  const strokes = {
    "+": `M${x - reach} ${y}h${2 * reach}M${x} ${y - reach}v${2 * reach}`,
    "×": `M${x - reach * 0.75} ${y - reach * 0.75}l${1.5 * reach} ${1.5 * reach}m0 ${-1.5 * reach}l${-1.5 * reach} ${1.5 * reach}`,
    "‖": `M${x - reach * 0.4} ${y - reach}v${2 * reach}M${x + reach * 0.4} ${y - reach}v${2 * reach}`,
  };
  return svg("g", { class: "sign" }, svg("circle", { cx: x, cy: y, r: radius }), svg("path", { d: strokes[text] ?? "" }));
}
