"""What a changed control costs on the structure pages, and how soon Explore is painted: against a bare Streamlit page.

    PYTHONPATH=. python benchmarks/pages.py [ROUNDS]

First paint: the browser's own first-contentful-paint. First words: until the page's first text of its own is visible
(Explore's title; the label of the bare page's select box). Change: from the click on another button (from Enter on
another option of the bare page's list) until the server's answer has come and the browser has nothing left to do; what
follows later in a fragment of its own, as torchinfo's opinion does, is not part of it. The bare page has a select box,
a chart and a table of Explore's size. The pages take turns in one browser; medians, and their ratios to the bare page.
Bytes: of the messages that are the server's answer, before the connection compresses them.
"""

import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from resnet_core.timeline import MEASURES

ROOT = Path(__file__).parents[1]
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
SOONEST, MOST, MOST_BYTES = 1.3, 1.5, 150_000


class Buttons(NamedTuple):
    """A control of a page: the key under which its buttons stand, and which are clicked in turn."""

    key: str
    options: tuple[str, str]


FIRST, SECOND = list(MEASURES)[:2]
DEPTH = Buttons("pick_depth", ("101", "34"))
PAGES: dict[str, tuple[Buttons, ...]] = {
    "": (DEPTH,),
    "verify": (DEPTH, Buttons("verdict", ("differ", "all"))),
    "learn": (DEPTH, Buttons("timeline", (SECOND, FIRST))),
    "compare": (DEPTH,),
}
"""The structure pages by their addresses; one that is not there yet is left out."""
LARGE = "152"


class Answer(NamedTuple):
    """Of the server, to a change: seconds until the browser had dealt with it, and bytes."""

    seconds: float
    bytes: int


def serve(script: str) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, f"--server.port={port}", "--server.address=127.0.0.1"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
            return process, url
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{script} did not start")


# Times are taken inside the page: when each message of the server came, and when the browser had dealt with it.
WATCH = """
window.seen = {start: null, messages: []};
for (const event of ['pointerdown', 'keydown']) {
    addEventListener(event, () => { window.seen = {start: performance.now(), messages: []}; }, true);
}
window.WebSocket = class extends WebSocket {
    constructor(...all) {
        super(...all);
        this.addEventListener('message', ({data}) => {
            const message = {came: performance.now(), done: null, bytes: data.byteLength ?? data.size ?? data.length};
            window.seen.messages.push(message);
            requestIdleCallback(() => { message.done = performance.now(); });
        });
    }
};
"""
QUIET = 400.0  # milliseconds without a message: the answer is complete
# What follows in the background must not weigh on the next change.
REST = """() => {
    const last = window.seen.messages.at(-1);
    return last && last.done !== null && performance.now() - last.done > 2000;
}"""


def first_paint(page: Page, url: str, text: str) -> tuple[float, float]:
    start = time.perf_counter()
    page.goto(url)
    page.get_by_text(text, exact=True).first.wait_for(timeout=60_000)
    words = time.perf_counter() - start
    at_rest(page)
    painted: float = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000")
    return painted, words


def at_rest(page: Page) -> None:
    page.wait_for_selector(IDLE, timeout=60_000)
    page.wait_for_function(REST, timeout=60_000)


def change_list(page: Page, option: str) -> Answer:
    """Take another option of the bare page's list."""
    page.locator('[data-testid="stSelectbox"] [role="combobox"], [data-testid="stSelectbox"] input').first.click()
    page.keyboard.type(option)
    page.get_by_role("option", name=option, exact=True).wait_for()
    return _answer(page, lambda: page.keyboard.press("Enter"))


def change(page: Page, key: str, option: str) -> Answer:
    """Click one of the buttons under a key."""
    return _answer(page, page.locator(f".st-key-{key}").get_by_text(option, exact=True).click)


def _answer(page: Page, act: Callable[[], None]) -> Answer:
    act()
    page.wait_for_function(REST, timeout=60_000)
    start, (first, *rest) = page.evaluate("[window.seen.start, window.seen.messages]")
    idle, size = first["done"], first["bytes"]
    for message in rest:
        if message["came"] - idle > QUIET:
            break
        idle, size = max(idle, message["done"]), size + message["bytes"]
    return Answer((idle - start) / 1000, size)


def main(rounds: int) -> None:
    servers = [serve("benchmarks/bare_page.py"), serve("app/server.py")]
    (_, bare), (_, ours) = servers
    paints, words = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    changes = defaultdict[str, list[Answer]](list)
    try:
        with sync_playwright() as driver:
            chromium = shutil.which("chromium") or shutil.which("google-chrome")
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            time.sleep(5)  # torch is being imported in the background

            def opened() -> Page:
                # wait_for_function evaluates text
                page = browser.new_page(viewport={"width": 1440, "height": 1000}, bypass_csp=True)
                page.add_init_script(WATCH)
                return page

            for _ in range(rounds):
                page = opened()
                for times, taken in zip((paints, words), first_paint(page, bare, "net"), strict=True):
                    times["bare"].append(taken)
                changes["bare"] += [change_list(page, option) for option in ("resnet-101", "resnet-34")]
                page.close()
                for path, controls in PAGES.items():
                    if not (ROOT / "app" / "views" / f"{path or 'explore'}.py").exists():
                        continue
                    page = opened()
                    if path:
                        page.goto(f"{ours}/{path}")
                        at_rest(page)
                    else:
                        for times, taken in zip((paints, words), first_paint(page, ours, "ResNet-50"), strict=True):
                            times["Explore"].append(taken)
                    for key, options in controls:
                        name = f"{(path or 'explore').capitalize()}, {key}"
                        changes[name] += [change(page, key, option) for option in options]
                    if not path:
                        changes[f"Explore, to resnet-{LARGE}"].append(change(page, DEPTH.key, LARGE))
                    page.close()
            browser.close()
    finally:
        for process, _ in servers:
            process.terminate()
    tell("first paint", paints, f" (at most {SOONEST})")
    tell("first words", words, "")
    tell(
        "change",
        {name: [answer.seconds for answer in answers] for name, answers in changes.items()},
        f" (at most {MOST})",
    )
    for name, answers in changes.items():
        size = statistics.median(answer.bytes for answer in answers)
        print(f"bytes of the answer: {name} {size:,.0f}{f' (under {MOST_BYTES:,})' if LARGE in name else ''}")


def tell(what: str, times: dict[str, list[float]], goal: str) -> None:
    medians = {name: statistics.median(spent) for name, spent in times.items()}
    for name, spent in medians.items():
        print(
            f"{what}: {name} {spent * 1e3:.0f} ms, ratio {spent / medians['bare']:.2f}{goal if name != 'bare' else ''}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
