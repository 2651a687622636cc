"""A network operated on by hand, at work: before and after, on a picture and on test pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ..labs.differences import Differences
from ..labs.images import for_judging
from ..labs.operation import operated, reordered
from ..network import Network
from ..prediction import top
from ..spec import ArchSpec
from ..training.data import CLASSES
from ..training.inputs import normalised
from ..weights import require_card
from .by_hand import Operation, Outcome
from .lab import Settings
from .running import subject, twin

TESTED = 125
"""Of the 500 test pictures every fourth, so that whoever drags a block does not wait."""


def outcomes(picture: bytes, spec: ArchSpec, done: Operation) -> Iterator[tuple[Outcome, ...]]:
    """What an operation does to the answers, of the network and then of its plain twin, where it has one; the last
    step has all. Raises Refusal."""
    found: tuple[Outcome, ...] = ()
    for one in (spec, *filter(None, [twin(spec)])):
        for outcome in _outcomes(picture, one, done.on(one)):
            yield (*found, outcome)
        found = (*found, outcome)


def _outcomes(picture: bytes, spec: ArchSpec, done: Operation) -> Iterator[Outcome]:
    card = require_card(spec)
    on = subject(Settings(picture=picture), spec)
    steps = reordered(spec, done.order)
    given = Differences()
    before, after = _logits(on.network, on.pictures, done, steps)
    given.add(before, after, None)
    guesses = [top(logits[0].numpy(), card) for logits in (before, after)]
    outcome = Outcome(spec, done, guesses[0], guesses[1], given, None)
    yield outcome
    if card.classes == CLASSES:
        tests, images = Differences(), for_judging()
        chosen = slice(None, None, len(images) // TESTED)
        pictures, labels = normalised(images.pixels[chosen]), images.labels[chosen]
        tests.add(*_logits(on.network, pictures, done, steps), labels)
        yield replace(outcome, tests=tests)


def _logits(network: Network, pictures: Tensor, done: Operation, steps: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Before and after."""
    with torch.inference_mode():
        after = operated(network, pictures, without=done.without, steps=steps, residual=done.weight)
        return network(pictures), after
