"""The choices of a spec in words: a label for a button, a sentence for beneath it, a part of a subtitle."""

from collections.abc import Iterable, Mapping
from itertools import takewhile
from types import MappingProxyType
from typing import NamedTuple

from .spec import ArchSpec
from .wiring.residual import GATED
from .zoo import Family


class Choice(NamedTuple):
    """One value of a field of `ArchSpec`, for people: on a button, beneath it, and as what a network has."""

    label: str
    meaning: str
    words: str


CHOICES: Mapping[str, Mapping[str, Choice]] = MappingProxyType(
    {
        "stem": {
            "imagenet": Choice("7×7 /2", "ImageNet: 7×7 with stride 2, then 3×3 max-pool with stride 2", "a 7×7 stem"),
            "cifar": Choice("3×3", "CIFAR: one 3×3, no pooling", "a 3×3 stem"),
        },
        "block": {
            "basic": Choice("basic", "basic: only 3×3 convolutions", "basic blocks"),
            "bottleneck": Choice("bottleneck", "bottleneck: a 1×1 narrows before the 3×3", "bottleneck blocks"),
        },
        "shortcut": {
            "A": Choice("A", "A: zero padding where shapes change, no parameters", "option A"),
            "B": Choice("B", "B: projection where shapes change, identity elsewhere", "option B"),
            "C": Choice("C", "C: projection in every block", "option C"),
            "pool": Choice("pool", "pool: average pooling and zero padding, Huang 2016", "shortcuts pooled and padded"),
            "none": Choice("none", "none: the plain twin, nothing goes around a block", "no shortcuts"),
        },
        "skip": {
            "identity": Choice("identity", "the shortcut carries its input as it is", "the identity around each block"),
            "scaling": Choice("constant scaling", "both paths are multiplied by 0.5", "both paths scaled by 0.5"),
            "exclusive-gating": Choice(
                "exclusive gating", "a gate shares out between the two paths, as in a Highway net", "exclusive gating"
            ),
            "shortcut-gating": Choice("shortcut-only gating", "a gate on the shortcut alone", "shortcut-only gating"),
            "dropout": Choice("dropout", "dropout of one half on the shortcut", "dropout on the shortcut"),
        },
        "stride_on": {
            "1x1": Choice("1×1", "1×1, as He 2015's authors had it; 3×3 is “v1.5”", "the stride in the 1×1"),
            "3x3": Choice("3×3", "3×3, as torchvision and ResNeXt have it: “v1.5” of He 2015", "the stride in the 3×3"),
        },
        "order": {
            "post": Choice("v1: ReLU after the sum", "original, He 2016, Fig. 4 (a)", "post-activation"),
            "bn-after-add": Choice(
                "BN after the sum", "He 2016, Fig. 4 (b): worse than the original", "batch norm after the addition"
            ),
            "relu-before-add": Choice(
                "ReLU before the sum",
                "He 2016, Fig. 4 (c): what is added is never negative",
                "ReLU before the addition",
            ),
            "relu-only-pre": Choice(
                "ReLU alone before", "He 2016, Fig. 4 (d): BN stays behind", "ReLU-only pre-activation"
            ),
            "pre": Choice("v2: BN and ReLU before", "He 2016, Fig. 4 (e): the sum stays untouched", "pre-activation"),
        },
        "form": {
            "a": Choice("a", "(a): as many paths as groups, added", "form (a)"),
            "b": Choice("b", "(b): paths set side by side as channels, then a 1×1", "form (b)"),
            "c": Choice("c", "(c): one grouped convolution; all three are equal", "form (c)"),
        },
        "survival_rule": {
            "paper": Choice("paper", "F(x) times its survival at test time", "survival multiplied by at test time"),
            "inverted": Choice(
                "inverted", "F(x) divided by its survival in training", "survival divided by in training"
            ),
        },
        "alternate": {
            "no": Choice("3×3", "3×3 throughout", "3×3 throughout"),
            "yes": Choice("3×3, 1×1", "3×3 and 1×1 in turn", "3×3 and 1×1 in turn"),
        },
        "release": {
            "paper": Choice("paper", "as published", "as published"),
            "torchvision": Choice("torchvision", "as torchvision ships it", "as torchvision has it"),
        },
        "aux": {
            "no": Choice("none", "no auxiliary heads: what runs when training is over", "no auxiliary heads"),
            "yes": Choice("two", "two auxiliary heads beside the trunk, to train with", "auxiliary heads"),
        },
    }
)
"""The values of the fields that have a few, as the codec writes them."""

TOWERS: Mapping[str, Choice] = MappingProxyType(
    {
        "2": Choice("two GPUs", "three convolutions see the maps of their own GPU alone", "2 groups"),
        "1": Choice("one tower", "every convolution sees every map", "1 group"),
    }
)
"""What the groups of an AlexNet stand for."""


def values(spec: ArchSpec, field: str) -> Mapping[str, Choice]:
    """What a field of a spec can be chosen from; nothing where it is a number to type."""
    return TOWERS if (spec.family, field) == ("alexnet", "groups") else CHOICES.get(field, {})


def offered(spec: ArchSpec) -> frozenset[str]:
    """The choices that make a difference to this very network: its family's, less those that others rule out."""
    idle = set()
    if "block" in spec.choices and spec.block == "basic":
        idle |= {"stride_on", "groups", "group_width"}
    if "form" in spec.choices and spec.groups == 1:
        idle.add("form")
    if spec.survival == 1:
        idle.add("survival_rule")
    if "skip" in spec.choices and spec.skip not in GATED:
        idle.add("gate_bias")
    return spec.choices - idle


def varying(family: Family) -> frozenset[str]:
    """The choices in which the networks of a family differ."""
    specs = list(family.rows.values())
    return frozenset(field for field in specs[0].choices if len({getattr(spec, field) for spec in specs}) > 1)


def labels(family: Family) -> Mapping[str, str]:
    """A label for each network of a family, by its name: its title less what all of them say."""
    titles = [spec.wiring.title(spec) for spec in family.rows.values()]
    alike = titles[0][: _alike(titles)].rstrip("0123456789")
    words = [title.removeprefix(alike).split() for title in titles]
    behind = _alike(reversed(title) for title in words)
    return {name: " ".join(title[: len(title) - behind]) for name, title in zip(family.rows, words, strict=True)}


def _alike(sequences: Iterable[Iterable[str]]) -> int:
    """How many items several sequences begin with in common."""
    return sum(1 for _ in takewhile(lambda items: len(set(items)) == 1, zip(*sequences, strict=False)))
