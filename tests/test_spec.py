"""A spec either describes a network or is refused with one sentence that says what to change."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from functools import partial
from typing import Any

import pytest
import torch

from resnet_core import ZOO, ArchSpec, SpecError, build, parse
from resnet_core.spec import BLOCKS, MOST_BLOCKS, MOST_PIXELS, NAMED, ORDERS, STEMS
from resnet_core.wiring import WIRINGS
from resnet_core.wiring.residual import ORDERS as ORDERS_OF_THE_PLAN
from resnet_core.wiring.residual import STAGE_LISTS, depths_of, total_stride

CIFAR = ZOO["cifar-resnet-20"]
BOTTLENECK = ZOO["resnet-50-v1.5"]
RESNEXT = ZOO["resnext-50-32x4d"]
ALEXNET = ZOO["alexnet-torchvision"]
GOOGLENET = ZOO["googlenet-torchvision"]

REFUSED = [
    ({"size": (31, 224)}, "choose a size of 32 or more, or stem=cifar"),
    ({"size": (224, 31)}, "choose a size of 32 or more, or stem=cifar"),
    ({"stem": "cifar", "size": (7, 7)}, "choose a size of 8 or more."),
    ({"size": (0, 224)}, "choose 1 to 8,192 pixels"),
    ({"size": (9000, 9000)}, "choose 1 to 8,192 pixels"),
    ({"size": (224,)}, "give a pair, such as (224, 320)"),
    ({"size": 224}, "give a pair, such as (224, 320)"),
    ({"size": [224, 224]}, "give a pair, such as (224, 320)"),
    ({"size": (224.0, 224)}, "give a pair, such as (224, 320)"),
    ({"classes": 0}, "choose a whole number from 1 to 100,000"),
    ({"classes": 10.5}, "choose a whole number from 1 to 100,000"),
    ({"classes": True}, "choose a whole number from 1 to 100,000"),
    ({"width": 0}, "choose a whole number from 1 to 4,096"),
    ({"width": 5000}, "choose a whole number from 1 to 4,096"),
    ({"depths": ()}, "give depths such as 3-4-6-3"),
    ({"depths": (2, 0)}, "give depths such as 3-4-6-3"),
    ({"depths": [2, 2]}, "give depths such as 3-4-6-3"),
    ({"depths": 4}, "give depths such as 3-4-6-3"),
    ({"depths": (1,) * 9}, "give at most 8"),
    ({"depths": (1001,)}, "give at most 1,000 in all"),
    ({"family": "plain", "shortcut": "C"}, "take a ResNet, or shortcut=none"),
    ({"family": "frog"}, "choose resnet, plain, densenet, highway, lenet, alexnet, vgg or googlenet"),
    ({"shortcut": "D"}, "choose A, B, C, pool or none"),
    ({"order": "middle"}, "choose post, bn-after-add, relu-before-add, relu-only-pre or pre"),
    ({"stem": "vgg"}, "choose imagenet or cifar"),
    ({"block": "inception"}, "choose basic or bottleneck"),
    ({"block": ["basic"]}, "choose basic or bottleneck"),
    ({"block": "bottleneck", "stride_on": "5x5"}, "choose 1x1 or 3x3"),
    ({"block": "basic", "stride_on": "3x3"}, "take block=bottleneck, or stride_on=1x1"),
    ({"groups": 32, "group_width": 4}, "take block=bottleneck, or leave groups and group_width out"),
    ({"group_width": 128}, "take block=bottleneck, or leave groups and group_width out"),
    ({"widen": 2, "group_width": 64}, "take block=bottleneck, or leave groups and group_width out"),
    ({"block": "bottleneck", "groups": 32}, "give group_width, such as 4"),
    ({"block": "bottleneck", "groups": 4096, "group_width": 1, "form": "a"}, "take form=c, or fewer groups"),
    ({"form": "d"}, "choose a, b or c"),
    ({"groups": 0}, "choose a whole number from 1 to 4,096"),
    ({"widen": 0}, "choose a whole number from 1 to 100"),
    ({"group_width": 0}, "choose a whole number from 1 to 4,096"),
    ({"skip": "teleport"}, "choose identity, scaling, exclusive-gating, shortcut-gating or dropout"),
    ({"skip": "scaling", "shortcut": "none"}, "skip says nothing of a plain net: leave it out"),
    ({"survival": 0.5, "shortcut": "none"}, "survival says nothing of a plain net: leave it out"),
    ({"survival": 0.5, "skip": "shortcut-gating"}, "take survival=1, or skip=identity"),
    ({"survival": 0.5, "skip": "exclusive-gating"}, "take survival=1, or skip=identity"),
    ({"survival": 0}, "choose a number above 0 and up to 1, such as 0.5"),
    ({"survival": 1.1}, "choose a number above 0 and up to 1, such as 0.5"),
    ({"survival": float("nan")}, "choose a number above 0 and up to 1, such as 0.5"),
    ({"survival": True}, "choose a number above 0 and up to 1, such as 0.5"),
    ({"survival": "half"}, "choose a number above 0 and up to 1, such as 0.5"),
    ({"survival_rule": "magic"}, "choose paper or inverted"),
    ({"gate_bias": float("inf")}, "choose a number from -100 to 100, such as -6"),
    ({"gate_bias": 10**400}, "choose a number from -100 to 100, such as -6"),
    ({"growth": 12}, "growth says nothing of a residual net: leave it out"),
    ({"aux": True}, "aux says nothing of a residual net: leave it out"),
    ({"aux": "yes"}, "choose yes or no"),
    ({"family": "densenet", "growth": 0}, "choose a whole number from 1 to 1,024"),
    ({"family": "densenet", "compression": 0}, "choose a number above 0 and up to 1, such as 0.5"),
    ({"family": "densenet", "compression": 1.5}, "choose a number above 0 and up to 1, such as 0.5"),
    ({"family": "densenet", "shortcut": "A"}, "shortcut says nothing of a DenseNet: leave it out"),
    ({"family": "densenet", "size": (28, 224)}, "choose a size of 29 or more, or stem=cifar"),
    ({"family": "highway", "depths": (6, 6)}, "give depths such as 6-6-6"),
    ({"family": "highway", "depths": (6, 6, 6), "alternate": 1}, "choose yes or no"),
    ({"family": "highway", "depths": (6, 6, 6), "size": (3, 3)}, "choose a size of 4 or more"),
    ({"family": "lenet", "size": (28, 28)}, "choose a size of 32 to 35"),
    ({"family": "lenet", "depths": (3, 3), "size": (32, 32)}, "depths says nothing of a LeNet-5: leave it out"),
    ({"family": "alexnet", "groups": 3}, "groups=2 as published, over two GPUs, or groups=1, one tower"),
    ({"family": "alexnet", "groups": 2, "release": "torchvision"}, "groups=2 as published, over two GPUs"),
    ({"family": "alexnet", "release": "mine"}, "choose paper or torchvision"),
    ({"family": "alexnet", "size": (227, 255)}, "choose a size of 223 to 254"),
    ({"family": "vgg", "size": (3, 224)}, "choose a size of 16 or more."),
    ({"family": "vgg", "stem": "cifar"}, "stem says nothing of a VGG net: leave it out"),
    ({"family": "googlenet", "size": (30, 224)}, "choose a size of 31 or more."),
    ({"family": "googlenet", "aux": True, "size": (224, 272)}, "choose a size of 223 to 270"),
]


@pytest.mark.parametrize(("choices", "remedy"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_network_that_cannot_exist_is_refused_with_one_sentence_that_says_what_to_change(
    choices: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(SpecError) as refusal:
        ArchSpec(**choices)
    sentence = str(refusal.value)
    assert remedy in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert sentence[:-1].count(". ") == 0, "one sentence"


def test_the_smallest_size_that_a_refusal_names_is_accepted() -> None:
    assert total_stride(ArchSpec(size=(32, 32))) == 32
    assert total_stride(replace(CIFAR, size=(4, 4))) == 4


ROUNDING_UP = ("resnet", "plain")
"""Their padded strides leave a cell of any picture, so torch would take one of a pixel. What is refused there is a
last map that stands for less than one cell of the input, a 32nd or a quarter of it."""
FAMILIES_OF_SIZES = [
    *("densenet-121", "densenet-121,depths=1", "densenet-121,depths=1-1-1-1-1", "cifar-densenet-40-12"),
    *(
        "cifar-highway-19",
        "lenet-5",
        "alexnet",
        "alexnet,groups=1",
        "alexnet-torchvision",
        "vgg-11",
        "vgg-11,depths=1-1",
    ),
    *("googlenet", "googlenet,aux=yes", "googlenet-torchvision", "googlenet-torchvision,aux=yes"),
]


@pytest.mark.parametrize("text", FAMILIES_OF_SIZES)
def test_exactly_the_sizes_that_the_built_network_cannot_read_are_refused(text: str) -> None:
    spec = parse(text)
    least, most = spec.wiring.least(spec), spec.wiring.most(spec)
    with torch.device("meta"):
        network = build(spec).eval()

    def reads(side: int) -> bool:
        try:
            with torch.no_grad():
                network(torch.empty(1, spec.channels, side, least, device="meta"))
        except RuntimeError:
            return False
        return True

    def accepted(side: int) -> bool:
        try:
            replace(spec, size=(side, least))
        except SpecError:
            return False
        return True

    for side in {
        max(1, least - 1),
        least,
        least + 1,
        least + 2,
        *({most - 1, most, most + 1} if most < MOST_PIXELS else ()),
    }:
        assert accepted(side) == reads(side), side
    assert accepted(least)
    assert least == 1 or not accepted(least - 1)


@pytest.mark.parametrize("name", [name for name, spec in ZOO.items() if spec.family in ROUNDING_UP])
def test_a_residual_nets_smallest_picture_is_one_cell_of_its_last_map(name: str) -> None:
    spec = ZOO[name]
    cell = (4 if spec.stem == "imagenet" else 1) * 2 ** (len(spec.depths) - 1)
    assert replace(spec, size=(cell, cell)).wiring.least(spec) == cell
    with pytest.raises(SpecError, match=f"choose a size of {cell} or more"):
        replace(spec, size=(cell, cell - 1))


def test_every_family_says_what_it_can_read() -> None:
    assert {parse(text).family for text in FAMILIES_OF_SIZES} | {*ROUNDING_UP} == set(WIRINGS)


def test_a_size_that_published_heads_cannot_read_is_refused() -> None:
    for text, sizes in (("googlenet,aux=yes", "223 to 270"), ("alexnet", "223 to 254"), ("lenet-5", "32 to 35")):
        for side in (20, 300):
            with pytest.raises(SpecError, match=rf"size than its own: choose a size of {sizes}\.$"):
                replace(parse(text), size=(224 if side == 300 else side, side))


def test_a_long_value_is_quoted_in_part() -> None:
    with pytest.raises(SpecError) as refusal:
        ArchSpec(order="y" * 10_000)
    assert len(str(refusal.value)) < 150


def test_no_shortcut_makes_a_net_plain_so_that_equal_networks_are_equal_specs() -> None:
    assert ArchSpec(shortcut="none") == ArchSpec(family="plain", shortcut="none") == ZOO["plain-18"]
    assert hash(ArchSpec(shortcut="none")) == hash(ZOO["plain-18"])


def test_a_spec_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        CIFAR.width = 32  # type: ignore[misc]


@pytest.mark.parametrize(
    ("spec", "choices", "expected"),
    [
        (BOTTLENECK, {"block": "basic"}, {"block": "basic", "stride_on": "1x1"}),
        (ZOO["plain-34"], {"shortcut": "A"}, {"family": "resnet", "shortcut": "A"}),
        (ZOO["resnet-34"], {"shortcut": "none"}, {"family": "plain", "shortcut": "none"}),
        (CIFAR, {"width": 32}, {"width": 32}),
        (RESNEXT, {"block": "basic"}, {"block": "basic", "stride_on": "1x1", "groups": 1, "group_width": None}),
        (RESNEXT, {"groups": 1}, {"groups": 1, "group_width": None}),
        (RESNEXT, {"groups": 8}, {"groups": 8, "group_width": 4}),
        (BOTTLENECK, {"groups": 16}, {"groups": 16, "group_width": 4}),
        (replace(RESNEXT, form="a"), {"depths": (90, 90, 90, 90)}, {"depths": (90, 90, 90, 90), "form": "c"}),
        (ZOO["cifar-resnet-110-sd"], {"shortcut": "none"}, {"shortcut": "none", "survival": 1.0}),
        (ZOO["cifar-resnet-110-sd"], {"skip": "shortcut-gating"}, {"skip": "shortcut-gating", "survival": 1.0}),
        (replace(CIFAR, skip="exclusive-gating"), {"survival": 0.5}, {"skip": "identity", "survival": 0.5}),
        (replace(CIFAR, skip="scaling"), {"survival": 0.5}, {"skip": "scaling", "survival": 0.5}),
        (replace(CIFAR, skip="dropout"), {"shortcut": "none"}, {"skip": "identity", "shortcut": "none"}),
        (replace(CIFAR, skip="exclusive-gating", gate_bias=-3), {"skip": "identity"}, {"skip": "identity"}),
        (ZOO["alexnet"], {"release": "torchvision"}, {"release": "torchvision", "groups": 1}),
        (ALEXNET, {"release": "paper"}, {"release": "paper", "groups": 2}),
        (ALEXNET, {"groups": 2}, {"release": "paper", "groups": 2}),
        (ALEXNET, {"groups": 1}, {}),
        (replace(ALEXNET, size=(97, 64)), {"release": "paper"}, {"release": "paper", "groups": 2, "size": (224, 224)}),
        (replace(ZOO["googlenet"], size=(97, 64)), {"aux": True}, {"aux": True, "size": (224, 224)}),
        (replace(ZOO["googlenet"], aux=True), {"size": (97, 64)}, {"aux": False, "size": (97, 64)}),
        (replace(ZOO["googlenet"], aux=True), {"size": (223, 270)}, {"aux": True, "size": (223, 270)}),
        (
            replace(GOOGLENET, size=(97, 64), aux=True),
            {"release": "paper"},
            {"release": "paper", "size": (224, 224), "aux": True},
        ),
        (ZOO["densenet-121"], {"block": "basic"}, {"block": "basic"}),
        (ZOO["cifar-densenet-bc-100-12"], {"compression": 1}, {"compression": 1.0}),
        (ZOO["cifar-highway-19"], {"alternate": True}, {"alternate": True}),
        (ZOO["vgg-16"], {"depths": (1, 1)}, {"depths": (1, 1)}),
        (ZOO["lenet-5"], {"classes": 3}, {"classes": 3}),
    ],
)
def test_a_change_takes_along_what_it_rules_out(
    spec: ArchSpec, choices: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert spec.changed(**choices) == replace(spec, **expected)


@pytest.mark.parametrize("name", ZOO)
def test_a_change_to_any_named_value_gives_a_network_that_has_it_or_one_sentence(name: str) -> None:
    for field, values in NAMED.items():
        for value in values:
            refusal = _refusal(partial(ZOO[name].changed, **{field: value}))
            if refusal is None:
                changed = ZOO[name].changed(**{field: value})
                assert (
                    getattr(changed, field) == value or (field, changed.groups) == ("form", 1) or changed.survival == 1
                )
            else:
                assert refusal.count(". ") == 0
                assert field not in ZOO[name].choices or (field, value) in REFUSED_OF_SOME, (name, refusal)


def _refusal(build: Callable[[], ArchSpec]) -> str | None:
    """The sentence with which a description is refused, or None."""
    try:
        build()
    except SpecError as refusal:
        return str(refusal)
    return None


REFUSED_OF_SOME = {("stride_on", "3x3"), *(("skip", value) for value in NAMED["skip"])}
"""Of basic blocks; of plain nets."""


@pytest.mark.parametrize(
    ("text", "choices", "remedy"),
    [
        ("cifar-resnet-20", {"size": (2, 2)}, "under one pixel"),
        ("resnet-50", {"groups": "many"}, "choose a whole number from 1 to 4,096"),
        ("resnet-50", {"groups": 0}, "choose a whole number from 1 to 4,096"),
        ("resnext-50-32x4d", {"depths": 3}, "give depths such as 3-4-6-3"),
        ("cifar-resnet-110-sd", {"survival": "half"}, "choose a number above 0 and up to 1"),
        ("googlenet,aux=yes", {"size": 97}, "give a pair"),
        ("alexnet", {"size": (97, 97)}, "choose a size of 223 to 254"),
        ("alexnet", {"groups": 3}, "choose one of them"),
        ("resnet-34", {"groups": 32}, "take block=bottleneck"),
    ],
)
def test_a_change_that_nothing_can_save_is_refused(text: str, choices: dict[str, Any], remedy: str) -> None:
    with pytest.raises(SpecError, match=remedy):
        parse(text).changed(**choices)


@pytest.mark.parametrize(("block", "layers"), STAGE_LISTS)
def test_the_papers_lists_have_the_layers_they_are_named_after(block: str, layers: int) -> None:
    spec = ArchSpec(block=block, depths=depths_of(layers, block, "imagenet"))
    assert spec.layers == layers


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("n", [1, 3, 18, 333])
def test_cifar_depths_follow_6n_plus_2_and_9n_plus_2(block: str, n: int) -> None:
    step = {"basic": 6, "bottleneck": 9}[block]
    assert depths_of(step * n + 2, block, "cifar") == (n, n, n)


@pytest.mark.parametrize(
    ("layers", "block", "stem", "remedy"),
    [
        (21, "basic", "cifar", "choose 20 or 26."),
        (21, "bottleneck", "cifar", "choose 20 or 29."),
        (2, "basic", "cifar", "choose 8."),
        (0, "basic", "cifar", "choose 8."),
        (999_999, "basic", "cifar", "choose 2000."),
        (77, "basic", "imagenet", "choose 18 or 34, or give the blocks of each stage"),
        (50, "basic", "imagenet", "choose 18, 34 or block=bottleneck"),
    ],
)
def test_a_depth_that_no_paper_lists_is_refused_with_those_that_exist(
    layers: int, block: str, stem: str, remedy: str
) -> None:
    with pytest.raises(SpecError) as refusal:
        depths_of(layers, block, stem)
    assert remedy in str(refusal.value)


def test_every_depth_that_a_refusal_recommends_can_be_had() -> None:
    for layers in (0, 2, 9, 21, 1999, 2003, 10**9):
        with pytest.raises(SpecError) as refusal:
            depths_of(layers, "basic", "cifar")
        for word in str(refusal.value).partition("choose")[2].strip(" .").split(" or "):
            assert sum(depths_of(int(word), "basic", "cifar")) <= MOST_BLOCKS


def test_orders_and_stems_are_known_to_those_who_wire_them() -> None:
    assert set(ORDERS) == set(ORDERS_OF_THE_PLAN)
    assert all(stem.total_stride == stem.stride * (2 if stem.pool else 1) for stem in STEMS.values())
