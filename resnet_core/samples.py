"""The sample pictures that come with the project, each with its source."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "assets" / "samples"


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


def samples() -> tuple[Sample, ...]:
    """Every sample, in the order in which they are offered."""
    rows = tomllib.loads((FOLDER / "sources.toml").read_text(encoding="utf-8"))["sample"]
    return tuple(Sample(**row) for row in rows)
