// The network map: overview, unfolded block, formula and table, which show one op together. Only a fixed op is sent.
const FIRST_SIGHT = 30_000; // a page that has not come by then says why, underneath
const PATIENCE = 3000; // milliseconds in which the server is expected to answer

class NetworkMap {
  constructor(root) {
    this.root = root;
    this.measure = USUAL;
    this.overview = new Overview(this);
    this.strip = new Strip(this);
    this.scene = new Scene(this);
    this.inspector = new Inspector(this);
    this.table = new LayerTable(this);
    this.colours = new Colours((measure) => this.colour(measure, true), COLOURS);
    this.timing = html("p", { class: "timing", role: "status" });
    this.legend = html("div", { class: "legend" });
    this.title = html("h3");
    this.sentence = html("span", { class: "words" });
    this.up = button("", "Fold the block into its stage (Esc)", () => this.ascend());
    const keys = html("p", { class: "keys" }, "click or Enter unfolds · ← → walk ops, ↑ ↓ blocks · Enter fixes, Esc goes up · + − 0 zoom");
    root.append(
      html("section", { class: "card overview", "aria-label": "The network" },
        html("header", {}, html("h2", {}, "The network"), html("span", { class: "words" }, "height √map size, width √channels"), this.colours.group, zoomButtons(this.overview.viewport)),
        this.overview.frame, this.legend, this.timing, keys),
      html("section", { class: "card scene", "aria-label": "Unfolded" }, html("header", {}, this.title, this.sentence, this.up, zoomButtons(this.scene.viewport)), this.scene.frame),
      this.inspector.card,
      html("section", { class: "card table", "aria-label": "Layers" }, html("header", {}, html("h2", {}, "Layer by layer"), html("span", { class: "words", "data-part": "convention" }), this.table.tools), this.table.frame, this.table.foot),
    );
    this.convention = root.querySelector("[data-part=convention]");
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      this.ascend();
      event.preventDefault();
    });
    root.addEventListener("pointerleave", () => this.unpoint());
  }

  // What Python says: another network, another op that is fixed, or what was measured.
  take(document, { op, colour, times, timing }, send) {
    this.send = send;
    const another = this.doc?.net !== document.net || this.doc?.title !== document.title;
    if (another) this.show(new MapDocument(document));
    if (times && times.said !== this.doc.times?.said) this.time(times);
    const asked = COLOURS.includes(colour) ? colour : USUAL;
    if (asked !== this.askedColour) this.colour(asked);
    this.askedColour = asked;
    if (timing) this.waiting = timing;
    this.sayTiming();
    const row = this.doc.named.get(op) ?? null;
    this.lacked = Boolean(op) && row === null;
    if (this.isStale(row)) return;
    if (another || row !== this.fixed) {
      this.setFixed(row);
      if (another || row !== null) this.light(row ?? this.doc.named.get(this.doc.start), false);
    }
    this.keepLink();
  }

  // An answer to what was fixed before the last choice. Whoever is not answered in time believes the server again.
  isStale(row) {
    if (!this.awaited || this.awaited.row === row || performance.now() > this.awaited.until) this.awaited = null;
    return this.awaited !== null;
  }

  time(times) {
    this.doc.timed(times);
    this.root.classList.add("timed");
    this.table.refresh();
    this.colour(this.measure);
    if (this.lit !== null) this.inspector.op(this.doc, this.lit, this.lit === this.fixed);
  }

  show(doc) {
    this.doc = doc;
    this.root.classList.remove("timed");
    this.awaited = null;
    this.fixed = this.lit = null;
    this.waiting = "";
    this.overview.draw(doc);
    this.strip.profile.draw(doc);
    this.scene.take(doc);
    this.table.take(doc);
    this.convention.textContent = doc.convention;
    this.colour(this.measure);
  }

  // An op is pointed at, or walked to: it lights everywhere. `bring`: the table brings it into sight.
  light(row, pointed = false, bring = true) {
    clearTimeout(this.resting);
    if (row === this.lit && this.scene.block) return;
    this.lit = row;
    const block = this.doc.block(row);
    if (block !== this.scene.block) this.open(block, null);
    this.scene.light(row);
    this.lightOverview(this.doc.box(row));
    this.table.light(row, bring);
    this.inspector.op(this.doc, row, row === this.fixed);
  }

  lightOverview(number) {
    this.overview.light(number);
    this.strip.profile.light(number);
  }

  // The pointer has gone: what is fixed shows again, after a moment in which it may come back.
  unpoint() {
    clearTimeout(this.resting);
    if (this.fixed === null || this.fixed === this.lit || !this.scene.block) return;
    this.resting = setTimeout(() => { if (this.fixed !== null) this.light(this.fixed); }, 250);
  }

  lightBox(number) {
    clearTimeout(this.resting);
    const value = this.doc.overview.values[number];
    const box = this.doc.overview.boxes[number];
    const row = this.overview.lastRow(number);
    this.lightOverview(number);
    if (row === null) this.table.light(null, false); // the picture is the output of no layer
    else this.table.lightStage(this.doc.block(row).stage);
    this.lit = null;
    this.scene.light(null);
    const words = box.repeats > 1 ? `${box.repeats} alike` : box.name;
    const stage = row === null ? null : this.doc.stages[this.doc.block(row).stage];
    const whole = stage && stage.inside.length > 1 ? this.shares(stage, `${stage.title}: `) : [];
    const spent = this.doc.times && row !== null ? [["measured time", `${percents(this.doc.times.boxes[number] / this.doc.times.all)} of all ops`, milliseconds(this.doc.times.boxes[number])]] : [];
    this.inspector.part(value.label, words, [...whole, ...this.costs(value.shape, value.counts), ...spent], stage?.composition ?? "");
  }

  lightBlock(block) {
    clearTimeout(this.resting);
    const pattern = this.doc.pattern(block);
    const last = block.first + block.ops - 1;
    this.lit = null;
    this.lightOverview(this.doc.box(last));
    this.table.lightStage(block.stage);
    this.inspector.part(this.doc.titleOf(block), pattern.sentence, [...this.costs(this.doc.fact(last).after, pattern.counts), ...this.doc.spent(block.first, block.ops)], this.doc.stages[block.stage].composition);
  }

  lightStage(number) {
    clearTimeout(this.resting);
    const stage = this.doc.stages[number];
    this.lit = null;
    this.scene.light(null);
    this.lightOverview(this.doc.box(stage.first + stage.rows - 1));
    this.table.lightStage(number);
    this.inspector.part(stage.title, stage.blocks, [["output", stage.before === stage.after ? "as it came" : `from ${stage.before}`, stage.after], ...this.shares(stage), ["receptive field", "", stage.field], ...this.doc.spent(stage.first, stage.rows)], stage.composition);
  }

  // What a stage has of the whole network.
  shares(stage, prefix = "") {
    return [
      [`${prefix}parameters`, `${stage.params_percent} of the network's`, stage.params],
      [`${prefix}multiply-adds`, `${stage.percent} of the network's`, stage.macs],
    ];
  }

  costs(shape, [params, macs, memory]) {
    return [["output", "", shape], ["parameters", "", params], ["multiply-adds", "", macs], ["activations", "", memory]];
  }

  unfoldBox(number, byKey) {
    const row = this.overview.lastRow(number);
    if (row === null) return;
    const { repeats } = this.doc.overview.boxes[number];
    const block = this.doc.block(row);
    const first = block.number - repeats + 1;
    const from = this.above(number);
    if (repeats > 1) this.openStage(this.doc.stages[block.stage], from, byKey && this.doc.blocks[first]);
    else if (block.name) this.unfoldBlock(block, byKey, from);
    else {
      this.open(block, from);
      this.light(this.rowOfBox(number, row));
      if (byKey) this.scene.focus();
    }
  }

  // The costliest op of a box outside blocks.
  rowOfBox(number, last) {
    const block = this.doc.block(last);
    let best = last;
    for (let row = block.first; row < block.first + block.ops; row += 1) {
      const weighs = (at) => this.doc.fact(at).shades[1];
      if (this.doc.box(row) === number && weighs(row) > weighs(best)) best = row;
    }
    return best;
  }

  openStage(stage, from, focused) {
    this.scene.showStage(stage, from);
    this.head(stage.title, `${stage.before} becomes ${stage.after}`, "");
    this.table.bringStage(this.doc.stages.indexOf(stage));
    if (focused) {
      this.scene.neighbour(focused, 0);
      this.lightBlock(focused);
    }
  }

  unfoldBlock(block, byKey, from) {
    this.open(block, from);
    const ops = this.doc.pattern(block).ops;
    let best = 0;
    for (const place of ops.keys()) if (this.doc.facts[ops[place].fact].shades[1] > this.doc.facts[ops[best].fact].shades[1]) best = place;
    this.light(block.first + (byKey ? 0 : best));
    if (byKey) this.scene.focus();
  }

  open(block, from) {
    this.scene.showBlock(block, from);
    this.scene.fix(this.fixed);
    const stage = this.doc.stages[block.stage];
    this.head(this.doc.titleOf(block), this.doc.pattern(block).sentence, stage.inside.length > 1 ? `↑ ${stage.title}` : "");
  }

  head(title, sentence, up) {
    this.title.textContent = title;
    this.sentence.textContent = sentence;
    this.up.textContent = up;
    this.up.hidden = !up;
  }

  // Where a box of the overview is, as seen from the scene: above it, and as far to the right.
  above(number) {
    const { x, width, height } = this.doc.overview.boxes[number];
    const scale = SCENE.width / this.doc.overview.width;
    return { x: x * scale, y: -height, width: Math.max(width * scale, 4), height };
  }

  walk(row) {
    if (row < 0 || row >= this.doc.rows) return;
    this.light(row);
    this.scene.focus();
  }

  leap(step) {
    const block = this.doc.blocks[this.scene.block.number + step];
    if (block) this.walk(Math.min(block.first + Math.max(this.lit - this.scene.block.first, 0), block.first + block.ops - 1));
  }

  fix(row) {
    const fixed = row === this.fixed ? null : row;
    this.awaited = { row: fixed, until: performance.now() + PATIENCE };
    this.setFixed(fixed);
    if (fixed !== null) this.light(fixed);
    this.send("op", fixed === null ? "" : this.doc.nameOf(fixed));
  }

  setFixed(row) {
    this.fixed = row;
    this.scene.fix(row);
    this.table.fix(row);
    if (this.lit !== null) this.inspector.op(this.doc, this.lit, this.lit === row);
  }

  ascend() {
    if (this.fixed !== null) return this.fix(this.fixed);
    const { block } = this.scene;
    if (block && this.scene.stage.inside.length > 1) {
      this.openStage(this.scene.stage, null, block);
      return;
    }
    this.overview.boxes[this.overview.stop]?.focus({ preventScroll: true });
  }

  colour(measure, chosen = false) {
    const before = this.measure;
    this.measure = measure;
    this.root.dataset.colour = measure;
    this.colours.show(measure);
    this.overview.colour(measure);
    this.strip.colour(measure);
    this.scene.colour(measure);
    this.legend.replaceChildren(...legendOf(this.doc, measure));
    if (!chosen) return;
    this.keepLink();
    if (measure === before || (measure !== TIME && before !== TIME)) return;
    this.waiting = "asking for the time of every op on this machine …";
    this.sayTiming();
    this.send("time", measure === TIME);
  }

  // How the times were measured, or how far that is, in the place of what the keys do.
  sayTiming() {
    const said = this.doc.times?.said ?? this.waiting ?? "";
    if (this.measure === TIME && this.timing.textContent !== said) this.timing.textContent = said;
    this.timing.hidden = this.measure !== TIME;
  }

  // The page is another's: what was to be done in a moment is not done there.
  leave() {
    clearTimeout(this.linking);
    clearTimeout(this.resting);
    this.strip.leave();
  }

  // The link has the colours that are shown, and no op that this network lacks. Nobody is told, and no step is added.
  keepLink() {
    clearTimeout(this.linking);
    this.linking = setTimeout(() => {
      const link = new URL(location.href);
      const before = link.search;
      if (this.measure === USUAL) link.searchParams.delete("colour");
      else link.searchParams.set("colour", this.measure);
      if (this.lacked) link.searchParams.delete("op");
      if (link.search !== before) history.replaceState(history.state, "", link);
    }, 200);
  }
}

