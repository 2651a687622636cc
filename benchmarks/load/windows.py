"""Browser windows among the visitors: what a person waits for who has a real one, from the click until it is seen."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from playwright.async_api import Browser, Page, async_playwright, expect

from .people import BETWEEN, Record
from .visitor import PATIENCE

DEPTHS = ("18", "34", "50", "101", "152")
OPENED, CLICKED = "Chromium, opened", "Chromium, clicked"


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The machine's own, ended at the end."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        try:
            yield browser
        finally:
            await browser.close()


async def clicker(browser: Browser, address: str, record: Record, end: float, seed: int) -> None:
    """Opens Explore in a window of its own and clicks another depth every three seconds."""
    random, depth = Random(seed), DEPTHS[seed % len(DEPTHS)]
    async with await browser.new_context(viewport={"width": 1440, "height": 1000}) as context:
        page = await context.new_page()
        begin = time.perf_counter()
        await page.goto(f"{address}/?net=resnet-{depth}", timeout=1e3 * PATIENCE)
        await _seen(page, depth)
        record.saw(OPENED, time.perf_counter() - begin)
        while time.monotonic() < end:
            await asyncio.sleep(BETWEEN * random.uniform(0.5, 1.5))
            depth = random.choice([other for other in DEPTHS if other != depth])
            button = page.locator(".st-key-pick_depth").get_by_role("radio", name=depth, exact=True)
            begin = time.perf_counter()
            await button.click(timeout=1e3 * PATIENCE)
            await _seen(page, depth)
            record.saw(CLICKED, time.perf_counter() - begin)


async def _seen(page: Page, depth: str) -> None:
    """Until the title and the map are the network's."""
    await expect(page.locator("h1").first).to_have_text(f"ResNet-{depth}", timeout=1e3 * PATIENCE)
    await page.locator(".map .op").first.wait_for(timeout=1e3 * PATIENCE)
