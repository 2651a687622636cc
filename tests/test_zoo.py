"""The zoo holds the networks of the papers, each once, and each is what its name says."""

import re
from dataclasses import replace
from math import prod

import pytest

from resnet_core import FAMILIES, ZOO
from resnet_core.wiring.residual import stage_strides, total_stride
from resnet_core.zoo import family_of

PROMISED = {
    *(f"resnet-{n}" for n in (18, 34, 50, 101, 152, 200)),
    *(f"resnet-{n}-v1.5" for n in (50, 101, 152)),
    *(f"resnet-{n}-v2" for n in (50, 101, 152, 200)),
    *(f"plain-{n}" for n in (18, 34)),
    *(f"cifar-resnet-{n}" for n in (20, 32, 44, 56, 110, 1202)),
    *(f"cifar-plain-{n}" for n in (20, 32, 44, 56, 110)),
    *(f"cifar-resnet-{n}-v2" for n in (110, 164, 1001)),
    *("resnext-50-32x4d", "resnext-101-32x4d", "resnext-101-32x8d", "resnext-101-64x4d"),
    *("wide-resnet-50-2", "wide-resnet-101-2", "cifar-wrn-28-10"),
    *(f"densenet-{n}" for n in (121, 161, 169, 201, 264)),
    *("cifar-densenet-bc-100-12", "cifar-highway-19", "cifar-highway-32", "cifar-resnet-110-sd"),
    *("lenet-5", "alexnet", "vgg-16", "vgg-19", "googlenet"),
}
IN_PRINT = ("LeCun, Bottou, Bengio, Haffner 1998", "Krizhevsky, Sutskever, Hinton 2012")  # before papers were on arXiv


def test_every_promised_name_is_there() -> None:
    assert set(ZOO) >= PROMISED


def test_families_hold_every_network_once_and_name_their_paper() -> None:
    assert [name for family in FAMILIES for name in family.rows] == list(ZOO)
    assert len(set(ZOO.values())) == len(ZOO), "two names for one network"
    for family in FAMILIES:
        assert re.search(r"arXiv:\d{4}\.\d{4,5}", family.paper) or family.paper.startswith(IN_PRINT), family.title
        assert set(family.exceptions) <= set(family.rows)
        assert all(family_of(name) is family for name in family.rows)


@pytest.mark.parametrize("name", ZOO)
def test_the_name_says_the_family_the_stem_the_order_and_the_stride(name: str) -> None:
    spec = ZOO[name]
    words = name.removeprefix("cifar-").split("-")
    residual = {"resnet", "resnext", "wide", "wrn"}
    assert spec.family == ("resnet" if words[0] in residual else words[0])
    if "stem" in spec.choices:
        assert spec.stem == ("cifar" if name.startswith("cifar-") else "imagenet")
    else:
        assert (spec.size == (32, 32)) == (name.startswith("cifar-") or name == "lenet-5")
    assert spec.order == ("pre" if words[-1] == "v2" or words[0] == "wrn" else "post")
    assert spec.stride_on == ("3x3" if words[-1] == "v1.5" or words[0] in {"resnext", "wide"} else "1x1")
    assert (spec.survival < 1) == (words[-1] == "sd")
    assert spec.release == ("torchvision" if words[-1] == "torchvision" else "paper")


@pytest.mark.parametrize("name", [name for name in ZOO if name.startswith("resnext")])
def test_a_resnext_is_named_after_its_cardinality_and_the_width_of_a_path(name: str) -> None:
    spec = ZOO[name]
    assert name == f"resnext-{spec.layers}-{spec.groups}x{spec.group_width}d"


@pytest.mark.parametrize("name", [name for name in ZOO if name.startswith("cifar-densenet")])
def test_a_cifar_densenet_is_named_after_its_depth_and_growth(name: str) -> None:
    """Huang 2017, Table 2: bottlenecks and θ = 0.5 with twice k maps at first, or none of them and 16 maps."""
    spec = ZOO[name]
    bc = "-bc-" in name
    assert name == f"cifar-densenet-{'bc-' * bc}{spec.layers}-{spec.growth}"
    assert (spec.block, spec.compression) == (("bottleneck", 0.5) if bc else ("basic", 1))
    assert spec.width == (2 * spec.growth if bc else 16)


@pytest.mark.parametrize(
    ("layers", "block", "depths"),
    [  # He 2015, Table 1; 200: He 2016, Table 5 and its released code
        (18, "basic", (2, 2, 2, 2)),
        (34, "basic", (3, 4, 6, 3)),
        (50, "bottleneck", (3, 4, 6, 3)),
        (101, "bottleneck", (3, 4, 23, 3)),
        (152, "bottleneck", (3, 8, 36, 3)),
        (200, "bottleneck", (3, 24, 36, 3)),
    ],
)
def test_the_imagenet_nets_are_table_1(layers: int, block: str, depths: tuple[int, ...]) -> None:
    spec = ZOO[f"resnet-{layers}"]
    assert (spec.block, spec.depths, spec.shortcut) == (block, depths, "B")
    assert (spec.width, spec.classes, spec.size) == (64, 1000, (224, 224))


@pytest.mark.parametrize(("layers", "n"), [(20, 3), (32, 5), (44, 7), (56, 9), (110, 18), (1202, 200)])
def test_the_cifar_nets_are_section_4_2(layers: int, n: int) -> None:
    spec = ZOO[f"cifar-resnet-{layers}"]
    assert (spec.block, spec.depths, spec.shortcut) == ("basic", (n, n, n), "A")
    assert (spec.width, spec.classes, spec.size) == (16, 10, (32, 32))


def test_the_deep_preactivation_cifar_nets_are_9n_plus_2() -> None:
    for layers, n in ((164, 18), (1001, 111)):
        spec = ZOO[f"cifar-resnet-{layers}-v2"]
        assert (spec.block, spec.depths, spec.shortcut) == ("bottleneck", (n, n, n), "B")


@pytest.mark.parametrize("name", ZOO)
def test_variants_differ_from_their_original_in_one_choice_alone(name: str) -> None:
    original, _, variant = name.partition("-v")
    if variant and original in ZOO:
        change = {"stride_on": "3x3"} if variant == "1.5" else {"order": "pre"}
        assert ZOO[name] == replace(ZOO[original], **change)
    if "plain" in name:
        assert ZOO[name] == replace(ZOO[name.replace("plain", "resnet")], shortcut="none")


@pytest.mark.parametrize("name", [name for name, spec in ZOO.items() if spec.family in ("resnet", "plain")])
def test_the_last_map_of_an_imagenet_net_is_a_32nd_and_of_a_cifar_net_a_quarter(name: str) -> None:
    spec = ZOO[name]
    assert total_stride(spec) == (4 if spec.stem == "cifar" else 32)
    assert prod(stage_strides(spec)) == 2 ** (len(spec.depths) - 1)
