"""What can be done to a network by hand: which blocks can be taken out, or change places. No torch is needed to tell.

A chain without blocks, such as VGG, has layers instead: its convolutions that keep the shape. What such a layer takes
has passed a ReLU already, so that the one behind it has nothing left to do once it is out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from .algebra import Block
from .plan import plan
from .refusal import Refusal
from .rows import analyse
from .spec import ArchSpec


class OperationError(Refusal):
    """What cannot be done to this network."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What was done: blocks out, blocks in the order in which they stand now, and what every F that is left weighs."""

    without: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    weight: float = 1.0

    @property
    def changes(self) -> bool:
        """Whether anything was done."""
        return self != Operation()

    @property
    def words(self) -> str:
        """In short: "without 2 blocks, 3 moved"."""
        said = [f"without {_blocks(len(self.without))}"] if self.without else []
        said += [f"{_blocks(len(self.order))} moved"] if self.order else []
        said += [f"every F × {self.weight:g}"] if self.weight != 1 else []
        return ", ".join(said) or "nothing done"

    def on(self, spec: ArchSpec) -> "Operation":
        """As far as a network can bear it, which keeps the blocks around which nothing goes."""
        blocks = removable(spec)
        return replace(self, without=tuple(name for name in self.without if name in blocks))

    def check(self, spec: ArchSpec) -> None:
        """Raises OperationError where it cannot be done to a network."""
        if lacking := [name for name in self.without if name not in removable(spec)]:
            raise OperationError(f"{spec} has no block {lacking[0][:60]!r} that could be taken out.")
        rearranged(spec, self.order)


@lru_cache(maxsize=32)
def removable(spec: ArchSpec) -> tuple[str, ...]:
    """The blocks that can be taken out, in order. Raises OperationError for a network that has none."""
    shapes = block_shapes(spec)
    blocks = [(name, block) for name, block in plan(spec).blocks() if name]
    found = tuple(name for name, block in blocks if _is_removable(block, shapes[name]))
    if not blocks:
        layers = (row.name for row in analyse(spec).rows if row.kind == "conv")
        found = tuple(name for name in layers if shapes[name][0] == shapes[name][1])
    if not found:
        raise OperationError(f"{spec} has no block that could be taken out: take a ResNet, such as cifar-resnet-56.")
    return found


def interchangeable(spec: ArchSpec) -> tuple[tuple[str, ...], ...]:
    """Groups of blocks that can change places: neighbours that take and give the same shape."""
    groups: list[list[str]] = []
    last = None
    for name in removable(spec):
        shape = block_shapes(spec)[name]
        if shape[0] == shape[1] and last == shape:
            groups[-1].append(name)
        elif shape[0] == shape[1]:
            groups.append([name])
        last = shape if shape[0] == shape[1] else None
    return tuple(tuple(group) for group in groups if len(group) > 1)


def rearranged(spec: ArchSpec, order: Sequence[str]) -> tuple[str, ...]:
    """The blocks that can be taken out with those of `order` in that order, in the places that they have together.

    Raises OperationError where a block would get a shape that it does not take.
    """
    blocks, some = removable(spec), {*order}
    if len(some) != len(order) or not some <= {*blocks}:
        raise OperationError(f"The new order has to name blocks of {spec}, each once: such as {blocks[-1]}.")
    following = iter(order)
    mixed = tuple(next(following) if name in some else name for name in blocks)
    shapes = block_shapes(spec)
    for old, new in zip(blocks, mixed, strict=True):
        if old != new and shapes[old] != shapes[new]:
            raise OperationError(f"{new} cannot stand where {old} stands: they take or give maps of different shape.")
    return mixed


def displaced(spec: ArchSpec, order: Sequence[str]) -> tuple[str, ...]:
    """Of an order of all blocks that can be taken out, those that stand elsewhere than in the network: enough to tell
    it by `rearranged`."""
    return tuple(name for name, usual in zip(order, removable(spec), strict=True) if name != usual)


def rank_correlation(order: Sequence[str], usual: Sequence[str]) -> float:
    """Kendall's tau of two orders of the same names: 1 where they agree, -1 where one is the other backwards."""
    places = [usual.index(name) for name in order]
    pairs = [(one, other) for place, one in enumerate(places) for other in places[place + 1 :]]
    return sum(1 if one < other else -1 for one, other in pairs) / len(pairs) if pairs else 1.0


def block_shapes(spec: ArchSpec) -> Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """What every block takes and gives, and every op that stands in none."""
    found: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}
    for row in analyse(spec).rows:
        name = row.block or row.name
        found[name] = (found.get(name, (row.in_shape,))[0], row.out_shape)
    return MappingProxyType(found)


def _is_removable(block: Block, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> bool:
    if block.join == "add":
        return {"residual", "shortcut"} <= {path.role for path in block.paths}
    return block.join == "none" and shapes[0] == shapes[1]


def _blocks(number: int) -> str:
    return f"{number} block{'s' * (number != 1)}"
