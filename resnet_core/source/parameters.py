"""What differs between blocks of one form, as the parameters of one class: columns of numbers get names."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

CHANNELS = "channels"


class Column(NamedTuple):
    """One number of a class, as it is in each of its blocks. `hint` is what it would be called.

    Columns of one `unit` may stand for one another: channels for channels.
    """

    unit: str
    hint: str
    values: tuple[Any, ...]

    @property
    def same(self) -> bool:
        return all(value == self.values[0] for value in self.values)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a class, and the text of each of its columns."""

    columns: tuple[Column, ...]
    texts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.hint for column in self.columns)

    def of(self, number: int) -> tuple[Any, ...]:
        """The arguments that make the block of a number."""
        return tuple(column.values[number] for column in self.columns)


def parametrised(columns: Sequence[Column]) -> Parameters:
    """As few parameters as the columns need: none for one that is the same everywhere, one for several that are alike.

    A column that is always so many times another, or a padding that is half its kernel, is written as that.
    """
    varying = list(dict.fromkeys((column.unit, column.values) for column in columns if not column.same))
    bases = [one for one in varying if not any(_derived(one, other) for other in varying)]
    named: dict[tuple[str, tuple[Any, ...]], str] = {}
    for base in bases:
        hints = [column.hint for column in columns if (column.unit, column.values) == base]
        named[base] = _name(hints, named.values())

    def text(column: Column) -> str:
        if column.same:
            return repr(column.values[0])
        one = column.unit, column.values
        if one in named:
            return named[one]
        return next(how.format(named[base]) for base in bases if (how := _derived(one, base)))

    return Parameters(
        tuple(Column(unit, name, values) for (unit, values), name in named.items()), tuple(map(text, columns))
    )


def _derived(one: tuple[str, tuple[Any, ...]], other: tuple[str, tuple[Any, ...]]) -> str:
    """How the one follows from the other, as a pattern of text; empty where it does not."""
    (unit, values), (base_unit, base) = one, other
    pairs = list(zip(values, base, strict=True))
    if unit == base_unit == CHANNELS:
        times = values[0] // base[0]
        return f"{times} * {{}}" if times > 1 and all(a == times * b for a, b in pairs) else ""
    return "{} // 2" if (unit, base_unit) == ("padding", "kernel") and all(a == b // 2 for a, b in pairs) else ""


def _name(hints: Sequence[str], taken: Any) -> str:
    """The first plain name that is free, and else a longer one."""
    preferred = sorted(hints, key=lambda hint: ("c_in", "c_out").index(hint) if hint in ("c_in", "c_out") else 2)
    tried = (f"{hint}{number or ''}" for number, hint in product(range(len(hints) + len([*taken]) + 1), preferred))
    return next(name for name in tried if name not in taken)
