"""The experiments that are pure arithmetic, and the curves that were recorded in training: no torch, no waiting."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..codec import parse
from ..curves import curve
from ..labs.dropping import dropping, sampled
from ..labs.gates import carried
from .lab import Cell, Result, Settings

TRAINED = ("cifar-plain-20", "cifar-plain-56", "cifar-resnet-20-10-epochs", "cifar-resnet-56")
"""Under one recipe: ten epochs, the same batches."""
STEPS = 5
DEPTHS = (*range(0, 20, 2), *range(20, 101, 5))
BIASES = (-1.0, -3.0, -6.0)
Rows = tuple[tuple[Cell, ...], ...]


def dropped(settings: Settings) -> Result:
    """Each block's chance to take part in a step of training, and some steps."""
    found = dropping(parse(settings.model), settings.survival)
    steps = zip(*sampled(found, STEPS), strict=True)
    rows: Rows = tuple(
        (block, chance, *("yes" if takes else "–" for takes in some))
        for block, chance, some in zip(found.blocks, found.survivals, steps, strict=True)
    )
    return Result("dropping", settings, rows)


def carrying(settings: Settings) -> Result:
    """What passes through so many gated layers at the start, for some biases and the chosen one."""
    rows: Rows = tuple(
        (f"bias {bias:g}".replace("-", "−"), depth, carried(bias, depth))
        for bias in sorted({*BIASES, settings.bias}, reverse=True)
        for depth in DEPTHS
    )
    return Result("highway", settings, rows)


def learned(settings: Settings) -> Result:
    """The curves of our own nets, epoch by epoch, of the 10,000 test pictures."""
    rows: Rows = tuple(
        (found.arch, *epoch)
        for found in map(curve, TRAINED)
        for epoch in zip(found.epochs, found.losses, found.training, found.test, strict=True)
    )
    return Result("degradation", settings, rows)


EXACT: Mapping[str, Callable[[Settings], Result]] = MappingProxyType({"dropping": dropped, "highway": carrying})
"""Experiments whose result is there at once."""
KEPT: Mapping[str, Callable[[Settings], Result]] = MappingProxyType({"degradation": learned})
"""Finished results that were kept elsewhere than in assets/labs."""
