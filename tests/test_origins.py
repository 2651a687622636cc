"""Who may ask: pages of this server under its own names. Machines that look whether it lives need no name."""

import asyncio
import logging

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.origins import HOSTS, OwnPagesOnly, is_known, is_own, named_hosts

KNOWN = ("resnet.example.org", "*.example.com", "[::1]")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


def status(
    hosts: tuple[str, ...] = (), path: str = "/", method: str = "GET", kind: str = "http", **headers: str
) -> int:
    """Of the answer; 403 where a WebSocket is closed before it is opened."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "path": path, "method": method, "headers": named}
    asyncio.run(OwnPagesOnly(app, hosts)(scope, receive, send))
    return 403 if sent[0]["type"] == "websocket.close" else int(sent[0]["status"])


@pytest.mark.parametrize("host", ["resnet.example.org", "RESNET.example.org:8443", "a.b.example.com", "[::1]:8501"])
def test_the_hosts_own_names_are_known(host: str) -> None:
    assert is_known(host, KNOWN)
    assert status(KNOWN, host=host) == 200


@pytest.mark.parametrize(
    "host", ["", "evil.example.org", "example.com", "resnet.example.org.evil", "[", "a@[::1", "127.0.0.1"]
)
def test_another_name_is_misdirected_over_http_and_over_a_websocket(host: str) -> None:
    assert status(KNOWN, host=host) == 421
    assert status(KNOWN, kind="websocket", host=host) == 403
    assert {
        status(KNOWN, path=path, host=host)
        for path in ("/health/live", "/_stcore/health", "/_stcore/metrics", "/api/metrics")
    } == {200}


def test_where_no_name_was_given_every_host_is_known() -> None:
    assert status(host="anything.example") == 200


@pytest.mark.parametrize("path", ["/", "/_stcore/stream", "/api/live", "/api/table"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_sites_page_loads_or_sends_is_refused(path: str, site: str) -> None:
    told = {"host": "a", "sec_fetch_site": site, "sec_fetch_mode": "no-cors"}
    assert status(path=path, **told) == status(path=path, kind="websocket", **told) == 403


def test_a_link_on_another_sites_page_leads_here() -> None:
    assert status(host="a", sec_fetch_site="cross-site", sec_fetch_mode="navigate") == 200


@pytest.mark.parametrize("origin", ["http://b", "null", "file://", "http://[", "http://a.b", "http://a:1"])
def test_bodies_and_websockets_of_another_origin_are_refused(origin: str) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert status(method=method, host="a", origin=origin) == 403
    assert status(kind="websocket", host="a", origin=origin) == 403
    assert status(host="a", origin=origin) == 200  # which it cannot read, for nothing allows it to


def test_our_own_pages_and_programs_may_send() -> None:
    assert status(method="PUT", host="a:8501", origin="http://a:8501", sec_fetch_site="same-origin") == 200
    assert status(method="PUT", host="a") == 200
    assert is_own("https://a:8501", "a:8501")
    assert not is_own("", "a")


def test_a_host_that_is_none_matches_none_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(HOSTS, "https://resnet.example.org")
    with caplog.at_level(logging.WARNING):
        named = named_hosts()
    assert "write names such as resnet.example.org" in caplog.text
    assert not is_known("resnet.example.org", named)
