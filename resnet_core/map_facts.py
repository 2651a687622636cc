"""Rows -> facts: what is the same of every repetition of an op, said once.

Only the receptive field differs from one repetition to the next: texts hold `{-32}` where a number that is 32 less than
the op's own field belongs, `{-32,}` with a comma between thousands.
"""

import re
from collections.abc import Iterator
from typing import Any

from . import units
from .algebra import Op
from .map_records import SHADES, Costs, Fact
from .map_words import GROUPS, kernel, kind, words
from .op_formula import FormulaLine, formula
from .rows import Analysis, Row


class Facts:
    """The facts of a network, while its rows are gone through."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._seen: list[tuple[Row, Op, Row]] = []

    def number(self, row: Row, op: Op) -> int:
        """The number of the fact that an op is; of each, the first and the last op are kept."""
        # all but names, the field, and what is alive meanwhile
        key = op._replace(name=""), row._replace(**_OF_ITS_PLACE)
        number = self._numbers.setdefault(key, len(self._seen))
        if number == len(self._seen):
            self._seen.append((row, op, row))
        elif row.receptive_field != self._seen[number][0].receptive_field:
            self._seen[number] = (*self._seen[number][:2], row)
        return number

    def records(self) -> list[Fact]:
        """All of them, in the order of their numbers."""
        rows = self.analysis.rows
        most, greatest = Costs.most(map(Costs.of, rows)), max(stage.totals.macs for stage in self.analysis.stages) or 1
        return [
            Fact(
                kind=kind(op),
                group=GROUPS[op.kind],
                words=words(op),
                before=units.shape(row.in_shape),
                after=units.shape(row.out_shape),
                kernel=kernel(row),
                params=units.exact(row.params),
                macs=units.count(row.macs),
                counts=Costs.of(row).texts,
                share=round(SHADES * row.macs / greatest),
                shades=Costs.of(row).shades(most),
                lines=tuple(_slotted(row, op, last)),
            )
            for row, op, last in self._seen
        ]


_OF_ITS_PLACE: dict[str, Any] = {
    **dict.fromkeys(("name", "block", "stage", "role"), ""),
    **dict.fromkeys(("receptive_field", "start", "live_bytes"), 0),
}
"""What differs between repetitions of an op."""
_NUMBER = re.compile(r"\d[\d,]*")


def _slotted(row: Row, op: Op, last: Row) -> Iterator[FormulaLine]:
    """An op's lines, with a slot for each number that follows its field from the first repetition to the last."""
    joins = row.role == "join"
    for one, other in zip(formula(row, None if joins else op), formula(last, None if joins else op), strict=True):
        yield FormulaLine(
            one.label,
            _with_slots(one.working, other.working, row, last),
            _with_slots(one.result, other.result, row, last),
        )


def _with_slots(one: str, other: str, row: Row, last: Row) -> str:
    if one == other:
        return one
    numbers = iter(_NUMBER.findall(other))

    def slot(match: re.Match[str]) -> str:
        ours, theirs = match[0], next(numbers)
        if ours == theirs:
            return ours
        offset = int(ours.replace(",", "")) - (row.receptive_field or 0)
        return f"{{{offset},}}" if "," in theirs else f"{{{offset}}}"

    return _NUMBER.sub(slot, one)
