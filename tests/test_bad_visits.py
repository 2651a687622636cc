"""Bad pictures and nonsense in links, as they come to a served app: through nginx to one of its replicas, and to an app
whose networks run on Ray. Each has an answer or one sentence, and the page lives on."""

import ast
import asyncio
import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from html import escape, unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cluster_server import TOKEN, ClusterServer, needs_ray
from people_bring import CHELSEA, NAMES, REFUSED, TAKEN
from served import ROOT, served
from test_live_route import frame
from websockets.sync.client import connect

from app.visitors import COOKIE
from benchmarks.load.people import RUN_NET, Photograph, is_of, photograph
from benchmarks.load.visitor import XSRF, VisitError, Visitor
from deploy.processes import NotStarted
from deploy.proxy import nginx
from deploy.replicas import free_ports, replicas
from resnet_core.engine import Engine
from resnet_core.experiments.table import LABS
from resnet_core.remote_backend import FELL_BACK

QUERY = f"net={RUN_NET}&source=upload"


def has_nginx() -> bool:
    try:
        return bool(nginx())
    except NotStarted:
        return False


needs_nginx = pytest.mark.skipif(not has_nginx(), reason="needs nginx")


@pytest.fixture(scope="module")
def through_nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "RESNET_"))}
    cache = str(tmp_path_factory.mktemp("cache"))
    with replicas(2, *free_ports(1), {**usual, "XDG_CACHE_HOME": cache, "OMP_NUM_THREADS": "1"}) as running:
        yield running.address


STALLED = (
    b"",
    b"GET / HTTP/1.1\r\nHos",
    b"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\nhalf",
)


@pytest.fixture(scope="module")
def stalled(through_nginx: str) -> Iterator[list[socket.socket]]:
    """Hundreds who have begun to say something, or nothing yet, and do not go on."""
    host, _, port = through_nginx.removeprefix("http://").partition(":")
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_connection((host, int(port)))) for _ in range(300)]
        for place, one in enumerate(sockets):
            one.sendall(STALLED[place % len(STALLED)])
            one.settimeout(60)
        yield sockets


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the app before Ray writes."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterServer]:
    server = ClusterServer(tmp_path_factory.mktemp("weights"), tmp_path_factory.mktemp("cluster") / "log")
    try:
        server.start()
        yield server
    finally:
        server.clear()


@pytest.fixture(scope="module")
def before_ray(cluster: ClusterServer, log: Path) -> Iterator[str]:
    named = {"RESNET_EXPLORER_BACKEND": cluster.address, "RESNET_EXPLORER_BACKEND_TOKEN": TOKEN}
    with served(log, environment={**named, "OMP_NUM_THREADS": "1"}) as address:
        yield address


