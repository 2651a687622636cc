"""The sample pictures that come with the project, each with its source."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "assets" / "samples"
PHOTOGRAPH = FOLDER / "chelsea.jpg"
"""The one that is shown where any photograph will do."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture to try. `label` is its CIFAR-10 class, None for a photograph of something else."""

    file: str
    title: str
    shows: str
    source: str
    licence: str
    label: str | None = None

    @property
    def path(self) -> Path:
        return FOLDER / self.file

    def shows_none_of(self, classes: Iterable[str]) -> bool:
        """Whether none of the classes is in the picture; of classes besides those of CIFAR-10 that is not known."""
        return self.label is None and {*classes} <= {sample.label for sample in samples()}


def samples() -> tuple[Sample, ...]:
    """Every sample, in the order in which they are offered."""
    rows = tomllib.loads((FOLDER / "sources.toml").read_text(encoding="utf-8"))["sample"]
    return tuple(Sample(**row) for row in rows)
