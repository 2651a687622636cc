// The document of the core, with names for what it says in order, and every op reachable by its number in the network.
const SHARE = 100;
const MEASURES = COLOURS.filter((colour) => colour !== TIME); // of which the document knows

// Records of which only the numbers were sent, in full.
function unpacked({ forms, records }) {
  const texts = records.map(([form, ...own]) => forms[form].map((piece) => typeof piece === "number" ? own[piece] : piece).join(""));
  return JSON.parse(`[${texts.join()}]`);
}

const sum = (numbers) => numbers.reduce((whole, number) => whole + number, 0);

// Three digits of what was measured, with its unit.
function milliseconds(time) {
  const digits = Math.min(Math.max(2 - Math.floor(Math.log10(time)), 0), 4);
  return `${time.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })} ms`;
}

function percents(share) {
  return share < 0.001 ? "<0.1 %" : `${(100 * share).toFixed(1)} %`;
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

  // What was measured since the document was made: milliseconds of every op, and how that was done.
  timed({ ops, unit, said }) {
    const most = (sums) => Math.max(...sums);
    const milliseconds = ops.map((op) => op * unit);
    const [blocks, boxes] = [new Float64Array(this.blocks.length), new Float64Array(this.overview.boxes.length)];
    for (const [row, op] of milliseconds.entries()) {
      blocks[this.blockOfRow[row]] += op;
      boxes[this.box(row)] += op;
    }
    const longest = milliseconds.reduce((one, other) => Math.max(one, other), 0);
    this.times = { ops: milliseconds, blocks, boxes, said, all: sum(milliseconds), most: { op: longest, block: most(blocks), box: most(boxes) } };
  }

  // The time of the ops from one row on, as a line beside their other costs; none before anything was measured.
  spent(first, rows, prefix = "") {
    if (!this.times) return [];
    const time = sum(this.times.ops.slice(first, first + rows));
    return [[`${prefix}measured time`, `${percents(time / this.times.all)} of all ops`, milliseconds(time)]];
  }

  timeText(row) { return this.times ? milliseconds(this.times.ops[row]) : ""; }

  // How strongly an op is coloured, from 0 to 1.
  shade(row, measure) {
    if (measure === TIME) return this.times ? Math.sqrt(this.times.ops[row] / this.times.most.op) : 0;
    if (measure === "receptive field") return (this.field(row) ?? this.widest) / this.widest;
    return (this.fact(row).shades[MEASURES.indexOf(measure) - 1] ?? 0) / SHARE;
  }

  shadeOfBlock(block, measure) {
    if (measure === TIME) return this.times ? Math.sqrt(this.times.blocks[block.number] / this.times.most.block) : 0;
    if (measure === "receptive field") return this.shade(block.first + block.ops - 1, measure);
    return (this.pattern(block).shades[MEASURES.indexOf(measure) - 1] ?? 0) / SHARE;
  }

  shadeOfBox(number, measure) {
    if (measure === TIME) return this.times ? Math.sqrt(this.times.boxes[number] / this.times.most.box) : 0;
    return (this.overview.values[number].shades[MEASURES.indexOf(measure) - 1] ?? 0) / SHARE;
  }

  countOfBlock(block, measure) {
    if (measure === TIME) return this.times ? milliseconds(this.times.blocks[block.number]) : "";
    if (measure === "receptive field") return this.fieldText(block.first + block.ops - 1);
    return this.pattern(block).counts[Math.max(MEASURES.indexOf(measure) - 1, 0)] ?? "";
  }

  count(row, measure) {
    if (measure === TIME) return this.timeText(row);
    if (measure === "receptive field") return this.fieldText(row);
    return this.fact(row).counts[MEASURES.indexOf(measure === "kind" ? USUAL : measure) - 1] ?? "";
  }

  fieldText(row) {
    const field = this.field(row);
    return field === null ? this.whole : `${field.toLocaleString("en-US")} px`;
  }
}
