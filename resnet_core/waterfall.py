"""A number on its way to another, as the bars of a waterfall: each step is a count that can be checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from . import units


@dataclass(frozen=True, slots=True)
class Step:
    """What is done, and the number after it; `change` is by how much, "" at the start and for a cut.

    `begin` and `extent` are those of its bar in a waterfall, in percent of an axis that shows all of the way: of a
    change from the number before to this one, otherwise from the axis' lower end, which is not 0.
    """

    words: str
    number: int
    shown: str
    change: str
    begin: float = 0
    extent: float = 0


def step(words: str, number: int, before: int | None) -> Step:
    """A step to a number, from the one before where there is one."""
    move = 0 if before is None else number - before
    return Step(words, number, units.count(number), units.change(move) if move else "")


def as_bars(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps with their bars."""
    low = _lowest(steps)
    scale = 100 / ((max(one.number for one in steps) - low) or 1)
    before = low
    for one in steps:
        start = before if one.change else low
        ends = sorted((start - low, one.number - low))
        yield replace(one, begin=round(ends[0] * scale, 2), extent=round((ends[1] - ends[0]) * scale, 2))
        before = one.number


def axis_note(steps: Sequence[Step]) -> str:
    """What has to be said of the axis that the bars stand on."""
    return "The bars do not begin at 0." if _lowest(steps) else ""


def _lowest(steps: Sequence[Step]) -> int:
    """The axis' lower end: room below the lowest number, so that small changes of large numbers can be seen."""
    numbers = [one.number for one in steps]
    room = max(max(numbers) - min(numbers), max(numbers) // 50) // 2
    return max(0, min(numbers) - room)
