"""The load's own parts: a visitor without a browser, who notices another's answer, and the model of capacity."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from served import served
from streamlit.proto.Element_pb2 import Element

from benchmarks.load import people
from benchmarks.load.__main__ import mean_megabytes, percentile
from benchmarks.load.capacity import BUSY, Crowd, checked, need
from benchmarks.load.costs import Costs
from benchmarks.load.people import RUN_NET, Record, is_of, photographs
from benchmarks.load.visitor import VisitError, Visitor
from benchmarks.load.watch import Sample
from resnet_core.decoding import CROWDED, NONE
from resnet_core.engine import Engine
from resnet_core.experiments.table import lab
from resnet_core.promise import TOO_LONG

COSTS = Costs(0.03, 3e5, 0.02, 1.4e5, 0.15, 5e5, 0.01, 1.5e4, 500, 0.1, 20)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("server"), environment={"OMP_NUM_THREADS": "1"}) as address:
        yield address


def test_a_visitor_opens_a_page_and_changes_a_control(address: str) -> None:
    async def visit() -> list[str]:
        titles = []
        async with Visitor(address, "", "net=resnet-34") as visitor:
            await visitor.run()
            titles.append("".join(visitor.html()))
            visitor.query = "net=resnet-18"
            changed = await visitor.run(net="resnet-18")
            titles.append("".join(visitor.html()))
            assert changed.bytes > 10_000
            with pytest.raises(VisitError, match="no control frog"):
                await visitor.run(frog="green")
        return titles

    before, after = asyncio.run(visit())
    assert "<h1>ResNet-34</h1>" in before
    assert "<h1>ResNet-18</h1>" in after


def test_an_answer_is_known_by_the_hash_of_its_picture_and_by_what_it_says(address: str) -> None:
    pictures = photographs(Engine("cpu"), 2)
    one, other = pictures
    assert one.hash != other.hash

    async def press() -> tuple[list[bool], list[bool]]:
        async with Visitor(address, "run", f"net={RUN_NET}&source=upload") as visitor:
            await visitor.run()
            with pytest.raises(VisitError, match="no answer"):
                is_of(one, visitor)
            await visitor.run(upload=await visitor.upload(one.name, one.data))
            await visitor.run(upload=await visitor.upload(one.name, one.data))  # the one before is forgotten
            forged = [replace(one, hash=other.hash), replace(one, answer={"frog": 99.0})]
            return [is_of(picture, visitor) for picture in pictures], [is_of(picture, visitor) for picture in forged]

    own, forged = asyncio.run(press())
    assert own == [True, False]
    assert forged == [False, False]


@pytest.mark.parametrize(
    ("said", "is_crowd"),
    [("64 pictures wait already: try again in a moment.", True), (TOO_LONG, True), (CROWDED, True), (NONE, False)],
)
def test_who_is_refused_for_a_crowd_is_told_from_who_meets_a_fault(said: str, is_crowd: bool) -> None:
    page = Element()
    page.html.body = f"<p>{said}</p>"
    assert people.is_refused(Visitor("http://127.0.0.1:1", shown={(0,): page})) == is_crowd


def test_a_visitor_of_labs_runs_an_experiment_and_stops_it(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "STAY", 3.0)
    monkeypatch.setattr(people, "BETWEEN", 0.0)
    record = Record()

    async def visit() -> None:
        async with Visitor(address, "labs", "lab=all") as visitor:
            await visitor.run()
            await people._experiment(visitor, record, lab("lesion"), time.monotonic() + 60)

    asyncio.run(visit())
    done = {what: len(seconds) for what, seconds in record.seconds.items()}
    assert done.pop("Labs, looked on") > 0
    assert done == dict.fromkeys(("Labs, changed", "Labs, guessed", "Labs, begun", "Labs, stopped"), 1)


def test_a_crowd_needs_what_its_deeds_cost() -> None:
    crowd = Crowd(people=1000, opens=1, changes=100, answers=2, frames=10, labs=3)
    taken = need(crowd, COSTS)
    assert taken.cores == pytest.approx(0.03 + 2 + 0.3 + 0.1)
    assert taken.replicas == round(2.43 / BUSY + 0.5)
    assert taken.megabytes == pytest.approx(taken.replicas * 500 + 100 + 60)
    assert taken.bits == pytest.approx(8 * (3e5 + 1.4e7 + 1e6 + 1.5e5))
    assert taken.first == "CPU of the pages"


def test_what_is_used_up_first_is_named() -> None:
    crowd = Crowd(people=100_000, opens=0, changes=1, answers=0, frames=0, labs=0)
    assert need(crowd, replace(COSTS, window_mb=10)).first == "memory"
    assert need(crowd, replace(COSTS, change_bytes=1e12)).first == "connection of the proxy"
    assert need(crowd, COSTS).first == "WebSockets of the proxy"
    assert need(replace(crowd, labs=1000), COSTS).first == "places for experiments"


def test_the_model_is_held_against_a_measurement() -> None:
    samples = [{"at": 0.0, "cpu": 1.0, "megabytes": 500.0}, {"at": 10.0, "cpu": 3.0, "megabytes": 520.0}]
    measured = {
        "asked": {"people": 30, "run": 0, "labs": 2, "replicas": 1},
        "samples": samples,
        "seconds": {"Explore, changed": [0.1] * 100},
    }
    assert checked(measured, COSTS) == (
        "32 people on 1 replicas: 0.20 cores by the model, 0.20 measured; 543 MB by the model, 510 measured"
    )


def test_memory_is_compared_over_minutes_not_moments() -> None:
    samples = [Sample(100.0 + at, 0.0, megabytes, 1, 0) for at, megabytes in ((0, 9), (300, 4), (450, 6), (601, 50))]
    assert mean_megabytes(samples, 300) == 5


def test_a_percentile_is_one_of_the_values() -> None:
    assert [percentile([3.0, 1.0, 2.0], share) for share in (0.0, 0.5, 0.95)] == [1.0, 2.0, 3.0]
