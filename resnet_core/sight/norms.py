"""How much each block adds to what passes it: ‖x‖ on the shortcut, ‖F(x)‖ on the residual path, and their ratio.

The Frobenius norm over all channels and cells of one picture's tensors.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..plan import plan
from ..spec import ArchSpec
from ..tensors import is_residual, residual_blocks

if TYPE_CHECKING:
    from .scale import Values


@dataclass(frozen=True, slots=True)
class Norm:
    """Of one tensor: its Frobenius norm, and the root of the mean square of its values, which compares sizes."""

    norm: float
    rms: float


@dataclass(frozen=True, slots=True)
class BlockNorms:
    """`x` is what the shortcut brings to the place where the paths meet, `residual` what the residual path does.

    Of a block without paths that part, `x` is what it puts out, and `residual` None.
    """

    block: str
    stage: str
    x: Norm
    residual: Norm | None = None

    @property
    def ratio(self) -> float | None:
        """‖F(x)‖ / ‖x‖; None without a residual path, and where nothing passes by."""
        if self.residual is None or not self.x.norm:
            return None
        return self.residual.norm / self.x.norm


def norm_taps(spec: ArchSpec) -> tuple[str, ...]:
    """The tensors that `norms` wants."""
    if residual_blocks(spec):
        return tuple(f"{name}.{role}" for name in residual_blocks(spec) for role in ("shortcut", "residual"))
    return tuple(name for name, block in plan(spec).blocks() if name and block.join != "aside")


def norms(spec: ArchSpec, taps: "Mapping[str, Values]") -> tuple[BlockNorms, ...]:
    """Every block's, along the depth; none for nets without blocks."""
    found = []
    some_residual = bool(residual_blocks(spec))
    for stage in plan(spec).stages:
        for run in stage.runs:
            for name in run.names:
                if is_residual(run.block):
                    x, residual = (norm(taps[f"{name}.{role}"]) for role in ("shortcut", "residual"))
                    found.append(BlockNorms(name, stage.title, x, residual))
                elif name and not some_residual and run.block.join != "aside":
                    found.append(BlockNorms(name, stage.title, norm(taps[name])))
    return tuple(found)


def norm(values: "Values") -> Norm:
    """Of one tensor of one picture."""
    import numpy as np

    squares = float(np.square(values, dtype=np.float64).sum())
    return Norm(math.sqrt(squares), math.sqrt(squares / values.size) if values.size else 0.0)


def about(spec: ArchSpec) -> str:
    """What the norms of this network are, and are not, in a sentence."""
    joins = {block.join for name, block in plan(spec).blocks() if name and is_residual(block)}
    if "concat" in joins:
        return (
            "Here nothing is added: x is all that came before, F(x) the new channels, which are put behind it. "
            "Their norms are of tensors of different size."
        )
    if "gate" in joins:
        return "The two meet as T·H + (1−T)·x: H is drawn as F(x), before the gate weighs it."
    if joins:
        return "x is what the shortcut brings to the addition, F(x) what the residual path adds to it."
    if any(name for name, _ in plan(spec).blocks()):
        return (
            "Nothing goes around its blocks, so there is no F(x) beside an x: this is the norm of what each puts out."
        )
    return "This network has no blocks: nothing goes around its layers."
