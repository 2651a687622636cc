"""Three replicas behind nginx: whichever of them is killed or renewed, a person's view stays."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect
from served import ROOT
from test_live_route import frame
from websockets.sync.client import connect

from app.components.lab_lost import AGAIN, LOST
from deploy.replicas import Replica, Replicas, free_ports, replicas

from .conftest import PATIENCE, NewWindow
from .test_run_in_browser import answer, give
from .window import Window

SAMPLES = ROOT / "assets" / "samples"
VIEW = "/?net=resnet-34%2Cshortcut%3DA&op=layer2.0.add&along=true"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    """The replicas, of which any that was ended in a test is there again in the next."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "RESNET_"))}
    cache = str(tmp_path_factory.mktemp("cache"))
    with replicas(3, *free_ports(1), {**surroundings, "XDG_CACHE_HOME": cache, "OMP_NUM_THREADS": "1"}) as running:
        yield running


@pytest.fixture
def opened(browser: Browser, cluster: Replicas) -> Iterator[NewWindow]:
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


def test_a_window_whose_replica_is_killed_comes_back_to_its_view(opened: NewWindow, cluster: Replicas) -> None:
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


def test_a_picture_that_was_uploaded_outlives_its_replica(opened: NewWindow, cluster: Replicas) -> None:
    window = opened("/run?source=upload&net=cifar-resnet-20")
    give(window, SAMPLES / "chelsea.jpg")
    expect(window.page.locator("figcaption").first).to_have_text("chelsea.jpg · 451×300 JPEG")
    expect(answer(window)).to_have_text("cat")
    gone = home(window, cluster)
    kill(window, cluster)
    window.click("pick_depth", "56")
    window.page.wait_for_url("**/run?*net=cifar-resnet-56*")
    expect(window.page.locator("figcaption").first).to_have_text("chelsea.jpg · 451×300 JPEG")
    expect(answer(window)).to_have_text("cat")
    gone.revive()  # it serves again, and yet what follows goes to where the window is now
    cluster.wait_until_ready()
    give(window, SAMPLES / "cifar10-ship.png")
    expect(window.page.locator("figcaption").first).to_contain_text("cifar10-ship.png")


def test_an_experiment_that_went_with_its_replica_is_told(opened: NewWindow, cluster: Replicas) -> None:
    window = opened("/labs?lab=paths&guess=just+show+me&tried=cifar-resnet-56&pictures=500")
    run, lost = window.part("lab_run").get_by_role("button"), window.part("lab_lost").get_by_role("status")
    run.click()
    expect(window.part("lab_stop")).to_be_visible()
    kill(window, cluster)
    expect(lost).to_have_text(LOST + AGAIN)
    expect(window.part("pictures")).to_contain_text("500")
    run.click()
    expect(lost).to_be_hidden()
    expect(window.part("lab_stop")).to_be_visible()


def test_a_rolling_restart_loses_no_view(opened: NewWindow, cluster: Replicas) -> None:
    windows = {net: opened(f"/?net={net}") for net in ("resnet-101", "cifar-resnet-32")}
    before = [replica.pid for replica in cluster.replicas]
    cluster.roll()
    assert not {*before} & {replica.pid for replica in cluster.replicas}
    for net, window in windows.items():
        window.until("() => !document.querySelector('[data-testid=stConnectionStatus]')")
        expect(window.name_and_link).to_have_value(net)
        expect(window.name_and_link).to_be_enabled()
        window.click("pick_depth", "110" if net.startswith("cifar") else "152")
        window.page.wait_for_url(f"**/?net={'cifar-resnet-110' if net.startswith('cifar') else 'resnet-152'}")


def test_live_video_travels_through_the_proxy(cluster: Replicas) -> None:
    with connect(
        cluster.address.replace("http", "ws", 1) + "/api/live",
        additional_headers={"Origin": cluster.address},
        proxy=None,
        open_timeout=60,
    ) as viewer:
        viewer.send(json.dumps({"net": "cifar-resnet-20"}))
        assert json.loads(viewer.recv(timeout=60))["kind"] == "ready"
        viewer.send(frame(7))
        reply = json.loads(viewer.recv(timeout=60))
        assert (reply["kind"], reply["frame"]) == ("answer", 7)


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/metrics", "/health/ready", "/health/live"])
def test_what_operators_ask_is_not_told_outside(cluster: Replicas, path: str) -> None:
    assert status(cluster.address + path) == 404


def test_forged_cookies_lead_somewhere(cluster: Replicas) -> None:
    for cookie in ("replica=1; person=x", "replica=../; person=" + "f" * 32, "replica=127.0.0.1:22; person=", "\xff"):
        assert status(f"{cluster.address}/explore", Cookie=cookie) == 307


def test_more_than_a_picture_is_refused_before_a_replica_has_it(cluster: Replicas) -> None:
    assert status(f"{cluster.address}/_stcore/upload_file/x/y", b" " * (11 * 2**20 + 1)) == 413


def test_a_class_behind_one_address_is_let_in_and_a_flood_is_not(cluster: Replicas) -> None:
    """A page costs a proxy nothing where it is a redirect, which is what is asked for here."""
    with socket.create_connection(("127.0.0.1", int(cluster.address.rpartition(":")[2])), timeout=60) as dribbling:
        dribbling.sendall(b"GET / HTTP/1.1\r\nHost: ")
        with ThreadPoolExecutor(8) as visitors:
            pages = list(visitors.map(lambda _: status(f"{cluster.address}/explore"), range(300)))
            assert {*pages} == {307}
            flood = list(visitors.map(lambda _: status(f"{cluster.address}/explore"), range(900)))
        assert 429 in flood
        assert status(f"{cluster.address}/_stcore/health", Accept="*/*") == 200  # only pages are counted
        with pytest.raises(ConnectionResetError):  # after the ten seconds that a header may take
            dribbling.recv(1)


def status(url: str, body: bytes | None = None, **headers: str) -> int:
    """How a browser that follows no redirect is answered."""
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.netloc, timeout=60)) as connection:
        connection.request("POST" if body else "GET", parts.path, body, {"Accept": "text/html", **headers})
        return connection.getresponse().status
