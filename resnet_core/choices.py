"""The choices of a spec in words: a short label for a button, and a sentence for beneath it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Choice(NamedTuple):
    """One value of a field of `ArchSpec`, for people."""

    label: str
    meaning: str


CHOICES: Mapping[str, Mapping[str, Choice]] = MappingProxyType(
    {
        "block": {
            "basic": Choice("basic", "basic: two 3×3 convolutions"),
            "bottleneck": Choice("bottleneck", "bottleneck: 1×1 narrows to a quarter, 3×3, 1×1 widens"),
        },
        "shortcut": {
            "A": Choice("A", "A: zero padding where shapes change, no parameters"),
            "B": Choice("B", "B: projection where shapes change, identity elsewhere"),
            "C": Choice("C", "C: projection in every block"),
            "none": Choice("none", "none: the plain twin, nothing goes around a block"),
        },
        "stride_on": {
            "1x1": Choice("1×1", "1×1, as the paper's authors had it; 3×3 is “v1.5”"),
            "3x3": Choice("3×3", "3×3, “v1.5”, as in torchvision; the paper has 1×1"),
        },
        "order": {
            "post": Choice("v1 post", "v1: ReLU after the addition"),
            "pre": Choice("v2 pre", "v2: BN and ReLU before each convolution, the sum stays untouched"),
        },
        "stem": {
            "imagenet": Choice("7×7 /2", "ImageNet: 7×7 with stride 2, then 3×3 max-pool with stride 2"),
            "cifar": Choice("3×3", "CIFAR: one 3×3, no pooling"),
        },
    }
)
