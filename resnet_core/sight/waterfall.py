"""One number's way as a waterfall: bars that begin where the one before ended."""

from collections.abc import Iterator
from dataclasses import dataclass

from .. import units
from .trace import MOST_CHANNELS, Step, Trace


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a waterfall, as text: what moves the number, by how much where the words do not say it, and where it
    stands then. `begin` and `extent` are percents of the width."""

    words: str
    role: str
    change: str
    value: str
    begin: float
    extent: float


def waterfall(found: Trace) -> tuple[tuple[Bar, ...], float]:
    """The way as bars, the sum broken up into the channels that bring most; and where zero is, in percent."""
    steps = tuple(_broken_up(found))
    values = [0.0, *(value for step in steps for value in (step.before, step.value))]
    least, most = min(values), max(values)
    width = (most - least) or 1.0

    def place(value: float) -> float:
        return 100 * (value - least) / width

    bars = tuple(
        Bar(
            step.words,
            step.role,
            "" if step.adds else units.measured_change(step.value - step.before),
            units.measured(step.value),
            round(place(min(step.before, step.value)), 2),
            round(abs(place(step.value) - place(step.before)), 2),
        )
        for step in steps
    )
    return bars, round(place(0.0), 2)


def _broken_up(found: Trace) -> Iterator[Step]:
    first, *later = found.steps
    value = 0.0
    if len(found.shares) > 1:
        shown = found.shares[: min(MOST_CHANNELS, len(found.shares))]
        for share in shown:
            yield Step(f"channel {share.channel}", "residual", value, value + share.sum)
            value += share.sum
        if rest := len(found.shares) - len(shown):
            yield Step(f"{units.exact(rest)} more channels", "residual", value, first.value)
    else:
        yield first
    yield from later
