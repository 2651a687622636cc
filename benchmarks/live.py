"""Frames a second of live video and how late answers come, in Chromium with its fake camera at 60 frames a second.

    PYTHONPATH=. python benchmarks/live.py [SECONDS] [NETWORK[:PAINT] ...]

The whole way is in it: the camera's frame to a JPEG, over the WebSocket of the app's own server, decoded, prepared,
answered by the network, and drawn. Random weights, for time does not depend on them. PAINT is what is painted over the
video: cam, energy or channel. The numbers are those that the page itself shows a viewer; "network" is the forward pass
alone, so that what the rest costs can be told from it.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright

from resnet_core import parse
from resnet_core.benchmark_fps import VIDEO, random_card
from resnet_core.painting import WORDS

ROOT = Path(__file__).parents[1]
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
FLAGS = ("--no-sandbox", "--use-fake-device-for-media-stream=fps=60", "--use-fake-ui-for-media-stream")
NETWORKS = ("cifar-resnet-56", "resnet-18", "cifar-resnet-56:cam", "resnet-18:cam")
WARM_UP = 4.0
SHOWN = """() => {
    const root = document.querySelector('.st-key-live_video [data-testid=stBidiComponentIsolated]').shadowRoot;
    const read = name => root.querySelector(`[data-ref=${name}]`).innerText;
    return Object.fromEntries(['answered', 'p95', 'median', 'parts', 'verdict'].map(name => [name, read(name)]));
}"""


def main(seconds: float, wanted: tuple[str, ...]) -> None:
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        for name in {name.partition(":")[0] for name in wanted}:
            random_card(parse(name), Path(folder))
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        process, address = serve(folder)
        try:
            browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
            for name in wanted:
                network, _, paint = name.partition(":")
                with browser.new_page(bypass_csp=True) as page:  # wait_for_function evaluates text
                    print(f"{name}: {measured(page, address, network, paint or 'none', seconds)}", flush=True)
        finally:
            process.terminate()
            process.wait()


def serve(weights: str) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app/server.py", f"--server.port={port}"]
    process = subprocess.Popen(
        [*command, "--server.address=127.0.0.1"],
        cwd=ROOT,
        env={**os.environ, "RESNET_EXPLORER_WEIGHTS": weights},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
            return process, address
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The app did not start.")


def measured(page: Page, address: str, network: str, paint: str, seconds: float) -> str:
    words = next(word for word, kind in WORDS.items() if kind == paint)
    page.goto(f"{address}/live?net={network}&paint={quote(words)}")
    page.wait_for_selector(IDLE)
    page.get_by_text("measuring", exact=False).first.wait_for(state="hidden", timeout=120_000)  # it has the machine
    page.get_by_role("button", name="Start the camera").click()
    page.wait_for_function(f"() => ({SHOWN})().verdict", timeout=120_000)
    page.wait_for_timeout(WARM_UP * 1e3)
    before, begin = count(page), time.perf_counter()
    page.wait_for_timeout(seconds * 1e3)
    rate = (count(page) - before) / (time.perf_counter() - begin)
    shown = page.evaluate(SHOWN)
    parts = re.sub(r"\s+", " ", shown["parts"])
    keeps = "yes" if rate >= VIDEO else "no"
    return (
        f"{rate:.1f} frames a second ({VIDEO:g} fps: {keeps}), half of the answers within {shown['median']}, "
        f"95 of 100 within {shown['p95']}; {parts}"
    )


def count(page: Page) -> int:
    return int(page.evaluate(SHOWN)["answered"].replace(",", ""))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0, tuple(sys.argv[2:]) or NETWORKS)
