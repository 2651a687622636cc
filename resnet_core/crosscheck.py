"""Our rows against torchinfo's: the same network built on the meta device and traced by somebody else's program."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from .describe import KIND, listed
from .rows import Row, analyse
from .shapes import Shape
from .spec import ArchSpec
from .tally import tally_rows
from .tools import NAMED

_TORCHINFO = NAMED["torchinfo"]
TORCHINFO_CONVENTION = (
    f"{_TORCHINFO.title} {_TORCHINFO.version} counts so: {_TORCHINFO.convention.words}. What that is more than our "
    "multiply-adds is taken off before the two are compared."
)
_SHOWN = 3


class Leaf(NamedTuple):
    """A module without children, as torchinfo lists it: its name, its output without the batch, and its counts."""

    name: str
    out_shape: Shape
    params: int
    macs: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that torchinfo says otherwise of one row; "–" where the row is missing on one side."""

    name: str
    what: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        return f"{self.name}, {self.what}: {self.ours} here, {self.theirs} there"


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """What torchinfo says of a network's rows: how many were compared, and what differs.

    `apart` counts the rows of ours that torchinfo cannot list, by kind: additions are no modules.
    """

    rows: int
    differences: tuple[Difference, ...]
    apart: tuple[tuple[str, int], ...]

    @property
    def agrees(self) -> bool:
        return not self.differences

    @property
    def sentence(self) -> str:
        """Such as "torchinfo agrees on all 159 rows"; else on how many it differs, and the first differences."""
        if self.agrees:
            return f"torchinfo agrees on all {self.rows:,} rows"
        names = len({difference.name for difference in self.differences})
        shown = "; ".join(map(str, self.differences[:_SHOWN]))
        more = len(self.differences) - _SHOWN
        return (
            f"torchinfo differs on {names:,} of {self.rows:,} rows: {shown}{f'; and {more:,} more' if more > 0 else ''}"
        )

    @property
    def scope(self) -> str:
        """What was compared, and what could not be."""
        if not self.apart:
            left = ""
        else:
            apart = listed(f"{number:,} {KIND[kind]}{'s' * (number > 1)}" for kind, number in self.apart)
            alone = sum(number for _, number in self.apart) == 1
            modules, them = ("is no module", "it") if alone else ("are no modules", "them")
            left = f" The {apart} {modules}, so torchinfo does not list {them}."
        return f"Output shape, parameters and multiply-adds of every module were compared.{left} {TORCHINFO_CONVENTION}"


def crosscheck(spec: ArchSpec) -> CrossCheck:
    """Build a network without memory, let torchinfo trace it at its size, and compare row by row."""
    import torch
    from torchinfo import summary

    from .network import build

    with torch.device("meta"):
        network = build(spec)
    found = summary(
        network, input_size=(1, spec.channels, *spec.size), device="meta", mode="eval", verbose=0
    ).summary_list
    return compared(
        analyse(spec).rows,
        [
            Leaf(_name(layer), tuple(layer.output_size[1:]), layer.num_params, layer.macs)
            for layer in found
            if layer.is_leaf_layer
        ],
    )


def compared(rows: Iterable[Row], leaves: Iterable[Leaf]) -> CrossCheck:
    """Rows against the modules of the same names."""
    ours = {row.name: row for row in rows}
    theirs = {leaf.name: leaf for leaf in leaves}
    apart = {name: row for name, row in ours.items() if row.role == "join"}
    modules = {name: row for name, row in ours.items() if name not in apart}
    differences = [
        difference
        for name in dict.fromkeys((*modules, *theirs))
        for difference in _differences(name, modules.get(name), theirs.get(name))
    ]
    kinds = [row.kind for row in apart.values()]
    return CrossCheck(
        rows=len(modules.keys() | theirs.keys()),
        differences=tuple(differences),
        apart=tuple((kind, kinds.count(kind)) for kind in dict.fromkeys(kinds)),
    )


def _differences(name: str, row: Row | None, leaf: Leaf | None) -> list[Difference]:
    if row is None or leaf is None:
        return [Difference(name, "row", "–" if row is None else row.kind, "–" if leaf is None else "a module")]
    besides = _TORCHINFO.count(tally_rows((row,))) - row.macs
    pairs = (
        ("output shape", "×".join(map(str, row.out_shape)), "×".join(map(str, leaf.out_shape))),
        ("parameters", f"{row.params:,}", f"{leaf.params:,}"),
        ("multiply-adds", f"{row.macs:,}", f"{leaf.macs - besides:,}"),
    )
    return [Difference(name, what, ours, found) for what, ours, found in pairs if ours != found]


def _name(layer: object) -> str:
    """The dotted name of a module, from the names on its way down."""
    parts: list[str] = []
    while parent := getattr(layer, "parent_info", None):
        parts.append(layer.var_name)  # type: ignore[attr-defined]  # torchinfo has no types
        layer = parent
    return ".".join(reversed(parts))
