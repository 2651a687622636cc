"""Descriptions: the words follow from the spec, and say what the papers say."""

from dataclasses import fields

import pytest

from resnet_core import ZOO, ArchSpec, analyse, parse, plan
from resnet_core.describe import CHOICE, KIND, composition, layer_formula, subtitle, title


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("resnet-50", "ResNet-50"),
        ("plain-34", "Plain-34"),
        ("resnet-50-v1.5", "ResNet-50 v1.5"),
        ("resnet-50-v2", "ResNet-50 v2"),
        ("cifar-resnet-110-v2", "CIFAR ResNet-110 v2"),
        ("cifar-plain-20", "CIFAR Plain-20"),
        ("resnet-18,shortcut=none", "Plain-18"),
        ("resnet-34,depths=3-4-6-4", "ResNet-36"),
        ("resnet-50,stem=cifar", "ResNet-50"),  # four stages are not one of the CIFAR nets
        ("resnet-50,depths=3-4-6", "ResNet-41"),  # nor are three behind the 7×7 stem
    ],
)
def test_a_title_says_family_depth_and_version(text: str, words: str) -> None:
    assert title(parse(text)) == words


def test_the_titles_of_the_zoo_are_all_different() -> None:
    assert len({title(spec) for spec in ZOO.values()}) == len(ZOO)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("resnet-50", "as printed in the paper · 224×224 · option B"),
        ("plain-34", "as printed in the paper · 224×224 · no shortcuts"),
        ("resnet-50,size=224x320", "as printed in the paper, but for the size · 224×320 · option B"),
        ("resnet-34,shortcut=A,size=32", "ResNet-34 with option A · 32×32"),
        ("resnet-50,width=32,classes=10", "ResNet-50 with a first stage 32 wide and 10 classes · 224×224"),
        ("resnet-50,depths=3-4-6", "ResNet-50 with stages of 3, 4 and 6 blocks · 224×224"),
        (
            "resnet-50,shortcut=none,classes=10,width=8",
            "ResNet-50 with no shortcuts, a first stage 8 wide and 10 classes · 224×224",
        ),
        ("resnet-18,order=pre", "ResNet-18 with pre-activation · 224×224"),
        ("resnet-18,stem=cifar", "ResNet-18 with a 3×3 stem · 224×224"),
        ("plain-34,block=bottleneck", "ResNet-50 with no shortcuts · 224×224"),
        ("resnet-200-v2,stride_on=3x3", "ResNet-200 v2 with the stride in the 3×3 · 224×224"),
        ("resnet-50-v1.5", "stride in the 3×3, as torchvision builds it · 224×224 · option B"),
        ("cifar-resnet-110-v2", "pre-activation, He 2016 · 32×32 · option A"),
        ("resnet-200", "as in He 2016 · 224×224 · option B"),
        ("densenet-121,growth=24", "DenseNet-121 with growth rate 24 · 224×224"),
        ("densenet-121,block=basic,width=32", "DenseNet-121 with basic layers and a stem 32 wide · 224×224"),
        ("cifar-resnet-20,skip=dropout", "CIFAR ResNet-20 with dropout on the shortcut · 32×32"),
        ("googlenet,aux=yes", "as in Szegedy 2015 · 224×224"),  # the title tells the rest
        ("cifar-highway-19,gate_bias=-3", "CIFAR Highway-19 with gates that start at −3 · 32×32"),
        ("alexnet,groups=1", "AlexNet with 1 group · 224×224"),
    ],
)
def test_a_subtitle_says_where_a_network_comes_from_and_what_differs(text: str, words: str) -> None:
    assert subtitle(parse(text)) == words


def test_what_is_said_to_be_printed_in_the_paper_is() -> None:
    said = {name for name in ZOO if subtitle(ZOO[name]).startswith("as printed in the paper")}
    cifar = {f"cifar-{kind}-{n}" for kind in ("resnet", "plain") for n in (20, 32, 44, 56, 110)}
    tables = {f"resnet-{n}" for n in (18, 34, 50, 101, 152)} | {"plain-18", "plain-34", "cifar-resnet-1202"}
    assert said == tables | cifar  # He 2015: Table 1, Table 2, section 4.2 with Figure 6


