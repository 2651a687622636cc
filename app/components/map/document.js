// The document of the core, with names for what it says in order, and every op reachable by its number in the network.
const SHARE = 100;
const MEASURES = ["kind", "parameters", "multiply-adds", "activations", "receptive field"];
const USUAL = "multiply-adds";

// Records of which only the numbers were sent, in full.
function unpacked({ forms, records }) {
  const texts = records.map(([form, ...own]) => forms[form].map((piece) => typeof piece === "number" ? own[piece] : piece).join(""));
  return JSON.parse(`[${texts.join()}]`);
}

class MapDocument {
  constructor(raw) {
    const named = (kind) => (values) => Object.fromEntries(raw.fields[kind].map((name, place) => [name, values[place]]));
    Object.assign(this, raw);
    this.facts = unpacked(raw.facts).map(named("Fact"));
    this.patterns = unpacked(raw.patterns).map(named("Pattern"));
    for (const pattern of this.patterns) pattern.ops = pattern.ops.map(named("PatternOp"));
    this.blocks = raw.blocks.map(named("MapBlock"));
    this.stages = raw.stages.map((values) => ({ ...named("MapStage")(values), inside: [], named: 0, first: 0, rows: 0 }));
    this.rows = 0;
    for (const [number, block] of this.blocks.entries()) {
      block.number = number;
      block.first = this.rows;
      block.ops = this.patterns[block.pattern].ops.length;
      const stage = this.stages[block.stage];
      if (!stage.inside.length) stage.first = this.rows;
      stage.inside.push(block);
      stage.rows += block.ops;
      if (block.name) block.place = stage.named += 1;
      this.rows += block.ops;
    }
    this.blockOfRow = new Int32Array(this.rows);
    for (const block of this.blocks) this.blockOfRow.fill(block.number, block.first, block.first + block.ops);
    this.named = new Map();
    for (let row = 0; row < this.rows; row += 1) this.named.set(this.nameOf(row), row);
  }

  block(row) { return this.blocks[this.blockOfRow[row]]; }

  pattern(block) { return this.patterns[block.pattern]; }

  op(row) {
    const block = this.block(row);
    return this.pattern(block).ops[row - block.first];
  }

  fact(row) { return this.facts[this.op(row).fact]; }

  nameOf(row) {
    const { name } = this.block(row);
    return name ? `${name}.${this.op(row).name}` : this.op(row).name;
  }

  // Pixels of the picture that a cell sees; null is the whole picture.
  field(row) {
    const { widening } = this.op(row);
    return widening === null ? null : this.block(row).field + widening;
  }

  // A text in which the numbers that follow the field stand as {offset}, or {offset,} with a comma between thousands.
  filled(text, row) {
    const field = this.field(row);
    return text.replace(/\{(-?\d+)(,?)\}/g, (_, offset, comma) => {
      const number = field + Number(offset);
      return comma ? number.toLocaleString("en-US") : String(number);
    });
  }

  lines(row) {
    return this.fact(row).lines.map(([label, working, result]) => [label, this.filled(working, row), this.filled(result, row)]);
  }

  box(row) {
    const block = this.block(row);
    return Array.isArray(block.box) ? block.box[row - block.first] : block.box;
  }

  titleOf(block) {
    const stage = this.stages[block.stage];
    if (!block.name) return stage.title;
    return stage.named > 1 ? `${stage.title} · ${stage.word} ${block.place} of ${stage.named}` : `${stage.title} · ${block.name}`;
  }

  // How strongly an op is coloured, from 0 to 1.
  shade(row, measure) {
    if (measure === "receptive field") return (this.field(row) ?? this.widest) / this.widest;
    return (this.fact(row).shades[MEASURES.indexOf(measure) - 1] ?? 0) / SHARE;
  }

  shadeOfBlock(block, measure) {
    if (measure === "receptive field") return this.shade(block.first + block.ops - 1, measure);
    return (this.pattern(block).shades[MEASURES.indexOf(measure) - 1] ?? 0) / SHARE;
  }

  countOfBlock(block, measure) {
    if (measure === "receptive field") return this.fieldText(block.first + block.ops - 1);
    return this.pattern(block).counts[Math.max(MEASURES.indexOf(measure) - 1, 0)] ?? "";
  }

  count(row, measure) {
    if (measure === "receptive field") return this.fieldText(row);
    return this.fact(row).counts[MEASURES.indexOf(measure === "kind" ? USUAL : measure) - 1] ?? "";
  }

  fieldText(row) {
    const field = this.field(row);
    return field === null ? this.whole : `${field.toLocaleString("en-US")} px`;
  }
}
