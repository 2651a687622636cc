"""Where Grad-CAM is looked at: the end of each stage, on what its last block puts out and on its residual path alone.

Selvaraju et al. 2017, arXiv:1610.02391.
"""

from dataclasses import dataclass

from ..plan import plan
from ..spec import ArchSpec
from ..tensors import is_residual, tensors


@dataclass(frozen=True, slots=True)
class StageEnd:
    """The last map of a stage. `residual` is what the residual path of its last block brings, where it has one."""

    title: str
    output: str
    residual: str | None
    cells: tuple[int, int]

    @property
    def names(self) -> tuple[str, ...]:
        """The tensors at which Grad-CAM is wanted."""
        return (self.output, self.residual) if self.residual else (self.output,)

    @property
    def words(self) -> str:
        """What it is: "stage 3 · block 3 (layer3.2): 8×8 cells"."""
        height, width = self.cells
        return f"{self.title}: {height}×{width} cell{'s' if height * width > 1 else ''}"


def stage_ends(spec: ArchSpec) -> tuple[StageEnd, ...]:
    """The stages whose ends can be looked at: those with residual blocks, or else all that end with a map."""
    ends: list[StageEnd] = []
    known = tensors(spec)
    for stage in plan(spec).stages:
        last = [run for run in stage.runs if run.names[0] and is_residual(run.block)]
        if last:
            name = last[-1].names[-1]
            ends.append(StageEnd(known[name].title, name, f"{name}.residual", _cells(known[name].shape)))
    if ends:
        return tuple(ends)
    for stage in plan(spec).stages:
        of_stage = [found for found in known.values() if found.stage == stage.title and found.trunk]
        if of_stage and of_stage[-1].is_map:
            found = of_stage[-1]
            ends.append(StageEnd(found.title, found.name, None, _cells(found.shape)))
    return tuple(ends)


def cam_taps(spec: ArchSpec) -> tuple[str, ...]:
    """All the tensors of `stage_ends`."""
    return tuple(name for end in stage_ends(spec) for name in end.names)


def _cells(shape: tuple[int, ...]) -> tuple[int, int]:
    _, height, width = shape
    return height, width
