"""The experiments that are pure arithmetic, and the curves that were recorded in training: no torch, no waiting."""

from collections.abc import Callable, Mapping
from functools import cache
from math import log10
from types import MappingProxyType

from ..codec import parse
from ..curves import curve
from ..labs.dropping import dropping, sampled
from ..labs.gates import carried
from ..published import figures
from .lab import Cell, Result, Settings

TRAINED = ("cifar-plain-20", "cifar-plain-56", "cifar-resnet-20-10-epochs", "cifar-resnet-56")
"""Under one recipe: ten epochs, the same batches."""
HE_2015 = "1512.03385"
STEPS = 5
DEPTHS = (*range(0, 20, 2), *range(20, 101, 5))
BIASES = (0.0, -1.0, -3.0, -6.0)
Rows = tuple[tuple[Cell, ...], ...]


def dropped(settings: Settings) -> Result:
    """Each block's chance p to take part in a step of training, what F(x) is weighed by in a test under the paper's
    rule, p, and in training under the libraries', 1/p, and some steps."""
    found = dropping(parse(settings.model), settings.survival)
    steps = zip(*sampled(found, STEPS), strict=True)
    rows: Rows = tuple(
        (block, chance, chance, 1 / chance, *map(float, some))
        for block, chance, some in zip(found.blocks, found.survivals, steps, strict=True)
    )
    return Result("dropping", settings, rows)


def carrying(settings: Settings) -> Result:
    """What passes through so many gated layers at the start, for some biases and the chosen one."""
    rows: Rows = tuple(
        (_told(bias), depth, carried(bias, depth), log10(carried(bias, depth)))
        for bias in sorted({*BIASES, settings.bias}, reverse=True)
        for depth in DEPTHS
    )
    return Result("highway", settings, rows)


def _told(bias: float) -> str:
    return f"bias {bias:g}".replace("-", "−") + (", the gate at ½" if bias == 0 else "")


def learned(settings: Settings) -> Result:
    """The curves of our own nets, epoch by epoch, of the 10,000 test pictures."""
    rows: Rows = tuple(
        (found.arch, *epoch, published_error(found.arch))
        for found in map(curve, TRAINED)
        for epoch in zip(found.epochs, found.losses, found.training, found.test, strict=True)
    )
    return Result("degradation", settings, rows)


@cache
def published_error(arch: str) -> float | None:
    """The test error of a CIFAR net in He 2015, Table 6; None where it prints none, as of plain nets."""
    printed = (
        float(figure.printed) / 100
        for figure in figures()
        if (figure.arch, figure.quantity, figure.table) == (arch, "error", "Table 6") and HE_2015 in figure.source
    )
    return next(printed, None)


EXACT: Mapping[str, Callable[[Settings], Result]] = MappingProxyType({"dropping": dropped, "highway": carrying})
"""Experiments whose result is there at once."""
KEPT: Mapping[str, Callable[[Settings], Result]] = MappingProxyType({"degradation": learned})
"""Finished results that were kept elsewhere than in assets/labs."""
