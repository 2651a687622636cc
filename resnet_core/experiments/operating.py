"""A network operated on by hand, at work: before and after, on a picture, and on test pictures."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from ..labs.differences import Differed, Differences
from ..labs.images import for_judging
from ..operated import after
from ..operation import Operation
from ..spec import ArchSpec
from ..training.data import CLASSES
from ..training.inputs import normalised
from ..weights import require_card
from .by_hand import Outcome, Reply
from .running import loaded, twin

TESTED = 125
"""Of the 500 test pictures every fourth, so that nobody waits long."""
TOGETHER = 25
"""Test pictures of one step, so that nobody else does either."""


@dataclass(frozen=True, slots=True)
class OnTests:
    """What is known of the test pictures: `done` of all the work, and of each network that went through them all how
    the answers differ."""

    done: float
    found: tuple[Differed, ...]


def networks(spec: ArchSpec) -> tuple[ArchSpec, ...]:
    """What is operated on: a network, and its plain twin, where somebody trained that."""
    return (spec, *filter(None, [twin(spec)]))


def outcome(before: Reply, now: Reply, done: Operation) -> Outcome:
    """What an operation does to the answers to one picture."""
    seen = Differences()
    seen.add(torch.from_numpy(before.logits)[None], torch.from_numpy(now.logits)[None], None)
    return Outcome(now.spec, done, before.top, now.top, seen.settled(), now.classes == CLASSES)


def on_tests(spec: ArchSpec, done: Operation) -> Iterator[OnTests]:
    """What it does to the answers to the test pictures, of each of the `networks`. Raises Refusal."""
    specs, images = networks(spec), for_judging()
    chosen = slice(None, None, len(images) // TESTED)
    pictures, labels = normalised(images.pixels[chosen]), images.labels[chosen]
    parts = [slice(begin, begin + TOGETHER) for begin in range(0, len(pictures), TOGETHER)]
    found: tuple[Differed, ...] = ()
    for one in specs:
        network, some, own = loaded(one, require_card(one)), Differences(), done.on(one)
        for number, part in enumerate(parts):
            yield OnTests((len(found) + number / len(parts)) / len(specs), found)
            with torch.inference_mode():
                some.add(network(pictures[part]), after(network, pictures[part], own), labels[part])
        found += (some.settled(),)
    yield OnTests(1.0, found)