@pytest.mark.parametrize("name", ZOO)
def test_the_layer_formula_is_true(name: str) -> None:
    layers, formula = layer_formula(ZOO[name]).split(" = ")
    assert eval(formula.replace("·", "*")) == int(layers) == analyse(ZOO[name]).totals.layers


def test_the_layer_formula_is_written_as_in_a_lecture() -> None:
    assert layer_formula(ZOO["resnet-50"]) == "50 = 1 + 3·(3+4+6+3) + 1"
    assert layer_formula(parse("resnet-18,depths=3")) == "8 = 1 + 2·3 + 1"


def test_the_composition_of_a_stage_is_its_cell_in_the_papers_table() -> None:
    conv1, conv2, _, conv4, _, classifier = (composition(stage) for stage in plan(ZOO["resnet-50"]).stages)
    assert conv1 == ("7×7, 64, stride 2",)
    assert conv2 == ("3×3 max pool, stride 2", "[1×1, 64; 3×3, 64; 1×1, 256] × 3")
    assert conv4 == ("[1×1, 256; 3×3, 256; 1×1, 1024] × 6",)
    assert classifier == ("average pool, 1000-d fc",)
    assert composition(plan(ZOO["cifar-resnet-20"]).stages[0]) == ("3×3, 16",)


@pytest.mark.parametrize(
    ("text", "stage", "cells"),
    [
        ("resnext-50-32x4d", 1, ("3×3 max pool, stride 2", "[1×1, 128; 3×3, 128, C=32; 1×1, 256] × 3")),
        ("resnext-50-32x4d,form=a", 2, ("[32 × (1×1, 8; 3×3, 8; 1×1, 512)] × 4",)),
        ("resnext-50-32x4d,form=b", 2, ("[32 × (1×1, 8; 3×3, 8); 1×1, 512] × 4",)),
        ("densenet-121", 2, ("[1×1, 128; 3×3, 32] × 6",)),
        ("densenet-121", 3, ("1×1, 128; 2×2 average pool, stride 2",)),
        ("cifar-highway-19", 1, ("[3×3, 80] × 1", "[3×3, 80 with gate] × 5", "2×2 max pool, stride 2")),
        ("vgg-16", 0, ("3×3, 64; 3×3, 64; 2×2 max pool, stride 2",)),
        ("lenet-5", 2, ("16 × (5×5, 1)",)),
        ("lenet-5", 6, ("10-d RBF",)),
        (
            "googlenet",
            2,
            ("inception3a: 64 + 128 + 32 + 32", "inception3b: 128 + 192 + 96 + 64", "3×3 max pool, stride 2"),
        ),
        ("cifar-resnet-110-sd", 1, ("[3×3, 16; 3×3, 16] × 18",)),
    ],
)
def test_the_composition_of_a_stage_in_every_family(text: str, stage: int, cells: tuple[str, ...]) -> None:
    assert composition(plan(parse(text)).stages[stage]) == cells


def test_an_auxiliary_head_is_told_beside_its_stage() -> None:
    cells = composition(plan(parse("googlenet,aux=yes")).stages[3])
    assert cells[1] == "aux1 beside: 5×5 average pool, stride 3; 1×1, 128; 1024-d fc; 1000-d fc"


@pytest.mark.parametrize("name", ZOO)
def test_no_cell_is_empty(name: str) -> None:
    for stage in plan(ZOO[name]).stages:
        assert composition(stage)
        assert all(composition(stage))


@pytest.mark.parametrize("name", ZOO)
def test_every_kind_of_op_has_words(name: str) -> None:
    assert {row.kind for row in analyse(ZOO[name]).rows} <= KIND.keys()


def test_every_choice_has_words() -> None:
    assert CHOICE.keys() | {"family"} == {field.name for field in fields(ArchSpec)}  # family follows from shortcut
