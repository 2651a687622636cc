"""One block, looked into: what residual path and shortcut bring, what comes of both, what the block puts out."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import units
from ..describe import CIRCLED
from ..spec import ArchSpec
from ..tensors import join_of
from .maps import Grid, grid, strongest
from .norms import Norm, norm

if TYPE_CHECKING:
    from .scale import Values

SHOWN = 16
MEETING = {"add": "their sum", "concat": "one behind the other", "gate": "T·H + (1−T)·x"}


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One of the tensors of a block, drawn. `role` is residual, shortcut, sum or output."""

    role: str
    words: str
    tensor: str
    shape: tuple[int, ...]
    grid: Grid
    norm: Norm


@dataclass(frozen=True, slots=True, eq=False)
class BlockView:
    """The parts of a block on one scale; where paths are added, the same channels of each, in the same order."""

    block: str
    join: str
    parts: tuple[Part, ...]

    @property
    def sign(self) -> str:
        """Between residual path and shortcut."""
        return CIRCLED[self.join]

    @property
    def ratio(self) -> str:
        """‖F(x)‖ / ‖x‖, written out; where nothing passes by there is none."""
        x = self.part("shortcut").norm.norm
        return units.measured(self.part("residual").norm.norm / x if x else math.nan)

    def part(self, role: str) -> Part:
        """The part of a role. Raises KeyError."""
        return {part.role: part for part in self.parts}[role]


def block_taps(spec: ArchSpec, block: str) -> tuple[str, ...]:
    """The tensors that `block_view` wants. Raises NoTensorError for no residual block."""
    return (f"{block}.residual", f"{block}.shortcut", f"{block}.{join_of(spec, block)}", block)


def block_view(
    spec: ArchSpec, block: str, taps: "Mapping[str, Values]", most_channels: int = SHOWN, side: int = 480
) -> BlockView:
    """The block, drawn: channels with most energy in the sum. Raises NoTensorError."""
    import numpy as np

    join = join_of(spec, block)
    tensors = [taps[name] for name in block_taps(spec, block)]
    common = strongest(tensors[2])[:most_channels]
    most = max(float(np.abs(values).max(initial=0.0)) for values in tensors)
    words = ("the residual path, F(x)", "the shortcut, x", MEETING[join], "what the block puts out")
    parts = []
    for role, said, name, values in zip(
        ("residual", "shortcut", "sum", "output"), words, block_taps(spec, block), tensors, strict=True
    ):
        channels = None if join == "concat" else common
        drawn = grid(values, "common", channels=channels, most=most, most_channels=most_channels, side=side)
        parts.append(Part(role, said, name, values.shape, drawn, norm(values)))
    return BlockView(block, join, tuple(parts))


def changed_by_output(view: BlockView) -> bool:
    """Whether something follows the meeting, such as the ReLU of He 2015."""
    import numpy as np

    return not np.array_equal(view.part("sum").grid.indices, view.part("output").grid.indices)
