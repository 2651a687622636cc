"""Which blocks of a network can be taken out, or change places: no torch is needed to tell."""

from collections.abc import Mapping
from types import MappingProxyType

from ..algebra import Block
from ..plan import plan
from ..refusal import Refusal
from ..rows import analyse
from ..spec import ArchSpec


class OperationError(Refusal):
    """What cannot be done to this network."""


def removable(spec: ArchSpec) -> tuple[str, ...]:
    """The blocks that can be taken out, in order. Raises OperationError for a network that has none."""
    found = tuple(
        name for name, block in plan(spec).blocks() if name and _is_removable(block, block_shapes(spec)[name])
    )
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


def block_shapes(spec: ArchSpec) -> Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """What every block takes and gives."""
    found: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}
    for row in analyse(spec).rows:
        if row.block:
            found[row.block] = (found.get(row.block, (row.in_shape,))[0], row.out_shape)
    return MappingProxyType(found)


def _is_removable(block: Block, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> bool:
    if block.join == "add":
        return {"residual", "shortcut"} <= {path.role for path in block.paths}
    return block.join == "none" and shapes[0] == shapes[1]
