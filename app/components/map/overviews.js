// One network or several, one above the other, as volumes; zoom and pan are theirs together.
class Overviews {
  constructor(root) {
    this.root = root;
    this.measure = USUAL;
    this.colours = new Colours((measure) => this.colour(measure), MEASURES);
    this.words = html("span", { class: "words", "aria-live": "polite" });
    this.rows = html("div", { class: "nets" });
    this.legend = html("div", { class: "legend" });
    this.zoom = html("span");
    root.append(html("header", {}, this.words, this.colours.group, this.zoom), this.rows, this.legend);
  }

  take({ networks }) {
    const net = networks.map(({ document }) => document.net).join();
    if (net === this.net) return;
    this.net = net;
    this.overviews = networks.map(({ document, name }) => this.overview(new MapDocument(document), name));
    this.rows.replaceChildren(...this.overviews.map((overview) => overview.section));
    this.link(this.overviews.map((overview) => overview.viewport));
    this.zoom.replaceChildren(zoomButtons(this.overviews[0].viewport));
    this.words.textContent = "";
    this.colour(this.measure);
  }

  overview(doc, name) {
    const host = { lightBox: (number) => this.light(overview, number), unfoldBox: (number) => this.light(overview, number) };
    const overview = new Overview(host);
    overview.draw(doc);
    overview.section = html("section", { class: "overview", "aria-label": name || doc.title }, ...(name ? [html("h3", {}, name)] : []), overview.frame);
    return overview;
  }

  // A box is pointed at: it says what it is, and where the other network has one of its name, that lights too.
  light(overview, number) {
    const box = overview.doc.overview.boxes[number];
    const value = overview.doc.overview.values[number];
    const [params, macs] = value.counts;
    this.words.textContent = [box.repeats > 1 ? `${value.label}, ${box.repeats} alike` : value.label, value.shape, `${params} parameters`, `${macs} multiply-adds`].join(" · ");
    for (const other of this.overviews) {
      other.light(other === overview ? number : other.doc.overview.boxes.findIndex(({ name }) => name === box.name));
    }
  }

  // What one frame shows of its drawing, the others show of theirs.
  link(viewports) {
    let leading = false;
    const follow = (leader) => {
      if (leading) return;
      leading = true;
      for (const other of viewports) if (other !== leader) other.follow(leader);
      requestAnimationFrame(() => { leading = false; });
    };
    for (const viewport of viewports) {
      viewport.frame.addEventListener("scroll", () => follow(viewport), { passive: true });
      viewport.moved = () => follow(viewport);
    }
  }

  colour(measure) {
    this.measure = measure;
    this.root.dataset.colour = measure;
    this.colours.show(measure);
    for (const overview of this.overviews) overview.colour(measure);
    this.legend.replaceChildren(...legendOf(this.overviews[0].doc, measure));
  }
}

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".map");
  root.overviews ??= new Overviews(root);
  root.overviews.take(data);
}
