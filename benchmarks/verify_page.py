"""How long Verify takes to open in Chromium, against a bare Streamlit page with a dataframe of the ledger's size.

    PYTHONPATH=. python benchmarks/verify_page.py [ROUNDS]

By its address: from the navigation until the server has sent everything and the browser has nothing left to do, in a
window that already has Streamlit's scripts. By a click: the same from the click on “Verify” in Explore. The bare page
has no other page and is opened by its address. The pages take turns in one browser; medians, and their ratio to the
bare one.
"""

import shutil
import statistics
import sys
import time
from itertools import pairwise

from pages import IDLE, WATCH, serve
from playwright.sync_api import Page, sync_playwright

GOAL = 1.5
QUIET = 600.0  # milliseconds without a message: the answer is complete


def by_address(page: Page, url: str) -> float:
    page.goto(url)
    return _settled(page) / 1000


def by_click(page: Page, url: str) -> float:
    page.goto(url)
    page.wait_for_selector(IDLE)
    page.wait_for_timeout(3000)
    page.get_by_role("link", name="Verify").click()
    return (_settled(page) - page.evaluate("window.seen.start")) / 1000


def _settled(page: Page) -> float:
    """When the browser had dealt with the last message, in milliseconds of the page's clock."""
    page.wait_for_timeout(4000)
    done = [message["done"] for message in page.evaluate("window.seen.messages") if message["done"] is not None]
    return next((before for before, after in pairwise(done) if after - before > QUIET), done[-1])


WAYS = {
    "bare page": ("benchmarks/bare_ledger.py", "", by_address),
    "Verify by its address": ("app/server.py", "/verify", by_address),
    "Verify by a click": ("app/server.py", "", by_click),
}


def main(rounds: int) -> None:
    servers = {script: serve(script) for script, _, _ in WAYS.values()}
    try:
        with sync_playwright() as driver:
            chromium = shutil.which("chromium") or shutil.which("google-chrome")
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            context = browser.new_context(viewport={"width": 1440, "height": 1000})
            context.add_init_script(WATCH)
            time.sleep(8)  # torch is being imported in the background
            times: dict[str, list[float]] = {name: [] for name in WAYS}
            for _ in range(rounds + 1):
                for name, (script, path, visit) in WAYS.items():
                    page = context.new_page()
                    times[name].append(visit(page, servers[script][1] + path))
                    page.close()
            browser.close()
    finally:
        for process, _ in servers.values():
            process.terminate()
    median = {name: statistics.median(spent[1:]) for name, spent in times.items()}  # the first one fills caches
    bare = median["bare page"]
    for name, spent in median.items():
        print(f"{name}: {spent * 1e3:.0f} ms, ratio {spent / bare:.2f} (goal: at most {GOAL})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
