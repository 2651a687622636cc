"""The drawing of a network says what its caption says."""

from itertools import pairwise
from math import sqrt

import pytest

from resnet_core import ZOO, analyse, parse
from resnet_core.diagram import WIDEST, labels, placed, profile, shortcut_of, volumes

VARIANTS = [
    "googlenet,aux=yes",
    "resnext-50-32x4d,form=a",
    "resnext-50-32x4d,form=b",
    "cifar-resnet-20,skip=exclusive-gating",
    "cifar-resnet-20,skip=shortcut-gating",
    "resnet-200,depths=30-30-30-30-30-30-30-30,size=512",
    "densenet-121,depths=2-90-3",
]
NARROWEST = 940
"""Pixels that the figure has at least."""
SPECS = [
    *map(parse, VARIANTS),
    *ZOO.values(),
    parse("resnet-50,classes=2"),
    parse("cifar-resnet-20,width=1"),
    parse("resnet-18,classes=9999"),
]


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_width_is_as_the_root_of_the_channels_and_height_as_that_of_the_map(spec) -> None:
    boxes = volumes(analyse(spec))
    unit = WIDEST / sqrt(max(box.shape[0] for box in boxes))
    for box in boxes:
        assert box.width == pytest.approx(unit * sqrt(box.shape[0]))
        assert box.height == pytest.approx(sqrt(box.shape[1] if len(box.shape) > 1 else 1))
        assert box.width <= WIDEST


def test_boxes_stand_one_after_the_other() -> None:
    boxes = volumes(analyse(ZOO["resnet-50"]))
    assert [box.label for box in boxes[:2]] == ["input", "conv1"]
    for box, following in pairwise(boxes):
        assert following.left > box.left + box.width


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_the_boxes_hold_every_multiply_add_and_every_block(spec) -> None:
    analysis = analyse(spec)
    boxes = volumes(analysis)
    assert sum(box.macs for box in boxes) == analysis.totals.macs
    assert sum(box.repeats for box in boxes if box.join) == sum(stage.blocks for stage in analysis.stages)
    assert len(boxes) <= 40


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_boxes_on_the_way_keep_apart_and_heads_hang_from_the_box_before(spec) -> None:
    boxes = volumes(analyse(spec))
    before = boxes[0]
    for box in boxes[1:]:
        if box.beside:
            assert box.left == before.left
        else:
            assert box.left > before.left + before.width
            before = box
    assert sum(box.beside for box in boxes) == 2 * spec.aux


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_labels_in_one_line_do_not_meet(spec) -> None:
    boxes = volumes(analyse(spec))
    scale = NARROWEST / (boxes[-1].left + boxes[-1].width + 52)
    lines: dict[int, list] = {}
    for label, line in placed(labels(boxes), scale):
        lines.setdefault(line, []).append(label)
    assert len(lines) <= 3
    for line in lines.values():
        for one, other in pairwise(line):
            halves = [max(6.6 * len(label.text), 5.8 * len(label.note)) / 2 for label in (one, other)]
            assert scale * (other.centre - one.centre) > sum(halves)


def test_a_dense_block_is_one_box_with_a_slice_for_each_layer() -> None:
    dense = [box for box in volumes(analyse(ZOO["densenet-264"])) if box.slices]
    assert [(box.label, box.repeats, len(box.slices)) for box in dense] == [
        ("dense block 1", 6, 6),
        ("dense block 2", 12, 12),
        ("dense block 3", 64, 64),
        ("dense block 4", 48, 48),
    ]
    for box in dense:
        assert list(box.slices) == sorted(box.slices)
        assert 0 < box.slices[0] < box.slices[-1] < box.width
    assert dense[0].slices[0] == pytest.approx(dense[0].width * sqrt(64 / 256))


def test_an_inception_module_is_sliced_where_its_branches_meet() -> None:
    box = next(box for box in volumes(analyse(ZOO["googlenet"])) if box.name == "inception3a")
    assert box.slices == pytest.approx([box.width * sqrt(channels / 256) for channels in (64, 192, 224)])


def test_blocks_that_differ_in_their_survival_alone_are_one_box() -> None:
    sizes = [len(volumes(analyse(parse(text)))) for text in ("cifar-resnet-1202-sd", "cifar-resnet-1202")]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize(
    ("text", "around"),
    [
        ("resnet-50", {"projection", "identity"}),
        ("cifar-resnet-20", {"padding", "identity"}),
        ("cifar-resnet-110-sd", {"pooling", "identity"}),
        ("cifar-highway-19", {"gate", None}),
        ("cifar-resnet-20,skip=shortcut-gating", {"gate"}),
        ("cifar-resnet-20,skip=scaling,shortcut=B", {"projection", "scaling"}),
        ("cifar-resnet-20,skip=dropout", {"padding", "dropout"}),
        ("densenet-121", {"identity", None}),
        ("googlenet,aux=yes", {None}),
        ("vgg-16", set()),
    ],
)
def test_what_goes_around_a_block_has_a_name(text: str, around: set) -> None:
    runs = [run for stage in analyse(parse(text)).stages for run in stage.stage.runs if run.names[0]]
    assert {shortcut_of(run.block) for run in runs} == around


@pytest.mark.parametrize("name", ZOO)
def test_the_profile_has_every_weighted_layer_on_its_path(name: str) -> None:
    analysis = analyse(ZOO[name])
    layers = profile(analysis)
    assert sum(layers.macs) == analysis.totals.macs
    assert set(layers.roles) <= {"residual", "branch", "gate", "shortcut", "outside"}
