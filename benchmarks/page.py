"""Time to first paint and time per change of a control, in Chromium: Explore against a bare Streamlit page.

    python benchmarks/page.py [ROUNDS]

First paint: from navigation until the page's first text of its own is visible (Explore's title; the bare page's select
box). Change: from the click on another depth (another option) until Streamlit says that the script is idle again. The
two pages take turns in one browser; medians and their ratio are printed.
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


def first_paint(page: Page, url: str, text: str) -> float:
    start = time.perf_counter()
    page.goto(url)
    page.get_by_text(text, exact=True).first.wait_for(timeout=60_000)
    painted = time.perf_counter() - start
    page.wait_for_selector(IDLE, timeout=60_000)
    page.wait_for_timeout(1500)
    return painted


def change_bare(page: Page, option: str) -> float:
    page.locator('[data-testid="stSelectbox"] [role="combobox"], [data-testid="stSelectbox"] input').first.click()
    choice = page.get_by_role("option", name=option, exact=True)
    choice.wait_for()
    return _until_idle(page, choice.click)


def change_explore(page: Page, option: str) -> float:
    return _until_idle(page, page.locator(".st-key-pick_depth").get_by_text(option, exact=True).click)


# Times are taken inside the page, for a rerun can be over before a look from outside comes round.
WATCH = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    window.seen = {clicked: null, idle: null};
    addEventListener('pointerdown', () => { window.seen = {clicked: performance.now(), idle: null}; }, true);
    new MutationObserver(() => {
        if (app.dataset.testScriptState === 'notRunning') window.seen.idle = performance.now();
    }).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
}"""


def _until_idle(page: Page, act: Callable[[], None]) -> float:
    page.evaluate(WATCH)
    act()
    page.wait_for_function("window.seen.clicked && window.seen.idle > window.seen.clicked", timeout=60_000)
    page.wait_for_timeout(1000)  # another run may follow: the last one counts
    return page.evaluate("(window.seen.idle - window.seen.clicked) / 1000")


def main(rounds: int) -> None:
    servers = [serve("benchmarks/bare_page.py"), serve("app/server.py")]
    try:
        with sync_playwright() as driver:
            chromium = shutil.which("chromium") or shutil.which("google-chrome")
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            paints: dict[str, list[float]] = {"bare": [], "explore": []}
            changes: dict[str, list[float]] = {"bare": [], "explore": []}
            time.sleep(5)  # torch is being imported in the background
            for _ in range(rounds):
                for name, (_, url), text, change, options in (
                    ("bare", servers[0], "net", change_bare, ("resnet-101", "resnet-34")),
                    ("explore", servers[1], "ResNet-50", change_explore, ("101", "34")),
                ):
                    page = browser.new_page(viewport={"width": 1440, "height": 1000})
                    paints[name].append(first_paint(page, url, text))
                    changes[name] += [change(page, option) for option in options]
                    page.close()
            browser.close()
    finally:
        for process, _ in servers:
            process.terminate()
    for what, times, most in (("first paint", paints, 1.3), ("change of a control", changes, 1.5)):
        bare, explore = statistics.median(times["bare"]), statistics.median(times["explore"])
        ratio = explore / bare
        print(f"{what}: bare {bare * 1e3:.0f} ms, Explore {explore * 1e3:.0f} ms, ratio {ratio:.2f} (at most {most})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
