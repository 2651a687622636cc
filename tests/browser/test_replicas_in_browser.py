"""Three replicas behind nginx: whichever of them is killed or renewed, a person's view stays."""

import json
import os
import re
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from served import ROOT
from test_live_route import frame
from websockets.sync.client import connect

from deploy.replicas import Replica, Replicas, free_ports, replicas

from .conftest import PATIENCE
from .window import Window

CHELSEA = ROOT / "assets" / "samples" / "chelsea.jpg"
VIEW = "/?net=resnet-34%2Cshortcut%3DA&op=layer2.0.add&along=true"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    """The replicas, of which any that was ended in a test is there again in the next."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "RESNET_"))}
    cache = str(tmp_path_factory.mktemp("cache"))
    with replicas(3, *free_ports(1), {**surroundings, "XDG_CACHE_HOME": cache, "OMP_NUM_THREADS": "1"}) as running:
        yield running


@pytest.fixture
def opened(browser: Browser, cluster: Replicas) -> Iterator[Callable[[str], Window]]:
    """Opens windows, each on a computer of its own. They may complain: their servers are taken away."""
    cluster.tend()
    cluster.wait_until_ready()
    with ExitStack() as windows:

        def open_window(path: str) -> Window:
            page = windows.enter_context(windows.enter_context(browser.new_context()).new_page())
            page.set_default_timeout(PATIENCE)
            window = Window(page, cluster.address)
            window.open(path)
            return window

        yield open_window


def home(window: Window, cluster: Replicas) -> Replica:
    """The replica to which a window's cookie leads."""
    cookies = {cookie["name"]: cookie["value"] for cookie in window.page.context.cookies()}
    return next(replica for replica in cluster.replicas if str(replica.port) == cookies["replica"])


def kill(window: Window, cluster: Replicas) -> None:
    """Take away a window's replica as the machine would that runs out of memory, and see the window at another."""
    gone = home(window, cluster)
    with window.page.expect_websocket(lambda opening: "_stcore/stream" in opening.url) as again:
        os.kill(gone.pid, signal.SIGKILL)
        gone.process.wait()
    again.value.wait_for_event("framereceived")
    window.page.wait_for_timeout(500)
    assert home(window, cluster) is not gone


def test_a_window_whose_replica_is_killed_comes_back_to_its_view(opened, cluster: Replicas) -> None:
    window = opened(VIEW)
    window.shows("ResNet-34", "option A")
    address = window.page.url
    kill(window, cluster)
    window.shows("ResNet-34", "option A")
    assert window.page.url == address
    expect(window.part("card_op_inspector").get_by_role("heading", name="layer2.0.add")).to_be_visible()
    expect(window.part("along")).to_be_visible()
    window.click("pick_depth", "18")  # the first click already
    window.shows("ResNet-18", "option A")
    window.page.wait_for_url("**/?*op=layer2.0.add*")
