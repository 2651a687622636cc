"""Tensors in a network that they fit and were not trained for: what that costs, on pictures."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from . import units
from .backend import InferenceBackend
from .cards import Card
from .pictures import Picture
from .prediction import Prediction, predict
from .spec import ArchSpec


@dataclass(frozen=True, slots=True)
class Agreement:
    """How `spec` answers with the tensors of `card`, beside the network that they were trained in.

    `same`: of how many of the pictures both find the same class likeliest. `sure` and `trained_sure`: how likely, in
    the mean, each finds the class that it names, 0 to 1.
    """

    spec: ArchSpec
    card: Card
    pictures: int
    same: int
    sure: float
    trained_sure: float

    @property
    def sentence(self) -> str:
        return (
            f"With the tensors of {self.card.spec}, {self.spec} names the same class as {self.card.spec} does in "
            f"{self.same} of {self.pictures} pictures, and is sure by {units.percent(self.sure)} on average, "
            f"{self.card.spec} by {units.percent(self.trained_sure)}."
        )


def transplanted(card: Card, spec: ArchSpec) -> Card:
    """The card of the same tensors in another network. Of that nobody measured the accuracy."""
    return replace(card, spec=replace(spec, size=card.spec.size), accuracy=())


def agreement(backend: InferenceBackend, pictures: Iterable[Picture | bytes], spec: ArchSpec, card: Card) -> Agreement:
    """What each of some pictures, one at least, is for a network with the tensors of another, and for that other.

    Raises what `predict` raises.
    """
    moved = transplanted(card, spec)
    pairs = [
        (predict(backend, picture, moved.spec, card=moved), predict(backend, picture, card.spec, card=card))
        for picture in pictures
    ]
    there, at_home = zip(*pairs, strict=True)
    return Agreement(
        moved.spec,
        card,
        len(pairs),
        sum(one.top[0].label == other.top[0].label for one, other in pairs),
        _sure(there),
        _sure(at_home),
    )


def _sure(predictions: tuple[Prediction, ...]) -> float:
    return sum(prediction.top[0].probability for prediction in predictions) / len(predictions)
