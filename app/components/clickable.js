// A picture of which a place can be chosen, by mouse, finger or keyboard. Places are in the picture's own pixels.
const SVG = "http://www.w3.org/2000/svg";
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const frame = parentElement.querySelector(".frame");
  const image = frame.querySelector("img");
  const marks = frame.querySelector("svg");
  if (image.src !== data.source) image.src = data.source;
  image.alt = "";
  frame.setAttribute("aria-label", data.label);
  frame.style.aspectRatio = `${data.width} / ${data.height}`;
  frame.style.maxWidth = `${data.width}px`;
  marks.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
  marks.replaceChildren(...data.boxes.flatMap(drawn));
  const [stepX, stepY] = data.step;
  const chosen = data.boxes.find((box) => box.kind === "chosen");
  let cursor = chosen ? [chosen.x + chosen.width / 2, chosen.y + chosen.height / 2] : [stepX / 2, stepY / 2];

  frame.onclick = (event) => {
    const seen = image.getBoundingClientRect();
    send((event.clientX - seen.left) / seen.width * data.width, (event.clientY - seen.top) / seen.height * data.height);
  };
  frame.onkeydown = (event) => {
    if (event.key === "Enter" || event.key === " ") {
      send(...cursor);
    } else if (MOVES[event.key]) {
      const [right, down] = MOVES[event.key];
      const moved = [cursor[0] + right * stepX, cursor[1] + down * stepY];
      if (moved[0] < 0 || moved[0] >= data.width || moved[1] < 0 || moved[1] >= data.height) return event.preventDefault();
      cursor = moved;
      marks.querySelectorAll(".cursor").forEach((old) => old.remove());
      const box = { x: cursor[0] - stepX / 2, y: cursor[1] - stepY / 2, width: stepX, height: stepY, kind: "cursor" };
      marks.append(...drawn(box));
    } else {
      return;
    }
    event.preventDefault();
  };
  frame.onblur = () => marks.querySelectorAll(".cursor").forEach((old) => old.remove());

  function send(x, y) {
    setTriggerValue("place", [Math.min(Math.max(x, 0), data.width - 0.01), Math.min(Math.max(y, 0), data.height - 0.01)]);
  }
}

// Twice, for a line that is seen on any ground has a border.
function drawn(box) {
  return ["under", "over"].map((layer) => {
    const shape = document.createElementNS(SVG, "rect");
    for (const side of ["x", "y", "width", "height"]) shape.setAttribute(side, box[side]);
    shape.setAttribute("class", `${box.kind} ${layer}`);
    return shape;
  });
}
