"""The load's own parts: a visitor without a browser, who notices another's answer, and the model of capacity."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from served import served

from benchmarks.load.__main__ import percentile
from benchmarks.load.capacity import BUSY, Crowd, checked, need
from benchmarks.load.costs import Costs
from benchmarks.load.people import Photograph, _is_nearest, photographs
from benchmarks.load.visitor import VisitError, Visitor

COSTS = Costs(0.03, 3e5, 0.02, 1.4e5, 0.15, 5e5, 0.01, 1.5e4, 500, 0.1)


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


def test_different_pictures_are_told_apart_by_their_answers(address: str) -> None:
    pictures = asyncio.run(photographs(address, 3))
    assert len({picture.answer for picture in pictures}) == 3
    for place, picture in enumerate(pictures):
        assert _is_nearest(picture.answer, place, pictures)
        assert not _is_nearest(picture.answer, (place + 1) % 3, pictures)


def test_a_small_difference_of_one_picture_is_no_exchange() -> None:
    pictures = [Photograph("0", b"", (("cat", 90.0), ("dog", 10.0))), Photograph("1", b"", (("dog", 90.0),))]
    assert _is_nearest((("cat", 89.9), ("dog", 10.1)), 0, pictures)
    assert not _is_nearest((("dog", 89.9),), 0, pictures)


def test_a_crowd_needs_what_its_deeds_cost() -> None:
    crowd = Crowd(people=1000, opens=1, changes=100, answers=2, frames=10)
    taken = need(crowd, COSTS)
    assert taken.cores == pytest.approx(0.03 + 2 + 0.3 + 0.1)
    assert taken.replicas == round(2.43 / BUSY + 0.5)
    assert taken.megabytes == pytest.approx(taken.replicas * 500 + 100)
    assert taken.bits == pytest.approx(8 * (3e5 + 1.4e7 + 1e6 + 1.5e5))
    assert taken.first == "CPU of the pages"


def test_what_is_used_up_first_is_named() -> None:
    crowd = Crowd(people=100_000, opens=0, changes=1, answers=0, frames=0)
    assert need(crowd, replace(COSTS, window_mb=10)).first == "memory of the windows"
    assert need(crowd, replace(COSTS, change_bytes=1e12)).first == "connection of the proxy"
    assert need(crowd, COSTS).first == "WebSockets of the proxy"


def test_the_model_is_held_against_a_measurement() -> None:
    samples = [{"at": 0.0, "cpu": 1.0, "megabytes": 500.0}, {"at": 10.0, "cpu": 3.0, "megabytes": 520.0}]
    measured = {
        "asked": {"people": 30, "run": 0, "labs": 0, "replicas": 1},
        "samples": samples,
        "seconds": {"Explore, changed": [0.1] * 100},
    }
    assert checked(measured, COSTS) == (
        "30 people on 1 replicas: 0.20 cores by the model, 0.20 measured; 503 MB by the model, 520 measured"
    )


def test_a_percentile_is_one_of_the_values() -> None:
    assert [percentile([3.0, 1.0, 2.0], share) for share in (0.0, 0.5, 0.95)] == [1.0, 2.0, 3.0]
