"""What an experiment is, and what one has found: rows that terminals, pages and files show alike."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from shlex import quote
from types import MappingProxyType
from typing import Any, Literal

from ..refusal import Refusal

Cell = str | float | None
MANY = 4
ORIGINS = ("lab import Settings", "recorded import steps", "table import lab")
"""Where what repeats a result in Python comes from, within this package."""


class SettingError(Refusal):
    """A setting out of its range, or an experiment that is none."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What can be chosen about an experiment: the label, the range (ends included), and what it means."""

    words: str
    least: float
    most: float
    step: float
    help: str


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "pictures": Setting("pictures", 1, 500, 1, "how many of the 500 test pictures"),
        "draws": Setting("draws", 1, 200, 1, "random choices of each kind"),
        "layers": Setting("layers", 20, 110, 18, "of the nets that are trained, 6n + 2"),
        "seconds": Setting("seconds", 5, 600, 5, "of training, for all networks together"),
        "survival": Setting("survival", 0.05, 1, 0.05, "of the last block: the probability that it takes part"),
        "factor": Setting("factor", 0, 1.5, 0.05, "λ, by which every shortcut is weighed"),
        "bias": Setting("bias", -10, 3, 0.5, "of every gate; the more negative, the more passes around the layer"),
    }
)
"""Every number that some experiment takes, by its name."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one run: each experiment reads those that it `takes`. `picture` is a file's content that replaces the test
    pictures."""

    model: str = "cifar-resnet-56"
    pictures: int = 500
    draws: int = 50
    layers: int = 20
    seconds: float = 60
    survival: float = 0.5
    factor: float = 0.5
    bias: float = -2
    picture: bytes | None = None

    def __post_init__(self) -> None:
        for name, setting in SETTINGS.items():
            if not setting.least <= getattr(self, name) <= setting.most:
                raise SettingError(
                    f"{setting.words.capitalize()} cannot be {getattr(self, name):g}: "
                    f"choose {setting.least:g} to {setting.most:g}."
                )


@dataclass(frozen=True, slots=True)
class Column:
    """A column of results: its name, and how a value is written for people."""

    name: str
    shown: Callable[[Any], str] = str


@dataclass(frozen=True, slots=True)
class Chart:
    """How results are drawn: the columns `y`, in turn, over the column `x`, a line or colour for each value of `by`.

    The column named as one of `y` with " ±" behind is half the width of its interval. `log`: those with a logarithmic
    axis. `rows` are bars that lie, for long names; the column `beside` is told with the name. `bars` of several
    columns are cells, filled where a column has 1. Of the column `level` each group has one value, to which the
    first of `y` is held.
    """

    x: str
    y: tuple[tuple[str, ...], ...]
    by: str = ""
    kind: Literal["lines", "bars", "rows"] = "lines"
    log: tuple[str, ...] = ()
    beside: str = ""
    level: str = ""


def named(measure: tuple[str, ...]) -> str:
    """What columns that are drawn together are called."""
    return " and ".join(measure) if len(measure) < MANY else f"{measure[0]} to {measure[-1]}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a result says to the question, and whether the claim holds here; None where that is not decided."""

    words: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        """In words, behind "this"."""
        return {True: "holds here", False: "does not hold here", None: "is not decided here"}[self.holds]


@dataclass(frozen=True, slots=True)
class Result:
    """What an experiment has found so far: rows in the columns of its lab; `done` of all the work, from 0 to 1.
    `caution` is what has to stand on every figure of it."""

    lab: str
    settings: Settings
    rows: tuple[tuple[Cell, ...], ...]
    done: float = 1.0
    caution: str = ""


@dataclass(frozen=True, slots=True)
class Lab:
    """An experiment: a question, guesses of which `right` is the place of the right one, and what was published.

    `claim` is what the experiment decides; `paper` what the source found; `limits` what our result does not show;
    `n` of how much a result is, with its settings in braces; `takes` the names of its settings, `models` the networks
    to choose from, where those with weights are not meant. `answer` reads a result.
    """

    name: str
    question: str
    guesses: tuple[str, ...]
    right: int
    claim: str
    source: str
    paper: str
    limits: str
    n: str
    columns: tuple[Column, ...]
    chart: Chart
    takes: tuple[str, ...]
    usual: Settings
    answer: Callable[[Result], Answer]
    models: tuple[str, ...] = ()

    def place(self, column: str) -> int:
        """Where in a row a column stands."""
        return [one.name for one in self.columns].index(column)

    def names(self, result: Result, measure: tuple[str, ...]) -> tuple[str, ...]:
        """What has a colour of its own in the figure of a measure: the values of the column `by`, else the columns."""
        if not self.chart.by:
            return measure
        return tuple(dict.fromkeys(str(row[self.place(self.chart.by)]) for row in result.rows))

    def counted(self, settings: Settings) -> str:
        """Of how much a result with these settings is: pictures, draws, nets."""
        return self.n.format(**{name: _plain(value) for name, value in asdict(settings).items()})

    def command(self, settings: Settings) -> str:
        """What to type for a result with these settings."""
        said = [f"--{name} {quote(_plain(value))}" for name, value in self._read(settings).items()]
        picture = ["--picture FILE"] if settings.picture else []
        return " ".join(["python -m resnet_core lab", self.name, *picture, *said])

    def lines(self, settings: Settings) -> str:
        """The same in Python."""
        read = {name: json.dumps(value) for name, value in self._read(settings).items()}
        picture = {"picture": 'Path("FILE").read_bytes()'} if settings.picture else {}
        chosen = ", ".join(f"{name}={value}" for name, value in {**picture, **read}.items())
        imports = ["from pathlib import Path\n"] if picture else []
        imports += [f"from resnet_core.experiments.{origin}" for origin in ORIGINS]
        return "\n".join(
            [*imports, f'\n*_, result = steps(lab("{self.name}"), Settings({chosen}))', "print(result.rows)"]
        )

    def _read(self, settings: Settings) -> dict[str, object]:
        """The settings that are read of these."""
        read = [name for name in self.takes if not (settings.picture and name == "pictures")]
        return {name: value for name, value in asdict(settings).items() if name in read}


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
