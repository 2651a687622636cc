"""What may be counted or built otherwise than here: the axes along which a printed number is looked for."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from .conventions import Convention, operations
from .describe import CHOICE
from .rows import Analysis, analyse
from .spec import ArchSpec, SpecError
from .tally import Tally, tally

CUT = "cut"
ROUND, TRUNCATE = "rounded", "truncated"


class Target(NamedTuple):
    """A printed figure: of which network, "macs" or "params", the digits as printed, and what they count."""

    spec: ArchSpec
    quantity: str
    printed: str
    unit: int

    def range(self, cut: str) -> tuple[Fraction, Fraction]:
        """From which number on, and below which, the printed digits come out."""
        digits = Fraction(self.printed)
        last = Fraction(1, 10 ** len(self.printed.partition(".")[2]))
        low = digits - last / 2 if cut == ROUND else digits
        return low * self.unit, (low + last) * self.unit


class Axis(NamedTuple):
    """One thing that may be counted or built otherwise: its values, ours first; each of them, and ours, in words."""

    name: str
    values: tuple[Any, ...]
    words: Callable[[Any], str]
    ours: str


def _yes(words: str) -> Callable[[Any], str]:
    return lambda value: words


CONVENTIONS: Mapping[str, tuple[Axis, ...]] = MappingProxyType(
    {
        "macs": (
            Axis("mac_as", (1, 2), _yes("a multiply-add counts two"), "a multiply-add counts one"),
            Axis("fc", (True, False), _yes("fully connected layers left out"), "fully connected layers counted"),
            Axis("bias", (False, True), _yes("biases counted"), "no biases"),
            Axis("bn", (0, 1, 2, 4), lambda times: f"batch norm at {times} an element", "no batch norm"),
            Axis("relu", (0, 1), _yes("ReLU counted"), "no ReLU"),
            Axis("pool", (False, True), _yes("pooling counted"), "no pooling"),
            Axis("add", (False, True), _yes("additions counted"), "no additions"),
        ),
        "params": (
            Axis("bn", (True, False), _yes("batch norm left out"), "batch norm counted"),
            Axis("bias", (True, False), _yes("biases left out"), "biases counted"),
            Axis("fc", (True, False), _yes("fully connected layers left out"), "fully connected layers counted"),
        ),
    }
)
CUTS = Axis(CUT, (ROUND, TRUNCATE), str, ROUND)
VARIANTS: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "stride_on": ("1x1", "3x3"),
        "shortcut": ("A", "B", "C"),
        "aux": (False, True),
        "release": ("paper", "torchvision"),
    }
)


_AS_IS: Mapping[str, str] = MappingProxyType(
    {
        "stride_on": "the stride where each has it here",
        "shortcut": "the shortcuts that each has here",
        "aux": "the heads that each has here",
        "release": "the release that each is here",
    }
)


def variant_axes(specs: Sequence[ArchSpec]) -> tuple[Axis, ...]:
    """Choices that may have been other ones; None is each network's own.

    Where networks of basic and of bottleneck blocks stand side by side, each kind may have had its own shortcuts.
    """
    axes = []
    for name, values in VARIANTS.items():
        for axis, alike in _apart(name, specs).items():
            others = [value for value in values if any(_differs(spec, axis, value) for spec in alike)]
            if others:
                axes.append(Axis(axis, (None, *others), _choice_words(alike[0], axis), _own(alike, axis)))
    return tuple(axes)


def _apart(name: str, specs: Sequence[ArchSpec]) -> Mapping[str, Sequence[ArchSpec]]:
    """The networks that a choice is the same for, by the name of its axis."""
    kinds = dict.fromkeys(spec.block for spec in specs if name in spec.choices and "block" in spec.choices)
    if name != "shortcut" or len(kinds) < 2:
        return {name: specs}
    return {f"{name}{_OF}{kind}": [spec for spec in specs if spec.block == kind] for kind in kinds}


_OF = " of "
"""Between a choice and the kind of block that an axis is of."""


def _own(specs: Sequence[ArchSpec], axis: str) -> str:
    name, _, kind = axis.partition(_OF)
    words = {CHOICE[name](spec) for spec in specs if name in spec.choices}
    return _in_blocks(words.pop(), kind) if len(words) == 1 else _AS_IS[name]


def _choice_words(spec: ArchSpec, axis: str) -> Callable[[Any], str]:
    name, _, kind = axis.partition(_OF)
    return lambda value: _in_blocks(CHOICE[name](varied(spec, {name: value}) or spec), kind)


def _in_blocks(words: str, kind: str) -> str:
    return f"{words} in {kind} blocks" if kind else words


def _differs(spec: ArchSpec, name: str, value: Any) -> bool:
    changed = varied(spec, {name: value})
    return changed is not None and changed != spec


@lru_cache(maxsize=4096)
def _changed(spec: ArchSpec, changes: tuple[tuple[str, Any], ...]) -> ArchSpec | None:
    applying = {
        name: value
        for (name, _, kind), value in ((axis.partition(_OF), value) for axis, value in changes)
        if value is not None
        and kind in ("", spec.block)
        and name in spec.choices
        and not (name == "shortcut" and spec.shortcut == "none")
        and not (name == "stride_on" and spec.block == "basic")
    }
    try:
        return spec.changed(**applying) if applying else spec
    except SpecError:
        return None


def varied(spec: ArchSpec, changes: Mapping[str, Any]) -> ArchSpec | None:
    """The network with those of the changes that mean something to it; None where there is no such network."""
    return _changed(spec, tuple(changes.items()))


class Parameters(NamedTuple):
    """The parameters of a network by what holds them."""

    weights: int
    biases: int
    bn: int
    fc_weights: int
    fc_biases: int


def sums_of(spec: ArchSpec, quantity: str) -> "Tally | Parameters":
    """What every way to count adds up."""
    return tally(analyse(spec)) if quantity == "macs" else parameters(analyse(spec))


def parameters(analysis: Analysis) -> Parameters:
    """The parameters of a network by what holds them."""
    rows = analysis.rows
    return Parameters(
        weights=sum([row.weights for row in rows if row.kind != "linear"]),
        biases=sum([row.biases for row in rows if row.kind != "linear"]),
        bn=sum([row.bn for row in rows]),
        fc_weights=sum([row.weights for row in rows if row.kind == "linear"]),
        fc_biases=sum([row.biases for row in rows if row.kind == "linear"]),
    )


def counted(sums: "Tally | Parameters", rule: Mapping[str, Any]) -> int:
    """The number by a rule: a value for each axis of the convention."""
    if isinstance(sums, Tally):
        return operations(sums, Convention(**rule))
    total: int = (
        sums.weights
        + rule["bias"] * (sums.biases + rule["fc"] * sums.fc_biases)
        + rule["fc"] * sums.fc_weights
        + rule["bn"] * sums.bn
    )
    return total
