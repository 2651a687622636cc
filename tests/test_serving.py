"""The served process: every way to start it gives the page, with our headers and nothing from elsewhere."""

import json
import re
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from served import ROOT, served

from resnet_core import analyse, parse, totals, units
from resnet_core.map_document import map_document

AGENT = {"STREAMLIT_SERVER_ENABLE_AGENT_API": "true", "ADDRESS": "127.0.0.1"}
PAGES = ["Explore", "Verify", "Compare", "Run", "Live", "Labs", "Learn", "About this server"]
OPTIONS = "--server.port=$PORT --server.address=127.0.0.1"
COMMANDS = [
    f"python -m streamlit run app/main.py {OPTIONS}",
    f"streamlit run app/main.py {OPTIONS}",
    f"streamlit run app/server.py {OPTIONS}",
]


def procfile() -> str:
    """The command line of the Procfile's one process."""
    processes = dict(re.findall(r"^(\w+): (.+)$", (ROOT / "Procfile").read_text(encoding="utf-8"), re.MULTILINE))
    assert processes.keys() == {"web"}
    return processes["web"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that the Procfile started."""
    with served(tmp_path_factory.mktemp("server"), procfile(), AGENT) as address:
        yield address


def get(url: str) -> tuple[bytes, HTTPMessage]:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read(), answer.headers


def rendered(address: str) -> dict[str, Any]:
    """What the first visitor is shown, as Streamlit tells it to programs."""
    request = urllib.request.Request(
        f"{address}/_stcore/agent/interact", b"{}", {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def elements(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("children", ()):
        yield from elements(child)


def assert_shows_explore(address: str) -> None:
    answer = rendered(address)
    shown = list(elements(answer["tree"]))
    assert [page["title"] for page in answer["pages"]] == PAGES
    html = "\n".join(element["props"]["body"] for element in shown if element["type"] == "html")
    assert "<h1>ResNet-50</h1>" in html
    assert 'rx-refusal"' not in html
    assert not [element for element in shown if element["type"] == "exception"]
    assert "components.v2.component" in {element["type"] for element in shown}, {element["type"] for element in shown}


def test_the_procfiles_command_serves_the_page_on_the_port_that_is_set(address: str) -> None:
    assert get(f"{address}/_stcore/health")[0] == b"ok"
    assert b'<div id="root">' in get(address)[0]
    assert_shows_explore(address)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_comes_whichever_way_it_is_started(command: str, tmp_path: Path) -> None:
    with served(tmp_path, command, AGENT) as address:
        assert_shows_explore(address)


@pytest.mark.parametrize("path", ["/", "/verify", "/_stcore/health", "/app/static/inter.woff2", "/static/no-such-file"])
def test_security_headers_are_on_every_answer(address: str, path: str) -> None:
    try:
        headers = get(address + path)[1]
    except urllib.error.HTTPError as missing:
        headers = missing.headers
        missing.close()
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self' ")


def test_every_inline_script_of_a_page_bears_the_word_of_its_own_answer(address: str) -> None:
    words = set()
    for path in ("/", "/", "/verify"):
        asked = urllib.request.Request(address + path, headers={"Accept": "text/html"})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            html, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]
        word = re.search(r"'nonce-([\w-]{20,})'", policy)[1]  # type: ignore[index]
        inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", html)
        assert inline == [f' nonce="{word}"'] * (2 if path == "/" else 1)
        words.add(word)
    assert len(words) == 3


@pytest.mark.parametrize("path", ["/", "/verify"])
def test_a_page_has_its_style_before_its_scripts_have_run(address: str, path: str) -> None:
    asked = {"Accept": "text/html", "Accept-Encoding": "gzip", "If-None-Match": get(address)[1]["ETag"]}
    with urllib.request.urlopen(urllib.request.Request(address + path, headers=asked), timeout=60) as answer:
        html = answer.read().decode()
        assert answer.headers["ETag"] is None  # Streamlit's, which says nothing of the style
    style, root = html.index("<style>:root {--rx-identity: light-dark("), html.index('<div id="root">')
    assert html.index("<body>") < style < html.index(".rx-heading {") < root


def html_of(url: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": "text/html"}), timeout=60) as answer:
        return answer.read().decode()


def test_explore_is_seen_before_streamlit_has_started(address: str) -> None:
    html = html_of(f"{address}/?net=resnet-34&op=layer1.0.conv1")
    seen = html[html.index('<div id="rx-first"') : html.index('<div id="root">')]
    assert "<h1>ResNet-34</h1>" in seen
    assert units.count(totals(parse("resnet-34")).params) in seen
    told = re.search(r"firstSight\((.*), \".*\"\);}\)\(\);</script>", seen)
    assert told
    document, look = json.loads(f"[{told[1]}]")
    assert document == json.loads(json.dumps(map_document(analyse(parse("resnet-34")))))
    assert look == {"op": "layer1.0.conv1", "colour": None}


@pytest.mark.parametrize("path", ["/verify", "/?net=frog", "/?net=resnet-18&embed=true", f"/?net={'9' * 500}"])
def test_only_explore_of_a_network_is_seen_first(address: str, path: str) -> None:
    assert 'id="rx-first"' not in html_of(address + path)


def test_no_text_of_a_link_ends_the_script_of_the_first_sight(address: str) -> None:
    evil = quote("</script><script>alert(1)</script>")
    for parameters in (f"net=resnet-18&op={evil}", f"net=resnet-18&colour={evil}"):
        html = html_of(f"{address}/?{parameters}")
        assert 'id="rx-first"' in html
        assert "<script>alert" not in html


@pytest.mark.parametrize("query", ["", "?net=resnet-34%2Csize%3D32&view=x"])
def test_the_first_page_has_an_address_of_its_own_name(address: str, query: str) -> None:
    with urllib.request.urlopen(f"{address}/explore{query}", timeout=60) as answer:
        assert answer.url == f"{address}/{query}"
        assert b'<div id="root">' in answer.read()


def test_every_font_of_the_theme_is_served(address: str) -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    fonts = [face["url"] for face in theme["fontFaces"]]
    assert len(fonts) == 4
    for font in fonts:
        data, headers = get(f"{address}/{font}")
        assert data.startswith(b"wOF2")
        assert headers["Content-Type"] == "font/woff2"


def test_the_page_loads_nothing_from_elsewhere(address: str) -> None:
    """What the page itself names; what its scripts ask for is watched in the browser."""
    html = get(address)[0].decode()
    named = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert named
    assert [link for link in named if not link.startswith("./") and "_stcore" not in link] == []


def in_a_fresh_process(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=180
    )
    return done.stdout.strip()


def test_importing_the_app_does_not_import_torch() -> None:
    program = """
import sys
from importlib import import_module
from pathlib import Path

scripts = {"main", "warm"}  # the page itself, and the module that exists to import torch
modules = [path.stem for path in sorted(Path("app").glob("*.py")) if path.stem not in scripts]
modules += [f"components.{path.stem}" for path in sorted(Path("app/components").glob("*.py"))]
for module in modules:
    import_module(f"app.{module}")
print(len(modules) > 10, "torch" in sys.modules)
"""
    assert in_a_fresh_process(program) == "True False"


def test_neither_explore_nor_verify_needs_torch() -> None:
    """Torchinfo's opinion comes when the page has been painted, on a later run."""
    program = """
import sys
from streamlit.testing.v1 import AppTest

app = AppTest.from_file("app/main.py", default_timeout=120).run()
assert not app.exception
print("resnet-50" in app.session_state["net"], "torch" in sys.modules)
app.switch_page("views/verify.py").run()
assert not app.exception
print("torch" in sys.modules)
"""
    assert in_a_fresh_process(program).split() == ["True", "False", "False"]
