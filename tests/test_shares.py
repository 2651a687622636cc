"""One person's share of the queue: who has it full is told so, and everybody else is answered."""

from collections.abc import Iterator
from threading import Event
from typing import Any

import numpy as np
import pytest
from tiny_weights import write_tiny

from resnet_core.backend import BusyError, EngineError, Request
from resnet_core.cards import Card
from resnet_core.engine import MOST_WAITING, Engine
from resnet_core.shares import MOST_OF_ONE, Shared, Shares


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    return write_tiny(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine("cpu")
    yield engine
    engine.close()


def request(card: Card) -> Request:
    return Request(card, card.spec, np.zeros((3, *card.spec.size), np.float32))


def busy(engine: Engine) -> Event:
    """Have the engine's worker at something else until the event is set."""
    begun, may_go = Event(), Event()

    def steps() -> Iterator[None]:
        begun.set()
        may_go.wait(60)
        yield None

    engine.experiment(steps())
    assert begun.wait(60)
    return may_go


def test_one_person_cannot_fill_the_queue(engine: Engine, card: Card) -> None:
    assert MOST_OF_ONE * 4 <= MOST_WAITING
    shares = Shares()
    may_go = busy(engine)
    mallory, alice = (Shared(engine, name, shares) for name in ("mallory", "alice"))
    waiting = [mallory.submit(request(card)) for _ in range(MOST_OF_ONE)]
    with pytest.raises(BusyError, match="of your pictures wait already"):
        mallory.submit(request(card))
    hers = alice.submit(request(card))
    may_go.set()
    assert all(len(ticket.result(60).logits) == 7 for ticket in [*waiting, hers])
    assert mallory.submit(request(card)).result(60) is not None


def test_what_is_left_or_refused_is_given_back(engine: Engine, card: Card) -> None:
    shares = Shares(most=1)
    mine = Shared(engine, "me", shares)
    may_go = busy(engine)
    for _ in range(3):
        assert mine.submit(request(card)).leave()
    may_go.set()
    refused: Any = Request(card, card.spec, np.zeros((3, *card.spec.size), np.float32), target=99)
    for _ in range(3):
        with pytest.raises(EngineError, match="no class 99"):
            mine.submit(refused)
    assert len(shares) == 0
