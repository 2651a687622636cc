"""The way from a network as libraries build it to the figure that a paper printed, step by step."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from . import units
from .codec import parse
from .describe import CHOICE
from .lattice import CONVENTIONS, CUT, Target, counted, sums_of, varied
from .rows import analyse
from .solver import Fit, Solution, solve
from .spec import ArchSpec
from .verdict import QUANTITIES, Verdict
from .waterfall import Step, as_bars, step

TRIED = ("macs", "params")


def can_be_tried(verdict: Verdict) -> bool:
    """Whether there is a lattice of ways to count this figure: parameters or multiply-adds of a whole network."""
    figure = verdict.figure
    return figure.quantity in TRIED and figure.stage is None and figure.convention is None


@lru_cache(maxsize=512)
def solution(figures: tuple[Verdict, ...]) -> Solution:
    """What the solver finds for figures together. Raises ReconcileError where they do not count the same."""
    return solve([target(verdict) for verdict in figures])


def printed_rows(verdicts: Iterable[Verdict]) -> Mapping[str, tuple[Verdict, ...]]:
    """Figures that were printed beside one another, by the name of their row: what one rule of counting should give."""
    rows: dict[str, list[Verdict]] = {}
    for verdict in filter(can_be_tried, verdicts):
        figure, kind = verdict.figure, parse(verdict.figure.arch).wiring.kind
        rows.setdefault(f"{QUANTITIES[figure.quantity].words} of {kind}s, {figure.source}", []).append(verdict)
    return MappingProxyType({name: tuple(row) for name, row in rows.items() if len(row) > 1 and row[0].figure.unit > 1})


def target(verdict: Verdict) -> Target:
    """A published figure, for the solver."""
    figure = verdict.figure
    return Target(parse(figure.arch), figure.quantity, figure.printed, figure.unit)


def way(verdict: Verdict) -> tuple[Step, ...]:
    """From the network as libraries build it, over this one, to the printed digits; the shortest that there is.

    Where no way to count gives them, the last step says so, with what is left over.
    """
    aim = target(verdict)
    found = solution((verdict,))
    spec = _as_built(aim.spec)
    number = _plain(spec, aim.quantity)
    steps = [step("as libraries build it" if spec != aim.spec else "as it is here", number, None)]
    if spec != aim.spec:
        moved = _plain(aim.spec, aim.quantity)
        steps.append(step(CHOICE["stride_on"](aim.spec), moved, number))
        number = moved
    fit = found.shortest[0] if found.shortest else None
    if fit:
        steps += _departures(aim, fit, number)
    low, _ = aim.range("truncated")
    printed = int(low)
    if fit and not any(name == CUT for name, _ in fit.departures):
        words = "rounded" if printed != steps[-1].number else "as printed"
    else:
        words = "truncated" if fit else "no way to count gives it"
    left = 0 if fit else printed - steps[-1].number
    steps.append(Step(words, printed, verdict.figure.shown, units.change(left) if left else ""))
    return tuple(as_bars(steps))


def _departures(aim: Target, fit: Fit, number: int) -> list[Step]:
    changes: dict[str, object] = {}
    rule = {axis.name: axis.values[0] for axis in CONVENTIONS[aim.quantity]}
    steps = []
    for (name, value), words in zip(fit.departures, fit.words, strict=True):
        if name == CUT:
            continue
        (rule if name in rule else changes)[name] = value
        after = counted(sums_of(varied(aim.spec, changes) or aim.spec, aim.quantity), rule)
        steps.append(step(words, after, number))
        number = after
    return steps


def _as_built(spec: ArchSpec) -> ArchSpec:
    """With its stride where libraries have it, in the 3×3 of a bottleneck."""
    if spec.family == "resnet" and spec.block == "bottleneck" and spec.order == "post":
        return replace(spec, stride_on="3x3")
    return spec


def _plain(spec: ArchSpec, quantity: str) -> int:
    totals = analyse(spec).totals
    return totals.macs if quantity == "macs" else totals.params