@pytest.fixture(
    scope="module",
    params=[pytest.param("through_nginx", marks=needs_nginx), pytest.param("before_ray", marks=needs_ray)],
)
def address(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    if request.param == "through_nginx":
        request.getfixturevalue("stalled")
    return found


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Which says what is right, and is nobody's server."""
    return Engine("cpu")


@pytest.fixture(scope="module")
def cat(engine: Engine) -> Photograph:
    return photograph(engine, "cat.jpg", CHELSEA)


def refusals(page: str) -> list[str]:
    return [unescape(said) for said in re.findall(r'<p class="rx-refusal" role="alert">(.*?)</p>', page, re.DOTALL)]


async def given(visitor: Visitor, name: str, data: bytes) -> str:
    """The page that answers an upload."""
    await visitor.run(upload=await visitor.upload(name, data))
    return "".join(visitor.html())


async def answers(visitor: Visitor, cat: Photograph) -> None:
    """To the same window's next picture, which is one."""
    page = await given(visitor, cat.name, cat.data)
    assert not refusals(page)
    assert is_of(cat, visitor)
    assert FELL_BACK not in page


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_picture_is_refused_and_the_next_one_is_answered(address: str, case: str, cat: Photograph) -> None:
    brought = REFUSED[case]

    async def visit() -> None:
        async with Visitor(address, "run", QUERY) as visitor:
            await visitor.run()
            if case == "11 MB":  # refused before it is there; a browser says so itself, without sending it
                with pytest.raises((VisitError, ConnectionError), match=r"answered with 413|reset|Broken pipe"):
                    await visitor.upload(brought.name, brought.data())
            else:
                (sentence,) = refusals(await given(visitor, brought.name, brought.data()))
                assert brought.said in sentence
                assert sentence.endswith(".")
            await answers(visitor, cat)

    asyncio.run(visit())


@pytest.mark.parametrize("case", TAKEN)
def test_a_picture_of_any_kind_has_its_own_answer(address: str, case: str, engine: Engine, cat: Photograph) -> None:
    brought = TAKEN[case]
    right = photograph(engine, brought.name, brought.data())

    async def visit() -> None:
        async with Visitor(address, "run", QUERY) as visitor:
            await visitor.run()
            page = await given(visitor, right.name, right.data)
            assert not refusals(page)
            assert is_of(right, visitor)
            assert f"{brought.name} · {brought.caption}" in page
            assert brought.said in page
            assert FELL_BACK not in page
            await answers(visitor, cat)

    asyncio.run(visit())


@pytest.mark.parametrize("name", NAMES)
def test_markup_in_a_files_name_is_text(address: str, name: str) -> None:
    async def visit() -> str:
        async with Visitor(address, "run", QUERY) as visitor:
            await visitor.run()
            return await given(visitor, name, CHELSEA)

    page, sent = asyncio.run(visit()), name.replace('"', "%22")  # as browsers send it; nobody turns it back
    assert f"{escape(sent)} · 451×300 JPEG" in page
    assert name not in page


@pytest.mark.parametrize(
    "forged",
    [
        {"replica": "1", "person": "x", COOKIE: "x", XSRF: "x"},
        {"replica": "127.0.0.1:22", "person": "f" * 32, COOKIE: f"{'a' * 32}.{'b' * 43}", XSRF: "2|0|0|9999999999"},
        {"replica": "../", "person": '"', COOKIE: "%00" * 1000, XSRF: ""},
    ],
)
def test_who_forges_every_cookie_is_answered_all_the_same(
    address: str, forged: dict[str, str], cat: Photograph
) -> None:
    async def visit() -> None:
        async with Visitor(address, "run", QUERY, cookies={**forged}) as visitor:
            await visitor.run()
            await answers(visitor, cat)

    asyncio.run(visit())


def test_what_is_no_frame_of_video_is_refused_and_the_next_one_is_answered(address: str) -> None:
    with connect(
        address.replace("http", "ws", 1) + "/api/live", additional_headers={"Origin": address}, proxy=None
    ) as viewer:

        def told(message: str | bytes) -> dict[str, object]:
            viewer.send(message)
            said: dict[str, object] = json.loads(viewer.recv(timeout=60))
            return said

        for nonsense in ("", "frog", "[" * 5000, "{}", '{"net": 7}', '{"net": "frog"}', '{"net": "\\ud800"}'):
            assert told(nonsense)["kind"] == "refused"
        assert told(json.dumps({"net": RUN_NET}))["kind"] == "ready"
        for number, case in enumerate(REFUSED):
            if case != "11 MB":  # which ends the connection: no camera sends as much
                said = told(number.to_bytes(4, "big") + REFUSED[case].data())
                assert (said["kind"], str(said["said"])[-1]) == ("refused", ".")
            assert told(frame(99))["kind"] == "answer"


# --- nonsense in links

WORDS = sorted(
    {
        node.value
        for path in (ROOT / "app").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[a-z_]{2,20}", node.value)
    }
)
"""Whatever could be a parameter of a link, for the app's source says it."""
NONSENSE = ("<script>alert(1)</script>", "-1", "nan", "9" * 30, "", "\0", "../../etc", "1e999", "ü\ud7ff", "a,b;c&d=e")
VIEWS = {
    "": ({},),
    "verify": ({},),
    "compare": ({}, {"compared": "Trade-offs"}),
    "run": ({}, {"look": "One number"}, {"look": "Feature maps"}, {"look": "Grad-CAM"}),
    "live": ({},),
    "labs": ({}, *({"lab": lab.name} for lab in LABS)),
    "learn": ({}, {"lesson": "depth", "step": "1"}),
    "about": ({},),
}


@needs_nginx
@pytest.mark.parametrize("page", VIEWS)
def test_nonsense_in_every_parameter_leaves_a_page(through_nginx: str, page: str) -> None:
    async def visit(query: str) -> str:
        async with Visitor(through_nginx, page, query) as visitor:
            await visitor.run()
            return "".join(visitor.html())

    for turn, view in enumerate(VIEWS[page]):
        said = {word: NONSENSE[(place + turn) % len(NONSENSE)] for place, word in enumerate(WORDS)}
        shown = asyncio.run(visit(urlencode({**said, **view})))
        assert "<h1" in shown
        assert "<script>alert" not in shown
        assert all(sentence.endswith((".", "?")) and "\n" not in sentence for sentence in refusals(shown))


@needs_nginx
@pytest.mark.parametrize(
    "query",
    ["net=%", "net=%ff%fe", "%00=%00", "net=resnet-18&net=resnet-34", "&&==&=", "net[]=1", "net=" + "9-" * 5000],
)
def test_a_link_that_is_none_leaves_a_page(through_nginx: str, query: str) -> None:
    async def visit() -> tuple[int, str]:
        async with Visitor(through_nginx, "", query) as visitor:
            status, _ = await visitor.fetch("GET", f"/?{query}", headers={"Accept": "text/html"})
            await visitor.run()
            return status, "".join(visitor.html())

    status, shown = asyncio.run(visit())
    assert status == 200
    assert "<h1>ResNet-" in shown
    assert len(refusals(shown)) <= 1


@needs_nginx
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/?net=" + "9" * 20_000, 414),
        ("/../../etc/passwd", 400),
        ("/%00", 400),
        ("/run/../explore", 400),
        ("/a b", 400),
    ],
)
def test_an_address_that_is_none_is_refused(through_nginx: str, path: str, expected: int) -> None:
    host, _, port = through_nginx.removeprefix("http://").partition(":")

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        said = await reader.read()
        writer.close()
        await writer.wait_closed()
        return said

    said = asyncio.run(ask())
    assert said.startswith(f"HTTP/1.1 {expected} ".encode())
    assert b"Traceback" not in said


@needs_nginx
def test_who_does_not_go_on_is_let_go(stalled: list[socket.socket]) -> None:
    for one in stalled:
        with suppress(ConnectionResetError):
            assert one.recv(1000) == b""


@needs_ray
def test_where_ray_is_gone_the_app_answers_itself(before_ray: str, cluster: ClusterServer, engine: Engine) -> None:
    """And so it was Ray that answered before."""
    cluster.end()
    brought = TAKEN["sideways"]
    right = photograph(engine, brought.name, brought.data() + b"another file")

    async def visit() -> str:
        async with Visitor(before_ray, "run", QUERY) as visitor:
            await visitor.run()
            page = await given(visitor, right.name, right.data)
            assert is_of(right, visitor)
            return page

    assert FELL_BACK in asyncio.run(visit())


@needs_ray
def test_nothing_of_all_this_left_a_traceback(before_ray: str, log: Path) -> None:
    assert [line for path in log.glob("*.log") for line in path.read_text().splitlines() if "Traceback" in line] == []
