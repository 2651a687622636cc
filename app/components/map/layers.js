// Which rows the table shows, and in which order: the network's own, folded by stages, those that were sought, or sorted.
const SCALES = { k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const IN_WORDS = new Intl.Collator("en", { numeric: true });

class Layers {
  constructor() {
    this.sought = [];
    this.sorted = null; // the column, and whether its largest come first
  }

  take(doc) {
    this.doc = doc;
    this.open = new Set();
    this.closed = new Set();
    this.texts = null;
  }

  seek(text) {
    this.sought = text.toLowerCase().replace(/(\d)x(?=\d)/g, "$1×").split(/\s+/).filter(Boolean);
    this.closed.clear();
  }

  // A column's largest first, or first in the alphabet; then the other way round; then the network's order again.
  sort(column) {
    const descending = !WORDS.includes(column);
    if (this.sorted?.column !== column) this.sorted = { column, descending };
    else this.sorted = this.sorted.descending === descending ? { column, descending: !descending } : null;
  }

  get flat() { return this.sorted !== null; }

  isOpen(stage) { return this.sought.length ? !this.closed.has(stage) : this.open.has(stage); }

  toggle(stage) {
    const changed = this.sought.length ? this.closed : this.open;
    if (!changed.delete(stage)) changed.add(stage);
  }

  // Stages, as negative numbers from -1 on, and the rows of those that are open; sorted, rows alone.
  items() {
    if (this.flat) return this.inOrder(this.found(0, this.doc.rows));
    const items = [];
    for (const [number, stage] of this.doc.stages.entries()) {
      const rows = this.sought.length || this.isOpen(number) ? this.found(stage.first, stage.rows) : [];
      if (!this.sought.length || rows.length) items.push(-1 - number);
      if (this.isOpen(number)) for (const row of rows) items.push(row);
    }
    return items;
  }

  // How many rows are sought, for the ear and the eye; "" where none are.
  get count() {
    if (!this.sought.length) return "";
    const found = this.found(0, this.doc.rows).length;
    return `${found.toLocaleString("en-US")} of ${this.doc.rows.toLocaleString("en-US")} rows`;
  }

  found(first, rows) {
    const all = Array.from({ length: rows }, (_, place) => first + place);
    if (!this.sought.length) return all;
    this.texts ??= Array.from({ length: this.doc.rows }, (_, row) => this.text(row));
    return all.filter((row) => this.sought.every((word) => this.texts[row].includes(word)));
  }

  text(row) {
    const { kind, words, before, after, kernel } = this.doc.fact(row);
    return [this.doc.nameOf(row), kind, words, before, after, kernel].join(" ").toLowerCase();
  }

  inOrder(rows) {
    const { column, descending } = this.sorted;
    const values = new Map(rows.map((row) => [row, this.value(row, column)]));
    const compare = WORDS.includes(column) ? IN_WORDS.compare : (one, other) => one - other;
    const sign = descending ? -1 : 1;
    return rows.sort((one, other) => sign * compare(values.get(one), values.get(other)) || one - other);
  }

  value(row, column) {
    const fact = this.doc.fact(row);
    if (column === "layer") return this.doc.nameOf(row);
    if (column === "kind") return fact.kind;
    if (column === "in" || column === "out") return product(column === "in" ? fact.before : fact.after);
    if (column === "kernel") return product(fact.kernel.split(" ", 1)[0]);
    if (column === "params") return amount(fact.params);
    if (column === "field") return this.doc.field(row) ?? Number.MAX_SAFE_INTEGER;
    return column === "time" ? this.doc.times?.ops[row] ?? 0 : amount(fact.macs);
  }
}

// "56×56×256" as how many values that is; nothing is none.
function product(text) {
  return text ? text.split("×").reduce((whole, side) => whole * Number(side), 1) : 0;
}

// "115.6 M" as a number.
function amount(text) {
  const [digits, scale] = text.replaceAll(",", "").split(" ");
  return Number(digits) * (SCALES[scale] ?? 1);
}
