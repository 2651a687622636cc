"""The served process followed: one id from a header to the engine and into the log, and everything counted."""

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from served import served
from test_live_route import is_answered, opened, ready
from tiny_weights import TINY, write_tiny

from benchmarks.load.visitor import Visitor

SECRET = "open-sesame-4711"


async def a_page_and_a_part(address: str) -> None:
    """A window is opened, and what of it runs again from time to time does once."""
    async with Visitor(address, "about") as visitor:
        await visitor.run()
        await visitor.poll()


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], str, dict[str, str]]:
    """What the log says, what the metrics are, and an answer's headers, after two frames, two runs and a table."""
    folder: Path = tmp_path_factory.mktemp("server")
    weights = tmp_path_factory.mktemp("weights")
    write_tiny(weights)
    settings = {
        "RESNET_EXPLORER_WEIGHTS": str(weights),
        "RESNET_EXPLORER_LOG": "json",
        "RESNET_EXPLORER_LOG_LEVEL": "debug",
        "RESNET_EXPLORER_METRICS_TOKEN": SECRET,
        "OMP_NUM_THREADS": "1",
    }
    with served(folder, environment=settings) as address:
        with opened(address, **{"X-Request-ID": "camera-7"}) as viewer:
            ready(viewer)
            assert is_answered(viewer, 1)
            assert is_answered(viewer, 2)
        asyncio.run(a_page_and_a_part(address))
        asked = {"X-Request-ID": "lecture", "Authorization": f"Bearer {SECRET}"}
        table = f"{address}/api/table?net=lenet-5&token={SECRET}"
        with urllib.request.urlopen(urllib.request.Request(table, headers=asked), timeout=60) as answer:
            headers = dict(answer.headers)
        metrics = urllib.request.Request(f"{address}/api/metrics", headers=asked)
        with urllib.request.urlopen(metrics, timeout=60) as answer:
            counted = answer.read().decode()
    (log,) = folder.glob("server-*.log")
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert SECRET not in log.read_text()
    assert "127.0.0.1" not in json.dumps(lines)
    return lines, counted, headers


def test_each_frame_is_followed_from_its_connection_to_the_engine(followed: Any) -> None:
    lines, _, _ = followed
    frames = [line for line in lines if line.get("source") == "live"]
    assert [line["request"] for line in frames] == ["camera-7.2", "camera-7.3"]  # the first message were the settings
    assert {(line["outcome"], line["message"]) for line in frames} == {("answered", "a picture was answered")}
    assert str(TINY) not in {line["net"] for line in frames}  # it is none of the zoo


def test_a_part_of_a_page_that_runs_alone_is_followed_as_the_page_is(followed: Any) -> None:
    lines, counted, _ = followed
    page, part = [line for line in lines if line["logger"] == "app.page_runs"]
    visit = page["request"].removesuffix(".1")
    assert part["request"] == f"{visit}.2"
    assert [(line["level"], line["page"], line.get("part")) for line in (page, part)] == [
        ("info", "About this server", None),
        ("debug", "About this server", "return"),
    ]
    assert 'part="return"' not in counted  # it comes by itself


def test_a_request_of_http_is_followed_without_its_query(followed: Any) -> None:
    lines, _, headers = followed
    assert headers["x-request-id"] == "lecture"
    (line,) = [line for line in lines if line.get("path") == "/api/table"]
    assert (line["request"], line["status"], line["method"]) == ("lecture", 200, "GET")
    assert "lenet-5" not in json.dumps(line)


def test_all_of_it_is_counted(followed: Any) -> None:
    _, counted, _ = followed
    samples = {
        (sample.name, sample.labels.get("source"), sample.labels.get("outcome")): sample.value
        for family in text_string_to_metric_families(counted)
        for sample in family.samples
    }
    assert samples["resnet_explorer_requests_total", "live", "answered"] == 2
    assert samples["resnet_explorer_engine_loaded", None, None] == 1
    assert samples["process_resident_memory_bytes", None, None] > 10**8
