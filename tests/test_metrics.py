"""What is counted: in Prometheus's own format, with bounded labels, and for this machine or a token alone."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
from generated import DOCS
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message
from test_serving import in_a_fresh_process

from app import metrics, metrics_route, shared_engine
from app.request_ids import RequestIds
from resnet_core import ZOO, parse, request_id
from resnet_core.backend import Answer, BusyError, Request
from resnet_core.observing import Observation
from resnet_core.weights import require_card

CARD = require_card(ZOO["cifar-resnet-20"])
STREAMLITS = Route(metrics_route.STREAMLITS, lambda _: PlainTextResponse("Streamlit's"))
APP = RequestIds(metrics_route.MetricsForFew(Starlette(routes=[*metrics_route.ROUTES, STREAMLITS])))
BOTH = (metrics_route.OURS, metrics_route.STREAMLITS)


class Reply(NamedTuple):
    status: int
    headers: Headers
    text: str


def get(
    headers: Mapping[str, str] = {}, host: str = "127.0.0.1", at: str = "127.0.0.1:8501", path: str = metrics_route.OURS
) -> Reply:
    """The server's answer to a request for the metrics, from `host`, where the server is called `at`."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    given = {"host": at, **{name.lower(): value for name, value in headers.items()}}
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": (host, 50_000) if host else None,
    }
    asyncio.run(APP(scope, receive, send))
    start, *parts = sent
    body = b"".join(part.get("body", b"") for part in parts)
    return Reply(start["status"], Headers(raw=start["headers"]), body.decode())


def scraped() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by name and labels, as a parser of the format reads it."""
    answer = get()
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def sample(name: str, **labels: str) -> float:
    return scraped().get((f"resnet_explorer_{name}", tuple(sorted(labels.items()))), 0.0)


def observation(net: str = "cifar-resnet-20", ended: Any = None, **answered: Any) -> Observation:
    answer = Answer(np.zeros(10, np.float32), 250.0, "a device of this test", **answered)
    return Observation(Request(CARD, parse(net), np.zeros((3, 32, 32), np.float32)), 0.3, ended or answer)


def test_an_answer_counts_once_in_each_place() -> None:
    device = {"device": "a device of this test"}
    labels = {"net": "cifar-resnet-20", **device}
    requests = {"net": "cifar-resnet-20", "source": "page", "outcome": "answered"}
    before = sample("requests_total", **requests)
    metrics.count(observation(together=3), "page")
    assert sample("requests_total", **requests) == before + 1
    assert sample("answer_seconds_sum", **labels) == pytest.approx(0.3)
    assert sample("answer_seconds_bucket", le="0.25", **labels) == 0
    assert sample("answer_seconds_bucket", le="0.5", **labels) == 1
    assert sample("forward_seconds_sum", **labels) == pytest.approx(0.25)
    assert sample("batch_pictures_bucket", le="2.0", **device) == 0
    assert sample("batch_pictures_bucket", le="4.0", **device) == 1
    assert sample("fallbacks_total", net="cifar-resnet-20") == 0
    metrics.count(observation(notes=("The CPU answered.",)), "page")
    assert sample("fallbacks_total", net="cifar-resnet-20") == 1


def test_what_was_not_answered_counts_by_why() -> None:
    labels = {"net": "cifar-resnet-20", "source": "live", "outcome": "busy"}
    before = sample("requests_total", **labels)
    metrics.count(observation(ended=BusyError("64 pictures wait already.")), "live")
    assert sample("requests_total", **labels) == before + 1


def test_networks_that_are_not_in_the_zoo_share_one_label() -> None:
    """Whoever writes links must not be able to fill the memory of the server that counts."""
    assert metrics.net(parse("resnet-34,size=96")) == "resnet-34"
    assert {metrics.net(parse(f"resnet-34,classes={classes}")) for classes in range(2, 40)} == {"other"}
    assert {metrics.net(spec) for spec in ZOO.values()} <= {*ZOO}


def test_devices_of_which_there_are_too_many_share_one_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_devices", set())
    names = [f"device {number}" for number in range(40)]
    first = names[: metrics.MOST_DEVICES]
    assert [metrics.device(name) for name in [*names, *names]] == [*first, *["other"] * (40 - len(first))] * 2


def test_what_the_engine_holds_is_read_when_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_engine, "made", lambda: None)
    assert sample("engine_loaded") == 0
    monkeypatch.undo()
    shared_engine.engine()
    assert sample("engine_loaded") == 1
    assert sample("queue_pictures_most") == 64
    assert sample("live_viewers_most") == 32


def test_what_a_process_asks_of_itself_before_the_first_visitor_is_not_counted() -> None:
    program = """
from app import health, metrics, shared_engine
health.warm_up()
counted = (metrics.REQUESTS, metrics.LATENCY, metrics.FORWARD, metrics.BATCH, metrics.FALLBACKS, metrics.PAGES)
found = [sample for one in counted for metric in one.collect() for sample in metric.samples]
print(shared_engine.made().state().networks > 0, found)
"""
    assert in_a_fresh_process(program) == "True []"


def test_every_metric_that_the_documents_name_is_one() -> None:
    shared_engine.engine()
    families = {family.name for family in text_string_to_metric_families(get().text)}
    told = (DOCS / "operating.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:resnet_explorer|process)_[a-z_]*[a-z]", told))
    assert {name for name in named if re.sub("_(total|bucket|sum|count)$", "", name) not in families} == set()
    assert len(named) > 15


@pytest.mark.parametrize(
    ("host", "at", "headers"),
    [
        ("10.0.0.7", "127.0.0.1:8501", {}),
        ("203.0.113.9", "example.org", {}),
        ("127.0.0.1", "example.org", {}),  # a name that somebody lets lead to this machine
        ("127.0.0.1", "127.0.0.1.example.org", {}),
        ("127.0.0.1", "[::1", {}),
        ("127.0.0.1", "", {}),
        ("", "127.0.0.1:8501", {}),
        *(("127.0.0.1", "127.0.0.1:8501", {name: "203.0.113.9"}) for name in metrics_route.PASSED_ON),
    ],
)
def test_another_machine_finds_no_such_page(host: str, at: str, headers: Mapping[str, str]) -> None:
    assert [get(headers, host, at, path).status for path in BOTH] == [404, 404]


@pytest.mark.parametrize("at", ["127.0.0.1:8501", "[::1]:8501", "localhost:8501"])
def test_this_machine_may_read(at: str) -> None:
    assert [get(host="::1", at=at, path=path).status for path in BOTH] == [200, 200]


def test_with_a_token_who_brings_it_may_read_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_EXPLORER_METRICS_TOKEN", "open sesame")
    far = "203.0.113.9", "example.org"
    for path in BOTH:
        assert get({"Authorization": "Bearer open sesame"}, *far, path).status == 200
        for given in ({}, {"Authorization": "Bearer open"}, {"Authorization": "open sesame"}):
            assert get(given, *far, path).status == 404
            assert get(given, path=path).status == 404


def test_the_id_of_a_request_comes_back_where_it_is_plain() -> None:
    assert get({"X-Request-ID": "lecture-7"}).headers["X-Request-ID"] == "lecture-7"
    made = get({"X-Request-ID": "a b"}).headers["X-Request-ID"]
    assert made != "a b"
    assert request_id.accepted(made) == made
