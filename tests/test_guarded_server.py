"""The served process under attack: strangers' names and pages, floods, half a request; and everybody else is served."""

import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from served import served
from test_unfinished import FIRST, MIDDLE, part
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from app import unfinished
from app.limits import API, MOST_OPEN
from app.visitors import COOKIE

SECRET = "known to this test alone"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(
        tmp_path_factory.mktemp("server"),
        environment={
            "RESNET_EXPLORER_HOSTS": "localhost 127.0.0.1",
            "RESNET_EXPLORER_FRAMES": "https://lms.example.org",
            "STREAMLIT_SERVER_COOKIE_SECRET": SECRET,
        },
    ) as address:
        yield address


def asked(url: str, **headers: str) -> tuple[int, dict[str, str]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=named), timeout=120) as answer:
            return answer.status, dict(answer.headers)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, dict(refused.headers)


def test_another_name_and_another_sites_page_are_refused_on_every_route(address: str) -> None:
    for path in ("/", "/_stcore/host-config", "/api/table", "/app/static/inter.woff2"):
        assert asked(address + path, Host="evil.example.org")[0] == 421
        assert asked(address + path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="cors")[0] == 403


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/api/metrics"])
def test_metrics_are_for_this_machine_alone(address: str, path: str) -> None:
    assert asked(address + path)[0] == 200
    assert asked(address + path, X_Forwarded_For="203.0.113.9")[0] == 404


@pytest.mark.parametrize("path", ["/_stcore/stream", "/api/live"])
@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example.org"}, {"Origin": "http://localhost:1"}, {"Host": "evil.example.org"}]
)
def test_no_websocket_is_opened_for_another_page_or_name(address: str, path: str, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused, opened(address + path, {"Origin": address, **headers}):
        pass
    assert refused.value.response.status_code == 403


def opened(url: str, headers: dict[str, str]) -> connect:
    host = headers.pop("Host", None)
    parts = urlsplit(url)
    there = socket.create_connection((parts.hostname or "", parts.port or 80))
    return connect(
        f"ws://{host or parts.netloc}{parts.path}", sock=there, additional_headers=headers, proxy=None, open_timeout=60
    )


def test_a_course_may_show_the_pages(address: str) -> None:
    assert "frame-ancestors 'self' https://lms.example.org;" in asked(address)[1]["content-security-policy"]


def test_one_person_can_open_so_many_windows_and_another_still_can(address: str) -> None:
    one, other = cookie(address), cookie(address)
    with ExitStack() as windows:
        for _ in range(MOST_OPEN["person"]):
            windows.enter_context(opened(f"{address}/_stcore/stream", {"Origin": address, "Cookie": one}))
        with pytest.raises(InvalidStatus) as refused:
            windows.enter_context(opened(f"{address}/_stcore/stream", {"Origin": address, "Cookie": one}))
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"] == "60"
        windows.enter_context(opened(f"{address}/_stcore/stream", {"Origin": address, "Cookie": other}))


def cookie(address: str) -> str:
    found = re.match(rf"{COOKIE}=[\w.-]+", asked(address, Accept="text/html")[1]["set-cookie"])
    assert found
    return found[0]


def test_a_flood_is_told_to_come_later_and_others_are_answered(address: str) -> None:
    mallory = cookie(address)
    told = [asked(f"{address}/api/table?net=resnet-{number}", Cookie=mallory) for number in range(200)]
    refused = [headers for status, headers in told if status == 429]
    assert len(refused) >= 200 - API.person.burst - 60
    assert all(int(headers["retry-after"]) >= 1 for headers in refused)
    assert asked(f"{address}/api/table?net=resnet-18", Cookie=cookie(address))[0] == 200


def test_half_a_request_from_many_holds_up_nobody(address: str) -> None:
    parts = urlsplit(address)
    with ExitStack() as sockets:
        for number in range(300):
            one = sockets.enter_context(socket.create_connection((parts.hostname or "", parts.port or 80)))
            one.sendall(
                [b"", b"GET / HT", b"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nHost: localhost\r\nConte"][number % 3]
            )
        assert asked(address)[0] == 200


def test_no_secret_and_no_cookie_is_in_the_log(address: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    person = cookie(address)
    asked(f"{address}/api/table?net=frog", Cookie=person)
    logs = [path.read_text() for path in tmp_path_factory.getbasetemp().glob("server*/server-*.log")]
    assert logs
    assert not any(SECRET in log or person.partition("=")[2] in log for log in logs)


def test_a_message_that_is_begun_and_never_ended_has_bounds_on_the_server_too(address: str) -> None:
    """That uvicorn takes its connections from app/unfinished.py is for Streamlit to lead to."""
    with opened(f"{address}/api/live", {"Origin": address}) as window:
        window.socket.sendall(part(FIRST, b"") + part(MIDDLE, b"") * unfinished.MOST_PARTS)
        with pytest.raises(ConnectionClosed) as ended:
            last(window)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.reason == "It has too many parts."


def last(window: ClientConnection) -> None:
    """Reads what comes, to the end."""
    while True:
        window.recv(timeout=60)
