"""What a network hands to a detector: the last map at each stride, and what a feature pyramid makes of it.

Lin et al. 2017, arXiv:1612.03144: "We choose the output of the last layer of each stage" (section 3), a 1×1
convolution to 256 channels beside each (the lateral connection), anchors of one size a level (section 4.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from ..plan import plan
from ..rows import analyse
from ..spec import ArchSpec
from ..tensors import NoTensorError, Tensor, tensors

PYRAMID_CHANNELS = 256
ANCHOR_RATIOS: Mapping[str, float] = MappingProxyType({"1:2": 0.5, "1:1": 1.0, "2:1": 2.0})
"""Heights to widths, and what they come to."""
ANCHOR_SIDES = 8
"""An anchor's side in strides of its level: 32 pixels at stride 4, 512 at stride 64."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level: a tensor of the network, at a stride of 2^l pixels where its name is Cl.

    `shape` is channels, height, width at the size of the spec; `lateral` and `pyramid` are those after the 1×1
    convolution and after the top-down sum; `anchor` is the side of its square anchor in pixels.
    """

    name: str
    tensor: str
    stride: int
    shape: tuple[int, int, int]
    receptive_field: int | None

    @property
    def channels(self) -> int:
        return self.shape[0]

    @property
    def lateral(self) -> tuple[int, int, int]:
        return (PYRAMID_CHANNELS, *self.shape[1:])

    @property
    def pyramid(self) -> str:
        """What the pyramid calls its level."""
        return self.name.replace("C", "P")

    @property
    def anchor(self) -> int:
        return self.stride * ANCHOR_SIDES

    @property
    def anchors(self) -> int:
        """How many there are: one centre a cell, one anchor a ratio."""
        _, height, width = self.shape
        return height * width * len(ANCHOR_RATIOS)


@lru_cache(maxsize=64)
def pyramid(spec: ArchSpec) -> tuple[Level, ...]:
    """The levels, finest first: C2 to C5 of a ResNet for ImageNet, C0 to C2 of one for CIFAR.

    Where there are blocks, from the first stage that has some, as He 2017 leave out conv1; else every stride. The
    layers that only serve the classifier are left out.
    """
    last: dict[int, Tensor] = {}
    begun = not (stages := _block_stages(spec))
    classifier = analyse(spec).stages[-1].title
    for found in tensors(spec).values():
        begun = begun or found.stage in stages
        if begun and found.trunk and found.is_map and found.stage != classifier and found.field.size is not None:
            last[found.field.jump] = found
    return tuple(
        Level(f"C{jump.bit_length() - 1}", found.name, jump, _map(found), found.field.size)
        for jump, found in sorted(last.items())
    )


def tap_names(spec: ArchSpec, taps: tuple[str, ...] = ()) -> dict[str, str]:
    """The tensor behind each of some names, which are levels or tensors; all levels where none is given.

    Raises NoTensorError.
    """
    levels = {level.name: level.tensor for level in pyramid(spec)}
    for name in taps:
        if name not in levels and name not in tensors(spec):
            raise NoTensorError(
                f"{spec} has no level and no tensor {name[:60]!r}: take {', '.join(levels)}, the name of a row of its "
                f"table, such as {next(iter(tensors(spec)))!r}, or a block's."
            )
    return {name: levels.get(name, name) for name in taps or levels}


def _block_stages(spec: ArchSpec) -> frozenset[str]:
    """The stages that have blocks."""
    return frozenset(stage.title for stage in plan(spec).stages for run in stage.runs if run.names[0])


def _map(found: Tensor) -> tuple[int, int, int]:
    channels, height, width = found.shape
    return channels, height, width
