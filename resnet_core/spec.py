"""What the papers let you choose, as one frozen value that refuses what cannot exist."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import prod
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from .refusal import Refusal

Size = tuple[int, int]
"""Height and width of the input picture, in pixels."""


class SpecError(Refusal):
    """A network that cannot exist. The message is one sentence that says what to change."""


class Stem(NamedTuple):
    """What stands before the first residual block: one convolution, then perhaps a 3×3/2 max-pool."""

    kernel: int
    stride: int
    pool: bool

    @property
    def total_stride(self) -> int:
        return self.stride * (2 if self.pool else 1)


class Shape(NamedTuple):
    """The convolutions of one residual path: kernel sizes, and how far the last one widens."""

    kernels: tuple[int, ...]
    expansion: int


STEMS: Mapping[str, Stem] = MappingProxyType(
    {
        "imagenet": Stem(kernel=7, stride=2, pool=True),  # He 2015, Table 1
        "cifar": Stem(kernel=3, stride=1, pool=False),  # He 2015, section 4.2
    }
)
BLOCKS: Mapping[str, Shape] = MappingProxyType(
    {
        "basic": Shape(kernels=(3, 3), expansion=1),  # He 2015, Fig. 5 left
        "bottleneck": Shape(kernels=(1, 3, 1), expansion=4),  # He 2015, Fig. 5 right
    }
)
FAMILIES = ("resnet", "plain")
SHORTCUTS = ("A", "B", "C", "none")
STRIDES_ON = ("1x1", "3x3")
ORDERS = ("post", "pre")

STAGE_LISTS: Mapping[tuple[str, int], tuple[int, ...]] = MappingProxyType(
    {
        ("basic", 18): (2, 2, 2, 2),
        ("basic", 34): (3, 4, 6, 3),
        ("bottleneck", 50): (3, 4, 6, 3),
        ("bottleneck", 101): (3, 4, 23, 3),
        ("bottleneck", 152): (3, 8, 36, 3),
        ("bottleneck", 200): (3, 24, 36, 3),  # He 2016, section 5
    }
)
"""Blocks per stage of the ImageNet nets: He 2015, Table 1, and He 2016 for 200 layers."""

CIFAR_STAGES = 3
MOST_BLOCKS = 1000
MOST_STAGES = 8
MOST_WIDTH = 4096
MOST_CLASSES = 100_000
MOST_PIXELS = 8192
MOST_QUOTED = 40


@dataclass(frozen=True, slots=True)
class ArchSpec:
    """One network of the residual family. Two equal specs are the same network, layer for layer.

    `shortcut` is option A (zero padding), B (projection where dimensions change) or C (projection everywhere)
    of He 2015, section 3.3; "none" is the plain twin, and makes `family` "plain". `stride_on` says which
    convolution of a bottleneck carries the stride ("1x1" as printed, "3x3" as in v1.5). `order` "post" is
    He 2015, "pre" the full pre-activation of He 2016. `width` is the width of the first stage; it doubles from
    stage to stage. `size` is the input's height and width.

    Raises SpecError, with a sentence that says what to change, for a network that cannot exist.
    """

    family: Literal["resnet", "plain"] = "resnet"
    stem: Literal["imagenet", "cifar"] = "imagenet"
    block: Literal["basic", "bottleneck"] = "basic"
    depths: tuple[int, ...] = (2, 2, 2, 2)
    shortcut: Literal["A", "B", "C", "none"] = "B"
    stride_on: Literal["1x1", "3x3"] = "1x1"
    order: Literal["post", "pre"] = "post"
    width: int = 64
    classes: int = 1000
    size: Size = (224, 224)

    def __post_init__(self) -> None:
        for field, allowed in (
            ("family", FAMILIES),
            ("stem", tuple(STEMS)),
            ("block", tuple(BLOCKS)),
            ("shortcut", SHORTCUTS),
            ("stride_on", STRIDES_ON),
            ("order", ORDERS),
        ):
            _choose(field, getattr(self, field), allowed)
        if self.family == "plain" and self.shortcut != "none":
            raise SpecError(
                f"A plain net has no shortcuts, so option {self.shortcut} says nothing there: "
                "take a ResNet, or shortcut=none."
            )
        if self.shortcut == "none":  # the same network, so the same spec
            object.__setattr__(self, "family", "plain")
        if self.block == "basic" and self.stride_on != "1x1":
            raise SpecError(
                "stride_on chooses between the convolutions of a bottleneck, and a basic block has its stride "
                "in the first 3×3: take block=bottleneck, or stride_on=1x1."
            )
        self._check_numbers()
        self._check_size()

    def _check_numbers(self) -> None:
        if not _whole_numbers(self.depths) or not self.depths or min(self.depths) < 1:
            raise SpecError("Every stage needs at least one block: give depths such as 3-4-6-3.")
        if len(self.depths) > MOST_STAGES:
            raise SpecError(f"{len(self.depths)} stages are too many: give at most {MOST_STAGES}.")
        if sum(self.depths) > MOST_BLOCKS:
            raise SpecError(f"{sum(self.depths):,} blocks are too many: give at most {MOST_BLOCKS:,} in all.")
        for field, most in (("width", MOST_WIDTH), ("classes", MOST_CLASSES)):
            if not _whole(value := getattr(self, field)) or not 1 <= value <= most:
                raise SpecError(f"{field} cannot be {quoted(value)}: choose a whole number from 1 to {most:,}.")

    def _check_size(self) -> None:
        if not _whole_numbers(self.size) or len(self.size) != 2:
            raise SpecError("size is a height and a width in whole pixels: give a pair, such as (224, 320).")
        if not all(1 <= n <= MOST_PIXELS for n in self.size):
            height, width = self.size
            raise SpecError(
                f"size cannot be {height}×{width}: choose 1 to {MOST_PIXELS:,} pixels, such as 224 or 224x320."
            )
        if min(self.size) < self.total_stride:
            height, width = self.size
            gentler = "" if self.stem == "cifar" else ", or stem=cifar"
            raise SpecError(
                f"The last map would fall under one pixel, for the net divides {height}×{width} by "
                f"{self.total_stride}: choose a size of {self.total_stride} or more{gentler}."
            )

    @property
    def stage_strides(self) -> tuple[int, ...]:
        """The stride at the entry of each stage: 1, then 2 each time."""
        return (1,) + (2,) * (len(self.depths) - 1)

    @property
    def total_stride(self) -> int:
        """Pixels of the input per cell of the last map."""
        return STEMS[self.stem].total_stride * prod(self.stage_strides)

    @property
    def layers(self) -> int:
        """Weighted layers on the main path: the number in the name."""
        return 2 + len(BLOCKS[self.block].kernels) * sum(self.depths)

    def changed(self, **choices: Any) -> "ArchSpec":
        """The nearest spec that has these choices: choices that they rule out fall back to the usual ones.

        Raises SpecError where no fall-back can help.
        """
        if choices.get("block") == "basic":
            choices.setdefault("stride_on", "1x1")
        if "shortcut" in choices:
            choices.setdefault("family", "plain" if choices["shortcut"] == "none" else "resnet")
        return replace(self, **choices)

    def __str__(self) -> str:
        from .codec import text  # here, because the codec needs the zoo, whose rows are specs

        return text(self)


def depths_of(layers: int, block: str, stem: str) -> tuple[int, ...]:
    """Blocks per stage for a depth of the papers: 6n+2 or 9n+2 on CIFAR, the stage lists on ImageNet.

    Raises SpecError, naming the nearest depths that exist.
    """
    _choose("block", block, BLOCKS)
    _choose("stem", stem, STEMS)
    if stem == "imagenet":
        if (block, layers) not in STAGE_LISTS:
            raise not_listed(layers, (block,))
        return STAGE_LISTS[block, layers]
    step = CIFAR_STAGES * len(BLOCKS[block].kernels)
    n, rest = divmod(layers - 2, step)
    most = MOST_BLOCKS // CIFAR_STAGES
    if rest or not 1 <= n <= most:
        nearest = sorted({2 + step * min(max(nearby, 1), most) for nearby in (n, n + 1)})
        raise SpecError(
            f"{layers} layers is not {step}n+2 with n from 1 to {most}, the depth of a CIFAR net of {block} blocks: "
            f"choose {either(nearest)}."
        )
    return (n,) * CIFAR_STAGES


def not_listed(layers: int, blocks: Iterable[str]) -> SpecError:
    """The refusal of a depth that the papers do not list for ImageNet nets of these blocks."""
    blocks = tuple(blocks)
    known = [depth for kind, depth in STAGE_LISTS if kind in blocks]
    others = [f"block={kind}" for kind, depth in STAGE_LISTS if depth == layers and kind not in blocks]
    return SpecError(
        f"{layers} layers is not in the papers' lists for {either(blocks)} blocks: "
        f"choose {either([*known, *others])}, or give the blocks of each stage, such as depths=3-4-6-3."
    )


def quoted(value: object) -> str:
    """A value as a sentence quotes it: on one line, and not a page long."""
    if isinstance(value, str):
        return repr(value if len(value) <= MOST_QUOTED else value[:MOST_QUOTED] + "…")
    return str(value) if isinstance(value, int | float) else f"a {type(value).__name__}"


def either(options: Any) -> str:
    """Options as a sentence lists them: "A, B or C"."""
    *first, last = map(str, options)
    return f"{', '.join(first)} or {last}" if first else last


def _choose(field: str, value: object, allowed: Iterable[str]) -> None:
    """Refuse a value that is none of the allowed ones."""
    if value not in (allowed := tuple(allowed)):
        raise SpecError(f"{field} cannot be {quoted(value)}: choose {either(allowed)}.")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole_numbers(values: object) -> bool:
    return isinstance(values, tuple) and all(map(_whole, values))
