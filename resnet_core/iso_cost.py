"""Cardinality against width at one cost: Xie 2017, Table 2, calls it preserved complexity; and how far it is preserved.

A ResNeXt of C paths d wide costs fixed + linear·C·d + square·C·d²: the 1×1 convolutions (and BN) grow with C·d, the
3×3 ones, each path by itself, with C·d².
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import sqrt
from types import MappingProxyType
from typing import NamedTuple

from . import units
from .compare import signed_share
from .rows import totals
from .spec import ArchSpec
from .zoo import ZOO

TABLE_TWO: Mapping[int, int] = MappingProxyType({1: 64, 2: 40, 4: 24, 8: 14, 32: 4})
"""Width d of one path by the cardinality C: Xie 2017, Table 2."""
PRESERVED = 4
"""Percent by which a cost may be off and still be drawn as preserved; the paper prints no bound."""
CARDINALITIES = (1, 2, 4, 8, 16, 32, 64)
DEPTHS = (50, 101)
QUANTITIES: Mapping[str, str] = MappingProxyType({"multiply-adds": "macs", "parameters": "params"})
LEAST_BUDGET, MOST_BUDGET = 60, 300
"""Percent of the ResNet's cost."""


def network(layers: int, cardinality: int, width: int) -> ArchSpec:
    """The ResNeXt of so many paths, each so wide in the first stage; of one path 64 wide, the ResNet itself."""
    return ZOO[f"resnet-{layers}-v1.5"].changed(groups=cardinality, group_width=width)


class Setting(NamedTuple):
    """Paths and their width, what they cost, and by how much that is off the budget, as text."""

    cardinality: int
    width: int
    params: int
    macs: int
    off: str
    percent: float

    @property
    def name(self) -> str:
        return f"{self.cardinality}×{self.width}d"

    @property
    def preserved(self) -> bool:
        return abs(self.percent) <= PRESERVED


@dataclass(frozen=True, slots=True)
class Law:
    """The cost of a ResNeXt as a function of C and d, exactly."""

    fixed: Fraction
    linear: Fraction
    square: Fraction

    def cost(self, cardinality: int, width: int) -> int:
        """As the network itself counts."""
        return int(self.fixed + cardinality * width * (self.linear + self.square * width))

    def width(self, cardinality: int, budget: float) -> float:
        """The width, no whole number, at which so many paths cost the budget; 0 where nothing is left for them."""
        left = float((Fraction(budget) - self.fixed) / cardinality)
        if left <= 0:
            return 0.0
        linear, square = float(self.linear), float(self.square)
        return (sqrt(linear**2 + 4 * square * left) - linear) / (2 * square)


@cache
def law(layers: int, quantity: str) -> Law:
    """The law of "macs" or "params", solved from three networks of Table 2 by Cramer's rule."""
    solved = [(paths, TABLE_TWO[paths]) for paths in (1, 8, 32)]
    (a, u, v), (b, x, y), (c, p, q) = (
        (_count(layers, paths, width, quantity), paths * width, paths * width**2) for paths, width in solved
    )
    determinant = (x - u) * (q - v) - (p - u) * (y - v)
    linear = Fraction((b - a) * (q - v) - (c - a) * (y - v), determinant)
    square = Fraction((x - u) * (c - a) - (p - u) * (b - a), determinant)
    return Law(a - linear * u - square * v, linear, square)


def _count(layers: int, cardinality: int, width: int, quantity: str) -> int:
    return int(getattr(totals(network(layers, cardinality, width)), quantity))


def budget(layers: int, quantity: str, percent: int = 100) -> int:
    """A share of what the ResNet costs."""
    return _count(layers, 1, TABLE_TWO[1], quantity) * percent // 100


def paper_settings(layers: int, quantity: str) -> tuple[Setting, ...]:
    """Table 2 of the paper, held against the ResNet."""
    return tuple(
        _setting(layers, cardinality, width, quantity, budget(layers, quantity))
        for cardinality, width in TABLE_TWO.items()
    )


def whole_settings(layers: int, quantity: str, percent: int) -> tuple[Setting, ...]:
    """For each cardinality the whole width that comes closest to a budget."""
    aim = budget(layers, quantity, percent)
    found = []
    for cardinality in CARDINALITIES:
        below = max(1, int(law(layers, quantity).width(cardinality, aim)))
        tried = (_setting(layers, cardinality, width, quantity, aim) for width in (below, below + 1))
        found.append(min(tried, key=lambda one: abs(one.percent)))
    return tuple(found)


def curve(layers: int, quantity: str, percent: float) -> tuple[tuple[int, float], ...]:
    """Cardinality and width at one cost, from one path to 64."""
    aim = budget(layers, quantity) * percent / 100
    return tuple((paths, law(layers, quantity).width(paths, aim)) for paths in range(1, CARDINALITIES[-1] + 1))


def _setting(layers: int, cardinality: int, width: int, quantity: str, aim: int) -> Setting:
    params, macs = (law(layers, each).cost(cardinality, width) for each in ("params", "macs"))
    cost = macs if quantity == "macs" else params
    return Setting(cardinality, width, params, macs, signed_share(cost - aim, aim), 100 * (cost - aim) / aim)


def preserved_sentence(layers: int) -> str:
    """How far the paper's settings preserve each cost."""
    said = []
    for words, quantity in QUANTITIES.items():
        settings = sorted(paper_settings(layers, quantity)[1:], key=lambda one: one.percent)
        said.append(f"{words} {settings[0].off} ({settings[0].name}) to {settings[-1].off} ({settings[-1].name})")
    return (
        f"“Preserved complexity” of Xie 2017, Table 2, against ResNet-{layers} "
        f"({units.count(budget(layers, 'macs'))} multiply-adds): {' and '.join(said)}."
    )
