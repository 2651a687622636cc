"""How soon a network is seen: resnet-152's map on Explore, against Netron with the same network's ONNX file.

    PYTHONPATH=. python benchmarks/netron.py [ROUNDS]

Both serve on this machine and are warm; every visit has a browser context of its own, with nothing in its cache. From
the navigation until the drawing is visible, in one Chromium, in turn; medians, and Netron's time over ours. The file
has weights, as people's files have: they are a part of what Netron reads.
"""

import shutil
import socket
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from pages import serve
from playwright.sync_api import Browser, sync_playwright

from resnet_core import build, parse

NET = "resnet-152"
OUR_MAP = ".map svg .box .front"
"""In the page as it is served, or in Streamlit's, whichever is there first: the same drawing by the same script."""
THEIR_MAP = "svg g.node"
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""For Chromium: no host but this machine, so that Netron does not wait for the ones that it reports to."""
SOONER = 3


def onnx_file(folder: Path) -> Path:
    """The network as Netron opens it, with random weights."""
    spec, file = parse(NET), folder / f"{NET}.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the older exporter, which needs no other package
        torch.onnx.export(build(spec).eval(), (torch.zeros(1, spec.channels, *spec.size),), str(file), dynamo=False)
    return file


def serve_netron(file: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = f"import netron; netron.start({str(file)!r}, ('127.0.0.1', {port}), browse=False); netron.wait()"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return process, f"http://127.0.0.1:{port}"


def seconds(browser: Browser, url: str, drawing: str) -> float:
    """Of one visit."""
    with browser.new_context(viewport={"width": 1440, "height": 1000}) as context:
        context.add_cookies([{"name": "consent", "value": "1", "url": url}])  # Netron's question is answered
        page = context.new_page()
        start = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.locator(drawing).first.wait_for(timeout=60_000)
        return time.perf_counter() - start


def main(rounds: int) -> None:
    with TemporaryDirectory() as folder:
        (theirs, their_url), (ours, our_url) = serve_netron(onnx_file(Path(folder))), serve("app/server.py")
        try:
            with sync_playwright() as driver:
                chromium = shutil.which("chromium") or shutil.which("google-chrome")
                browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", ALONE])
                visits: dict[str, Callable[[], float]] = {
                    "Explore": lambda: seconds(browser, f"{our_url}/?net={NET}", OUR_MAP),
                    "Netron": lambda: seconds(browser, their_url, THEIR_MAP),
                }
                for visit in visits.values():  # the servers' first
                    visit()
                times = {name: [] for name in visits}
                for _ in range(rounds):
                    for name, visit in visits.items():
                        times[name].append(visit())
                browser.close()
        finally:
            for process in (theirs, ours):
                process.terminate()
    explore, netron = (statistics.median(times[name]) for name in ("Explore", "Netron"))
    print(
        f"{NET} is seen: on Explore after {explore * 1e3:.0f} ms, in Netron after {netron * 1e3:.0f} ms, "
        f"{netron / explore:.2f} times as late (at least {SOONER})"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
