// The overview in a slim form, at the window's top once the overview itself has left it. It repeats what is said there,
// so it is for the eye and the pointer alone.
const LEFT = 0.3; // of the overview's drawing: what is less of it is not the overview any more

class Profile extends Overview {
  at(number) { this.stop = number; } // no keyboard enters here

  draw(doc) {
    super.draw(doc);
    const { boxes, lean, width } = doc.overview;
    const top = Math.min(...boxes.map(({ y }) => y)) + lean[1] - 4;
    const bottom = Math.max(...boxes.map(({ y, height }) => y + height)) + 4;
    this.drawing.setAttribute("viewBox", `0 ${top} ${width} ${bottom - top}`);
    this.drawing.setAttribute("preserveAspectRatio", "none");
  }
}

class Strip {
  constructor(map) {
    this.map = map;
    this.profile = new Profile({ lightBox: (number) => map.lightBox(number), unfoldBox: (number) => this.unfold(number) });
    this.title = html("b");
    this.words = html("span");
    this.element = html("div", { class: "strip", "aria-hidden": "true" }, html("p", {}, this.title, this.words), this.profile.drawing);
    this.element.hidden = true;
  }

  // Puts it beside the map, where nothing that the map is contained in contains it.
  enter(parent) {
    this.leave();
    this.page = parent.getRootNode().host?.closest("[data-testid=stMain]") ?? document.scrollingElement;
    parent.append(this.element);
    const top = document.querySelector("[data-testid=stHeader]")?.getBoundingClientRect().bottom ?? 0;
    this.element.style.top = `${top}px`;
    this.seen = new IntersectionObserver(([{ intersectionRatio, boundingClientRect }]) => {
      this.show(intersectionRatio < LEFT && boundingClientRect.top < top);
    }, { rootMargin: `-${top}px 0px 0px 0px`, threshold: LEFT });
    this.placed = new ResizeObserver(() => this.place());
    this.seen.observe(this.map.overview.frame);
    this.placed.observe(this.map.root);
    this.placed.observe(document.documentElement);
  }

  leave() {
    this.seen?.disconnect();
    this.placed?.disconnect();
    this.show(false);
  }

  // What has the focus is not to stand behind it.
  show(shown) {
    if (this.element.hidden === !shown) return;
    this.element.hidden = !shown;
    this.place();
    if (this.page) this.page.style.scrollPaddingTop = shown ? `${this.element.getBoundingClientRect().bottom + 8}px` : "";
  }

  place() {
    const { left, width } = this.map.root.getBoundingClientRect();
    this.element.style.left = `${left}px`;
    this.element.style.width = `${width}px`;
    this.element.classList.toggle("narrow", width < 700);
  }

  colour(measure) {
    this.element.dataset.colour = measure;
    this.profile.colour(measure);
  }

  say(title, words) {
    this.title.textContent = title;
    this.words.textContent = words;
  }

  unfold(number) {
    this.map.unfoldBox(number, false);
    this.map.root.scrollIntoView({ block: "start", behavior: still.matches ? "auto" : "smooth" });
  }
}
