"""A spec either describes a network or is refused with one sentence that says what to change."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from resnet_core import ZOO, ArchSpec, SpecError
from resnet_core.spec import BLOCKS, MOST_BLOCKS, ORDERS, STEMS
from resnet_core.wiring.residual import ORDERS as ORDERS_OF_THE_PLAN
from resnet_core.wiring.residual import STAGE_LISTS, depths_of, total_stride

CIFAR = ZOO["cifar-resnet-20"]
BOTTLENECK = ZOO["resnet-50-v1.5"]

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
    ({"family": "densenet"}, "choose resnet or plain"),
    ({"shortcut": "D"}, "choose A, B, C or none"),
    ({"order": "middle"}, "choose post or pre"),
    ({"stem": "vgg"}, "choose imagenet or cifar"),
    ({"block": "inception"}, "choose basic or bottleneck"),
    ({"block": ["basic"]}, "choose basic or bottleneck"),
    ({"block": "bottleneck", "stride_on": "5x5"}, "choose 1x1 or 3x3"),
    ({"block": "basic", "stride_on": "3x3"}, "take block=bottleneck, or stride_on=1x1"),
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
    assert ArchSpec(size=(32, 32)).total_stride == 32
    assert replace(CIFAR, size=(4, 4)).total_stride == 4


def test_a_long_value_is_quoted_in_part() -> None:
    with pytest.raises(SpecError) as refusal:
        ArchSpec(order="y" * 10_000)  # type: ignore[arg-type]
    assert len(str(refusal.value)) < 100


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
    ],
)
def test_a_change_takes_along_what_it_rules_out(
    spec: ArchSpec, choices: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert spec.changed(**choices) == replace(spec, **expected)


def test_a_change_that_nothing_can_save_is_refused() -> None:
    with pytest.raises(SpecError, match="under one pixel"):
        CIFAR.changed(size=(2, 2))


@pytest.mark.parametrize(("block", "layers"), STAGE_LISTS)
def test_the_papers_lists_have_the_layers_they_are_named_after(block: str, layers: int) -> None:
    spec = ArchSpec(block=block, depths=depths_of(layers, block, "imagenet"))  # type: ignore[arg-type]
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
        (50, "inception", "imagenet", "choose basic or bottleneck."),
        (20, "inception", "cifar", "choose basic or bottleneck."),
        (50, "bottleneck", "vgg", "choose imagenet or cifar."),
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
