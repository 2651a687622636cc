"""nginx as deploy/ has it, with a certificate, before a small replica: who is let in, and what is kept from them."""

import asyncio
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest
from websockets.asyncio.client import connect
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from deploy import proxy
from deploy.choices import HOST, Choices
from deploy.processes import NotStarted
from deploy.replicas import free_ports

TLS = Path(proxy.__file__).with_name("tls.conf")
HEADERS = ("Host", "X-Forwarded-Proto", "X-Forwarded-For")


class Entrance(NamedTuple):
    """Where nginx listens, with whose certificate, and where it writes down who came."""

    http: int
    https: int
    trust: ssl.SSLContext
    log: Path


@pytest.fixture(scope="module")
def entrance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entrance]:
    openssl = shutil.which("openssl")
    try:
        proxy.nginx()
    except NotStarted:
        pytest.skip("nginx is missing")
    if not openssl:
        pytest.skip("openssl is missing")
    folder, logs, keys = (tmp_path_factory.mktemp(name) for name in ("nginx", "logs", "keys"))
    certificate, key = keys / "fullchain.pem", keys / "privkey.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    named = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *made, *named], check=True, capture_output=True)
    inner, http, https = free_ports(3)
    text = TLS.read_text(encoding="utf-8")
    for pattern, here in (
        (r"^listen 443", f"listen {HOST}:{https}"),
        (r"^listen 80", f"listen {HOST}:{http}"),
        (r"/etc/resnet-explorer/fullchain\.pem", str(certificate)),
        (r"/etc/resnet-explorer/privkey\.pem", str(key)),
    ):
        text, found = re.subn(pattern, here, text, flags=re.MULTILINE)
        assert found == 1, pattern
    (keys / "tls.conf").write_text(text, encoding="utf-8")
    command = proxy.install(folder, [inner], 0, Choices(tls=keys / "tls.conf", logs=logs))
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with serve(_echo, HOST, inner, process_request=_told) as replica, subprocess.Popen(command) as nginx:
        answering = Thread(target=replica.serve_forever)
        answering.start()
        try:
            _wait_until_open(http)
            yield Entrance(http, https, ssl.create_default_context(cafile=str(certificate)), logs / "access.log")
        finally:
            nginx.terminate()
            nginx.wait(30)
            replica.shutdown()
            answering.join()


def _told(replica: ServerConnection, request: Request) -> Response | None:
    """What the replica was told of the visitor; None where it is asked for a WebSocket."""
    if request.headers.get("Upgrade"):
        return None
    return replica.respond(200, "".join(f"{name}: {request.headers.get(name)}\n" for name in HEADERS))


def _echo(replica: ServerConnection) -> None:
    for message in replica:
        replica.send(message)


def _wait_until_open(port: int) -> None:
    for _ in range(200):
        try:
            with closing(HTTPConnection(HOST, port, timeout=5)) as connection:
                connection.connect()
                return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("nginx does not listen.")


def asked(entrance: Entrance, path: str, secure: bool = True, cookie: str = "") -> tuple[HTTPResponse, str]:
    made = (
        HTTPSConnection("localhost", entrance.https, context=entrance.trust, timeout=30)
        if secure
        else HTTPConnection("localhost", entrance.http, timeout=30)
    )
    with closing(made) as connection:
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        return answer, answer.read().decode()


def test_a_page_comes_by_https_and_the_browser_is_told_to_keep_to_it(entrance: Entrance) -> None:
    answer, told = asked(entrance, "/verify")
    assert answer.status == 200
    assert told == f"Host: localhost:{entrance.https}\nX-Forwarded-Proto: https\nX-Forwarded-For: {HOST}\n"
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    cookies = answer.headers.get_all("Set-Cookie") or []
    assert {cookie.partition("=")[0] for cookie in cookies} == {"person", "replica"}
    assert all("; HttpOnly; SameSite=Lax; Secure" in cookie for cookie in cookies)


