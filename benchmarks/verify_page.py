"""How long Verify takes to open in Chromium, against a bare Streamlit page with a dataframe of the ledger's size.

    python benchmarks/verify_page.py [ROUNDS]

Opened: from the navigation until the server has sent everything and the browser has nothing left to do, in a window
that already has Streamlit's scripts. First words: until the page's title can be read. Cold: the first visit to a server
that has just started. The two pages take turns in one browser; medians and their ratio.
"""

import shutil
import statistics
import sys
import time
from itertools import pairwise

from page import WATCH, serve
from playwright.sync_api import Page, sync_playwright

GOAL = 1.5
QUIET = 600.0  # milliseconds without a message: the answer is complete

PAGES = {
    "bare": ("benchmarks/bare_ledger.py", "", "Ledger"),
    "verify": ("app/server.py", "/verify", "Do the printed numbers hold?"),
}


def opened(page: Page, url: str, title: str) -> tuple[float, float]:
    """Seconds until the page's own title, and until nothing is left to do."""
    start = time.perf_counter()
    page.goto(url)
    page.get_by_role("heading", name=title, exact=True).wait_for(timeout=60_000)
    words = time.perf_counter() - start
    page.wait_for_timeout(3000)
    done = [message["done"] for message in page.evaluate("window.seen.messages") if message["done"] is not None]
    end = done[0]
    for before, after in pairwise(done):
        if after - before > QUIET:
            break
        end = after
    return words, end / 1000


def main(rounds: int) -> None:
    servers = {name: serve(script) for name, (script, _, _) in PAGES.items()}
    try:
        with sync_playwright() as driver:
            chromium = shutil.which("chromium") or shutil.which("google-chrome")
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            context = browser.new_context(viewport={"width": 1440, "height": 1000})
            context.add_init_script(WATCH)
            time.sleep(8)  # torch is being imported in the background
            times: dict[str, list[tuple[float, float]]] = {name: [] for name in PAGES}
            for _ in range(rounds + 1):
                for name, (_, path, title) in PAGES.items():
                    page = context.new_page()
                    times[name].append(opened(page, servers[name][1] + path, title))
                    page.close()
            browser.close()
    finally:
        for process, _ in servers.values():
            process.terminate()
    for part, what in enumerate(("first words", "opened")):
        cold = {name: spent[0][part] for name, spent in times.items()}
        warm = {name: statistics.median(one[part] for one in spent[1:]) for name, spent in times.items()}
        print(
            f"{what}: bare {warm['bare'] * 1e3:.0f} ms, Verify {warm['verify'] * 1e3:.0f} ms, "
            f"ratio {warm['verify'] / warm['bare']:.2f} (goal: {GOAL}); cold {cold['verify'] / cold['bare']:.2f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
