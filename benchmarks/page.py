"""Time to first paint and time per change of a control, in Chromium: Explore against a bare Streamlit page.

    python benchmarks/page.py [ROUNDS]

First paint: the browser's own first-contentful-paint. First words: until the page's first text of its own is visible
(Explore's title; the label of the bare page's select box). Change: from the click on another depth (from Enter on
another option) until the server's answer has come and the browser has nothing left to do. The two pages take turns in
one browser; medians and their ratio are printed. Explore asks torchinfo for its opinion a second later, in a fragment
of its own; that is not part of the change.
"""

import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'


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


def first_paint(page: Page, url: str, text: str) -> tuple[float, float]:
    start = time.perf_counter()
    page.goto(url)
    page.get_by_text(text, exact=True).first.wait_for(timeout=60_000)
    words = time.perf_counter() - start
    page.wait_for_selector(IDLE, timeout=60_000)
    page.wait_for_timeout(4000)
    painted: float = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000")
    return painted, words


def change_bare(page: Page, option: str) -> float:
    page.locator('[data-testid="stSelectbox"] [role="combobox"], [data-testid="stSelectbox"] input').first.click()
    page.keyboard.type(option)
    page.get_by_role("option", name=option, exact=True).wait_for()
    return _until_idle(page, lambda: page.keyboard.press("Enter"))


def change_explore(page: Page, option: str) -> float:
    return _until_idle(page, page.locator(".st-key-pick_depth").get_by_text(option, exact=True).click)


# Times are taken inside the page: when each message of the server came, and when the browser had dealt with it.
WATCH = """
window.seen = {start: null, messages: []};
for (const event of ['pointerdown', 'keydown']) {
    addEventListener(event, () => { window.seen = {start: performance.now(), messages: []}; }, true);
}
window.WebSocket = class extends WebSocket {
    constructor(...all) {
        super(...all);
        this.addEventListener('message', () => {
            const message = {came: performance.now(), done: null};
            window.seen.messages.push(message);
            requestIdleCallback(() => { message.done = performance.now(); });
        });
    }
};
"""
QUIET = 400.0  # milliseconds without a message: the answer is complete


def _until_idle(page: Page, act: Callable[[], None]) -> float:
    act()
    page.wait_for_timeout(4000)  # what follows in the background must not weigh on the next change
    start, messages = page.evaluate("[window.seen.start, window.seen.messages.filter(m => m.done !== null)]")
    if not messages:
        raise SystemExit("the page did not answer")
    idle = messages[0]["done"]
    for message in messages[1:]:
        if message["came"] - idle > QUIET:
            break
        idle = max(idle, message["done"])
    return (idle - start) / 1000


def main(rounds: int) -> None:
    servers = [serve("benchmarks/bare_page.py"), serve("app/server.py")]
    try:
        with sync_playwright() as driver:
            chromium = shutil.which("chromium") or shutil.which("google-chrome")
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            paints: dict[str, list[float]] = {"bare": [], "explore": []}
            words: dict[str, list[float]] = {"bare": [], "explore": []}
            changes: dict[str, list[float]] = {"bare": [], "explore": []}
            time.sleep(5)  # torch is being imported in the background
            for _ in range(rounds):
                for name, (_, url), text, change, options in (
                    ("bare", servers[0], "net", change_bare, ("resnet-101", "resnet-34")),
                    ("explore", servers[1], "ResNet-50", change_explore, ("101", "34")),
                ):
                    page = browser.new_page(viewport={"width": 1440, "height": 1000})
                    page.add_init_script(WATCH)
                    painted, worded = first_paint(page, url, text)
                    paints[name].append(painted)
                    words[name].append(worded)
                    changes[name] += [change(page, option) for option in options]
                    page.close()
            browser.close()
    finally:
        for process, _ in servers:
            process.terminate()
    for what, times, goal in (
        ("first paint", paints, " (goal: at most 1.3)"),
        ("first words", words, ""),
        ("change of a control", changes, " (goal: at most 1.5)"),
    ):
        bare, explore = statistics.median(times["bare"]), statistics.median(times["explore"])
        print(f"{what}: bare {bare * 1e3:.0f} ms, Explore {explore * 1e3:.0f} ms, ratio {explore / bare:.2f}{goal}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
