"""One server and one Chromium for all of these tests; a window of its own for each."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Request, expect, sync_playwright
from served import served

from .window import Window

PATIENCE = 60_000
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
# A page that is opened by its own address does not know how deep it lies, and asks first beside itself for these two.
PROBES = re.compile(r"/(?:verify|compare|run|live|labs|learn|about)/_stcore/(?:health|host-config)$")

NewWindow = Callable[..., Window]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if __package__ and item.path.parent.name == __package__.rpartition(".")[2]:
            item.add_marker("browser")


@pytest.fixture(scope="package")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("server")) as address:
        yield address


def program() -> str:
    """Where Chromium is."""
    if found := next(filter(None, map(shutil.which, NAMES)), None):
        return found
    pytest.fail("These tests need Chromium: install it, or leave them out with: pytest -m 'not browser'.")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """What windows have in common: a cache of the scripts, as a visitor has on the second visit."""
    with browser.new_context() as context:
        yield context


@pytest.fixture
def new_window(browser: Browser, context: BrowserContext, address: str) -> Iterator[NewWindow]:
    """Opens windows, `elsewhere` as on another computer. In the end none may have complained, or asked another host."""
    complaints: list[str] = []
    strangers: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not PROBES.search(message.location["url"]):
            complaints.append(f"{message.text} {message.location['url']}")

    def asked(request: Request) -> None:
        if not request.url.startswith((f"{address}/", "data:", f"blob:{address}/")):
            strangers.append(request.url)

    with ExitStack() as opened:

        def open_window(
            path: str = "/",
            width: int = 1440,
            height: int = 900,
            theme: Literal["light", "dark"] = "light",
            elsewhere: bool = False,
        ) -> Window:
            surroundings = opened.enter_context(browser.new_context()) if elsewhere else context
            page = opened.enter_context(surroundings.new_page())
            page.set_default_timeout(PATIENCE)
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=theme)
            page.on("console", heard)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("request", asked)
            window = Window(page, address)
            window.open(path)
            return window

        yield open_window
    assert complaints == []
    assert strangers == []


@pytest.fixture
def window(new_window: NewWindow) -> Window:
    return new_window()
