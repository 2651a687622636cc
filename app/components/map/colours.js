// What the colours of a map mean: the choice, and the legend.
class Colours {
  constructor(choose, measures) {
    this.group = html("div", { class: "colours", role: "radiogroup", "aria-label": "Colour by" });
    this.radios = measures.map((measure) => {
      const made = html("button", { type: "button", role: "radio", "data-measure": measure }, measure);
      made.onclick = () => choose(measure);
      return made;
    });
    this.group.append(...this.radios);
    this.group.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const now = this.radios.findIndex((radio) => radio.tabIndex === 0);
      const next = this.radios[(now + step + measures.length) % measures.length];
      next.focus();
      next.click();
      event.preventDefault();
    };
  }

  show(measure) {
    for (const radio of this.radios) {
      const checked = radio.dataset.measure === measure;
      radio.setAttribute("aria-checked", checked);
      radio.tabIndex = checked ? 0 : -1;
    }
  }
}

function legendOf(doc, measure) {
  const signs = doc.legend.map(([kind, text]) => {
    const line = kind === "solid" || kind === "dashed";
    const mark = line
      ? svg("svg", { class: "key", width: 26, height: 10, "aria-hidden": "true" }, svg("path", { class: kind === "solid" ? "identity" : "identity dashed", d: "M0 5H26" }))
      : svg("svg", { class: "key", width: 16, height: 16, "aria-hidden": "true" }, sign(8, 8, 6.5, kind));
    return html("span", {}, mark, text);
  });
  return [...signs, ...(measure === "kind" ? swatches(doc) : scale(doc, measure))];
}

function swatches(doc) {
  return doc.groups.map((group) => html("span", { class: "swatch", "data-group": group }, html("i"), group));
}

function scale(doc, measure) {
  const drawn = (most) => html("span", { class: "scale" }, "0", html("i"), most);
  if (measure === TIME) return doc.times ? [drawn(`${milliseconds(doc.times.most.box)}, of a box`)] : [];
  if (measure === "receptive field") return [drawn(`${doc.widest.toLocaleString("en-US")} px`)];
  return [drawn(`${doc.overview.ends[MEASURES.indexOf(measure) - 1]} ${measure}, of a box`)];
}
