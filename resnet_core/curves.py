"""How the bundled networks were trained, epoch by epoch, as the training wrote it down."""

import json
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from .codec import parse
from .describe import title
from .refusal import Refusal
from .spec import quoted

FOLDER = Path(__file__).parents[1] / "assets" / "curves"


class CurveError(Refusal):
    """A training that is not bundled."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The errors of one training after each epoch, 0 to 1; `test` is on pictures with their original pixels. `losses`
    are those of training, in nats, and `arch` is a text that `parse` reads."""

    name: str
    arch: str
    title: str
    losses: tuple[float, ...]
    training: tuple[float, ...]
    test: tuple[float, ...]

    @property
    def epochs(self) -> tuple[int, ...]:
        """1, 2, … to the last."""
        return tuple(range(1, len(self.training) + 1))

    @property
    def last_training(self) -> Fraction:
        """The training error after the last epoch, as it was written down."""
        return Fraction(repr(self.training[-1]))

    @property
    def last_test(self) -> Fraction:
        """The test error after the last epoch, as it was written down."""
        return Fraction(repr(self.test[-1]))

    @property
    def said(self) -> str:
        """What was trained, and for how long."""
        return f"{self.title}, {len(self.training)} epochs"


def names() -> tuple[str, ...]:
    """The trainings that there are."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


@cache
def curve(name: str) -> Curve:
    """A bundled training. Raises CurveError where there is none of this name."""
    if name not in names():
        raise CurveError(f"No training {quoted(name)} is bundled: choose {', '.join(names())}.")
    data = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    epochs = data["epochs"]
    return Curve(
        name=name,
        arch=data["spec"],
        title=title(parse(data["spec"])),
        losses=tuple(epoch["loss"] for epoch in epochs),
        training=tuple(epoch["train_error"] for epoch in epochs),
        test=tuple(epoch["test_errors"]["test_lossless"] for epoch in epochs),
    )
