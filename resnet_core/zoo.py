"""Every architecture we know, one row each. Rows say only in what they differ."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from .spec import ArchSpec, depths_of


class Family(NamedTuple):
    """Rows of the zoo that one paper describes."""

    title: str
    paper: str
    rows: Mapping[str, ArchSpec]


def _imagenet(layers: int, block: str) -> ArchSpec:
    return ArchSpec(block=block, depths=depths_of(layers, block, "imagenet"))  # type: ignore[arg-type]  # checked there


def _cifar(layers: int, block: str = "basic", shortcut: str = "A") -> ArchSpec:
    return ArchSpec(
        stem="cifar",
        block=block,  # type: ignore[arg-type]  # checked there
        depths=depths_of(layers, block, "cifar"),
        shortcut=shortcut,  # type: ignore[arg-type]  # checked there
        width=16,
        classes=10,
        size=(32, 32),
    )


_HE_2015 = "He, Zhang, Ren, Sun 2015, arXiv:1512.03385"
_HE_2016 = "He, Zhang, Ren, Sun 2016, arXiv:1603.05027"

_RESNET = {f"resnet-{n}": _imagenet(n, "basic") for n in (18, 34)} | {
    f"resnet-{n}": _imagenet(n, "bottleneck") for n in (50, 101, 152, 200)
}
_CIFAR = {f"cifar-resnet-{n}": _cifar(n) for n in (20, 32, 44, 56, 110, 1202)}

FAMILIES: tuple[Family, ...] = (
    Family("ResNet", _HE_2015, _RESNET),
    Family(  # the stride in the 3×3, as fb.resnet.torch had it first; what torchvision calls resnet50
        "ResNet v1.5",
        "Goyal et al. 2017, arXiv:1706.02677, section 5.1",
        {f"resnet-{n}-v1.5": replace(_RESNET[f"resnet-{n}"], stride_on="3x3") for n in (50, 101, 152)},
    ),
    Family(
        "ResNet v2, pre-activation",
        _HE_2016,
        {f"resnet-{n}-v2": replace(_RESNET[f"resnet-{n}"], order="pre") for n in (50, 101, 152, 200)},
    ),
    Family(
        "Plain nets",
        _HE_2015,
        {f"plain-{n}": replace(_RESNET[f"resnet-{n}"], shortcut="none") for n in (18, 34)},
    ),
    Family("CIFAR ResNet", _HE_2015 + ", section 4.2", _CIFAR),
    Family(
        "CIFAR plain nets",
        _HE_2015 + ", section 4.2",
        {f"cifar-plain-{n}": replace(_CIFAR[f"cifar-resnet-{n}"], shortcut="none") for n in (20, 32, 44, 56, 110)},
    ),
    Family(
        "CIFAR ResNet v2, pre-activation",
        _HE_2016,
        {
            "cifar-resnet-110-v2": replace(_CIFAR["cifar-resnet-110"], order="pre"),
            # the authors' released code projects where dimensions change, with the stride in the first 1×1
            "cifar-resnet-164-v2": replace(_cifar(164, "bottleneck", "B"), order="pre"),
            "cifar-resnet-1001-v2": replace(_cifar(1001, "bottleneck", "B"), order="pre"),
        },
    ),
)
ZOO: Mapping[str, ArchSpec] = MappingProxyType(
    {name: spec for family in FAMILIES for name, spec in family.rows.items()}
)