// Draws the map into the page that is served, until the page itself has one.
function firstSight(drawn, look, style) {
  const first = document.getElementById("rx-first");
  first.style.colorScheme = chosenTheme();
  const host = first.querySelector(".rx-first-map");
  const root = html("div", { class: "map" });
  host.attachShadow({ mode: "open" }).append(html("style", {}, style), root);
  const map = new NetworkMap(root);
  map.take(drawn, look, () => {});
  clearTimeout(map.linking); // the server has yet to see what the link asks for, and to say what cannot be had
  setTimeout(() => first.remove(), FIRST_SIGHT);
}

// The theme that was picked in Streamlit's menu, where it keeps that; "", as the system has it, where none was.
function chosenTheme() {
  try {
    const kept = Object.keys(localStorage).find((key) => key.startsWith(`stActiveTheme-${location.pathname}-`));
    return { '"Light"': "light", '"Dark"': "dark" }[localStorage.getItem(kept)] ?? "";
  } catch { // who lets no page keep anything has picked nothing
    return "";
  }
}

// The map's document and what is looked at come one by one; what belongs to another network is passed over.
export default function (component) {
  const { data: [data], parentElement } = component;
  const root = parentElement.querySelector(".map");
  const meeting = (globalThis.networkMap ??= {});
  const met = () => {
    if (meeting.look?.net !== data.net || !("op" in meeting.look)) return;
    root.networkMap ??= new NetworkMap(root);
    root.networkMap.strip.enter(parentElement);
    root.networkMap.take(data, meeting.look, meeting.send);
    document.getElementById("rx-first")?.remove();
  };
  meeting.met = met;
  met();
  return () => {
    if (meeting.met === met) meeting.met = null;
    root.networkMap?.leave();
  };
}
