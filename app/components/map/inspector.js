// What is pointed at, in numbers: an op's formula with its own values in place, or what a part of the network costs.
class Inspector {
  constructor(map) {
    this.map = map;
    this.title = html("h3");
    this.words = html("p", { class: "words" });
    this.lines = html("dl");
    this.paper = html("p", { class: "paper" });
    this.fixing = html("button", { type: "button", class: "fixing" });
    this.fixing.onclick = () => map.fix(this.row);
    this.card = html("section", { class: "card inspector", "aria-label": "The op pointed at" },
      html("header", {}, this.title, this.words), this.lines, html("footer", {}, this.paper, this.fixing));
  }

  op(doc, row, fixed) {
    const stage = doc.stages[doc.block(row).stage];
    this.row = row;
    this.say(doc.nameOf(row), doc.fact(row).words, [...doc.lines(row), ...doc.spent(row, 1)]);
    this.paper.textContent = stage.composition ? `${stage.title}: ${stage.composition}` : stage.title;
    this.fixing.hidden = false;
    this.fixing.textContent = fixed ? "Release" : "Fix";
    this.fixing.title = fixed ? "Let go of this op (Esc)" : "Keep this op, and put it in the link (Enter)";
  }

  part(title, words, lines, paper) {
    this.say(title, words, lines);
    this.paper.textContent = paper;
    this.fixing.hidden = true;
  }

  say(title, words, lines) {
    this.map.strip.say(title, words);
    this.title.textContent = title;
    this.words.textContent = words;
    while (this.lines.children.length < lines.length) {
      this.lines.append(html("div", {}, html("dt"), html("dd", { class: "working" }), html("dd", { class: "result" })));
    }
    for (const [number, line] of [...this.lines.children].entries()) {
      line.hidden = number >= lines.length;
      if (!line.hidden) for (const [place, text] of lines[number].entries()) line.children[place].textContent = text;
    }
  }
}
