"""What the network map asks of a browser, in Chromium, each number beside its target.

    python benchmarks/map.py

Hover: script from the pointer's event on an op until it is lit in map, block, table and formula. Unfold: script from
the click on a box of the overview, and from that on a block. Panning: frames a second while a drawing and the table
scroll. Bytes: what the server sends for a changed control, and for an op that is fixed.
"""

import shutil
import statistics
import time

from pages import IDLE, serve
from playwright.sync_api import Browser, Page, sync_playwright

SETTLED = 1500
MAP = "document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot.querySelector('.map')"
HOVER = f"""() => {{
    const times = [];
    for (let round = 0; round < 10; round += 1) for (const op of {MAP}.querySelectorAll('.inside [data-op]')) {{
        const begin = performance.now();
        op.dispatchEvent(new PointerEvent('pointerover', {{bubbles: true}}));
        times.push(performance.now() - begin);
    }}
    return times;
}}"""
UNFOLD = f"""async () => {{
    const times = [];
    const pause = () => new Promise((done) => setTimeout(done, 500));
    const timed = async (selector) => {{
        const target = {MAP}.querySelector(selector);
        const begin = performance.now();
        target.dispatchEvent(new MouseEvent('click', {{bubbles: true, detail: 1}}));
        times.push(performance.now() - begin);
        await pause();
    }};
    for (const box of {MAP}.querySelectorAll('.box')) if (box.querySelector('.badge')) {{
        await timed(`[data-box="${{box.dataset.box}}"]`);
        await timed('.block.cell:last-child');
    }}
    return times;
}}"""
PAN = f"""async (selector) => {{
    const frame = {MAP}.querySelector(selector);
    const begin = performance.now();
    let [frames, way] = [0, 0];
    await new Promise((done) => requestAnimationFrame(function step(now) {{
        frames += 1;
        way += 9;
        frame.scrollLeft = way % Math.max(frame.scrollWidth - frame.clientWidth, 1);
        frame.scrollTop = way % Math.max(frame.scrollHeight - frame.clientHeight, 1);
        if (now - begin < 2000) requestAnimationFrame(step); else done();
    }}));
    return frames / ((performance.now() - begin) / 1000);
}}"""


def opened(browser: Browser, url: str, net: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(f"{url}/?net={net}")
    page.wait_for_selector(IDLE, timeout=60_000)
    page.locator(".map .op").first.wait_for()
    page.get_by_text("torchinfo agrees").wait_for(timeout=120_000)
    page.wait_for_timeout(SETTLED)
    return page


def bytes_of_a_change(browser: Browser, url: str) -> int:
    """What a browser receives when ResNet-152 gets option C."""
    received: list[int] = []
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))),
    )
    page.goto(f"{url}/?net=resnet-152")
    page.get_by_text("torchinfo agrees").wait_for(timeout=120_000)
    page.wait_for_timeout(SETTLED)
    received.clear()
    page.locator(".st-key-pick_shortcut").get_by_text("C", exact=True).click()
    page.wait_for_timeout(SETTLED)
    page.close()
    return sum(received)


def bytes_of_a_fixed_op(browser: Browser, url: str, net: str) -> int:
    """What a browser receives when an op of a network is fixed."""
    received: list[int] = []
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))))
    page.goto(f"{url}/?net={net}")
    page.get_by_text("torchinfo agrees").wait_for(timeout=120_000)
    page.wait_for_timeout(SETTLED)
    received.clear()
    page.locator(".map .inside .op").first.click()
    page.wait_for_timeout(SETTLED)
    page.close()
    return sum(received)


def main() -> None:
    server, url = serve("app/server.py")
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
            )
            time.sleep(5)  # torch is being imported in the background
            for net, goal in (("resnet-152", 50), ("cifar-resnet-1202", 150)):
                page = opened(browser, url, net)
                hovers, unfolds = page.evaluate(HOVER), page.evaluate(UNFOLD)
                print(f"{net}: hover {statistics.median(hovers):.1f} ms, at most {max(hovers):.1f} (goal: 16)")
                print(f"{net}: unfold {statistics.median(unfolds):.1f} ms, at most {max(unfolds):.1f} (goal: {goal})")
                page.locator(".map .overview").get_by_role("button", name="Larger").click(click_count=3)
                for what, selector in (("the overview", ".overview .frame"), ("the table", ".rows")):
                    print(f"{net}: panning {what} {page.evaluate(PAN, selector):.0f} frames a second (goal: 60)")
                page.close()
            print(f"resnet-152: {bytes_of_a_change(browser, url) / 1e3:.0f} kB for a changed control (goal: 150)")
            for net in ("resnet-152", "densenet-264"):
                print(f"{net}: {bytes_of_a_fixed_op(browser, url, net) / 1e3:.0f} kB for an op that is fixed")
            browser.close()
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
