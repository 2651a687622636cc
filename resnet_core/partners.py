"""Which networks are worth holding against each other: pairs by their question, and the obvious partner of any one."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from .codec import nearest, parse
from .spec import ArchSpec, SpecError
from .zoo import ZOO, family_of


class Pair(NamedTuple):
    """Two networks, and what is learnt from holding them against each other."""

    label: str
    one: str
    other: str
    question: str


PAIRS: tuple[Pair, ...] = (
    Pair(
        "v1 ⇄ v1.5",
        "resnet-50",
        "resnet-50-v1.5",
        "Why does a library's ResNet-50 compute more than the paper's?",
    ),
    Pair(
        "basic ⇄ bottleneck",
        "resnet-34",
        "resnet-50",
        "What does a bottleneck buy at about the same cost?",
    ),
    Pair(
        "A ⇄ B",
        "resnet-34,shortcut=A",
        "resnet-34",
        "What do the projections of option B cost?",
    ),
    Pair(
        "B ⇄ C",
        "resnet-34",
        "resnet-34,shortcut=C",
        "What would a projection around every block cost?",
    ),
    Pair(
        "plain ⇄ residual",
        "plain-34",
        "resnet-34,shortcut=A",
        "What do shortcuts cost?",
    ),
    Pair(
        "ImageNet ⇄ CIFAR stem",
        "resnet-18,classes=10,size=32",
        "resnet-18,stem=cifar,classes=10,size=32",
        "Which stem should a picture of 32 pixels have?",
    ),
    Pair(
        "ResNet ⇄ ResNeXt",
        "resnet-50-v1.5",
        "resnext-50-32x4d",
        "Do 32 paths cost what one wide path costs?",
    ),
    Pair(
        "ResNeXt ⇄ DenseNet",
        "resnext-50-32x4d",
        "densenet-121",
        "What changes when paths are concatenated rather than added?",
    ),
    Pair(
        "v1 ⇄ v2",
        "resnet-50",
        "resnet-50-v2",
        "What does it cost to move BN and ReLU in front?",
    ),
)
"""One click away."""
USUAL = "What changed between these two networks?"


def pair_of(one: ArchSpec, other: ArchSpec) -> Pair | None:
    """The pair that these two networks are, either way round."""
    specs = {one, other}
    return next((pair for pair in PAIRS if specs == {parse(pair.one), parse(pair.other)}), None)


def question(one: ArchSpec, other: ArchSpec) -> str:
    """What is learnt from two networks."""
    pair = pair_of(one, other)
    return pair.question if pair else USUAL


def partner(spec: ArchSpec) -> ArchSpec:
    """The network that one is most often held against: of its pair, its other version, its twin, its neighbour."""
    return next(other for other in _candidates(spec) if other != spec)


def _candidates(spec: ArchSpec) -> Iterator[ArchSpec]:
    if spec != (named := ZOO[nearest(spec)]):
        yield named  # of which it is a variant
    for changes in _twins(spec):
        try:
            yield replace(spec, **changes)
        except SpecError:  # what else it chooses has no twin of this kind
            continue
    for pair in PAIRS:
        one, other = parse(pair.one), parse(pair.other)
        if spec in (one, other):
            yield other if spec == one else one
    if spec.family == "vgg":
        yield ZOO["resnet-34"]  # He 2015, Fig. 3
    names = list(family_of(nearest(spec)).rows)
    place = names.index(nearest(spec))
    yield from (ZOO[name] for name in (*names[place + 1 :], *reversed(names[:place])))
    yield ZOO["cifar-resnet-20"]


def _twins(spec: ArchSpec) -> Iterator[Mapping[str, Any]]:
    """Changes that lead to what a network was made of, or to its other version, or to its plain or residual twin."""
    residual = spec.family == "resnet"
    if spec.survival < 1:
        yield {"survival": 1.0, "shortcut": "A"}
    if residual and spec.order != "post":
        yield {"order": "post"}
    if residual and spec.group_width:
        yield {"groups": 1, "group_width": None}
    if spec.stride_on == "3x3":
        yield {"stride_on": "1x1"}
    elif residual and spec.block == "bottleneck":
        yield {"stride_on": "3x3"}
    if residual:
        yield {"family": "plain", "shortcut": "none"}
    if spec.family == "plain":
        yield {"family": "resnet", "shortcut": "A"}
