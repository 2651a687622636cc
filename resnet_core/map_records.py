"""What the document of the network map is made of. JSON says each as the list of its fields, in this order."""

from collections.abc import Iterable
from math import sqrt
from typing import Any, NamedTuple

from . import units
from .diagram import Volume
from .op_formula import FormulaLine
from .rows import Row

SHADES = 100
"""The strongest shade; others are as the root of their share of it, so that small ones are seen too."""


class Fact(NamedTuple):
    """An op as it is counted, wherever in the network it stands. `shades` are of parameters, multiply-adds, memory."""

    kind: str
    group: str
    words: str
    before: str
    after: str
    kernel: str
    params: str
    macs: str
    counts: tuple[str, str, str]
    share: int
    shades: tuple[int, int, int]
    lines: tuple[FormulaLine, ...]


class PatternOp(NamedTuple):
    """An op of a block: its name inside, its fact, and by how much its field is wider than the block's input's."""

    name: str
    fact: int
    widening: int | None


class Pattern(NamedTuple):
    """A block, or a chain of ops outside blocks, as it is drawn; nodes say by number which ops they show."""

    sentence: str
    around: str
    counts: tuple[str, str, str]
    shades: tuple[int, int, int]
    sums: tuple[tuple[str, str], ...]
    ops: tuple[PatternOp, ...]
    width: float
    above: float
    below: float
    nodes: tuple[tuple[Any, ...], ...]
    wires: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, float, float], ...]


class MapBlock(NamedTuple):
    """A block at its place: its name ("" for ops of the network itself), the field of its input, its box or boxes."""

    name: str
    pattern: int
    stage: int
    field: int
    box: int | tuple[int, ...]


class MapStage(NamedTuple):
    """A stage as a row of the table. `share` is its part of the multiply-adds, in hundredths of the greatest; the
    percentages are its parts of the network's."""

    title: str
    before: str
    after: str
    blocks: str
    params: str
    params_percent: str
    macs: str
    percent: str
    share: int
    field: str
    composition: str
    word: str


class Costs(NamedTuple):
    """What an op, a block or a box costs."""

    params: int
    macs: int
    memory: int

    @classmethod
    def of(cls, part: Row | Volume) -> "Costs":
        return cls(part.params, part.macs, part.activation_bytes)

    @classmethod
    def sum(cls, rows: Iterable[Row]) -> "Costs":
        return cls(*map(sum, zip(*map(cls.of, rows), strict=True)))

    @classmethod
    def most(cls, costs: Iterable["Costs"]) -> "Costs":
        """Of each quantity the greatest."""
        return cls(*map(max, zip(*costs, strict=True)))

    @property
    def texts(self) -> tuple[str, str, str]:
        return units.count(self.params), units.count(self.macs), units.memory(self.memory)

    def shades(self, most: "Costs") -> tuple[int, int, int]:
        params, macs, memory = (
            round(SHADES * sqrt(cost / whole)) if whole else 0 for cost, whole in zip(self, most, strict=True)
        )
        return params, macs, memory