def test_who_comes_by_http_is_led_to_https(entrance: Entrance) -> None:
    answer, _ = asked(entrance, "/compare?a=resnet-18&b=resnet-34", secure=False)
    assert answer.status == 301
    assert answer.headers["Location"] == "https://localhost/compare?a=resnet-18&b=resnet-34"
    assert answer.headers.get_all("Set-Cookie") is None  # it would be one without Secure, and stay so


def test_who_has_both_cookies_gets_none(entrance: Entrance) -> None:
    first, _ = asked(entrance, "/verify")
    cookies = [cookie.partition(";")[0] for cookie in first.headers.get_all("Set-Cookie") or []]
    again, _ = asked(entrance, "/verify", cookie="; ".join(cookies))
    assert (len(cookies), again.headers.get_all("Set-Cookie")) == (2, None)


def test_who_speaks_http_to_the_port_of_https_gets_no_cookie(entrance: Entrance) -> None:
    answer, _ = asked(entrance._replace(http=entrance.https), "/verify", secure=False)
    assert (answer.status, answer.headers.get_all("Set-Cookie")) == (400, None)


def test_a_websocket_goes_through(entrance: Entrance) -> None:
    assert asyncio.run(_echoed(entrance, "a run, please")) == "a run, please"


async def _echoed(entrance: Entrance, message: str) -> str | bytes:
    """In one thread: OpenSSL may not be read from and written to at the same time."""
    address = f"wss://localhost:{entrance.https}/_stcore/stream"
    async with connect(address, ssl=entrance.trust, proxy=None, open_timeout=60) as socket:
        await socket.send(message)
        return await socket.recv()


@pytest.mark.parametrize(
    "path", ["/api/metrics", "/api/metrics/", "//api/metrics", "/%61pi/metrics", "/_stcore/metrics", "/health/ready"]
)
def test_what_is_for_whoever_runs_it_is_no_visitors_affair(entrance: Entrance, path: str) -> None:
    answer, told = asked(entrance, path)
    assert answer.status == 404
    assert "X-Forwarded-Proto" not in told  # the replica was not asked


def test_what_is_written_down_has_no_parameters(entrance: Entrance) -> None:
    asked(entrance, "/run?net=a-secret")
    for _ in range(100):
        if " GET /run " in (written := entrance.log.read_text(encoding="utf-8")):
            break
        time.sleep(0.05)
    assert " GET /run " in written
    assert "secret" not in written


def test_of_a_replica_that_is_gone_and_of_a_refusal_nothing_is_written_down(tmp_path: Path) -> None:
    try:
        proxy.nginx()
    except NotStarted:
        pytest.skip("nginx is missing")
    inner, http = free_ports(2)
    command = proxy.install(tmp_path, [inner], http, Choices())
    said = tmp_path / "said"
    with said.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as nginx:
        try:
            _wait_until_open(http)
            with closing(HTTPConnection(HOST, http, timeout=30)) as connection:
                away = _page_of(connection, "/run?net=a-secret")
                answers = {_status_of(connection, "/run?net=a-secret") for _ in range(600)}
                too_often = _page_of(connection, "/run?net=a-secret")
        finally:
            nginx.terminate()
            nginx.wait(30)
    written = said.read_text(encoding="utf-8")
    assert {429, 503} <= answers
    assert "loads by itself in a moment" in away
    assert 'http-equiv="refresh"' in away
    assert "try again in a minute" in too_often
    assert HOST not in written
    assert "secret" not in written


def _page_of(connection: HTTPConnection, path: str) -> str:
    connection.request("GET", path, headers={"Accept": "text/html"})
    return connection.getresponse().read().decode()


def _status_of(connection: HTTPConnection, path: str) -> int:
    connection.request("GET", path, headers={"Accept": "text/html"})
    answer = connection.getresponse()
    answer.read()
    return answer.status
