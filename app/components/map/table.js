// Layer by layer: stages that fold, and only the rows in sight as elements, so that thousands stay smooth.
const ROW = 30;
const SPARE = 6;
const BAR = 0.6;
const COLUMNS = ["layer", "kind", "in", "out", "kernel", "params", "multiply-adds", "share", "field", "time"];
const WORDS = ["layer", "kind"];

class LayerTable {
  constructor(map) {
    this.map = map;
    this.layers = new Layers();
    this.heads = COLUMNS.map((name) => this.head(name));
    const head = html("div", { class: "row head", role: "row" }, ...this.heads);
    this.search = html("input", { type: "search", placeholder: "Search layers", "aria-label": "Search layers by name, kind, shape or kernel", autocomplete: "off", spellcheck: "false" });
    this.search.oninput = () => this.seek();
    this.search.onkeydown = (event) => {
      if (event.key !== "Escape" || !this.search.value) return;
      this.search.value = "";
      this.seek();
      event.preventDefault();
    };
    this.said = html("span", { class: "words said", role: "status" });
    this.back = button("Network's order", "Show all rows in the network's order again", () => this.restore());
    this.tools = html("div", { class: "tools" }, this.said, this.back, this.search);
    this.foot = html("p", { class: "foot", "aria-hidden": "true" });
    this.body = html("div", { class: "body", role: "rowgroup" });
    this.pin = this.row();
    this.pin.classList.add("pinned");
    this.pin.setAttribute("aria-hidden", "true");
    this.pin.onclick = () => this.step(this.items.indexOf(-1 - this.pinned));
    this.frame = html("div", { class: "rows", role: "treegrid", "aria-label": "Layer by layer", tabindex: -1 }, html("div", { role: "rowgroup", class: "top" }, head, this.pin), this.body);
    this.pool = new Map();
    this.top = this.room = 0; // as the frame says, which is asked no more often than it must be
    this.frame.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.body.addEventListener("pointerover", (event) => this.pointed(event.target));
    this.body.addEventListener("pointerleave", () => map.unpoint());
    this.body.addEventListener("focusin", (event) => this.pointed(event.target));
    this.body.addEventListener("click", (event) => this.chosen(this.itemAt(event.target)));
    this.body.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => {
      this.room = this.frame.clientHeight;
      this.paint();
    }).observe(this.frame);
  }

  scrolled() {
    this.top = this.frame.scrollTop;
    this.paint();
  }

  scrollTo(top) {
    this.top = Math.min(top, Math.max(0, this.items.length * ROW - this.room + ROW)); // not read back: that lays out once more
    this.paint();
    this.frame.scrollTop = this.top;
  }

  take(doc) {
    this.doc = doc;
    this.layers.take(doc);
    this.pinned = this.lit = this.fixed = null;
    this.foot.textContent = "";
    this.rearrange();
  }

  fold() {
    this.items = this.layers.items();
    this.current = Math.min(this.current, Math.max(this.items.length - 1, 0));
    this.body.style.height = `${this.items.length * ROW}px`;
    this.frame.setAttribute("aria-rowcount", this.items.length + 1);
    this.paint();
  }

  head(name) {
    const made = html("div", { role: "columnheader", "aria-sort": "none", class: columnClass(name) });
    const sorts = html("button", { type: "button", title: `Sort by ${name}` }, name);
    sorts.onclick = () => {
      this.layers.sort(name);
      this.rearrange();
    };
    made.append(sorts);
    return made;
  }

  seek() {
    this.layers.seek(this.search.value);
    this.rearrange();
  }

  // All rows again, in the network's own order.
  restore() {
    this.search.value = "";
    this.layers.sorted = null;
    this.seek();
    if (this.lit >= 0 && this.lit !== null) this.light(this.lit, true);
    this.search.focus({ preventScroll: true });
  }

  // Other rows, or in another order: from the first on.
  rearrange() {
    const { sorted, count } = this.layers;
    for (const [place, name] of COLUMNS.entries()) {
      const order = sorted?.column === name ? (sorted.descending ? "descending" : "ascending") : "none";
      this.heads[place].setAttribute("aria-sort", order);
    }
    this.said.textContent = [count, sorted && `by ${sorted.column}`].filter(Boolean).join(", ");
    this.back.hidden = !count && !sorted;
    this.current = 0;
    this.refresh();
    this.scrollTo(0);
  }

  // Every row says anew what it says.
  refresh() {
    this.pool.clear();
    this.body.replaceChildren();
    this.fold();
  }

  paint() {
    if (!this.doc) return;
    const first = Math.max(Math.floor(this.top / ROW) - SPARE, 0);
    const last = Math.min(Math.ceil((this.top + this.room) / ROW) + SPARE, this.items.length);
    const wanted = new Set(this.items.slice(first, last));
    if (this.current >= 0 && this.current < this.items.length) wanted.add(this.items[this.current]);
    const free = [];
    for (const [item, element] of this.pool) {
      if (wanted.has(item)) continue;
      this.pool.delete(item);
      free.push(element);
    }
    for (let place = first; place < last; place += 1) this.put(this.items[place], place, free);
    if (this.items.length && (this.current < first || this.current >= last)) this.put(this.items[this.current], this.current, free);
    for (const element of free) element.remove();
    this.keepStage(this.items[Math.ceil(this.top / ROW)]);
  }

  // The stage of the first row in sight stays there when its own row has gone.
  keepStage(item) {
    this.pin.hidden = this.layers.flat || !(item >= 0);
    if (this.pin.hidden) return;
    const number = this.doc.block(item).stage;
    if (number === this.pinned) return;
    this.pinned = number;
    this.fillStage(this.pin, number);
    this.pin.firstChild.firstChild.textContent = "▾ ";
  }

  put(item, place, free) {
    let element = this.pool.get(item);
    if (!element) {
      element = free.pop() ?? this.row();
      this.pool.set(item, element);
      element.dataset.item = item;
      if (item < 0) this.fillStage(element, -1 - item);
      else this.fillOp(element, item);
      if (!element.isConnected) this.body.append(element);
    }
    element.style.top = `${place * ROW}px`;
    element.setAttribute("aria-rowindex", place + 2);
    element.tabIndex = place === this.current ? 0 : -1;
    if (item < 0) {
      const open = this.layers.isOpen(-1 - item);
      element.setAttribute("aria-expanded", open);
      element.firstChild.firstChild.textContent = open ? "▾ " : "▸ ";
    }
    element.classList.toggle("lit", item === this.lit);
    element.classList.toggle("fixed", item === this.fixed);
    element.setAttribute("aria-selected", item === this.fixed);
  }

  row() {
    const cells = COLUMNS.map((name) => html("div", { role: "gridcell", class: columnClass(name) }));
    cells[0].append(html("i", { "aria-hidden": "true" }), html("span"));
    cells[7].append(html("i", { class: "bar", "aria-hidden": "true" }), html("span", { class: "percent" }), html("span", { class: "paper" }));
    return html("div", { class: "row", role: "row" }, ...cells);
  }

  fill(element, name, texts, share, percent, paper) {
    const cells = element.children;
    cells[0].lastChild.textContent = name;
    for (const [place, text] of texts.entries()) cells[place + 1].textContent = text;
    const [bar, ...said] = cells[7].children;
    bar.style.width = `${share * BAR}px`;
    bar.hidden = texts[5] === "0";
    said[0].textContent = percent;
    said[1].textContent = paper;
    cells[7].title = paper;
  }

  fillStage(element, number) {
    const stage = this.doc.stages[number];
    element.classList.add("stage");
    element.setAttribute("aria-level", 1);
    this.fill(element, stage.title, ["", stage.before, stage.after, stage.blocks, stage.params, stage.macs], stage.share, stage.percent, stage.composition);
    element.children[8].textContent = stage.field;
    element.children[9].textContent = this.doc.spent(stage.first, stage.rows)[0]?.[2] ?? "";
  }

  fillOp(element, row) {
    const fact = this.doc.fact(row);
    element.classList.remove("stage");
    element.removeAttribute("aria-expanded");
    element.setAttribute("aria-level", this.layers.flat ? 1 : 2);
    element.firstChild.firstChild.textContent = "";
    this.fill(element, this.doc.nameOf(row), [fact.kind, fact.before, fact.after, fact.kernel, fact.params, fact.macs], fact.share, "", "");
    element.children[8].textContent = this.doc.fieldText(row);
    element.children[9].textContent = this.doc.timeText(row);
  }

  mark(kind, item, element = this.pool.get(this[kind])) {
    element?.classList.remove(kind);
    this[kind] = item;
    this.pool.get(item)?.classList.add(kind);
  }

  // Marks a row and, unless it was pointed at here, brings it into sight.
  light(row, bring) {
    if (bring && row !== null) {
      const stage = this.doc.block(row).stage;
      if (!this.layers.flat && !this.layers.isOpen(stage)) {
        this.layers.toggle(stage);
        this.fold();
      }
      const place = this.items.indexOf(row); // none where other rows are sought
      if (place >= 0) this.bring(place);
    }
    this.mark("lit", row);
    this.foot.textContent = row === null ? "" : [this.doc.nameOf(row), ...[...this.doc.lines(row), ...this.doc.spent(row, 1)].map(([label, working, result]) => `${label} ${working === result || !working ? "" : `${working} = `}${result}`)].join("  ·  ");
  }

  lightStage(number) { this.mark("lit", -1 - number); }

  bringStage(number) {
    const place = this.items.indexOf(-1 - number); // none where rows are sought or sorted
    if (place >= 0) this.bring(place);
    this.lightStage(number);
  }

  fix(row) {
    this.pool.get(this.fixed)?.setAttribute("aria-selected", false);
    this.mark("fixed", row);
    this.pool.get(row)?.setAttribute("aria-selected", true);
  }

  bring(place) {
    const above = this.layers.flat || this.items[place] < 0 ? 0 : ROW; // the stage, which stays in sight
    const room = this.room - ROW;
    if (place * ROW - above < this.top || (place + 1) * ROW > this.top + room) this.scrollTo(Math.max((place - 3) * ROW, 0));
    this.enter(place);
  }

  enter(place) {
    this.current = place;
    this.paint();
  }

  itemAt(target) {
    const row = target.closest?.("[data-item]");
    return row ? Number(row.dataset.item) : null;
  }

  pointed(target) {
    const item = this.itemAt(target);
    if (item === null || item === this.lit) return;
    if (item < 0) this.map.lightStage(-1 - item, false);
    else this.map.light(item, true, false);
  }

  chosen(item) {
    if (item === null) return;
    this.current = this.items.indexOf(item);
    if (item < 0) this.toggle(-1 - item);
    else this.map.fix(item);
  }

  toggle(number) {
    this.layers.toggle(number);
    this.fold();
  }

  key(event) {
    const item = this.itemAt(event.target);
    const place = this.items.indexOf(item);
    const moves = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: -place, End: this.items.length };
    const open = item < 0 && this.layers.isOpen(-1 - item);
    if (event.key in moves) this.step(place + moves[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.chosen(item);
    else if (event.key === "ArrowRight" && item < 0 && !open) this.toggle(-1 - item);
    else if (event.key === "ArrowLeft" && open) this.toggle(-1 - item);
    else if (event.key === "ArrowLeft" && item >= 0 && !this.layers.flat) this.step(this.items.indexOf(-1 - this.doc.block(item).stage));
    else return;
    event.preventDefault();
    this.pool.get(this.items[this.current])?.focus({ preventScroll: true });
  }

  step(place) {
    this.bring(Math.min(Math.max(place, 0), this.items.length - 1));
  }
}

function columnClass(name) {
  const number = ["params", "multiply-adds", "field", "time"].includes(name);
  return `${name.replace(" ", "-")}${number ? " number" : ""}`;
}
