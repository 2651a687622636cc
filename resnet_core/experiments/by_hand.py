"""Blocks taken out, weighed, or put in another order by hand: what becomes of the answers of a net, and of its plain
twin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import units
from ..labs.differences import Differed
from ..operation import Operation, rank_correlation, rearranged, removable
from ..prediction import Guess, Prediction
from ..spec import ArchSpec

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """What a network says of a picture, without the picture, so that many may be kept: the likeliest of its classes,
    and the logits of all of them."""

    spec: ArchSpec
    top: tuple[Guess, ...]
    classes: tuple[str, ...]
    logits: "np.ndarray[Any, np.dtype[np.float32]]"


def reply(found: Prediction) -> Reply:
    """What of a prediction is kept."""
    return Reply(found.spec, found.top, found.card.classes, found.answer.logits)


@dataclass(frozen=True, slots=True)
class Outcome:
    """For one network: the five likeliest classes of the picture before and after, and how the answers differ there
    and on the test pictures: None until that is known, or where it is not `testable`, for it knows other classes."""

    spec: ArchSpec
    done: Operation
    before: tuple[Guess, ...]
    after: tuple[Guess, ...]
    picture: Differed
    testable: bool
    tests: Differed | None = None

    @property
    def correlation(self) -> float:
        """Kendall's tau of the order of the blocks: the axis of Veit 2016, Fig. 5 (b)."""
        return rank_correlation(rearranged(self.spec, self.done.order), removable(self.spec))


def compared(found: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """What became of the answers, as people read it: the names of the columns, then a row for each network and what
    it was tried on."""
    head = ("network", "tried on", "wrong", "answer changed", "divergence, nats", "of five classes kept")
    rows = [
        (
            str(one.spec),
            "this picture" if seen is one.picture else f"{seen.pictures} test pictures",
            "–" if seen.wrong is None else f"{_share(seen.wrong_before)} → {_share(seen.wrong)}",
            ("yes" if seen.flips else "no") if seen is one.picture else _share(seen.flips),
            units.measured(seen.divergence),
            units.measured(seen.kept),
        )
        for one in found
        for seen in (one.picture, one.tests)
        if seen
    ]
    return [head, *rows]


def _share(share: float | None) -> str:
    return "–" if share is None else units.percent(share)


def remarks(found: Sequence[Outcome], asked: Operation) -> str:
    """What else there is to say: of a new order how far it is from the old one, and what a plain net could not lose."""
    first = found[0]
    said = []
    if first.done.order:
        said.append(f"Kendall's τ of the new order and the old one: {units.measured(first.correlation)}.")
    for one in found:
        if kept := [name for name in asked.without if name not in one.done.without]:
            said.append(f"{one.spec} keeps {', '.join(kept)}, around which nothing goes.")
    if not first.testable:
        said.append("The test pictures are those of CIFAR-10, which this network does not know.")
    return " ".join(said)
