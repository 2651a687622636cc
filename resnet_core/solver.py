"""Which way of counting gives a printed number? Every way there is tried: conventions, variants, roundings.

A reading says, for each axis, what is done; the first value of an axis is what we do. A reading fits if it gives every
printed figure at once. What fits is a fit, not proof of what the authors did.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Any, NamedTuple

from .describe import listed
from .lattice import CONVENTIONS, CUT, CUTS, ROUND, TRUNCATE, Axis, Target, counted, sums_of, variant_axes, varied
from .refusal import Refusal


class ReconcileError(Refusal):
    """A figure that cannot be tried. The message is one sentence that says what to change."""


class Fit(NamedTuple):
    """A reading that gives every figure: where it departs from ours, in words, and the numbers that it gives."""

    departures: tuple[tuple[str, Any], ...]
    words: tuple[str, ...]
    numbers: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """Its departures in a row."""
        return listed(self.words) if self.words else "as we count"


@dataclass(frozen=True, slots=True)
class Solution:
    """All that was found out about some figures. `shared` is what every fit has in common, by how it is cut.

    `shortest` are the fits of which no departure can be left out.
    """

    targets: tuple[Target, ...]
    tried: int
    fits: tuple[Fit, ...]
    shortest: tuple[Fit, ...]
    shared: Mapping[str, tuple[str, ...]]
    plain: bool
    """Whether any fit counts what we count: convolutions and fully connected layers alone, or all parameters."""

    @property
    def sentence(self) -> str:
        """What was found, in words, and that it proves nothing."""
        several = len(self.targets) > 1
        what = f"all {len(self.targets)} figures" if several else "the figure"
        if not self.fits:
            return f"None of {self.tried:,} ways to count gives {what}."
        start = f"{len(self.fits):,} of {self.tried:,} ways to count give{'s' if len(self.fits) == 1 else ''} {what}"
        ours = {"macs": "convolutions and fully connected layers alone", "params": "all parameters"}
        alone = "" if self.plain else f", none of them by {ours[self.targets[0].quantity]}"
        return f"{start}{alone}. A fit, not proof of how the authors counted."


def solve(targets: Sequence[Target], progress: Callable[[float], None] = lambda share: None) -> Solution:
    """Every reading that gives all of the figures. `progress` hears how much of the work is done.

    Raises ReconcileError for figures that cannot be tried together.
    """
    if not targets or len({target.quantity for target in targets}) > 1:
        raise ReconcileError(
            "Figures are tried together only if they count the same: give parameters, or multiply-adds."
        )
    variants = variant_axes([target.spec for target in targets])
    rules = CONVENTIONS[targets[0].quantity]
    axes = (*variants, *rules, CUTS)
    ranges = {cut: [target.range(cut) for target in targets] for cut in (ROUND, TRUNCATE)}
    fits: list[tuple[dict[str, Any], tuple[int, ...]]] = []
    tried = 0
    combinations = list(product(*(axis.values for axis in variants)))
    for done, built in enumerate(combinations):
        progress(done / len(combinations))
        changes = dict(zip((axis.name for axis in variants), built, strict=True))
        specs = [varied(target.spec, changes) for target in targets]
        if None in specs:
            continue
        sums = [sums_of(spec, targets[0].quantity) for spec in specs if spec]
        for values in product(*(axis.values for axis in rules)):
            tried += len(ranges)
            rule = dict(zip((axis.name for axis in rules), values, strict=True))
            left = dict(ranges)
            numbers = []
            for index, of in enumerate(sums):
                number = counted(of, rule)
                left = {cut: limits for cut, limits in left.items() if limits[index][0] <= number < limits[index][1]}
                if not left:  # most readings miss the first figure already
                    break
                numbers.append(number)
            fits += [({**changes, **rule, CUT: cut}, tuple(numbers)) for cut in left]
    progress(1.0)
    return _solution(tuple(targets), axes, tried, fits)


def _solution(
    targets: tuple[Target, ...], axes: tuple[Axis, ...], tried: int, fits: list[tuple[dict[str, Any], tuple[int, ...]]]
) -> Solution:
    found = [
        Fit(
            departures=tuple((axis.name, reading[axis.name]) for axis in axes if reading[axis.name] != axis.values[0]),
            words=tuple(axis.words(reading[axis.name]) for axis in axes if reading[axis.name] != axis.values[0]),
            numbers=numbers,
        )
        for reading, numbers in fits
    ]
    found.sort(key=lambda fit: len(fit.departures))
    sets = [frozenset(fit.departures) for fit in found]
    shortest = tuple(fit for fit, own in zip(found, sets, strict=True) if not any(other < own for other in sets))
    conventional = {axis.name for axis in CONVENTIONS[targets[0].quantity]}
    return Solution(
        targets=targets,
        tried=tried,
        fits=tuple(found),
        shortest=shortest,
        shared=MappingProxyType(
            {
                cut: tuple(_shared(axes, [reading for reading, _ in fits if reading[CUT] == cut]))
                for cut in (ROUND, TRUNCATE)
                if any(reading[CUT] == cut for reading, _ in fits)
            }
        ),
        plain=any(not conventional & {name for name, _ in fit.departures} for fit in found),
    )


def _shared(axes: tuple[Axis, ...], readings: list[dict[str, Any]]) -> Iterator[str]:
    """What no reading that fits does otherwise."""
    for axis in axes:
        values = {reading[axis.name] for reading in readings}
        if axis.name == CUT or len(values) == len(axis.values):
            continue
        if values == {axis.values[0]}:
            yield axis.ours
        elif axis.values[0] not in values:
            yield " or ".join(axis.words(value) for value in axis.values if value in values)
