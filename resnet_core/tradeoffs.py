"""Every network as a point: what it costs against what else it costs, or against the error that was published of it.

Only errors of one measure by one protocol are comparable, so an axis of errors is of one such group.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from . import units
from .codec import nearest, parse
from .describe import title
from .published import Figure, figures
from .rows import Totals, analyse
from .spec import ArchSpec, either
from .zoo import FAMILIES, ZOO, family_of

ERROR = "published error"
FEWEST = 3
"""So many networks a protocol must have been applied to, or there is nothing to compare."""
IMAGENET, CIFAR, EVERY = "ImageNet", "CIFAR and digits", "all"
DATASETS = (IMAGENET, CIFAR, EVERY)
IMAGENET_CLASSES = 1000


class Axis(NamedTuple):
    """What can be read along an axis: a number of a network, how it is written, and what the axis says."""

    value: Callable[[Totals], int | None]
    write: Callable[[int], str]
    title: str


AXES: Mapping[str, Axis] = MappingProxyType(
    {
        "parameters": Axis(lambda of: of.params, units.count, "parameters"),
        "multiply-adds": Axis(lambda of: of.macs, units.count, "multiply-adds"),
        "peak memory": Axis(lambda of: of.peak_bytes, units.memory, "peak memory to run one picture, bytes"),
        "depth": Axis(lambda of: of.layers, units.exact, "weighted layers"),
        "receptive field": Axis(lambda of: of.receptive_field, units.pixels, "receptive field, pixels"),
    }
)
"""Counted here; `ERROR` is the one that is not."""
MEASURES = (*AXES, ERROR)
COSTS = frozenset({"parameters", "multiply-adds", "peak memory", ERROR})
"""Of which less is better."""
MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Error:
    """A published error in percent; of a published accuracy, what is missing to 100 %."""

    percent: float
    shown: str
    source: str


@dataclass(frozen=True, slots=True)
class Point:
    """A network with its totals, and, where an axis is of errors, the published one."""

    net: str
    title: str
    family: str
    totals: Totals
    error: Error | None = None

    def value(self, measure: str) -> float | None:
        """Where it stands along an axis; None where it has no number there."""
        if measure == ERROR:
            return self.error.percent if self.error else None
        return AXES[measure].value(self.totals)

    def shown(self, measure: str) -> str:
        """The number along an axis, as text."""
        if measure == ERROR:
            return self.error.shown if self.error else "not published"
        value = AXES[measure].value(self.totals)
        return "the whole picture" if value is None else AXES[measure].write(value)

    @property
    def told(self) -> tuple[str, ...]:
        """All of it, line by line, its title first."""
        lines = [f"{name}: {self.shown(name)}" for name in AXES]
        published = [f"{self.error.shown}, {self.error.source}"] if self.error else []
        return (self.title, *lines, *published)


@cache
def protocols() -> Mapping[str, tuple[str, str]]:
    """Every group of comparable errors, the largest first: its words, and measure and protocol."""
    groups: dict[tuple[str, str], int] = {}
    for (measure, protocol), found in _errors().items():
        groups[measure, protocol] = len(found)
    largest = sorted((group for group, size in groups.items() if size >= FEWEST), key=lambda g: -groups[g])
    return MappingProxyType({f"{measure}, {protocol}": (measure, protocol) for measure, protocol in largest})


def usual_protocol(spec: ArchSpec) -> str:
    """The largest group of comparable errors that a network is in; of one in none, the largest."""
    return next((name for name, group in protocols().items() if spec in _errors()[group]), next(iter(protocols())))


def point(spec: ArchSpec, protocol: str | None = None) -> Point:
    """A network as a point; with what was published of it by a protocol of `protocols`."""
    error = _errors()[protocols()[protocol]].get(spec) if protocol else None
    name = title(spec) if str(spec) in ZOO else str(spec)  # variants share their titles
    return Point(str(spec), name, family_of(nearest(spec)).title, analyse(spec).totals, error)


@cache
def points(dataset: str = EVERY, protocol: str | None = None) -> tuple[Point, ...]:
    """The networks of the zoo, by family; by a protocol instead all, variants too, whose error was published."""
    if protocol is None:
        return tuple(point(spec) for spec in ZOO.values() if dataset in (EVERY, _dataset(spec)))
    order = [family.title for family in FAMILIES]
    found = [point(spec, protocol) for spec in _errors()[protocols()[protocol]]]
    return tuple(sorted(found, key=lambda one: order.index(one.family)))


def _dataset(spec: ArchSpec) -> str:
    return IMAGENET if spec.classes == IMAGENET_CLASSES else CIFAR


@cache
def _errors() -> Mapping[tuple[str, str], Mapping[ArchSpec, Error]]:
    """What was published of which network, by measure and protocol; of several figures of one, the ledger's first."""
    found: dict[tuple[str, str], dict[ArchSpec, Error]] = {}
    for figure in figures():
        if figure.measured and figure.protocol and re.fullmatch("[0-9.]+", figure.printed):  # not "fail"
            measure = figure.quantity.replace("accuracy", "error")
            of = found.setdefault((measure, figure.protocol), {})
            of.setdefault(parse(figure.arch), _error(figure))
    return MappingProxyType({group: MappingProxyType(of) for group, of in found.items()})


def _error(figure: Figure) -> Error:
    if figure.quantity.endswith("accuracy"):
        missing = 100 - Decimal(figure.printed)
        return Error(float(missing), f"{missing} % {figure.quantity.replace('accuracy', 'error')}", figure.cited)
    return Error(float(figure.printed), f"{figure.printed} % {figure.quantity}", figure.cited)


def answer(across: str, up: str, shown: tuple[Point, ...]) -> str:
    """What the figure says: how many networks, and which of them no other beats on both axes."""
    drawn = [one for one in shown if one.value(across) is not None and one.value(up) is not None]
    best = [one.title for one in frontier(across, up, shown)]
    if not best:
        return f"{len(drawn)} networks."
    named = (
        either(best) if len(best) <= MOST_NAMED else f"{', '.join(best[:MOST_NAMED])} and {len(best) - MOST_NAMED} more"
    )
    return f"{len(drawn)} networks. No other has less of both than {named}."


def frontier(across: str, up: str, shown: tuple[Point, ...]) -> tuple[Point, ...]:
    """Networks of which no other has as little of both and less of one, along the axis; none of what is no cost."""
    if across == up or not {across, up} <= COSTS:
        return ()
    placed = [(one.value(across), one.value(up), one) for one in shown]
    drawn = sorted(((x, y, one) for x, y, one in placed if x is not None and y is not None), key=lambda of: of[:2])
    best: list[Point] = []
    least = None
    for _, y, one in drawn:
        if least is None or y < least:
            best.append(one)
            least = y
    return tuple(best)
