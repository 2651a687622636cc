"""What the papers let you choose, as one frozen value that refuses what cannot exist."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from .refusal import Refusal

if TYPE_CHECKING:
    from .wiring import Wiring

Size = tuple[int, int]
"""Height and width of the input picture, in pixels."""
USUAL_SIZE: Size = (224, 224)


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


class Unit(NamedTuple):
    """The convolutions of one residual path: kernel sizes, and how far the last one widens."""

    kernels: tuple[int, ...]
    expansion: int


STEMS: Mapping[str, Stem] = MappingProxyType(
    {
        "imagenet": Stem(kernel=7, stride=2, pool=True),  # He 2015, Table 1
        "cifar": Stem(kernel=3, stride=1, pool=False),  # He 2015, section 4.2
    }
)
BLOCKS: Mapping[str, Unit] = MappingProxyType(
    {
        "basic": Unit(kernels=(3, 3), expansion=1),  # He 2015, Fig. 5 left
        "bottleneck": Unit(kernels=(1, 3, 1), expansion=4),  # He 2015, Fig. 5 right
    }
)
SHORTCUTS = ("A", "B", "C", "pool", "none")
SKIPS = ("identity", "scaling", "exclusive-gating", "shortcut-gating", "dropout")
STRIDES_ON = ("1x1", "3x3")
ORDERS = ("post", "bn-after-add", "relu-before-add", "relu-only-pre", "pre")
FORMS = ("a", "b", "c")
RULES = ("paper", "inverted")
RELEASES = ("paper", "torchvision")
NAMED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "stem": tuple(STEMS),
        "block": tuple(BLOCKS),
        "shortcut": SHORTCUTS,
        "skip": SKIPS,
        "stride_on": STRIDES_ON,
        "order": ORDERS,
        "form": FORMS,
        "survival_rule": RULES,
        "release": RELEASES,
    }
)
"""The fields that have a few named values."""

MOST_BLOCKS = 1000
MOST_STAGES = 8
MOST_WIDTH = 4096
MOST_CLASSES = 100_000
MOST_PIXELS = 8192
MOST_GROUPS = 4096
MOST_GROWTH = 1024
MOST_WIDENING = 100
MOST_QUOTED = 40
DECIMALS = 6
"""Of choices that are no whole numbers: as many as their text has."""


@dataclass(frozen=True, slots=True)
class ArchSpec:
    """One network. Two equal specs are the same network, layer for layer.

    Not every choice means something in every family: `choices` says which do; the others stay as they are here.

    `shortcut` is option A (zero padding), B (projection where dimensions change) or C (projection everywhere)
    of He 2015, section 3.3, or "pool" (average pooling and zero padding, Huang 2016); "none" is the plain twin, and
    makes `family` "plain". `skip` is what the shortcut carries besides, He 2016, Fig. 2. `stride_on` says which
    convolution of a bottleneck carries the stride ("1x1" as printed, "3x3" as in v1.5). `order` is one of He 2016,
    Fig. 4: "post" is He 2015, "pre" the full pre-activation. `width` is the width of the stem, and of the first stage
    where `widen` (Zagoruyko 2016) is 1; it doubles from stage to stage. `groups` and `group_width` are cardinality
    and the width of one path in the first stage (Xie 2017), `form` which of its Fig. 3. `survival` is p_L of
    stochastic depth (Huang 2016). `gate_bias` is what the biases of gates are at first. `growth` and `compression`
    are k and θ of a DenseNet (Huang 2017). `alternate` is 3×3 and 1×1 in turn, in a Highway net. `release` is a net
    as its paper has it, or as torchvision ships it. `aux` are GoogLeNet's auxiliary heads. `size` is the input's
    height and width.

    Raises SpecError, with a sentence that says what to change, for a network that cannot exist.
    """

    family: str = "resnet"
    stem: str = "imagenet"
    block: str = "basic"
    depths: tuple[int, ...] = (2, 2, 2, 2)
    shortcut: str = "B"
    skip: str = "identity"
    stride_on: str = "1x1"
    order: str = "post"
    width: int = 64
    widen: int = 1
    groups: int = 1
    group_width: int | None = None
    form: str = "c"
    survival: float = 1.0
    survival_rule: str = "paper"
    gate_bias: float = -6.0
    growth: int = 32
    compression: float = 0.5
    alternate: bool = False
    release: str = "paper"
    aux: bool = False
    classes: int = 1000
    size: Size = USUAL_SIZE

    def __post_init__(self) -> None:
        from .wiring import WIRINGS

        _choose("family", self.family, WIRINGS)
        for field in _CHECKS:
            _check(field, getattr(self, field))
        for field in _REAL:
            object.__setattr__(self, field, round(float(getattr(self, field)), DECIMALS))
        self.wiring.check(self)  # which may find it to be of another family
        wiring = self.wiring
        for field, usual in _DEFAULTS.items():
            if field not in {"family", *wiring.choices} and getattr(self, field) != usual:
                article = "an" if wiring.kind[0] in "AEIO" else "a"
                raise SpecError(f"{field} says nothing of {article} {wiring.kind}: leave it out.")
        self._check_size(wiring.least(self), wiring.most(self))

    def _check_size(self, least: int, most: int) -> None:
        height, width = self.size
        if most <= MOST_PIXELS and not all(least <= n <= most for n in self.size):
            raise SpecError(
                f"At {height}×{width} a fully connected layer of this {self.wiring.kind} would meet a map of another "
                f"size than its own: choose a size of {least} to {most}."
            )
        if min(self.size) < least:
            gentler = ", or stem=cifar" if self.stem != "cifar" and "stem" in self.choices else ""
            raise SpecError(
                f"At {height}×{width} the last map would fall under one pixel: choose a size of {least} or "
                f"more{gentler}."
            )

    @property
    def wiring(self) -> "Wiring":
        """What there is to know of its family."""
        from .wiring import WIRINGS

        return WIRINGS[self.family]

    @property
    def choices(self) -> frozenset[str]:
        """The fields that mean something in this family."""
        return self.wiring.choices

    @property
    def layers(self) -> int:
        """Weighted layers on the main path: mostly the number in the name."""
        return self.wiring.layers(self)

    @property
    def channels(self) -> int:
        """Of the input: three of a colour picture, one of a grey one."""
        return self.wiring.channels

    def changed(self, **choices: Any) -> "ArchSpec":
        """The nearest spec that has these choices: choices that they rule out fall back to the usual ones.

        Raises SpecError where no fall-back can help.
        """
        for field, value in choices.items():
            if field in _CHECKS:
                _check(field, value)
        return replace(self, **{**self.wiring.follows(self, choices), **choices})

    def __str__(self) -> str:
        from .codec import text  # here, because the codec needs the zoo, whose rows are specs

        return text(self)


_DEFAULTS: Mapping[str, Any] = MappingProxyType({field.name: field.default for field in fields(ArchSpec)})
_MOST: Mapping[str, int] = MappingProxyType(
    {
        "width": MOST_WIDTH,
        "widen": MOST_WIDENING,
        "groups": MOST_GROUPS,
        "group_width": MOST_WIDTH,
        "growth": MOST_GROWTH,
        "classes": MOST_CLASSES,
    }
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


def _real(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole_numbers(values: object) -> TypeGuard[tuple[int, ...]]:
    return isinstance(values, tuple) and all(map(_whole, values))


def _check_count(field: str, value: object) -> None:
    if (value is not None or _DEFAULTS[field] is not None) and not (_whole(value) and 1 <= value <= _MOST[field]):
        raise SpecError(f"{field} cannot be {quoted(value)}: choose a whole number from 1 to {_MOST[field]:,}.")


def _check_share(field: str, value: object) -> None:
    if not _real(value) or not 0 < round(value, DECIMALS) <= 1:
        raise SpecError(f"{field} cannot be {quoted(value)}: choose a number above 0 and up to 1, such as 0.5.")


def _check_bias(field: str, value: object) -> None:
    if not _real(value) or not -100 <= value <= 100:
        raise SpecError(f"{field} cannot be {quoted(value)}: choose a number from -100 to 100, such as -6.")


def _check_truth(field: str, value: object) -> None:
    if not isinstance(value, bool):
        raise SpecError(f"{field} cannot be {quoted(value)}: choose yes or no.")


def _check_depths(field: str, value: object) -> None:
    if not _whole_numbers(value) or not value or min(value) < 1:
        raise SpecError("Every stage needs at least one block: give depths such as 3-4-6-3.")
    if len(value) > MOST_STAGES:
        raise SpecError(f"{len(value)} stages are too many: give at most {MOST_STAGES}.")
    if sum(value) > MOST_BLOCKS:
        raise SpecError(f"{sum(value):,} blocks are too many: give at most {MOST_BLOCKS:,} in all.")


def _check_pixels(field: str, value: object) -> None:
    if not _whole_numbers(value) or len(value) != 2:
        raise SpecError("size is a height and a width in whole pixels: give a pair, such as (224, 320).")
    if not all(1 <= n <= MOST_PIXELS for n in value):
        raise SpecError(
            f"size cannot be {value[0]}×{value[1]}: choose 1 to {MOST_PIXELS:,} pixels, such as 224 or 224x320."
        )


_REAL = ("survival", "compression", "gate_bias")
_CHECKS: Mapping[str, Callable[[str, object], None]] = MappingProxyType(
    {
        **dict.fromkeys(NAMED, lambda field, value: _choose(field, value, NAMED[field])),
        **dict.fromkeys(_MOST, _check_count),
        **dict.fromkeys(("survival", "compression"), _check_share),
        "gate_bias": _check_bias,
        **dict.fromkeys(("alternate", "aux"), _check_truth),
        "depths": _check_depths,
        "size": _check_pixels,
    }
)
"""What a value of each field must be, whatever the others are."""


def _check(field: str, value: object) -> None:
    if value is not _DEFAULTS[field]:
        _CHECKS[field](field, value)
