"""Every architecture we know, one row each. Rows say only in what they differ."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from .spec import ArchSpec
from .wiring.classic import VGG_LISTS
from .wiring.dense import STAGE_LISTS as DENSE_LISTS
from .wiring.residual import depths_of


class Family(NamedTuple):
    """Rows of the zoo that one paper describes.

    `origin` says how far they are that paper's, and `exceptions` it of rows that differ.
    """

    title: str
    paper: str
    origin: str
    rows: Mapping[str, ArchSpec]
    exceptions: Mapping[str, str] = MappingProxyType({})


def _imagenet(layers: int, block: str) -> ArchSpec:
    return ArchSpec(block=block, depths=depths_of(layers, block, "imagenet"))


def _cifar(layers: int, block: str = "basic", shortcut: str = "A") -> ArchSpec:
    return replace(_CIFAR_BASE, block=block, depths=depths_of(layers, block, "cifar"), shortcut=shortcut)


_CIFAR_BASE = ArchSpec(stem="cifar", depths=(3, 3, 3), width=16, classes=10, size=(32, 32))
_HE_2015 = "He, Zhang, Ren, Sun 2015, arXiv:1512.03385"
_HE_2016 = "He, Zhang, Ren, Sun 2016, arXiv:1603.05027"
_XIE_2017 = "Xie, Girshick, Dollár, Tu, He 2017, arXiv:1611.05431"
_HUANG_2016 = "Huang, Sun, Liu, Sedra, Weinberger 2016, arXiv:1603.09382"
_HUANG_2017 = "Huang, Liu, van der Maaten, Weinberger 2017, arXiv:1608.06993"
_ZAGORUYKO_2016 = "Zagoruyko, Komodakis 2016, arXiv:1605.07146"

_RESNET = {f"resnet-{n}": _imagenet(n, "basic") for n in (18, 34)} | {
    f"resnet-{n}": _imagenet(n, "bottleneck") for n in (50, 101, 152, 200)
}
# the stride in the 3×3, as fb.resnet.torch had it first; what torchvision calls resnet50
_V1_5 = {f"resnet-{n}-v1.5": replace(_RESNET[f"resnet-{n}"], stride_on="3x3") for n in (50, 101, 152)}
_CIFAR = {f"cifar-resnet-{n}": _cifar(n) for n in (20, 32, 44, 56, 110, 1202)}
_DENSE_CIFAR = ArchSpec(
    family="densenet",
    stem="cifar",
    depths=(12, 12, 12),
    growth=12,
    compression=1.0,
    width=16,
    classes=10,
    size=(32, 32),
)


def _resnext(layers: int, groups: int, width: int) -> ArchSpec:
    return replace(_V1_5[f"resnet-{layers}-v1.5"], groups=groups, group_width=width)


def _densenet(layers: int, growth: int = 32) -> ArchSpec:
    return ArchSpec(family="densenet", block="bottleneck", depths=DENSE_LISTS[layers], growth=growth, width=2 * growth)


def _dense_cifar(layers: int, growth: int) -> ArchSpec:
    return replace(_DENSE_CIFAR, depths=_DENSE_CIFAR.wiring.depths(_DENSE_CIFAR, layers), growth=growth)


def _dense_bc(layers: int, growth: int) -> ArchSpec:
    base = replace(_DENSE_CIFAR, block="bottleneck")
    return replace(base, depths=base.wiring.depths(base, layers), growth=growth, width=2 * growth, compression=0.5)


def _highway(depths: tuple[int, ...], width: int, alternate: bool = False) -> ArchSpec:
    return ArchSpec(
        family="highway",
        depths=depths,
        width=width,
        gate_bias=-2.0,
        alternate=alternate,
        classes=10,
        size=(32, 32),
    )


FAMILIES: tuple[Family, ...] = (
    Family("ResNet", _HE_2015, "as printed in the paper", _RESNET, MappingProxyType({"resnet-200": "as in He 2016"})),
    Family(
        "ResNet v1.5",
        "Goyal et al. 2017, arXiv:1706.02677, section 5.1",
        "stride in the 3×3, as torchvision builds it",
        _V1_5,
    ),
    Family(
        "ResNet v2, pre-activation",
        _HE_2016,
        "pre-activation, He 2016",
        {f"resnet-{n}-v2": replace(_RESNET[f"resnet-{n}"], order="pre") for n in (50, 101, 152, 200)},
    ),
    Family(
        "Plain nets",
        _HE_2015,
        "as printed in the paper",
        {f"plain-{n}": replace(_RESNET[f"resnet-{n}"], shortcut="none") for n in (18, 34)},
    ),
    Family(
        "ResNeXt",
        _XIE_2017,
        "as in Xie 2017",
        {
            f"resnext-{layers}-{groups}x{width}d": _resnext(layers, groups, width)
            for layers, groups, width in (
                *((50, 32, 4), (50, 2, 40), (50, 4, 24), (50, 8, 14)),
                *((101, 32, 4), (101, 32, 8), (101, 64, 4), (101, 2, 64)),
            )
        },
    ),
    Family(
        "Wide ResNet",
        _ZAGORUYKO_2016,
        "as torchvision builds it",
        {f"wide-resnet-{n}-2": replace(_V1_5[f"resnet-{n}-v1.5"], group_width=128) for n in (50, 101)},
    ),
    Family(
        "DenseNet",
        _HUANG_2017,
        "as in Huang 2017",
        {f"densenet-{n}": _densenet(n, 48 if n == 161 else 32) for n in DENSE_LISTS},
    ),
    Family("CIFAR ResNet", _HE_2015 + ", section 4.2", "as printed in the paper", _CIFAR),
    Family(
        "CIFAR plain nets",
        _HE_2015 + ", section 4.2",
        "as printed in the paper",
        {f"cifar-plain-{n}": replace(_CIFAR[f"cifar-resnet-{n}"], shortcut="none") for n in (20, 32, 44, 56, 110)},
    ),
    Family(
        "CIFAR ResNet v2, pre-activation",
        _HE_2016,
        "pre-activation, He 2016",
        {
            "cifar-resnet-110-v2": replace(_CIFAR["cifar-resnet-110"], order="pre"),
            # the authors' released code projects where dimensions change, with the stride in the first 1×1
            "cifar-resnet-164-v2": replace(_cifar(164, "bottleneck", "B"), order="pre"),
            "cifar-resnet-1001-v2": replace(_cifar(1001, "bottleneck", "B"), order="pre"),
        },
    ),
    Family(
        "CIFAR Wide ResNet",
        _ZAGORUYKO_2016,
        "as in Zagoruyko 2016",
        {
            f"cifar-wrn-{n}-{k}": replace(_CIFAR_BASE, depths=((n - 4) // 6,) * 3, order="pre", widen=k)
            for n, k in ((28, 10), (40, 4), (16, 8))
        },
    ),
    Family(
        "CIFAR DenseNet",
        _HUANG_2017,
        "as in Huang 2017",
        {f"cifar-densenet-{layers}-{k}": _dense_cifar(layers, k) for layers, k in ((40, 12), (100, 12), (100, 24))}
        | {f"cifar-densenet-bc-{layers}-{k}": _dense_bc(layers, k) for layers, k in ((100, 12), (250, 24), (190, 40))},
    ),
    Family(
        "CIFAR stochastic depth",
        _HUANG_2016,
        "as in Huang 2016",
        {
            f"cifar-resnet-{n}-sd": replace(_CIFAR[f"cifar-resnet-{n}"], shortcut="pool", survival=0.5)
            for n in (110, 1202)
        },
    ),
    Family(
        "CIFAR Highway",
        "Srivastava, Greff, Schmidhuber 2015, arXiv:1507.06228",
        "widths of FitNet-4, for Srivastava 2015 prints none",
        {
            "cifar-highway-19": _highway((6, 6, 6), 16),
            "cifar-highway-32": _highway((11, 10, 10), 12, alternate=True),
        },
    ),
    Family(
        "LeNet",
        "LeCun, Bottou, Bengio, Haffner 1998, Proceedings of the IEEE",
        "as in LeCun 1998",
        {"lenet-5": ArchSpec(family="lenet", classes=10, size=(32, 32))},
    ),
    Family(
        "AlexNet",
        "Krizhevsky, Sutskever, Hinton 2012, NIPS",
        "over two GPUs, as in Krizhevsky 2012",
        {
            "alexnet": ArchSpec(family="alexnet", groups=2),
            "alexnet-torchvision": ArchSpec(family="alexnet", release="torchvision"),
        },
        MappingProxyType({"alexnet-torchvision": "the one tower of Krizhevsky 2014, as torchvision builds it"}),
    ),
    Family(
        "VGG",
        "Simonyan, Zisserman 2015, arXiv:1409.1556",
        "as in Simonyan 2015",
        {f"vgg-{n}": ArchSpec(family="vgg", depths=depths) for n, depths in VGG_LISTS.items()},
    ),
    Family(
        "GoogLeNet",
        "Szegedy et al. 2015, arXiv:1409.4842",
        "as in Szegedy 2015",
        {
            "googlenet": ArchSpec(family="googlenet"),
            "googlenet-torchvision": ArchSpec(family="googlenet", release="torchvision"),
        },
        MappingProxyType({"googlenet-torchvision": "with batch norm, and 3×3 for 5×5, as torchvision builds it"}),
    ),
)
"""Every family, in the order in which people are shown them: a title, its paper, and the rows that it describes."""
ALIASES: Mapping[str, str] = MappingProxyType({f"resnext-{n}-1x64d": f"resnet-{n}-v1.5" for n in (50, 101)})
"""What a paper calls a network that stands above by another name: one group is no grouping (Xie 2017, Table 3)."""

ZOO: Mapping[str, ArchSpec] = MappingProxyType(
    {name: spec for family in FAMILIES for name, spec in family.rows.items()}
)
"""Every architecture by its name, such as "resnet-50": a mapping that cannot be changed."""
_FAMILY: Mapping[str, Family] = MappingProxyType({name: family for family in FAMILIES for name in family.rows})


def family_of(name: str) -> Family:
    """The family that a row of the zoo belongs to."""
    return _FAMILY[name]
