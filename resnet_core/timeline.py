"""The evolution of depth: networks by date, with what is computed of them and the errors that were published."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from . import units
from .codec import parse
from .describe import listed, title
from .plan import plan
from .published import AUTHORS, PAPER, Figure, figures
from .rows import Totals, analyse
from .spec import USUAL_SIZE, ArchSpec

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
TOP_1, TOP_5 = "top-1 error", "top-5 error"
DEPTH, PARAMETERS, MACS = "depth", "parameters", "multiply-adds"
MEASURES = (DEPTH, TOP_5, TOP_1, PARAMETERS, MACS)
"""What may be drawn over the years."""
ERRORS = (TOP_5, TOP_1)
NO_SHORTCUT, ADDED, CONCATENATED = "no shortcuts", "shortcuts, added", "shortcuts, concatenated"
KINDS = (NO_SHORTCUT, ADDED, CONCATENATED)
_WORDS: Mapping[str, str] = MappingProxyType(
    {MACS: "multiply-adds", PARAMETERS: "parameters", DEPTH: "weighted layers"}
)


class Error(NamedTuple):
    """Percent of ImageNet's pictures that were got wrong, as printed: "top-1 error" or "top-5 error" by a protocol."""

    protocol: str
    measure: str
    printed: str
    source: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A network and when it was made public. `kind` says what its shortcuts do, as its plan has it."""

    net: str
    year: int
    month: int
    errors: tuple[Error, ...]
    spec: ArchSpec
    title: str
    kind: str
    totals: Totals

    @property
    def when(self) -> float:
        """The middle of its month, in years."""
        return self.year + (self.month - 0.5) / 12

    @property
    def date(self) -> str:
        return f"{MONTHS[self.month - 1]} {self.year}"

    def error(self, protocol: str, measure: str) -> Error | None:
        """The published error of this measure by this protocol, if there is one."""
        return next((error for error in self.errors if (error.protocol, error.measure) == (protocol, measure)), None)


class Mark(NamedTuple):
    """A network as the figure draws it. `value` is None where it was not measured by the chosen protocol."""

    moment: Moment
    value: float | None
    shown: str
    source: str

    @property
    def told(self) -> str:
        """All of it, for whoever points at the mark."""
        net = self.moment
        costs = f"{net.totals.layers} layers, {units.count(net.totals.params)} parameters, "
        return "<br>".join(
            filter(None, (net.title, net.date, self.shown, costs + f"{units.count(net.totals.macs)} multiply-adds"))
        )


class Series(NamedTuple):
    """What the figure shows of one measure, by one protocol where the measure is an error."""

    measure: str
    protocol: str
    marks: tuple[Mark, ...]

    @property
    def axis(self) -> str:
        """What the vertical axis says."""
        return f"{self.measure}, %, {self.protocol}" if self.measure in ERRORS else _WORDS[self.measure]

    @property
    def drawn(self) -> tuple[Mark, ...]:
        return tuple(mark for mark in self.marks if mark.value is not None)

    @property
    def apart(self) -> tuple[Mark, ...]:
        """Those without a published figure of this protocol."""
        return tuple(mark for mark in self.marks if mark.value is None)

    @property
    def said(self) -> str:
        """What the figure shows, and which networks stand apart in it, in sentences."""
        if self.measure not in ERRORS:
            return "Counted here from each network's row; the date is that of the paper's first version."
        names = [mark.moment.title for mark in self.apart]
        apart = f" Below, hollow, for none is quoted here: {listed(names)}." if names else ""
        return f"Percent of ImageNet got wrong, by {protocols()[self.protocol]}.{apart}"


@cache
def moments() -> tuple[Moment, ...]:
    """Every network of the timeline, in the order of their dates."""
    return tuple(map(_moment, _data()["net"]))


@cache
def protocols() -> Mapping[str, str]:
    """How errors were measured: a short name, and what it means."""
    return MappingProxyType({name: row["words"] for name, row in _data()["protocol"].items()})


def series(measure: str, protocol: str) -> Series:
    """What to draw over the years. Raises ValueError for a measure or a protocol that there is not."""
    if measure not in MEASURES or protocol not in protocols():
        raise ValueError(f"There is no {measure!r} by {protocol!r}.")
    marks = tuple(_mark(moment, measure, protocol) for moment in moments())
    return Series(measure, protocol, marks)


def answer() -> str:
    """How far depth came, in a sentence."""
    first, *_ = moments()
    deepest = max(moments(), key=lambda moment: moment.totals.layers)
    before = max((moment for moment in moments() if moment.kind == NO_SHORTCUT), key=lambda m: m.totals.layers)
    return (
        f"From {first.totals.layers} layers in {first.year} to {before.totals.layers} in {before.year}; "
        f"with shortcuts, to {deepest.totals.layers} on ImageNet within two years"
    )


def _mark(moment: Moment, measure: str, protocol: str) -> Mark:
    if measure in ERRORS:
        error = moment.error(protocol, measure)
        if error is None:
            return Mark(moment, None, f"no {measure} by {protocol}", "")
        return Mark(moment, float(error.printed), f"{error.printed} % {measure}, {protocol}", error.source)
    value = {DEPTH: moment.totals.layers, PARAMETERS: moment.totals.params, MACS: moment.totals.macs}[measure]
    return Mark(moment, float(value), "", "")


def _moment(row: dict[str, Any]) -> Moment:
    spec = parse(row["net"])
    return Moment(
        net=row["net"],
        year=row["year"],
        month=row["month"],
        errors=_errors().get(spec, ()),
        spec=spec,
        title=title(spec),
        kind=_kind(spec),
        totals=analyse(spec).totals,
    )


def _kind(spec: ArchSpec) -> str:
    joins = {block.join for _, block in plan(spec).blocks() if any(path.role == "shortcut" for path in block.paths)}
    return ADDED if "add" in joins else CONCATENATED if "concat" in joins else NO_SHORTCUT


@cache
def _errors() -> Mapping[ArchSpec, tuple[Error, ...]]:
    """What papers and authors print of each network: of each measure by each protocol, the ledger's first."""
    found: dict[ArchSpec, dict[tuple[str, str], Error]] = {}
    for figure in figures():
        protocol = _kind_of(figure)
        if protocol and figure.quantity in ERRORS and figure.publisher in (PAPER, AUTHORS):
            error = Error(protocol, figure.quantity, figure.printed, figure.cited)
            spec = parse(figure.arch).changed(size=USUAL_SIZE)  # the protocol says at which size it was measured
            found.setdefault(spec, {}).setdefault((protocol, figure.quantity), error)
    return MappingProxyType({spec: tuple(errors.values()) for spec, errors in found.items()})


def _kind_of(figure: Figure) -> str | None:
    """The protocol's short name here, where the timeline has one for it."""
    kinds = _data()["protocol"].items()
    return next((name for name, row in kinds if re.fullmatch(row["pattern"], figure.protocol or "")), None)


@cache
def _data() -> dict[str, Any]:
    import tomllib  # here, so that whoever asks for no timeline does not pay for reading it
    from pathlib import Path

    return tomllib.loads(Path(__file__).with_name("timeline.toml").read_text("utf-8"))
