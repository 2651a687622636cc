// An experiment goes with its server, or with the page that began it, and a new one knows nothing of it. The window does:
// it keeps for itself, in no link, that one was at work. A copy of a window keeps that too, so what is said holds there.
export default function ({ data, parentElement }) {
  const key = `resnet-explorer at work: ${data.lab}`;
  let lost = false;
  try {
    if (data.known === "at work") sessionStorage.setItem(key, "1");
    else if (data.known === "over") sessionStorage.removeItem(key);
    else lost = sessionStorage.getItem(key) !== null;
  } catch {
    // a browser that keeps nothing has nothing to tell
  }
  parentElement.querySelector("p").textContent = lost ? data.sentence : "";
}
