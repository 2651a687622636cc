"""One block, as a figure, a table and a sentence: nothing of it is missing, whatever its family."""

import pytest

from resnet_core import ZOO, analyse, parse, units
from resnet_core.block_choices import MOST_PATHS, block_choices, rows_of_block, unseen, usual_block
from resnet_core.block_costs import block_costs, block_sentence
from resnet_core.block_figure import Ink, block_figure
from resnet_core.counts import JOINED

INK = Ink("#000001", "#000002", "#000003", "#000004", "#000005", "#000006")
VARIANTS = [
    "googlenet,aux=yes",
    "resnext-50-32x4d,form=a",
    "resnext-50-32x4d,form=b",
    "resnext-50-2x40d,form=b,order=pre",
    "cifar-resnet-20,skip=scaling",
    "cifar-resnet-20,skip=exclusive-gating",
    "cifar-resnet-20,skip=shortcut-gating",
    "cifar-resnet-20,skip=dropout",
    "resnet-50,order=relu-only-pre",
    "lenet-5,classes=3",
]


@pytest.mark.parametrize("text", [*ZOO, *VARIANTS])
def test_every_op_is_in_one_of_the_choices_and_every_choice_has_a_name_of_its_own(text: str) -> None:
    analysis = analyse(parse(text))
    choices = block_choices(analysis)
    assert len({choice.name for choice in choices}) == len({choice.label for choice in choices}) == len(choices)
    blocks = [name for choice in choices for name in choice.run.names if name]
    assert blocks == list(dict.fromkeys(row.block for row in analysis.rows if row.block))
    outside = [row.name for choice in choices if not choice.run.names[0] for row in rows_of_block(analysis, choice)]
    assert outside == [row.name for row in analysis.rows if not row.block]
    assert len(choices) < 150


@pytest.mark.parametrize("text", [*ZOO, *VARIANTS])
def test_a_figure_has_every_op_but_those_that_others_stand_for(text: str) -> None:
    analysis = analyse(parse(text))
    choices = block_choices(analysis)
    for choice in {choice.label.split(" · ")[-1]: choice for choice in choices}.values():
        source = block_figure(analysis, choice, INK).source
        prefix = f"{choice.name}." if choice.run.names[0] else ""
        hidden = {prefix + name for name in unseen(choice.run.block)}
        for row in rows_of_block(analysis, choice):
            if row.kind not in JOINED:
                drawn = f'tooltip="{row.name}: {units.shape(row.out_shape)}"' in source
                assert drawn == (row.name not in hidden), row.name


@pytest.mark.parametrize("text", [*ZOO, *VARIANTS])
def test_the_sums_of_a_block_are_its_parameters_and_multiply_adds(text: str) -> None:
    analysis = analyse(parse(text))
    choice = usual_block(analysis)
    rows = rows_of_block(analysis, choice)
    sums = [line for line in block_costs(analysis, choice) if line.is_sum]
    assert sum(int(line.params.replace(",", "")) for line in sums) == sum(row.params for row in rows)
    assert sum(int(line.macs.replace(",", "")) for line in sums) == sum(row.macs for row in rows)


def test_of_many_paths_the_first_and_the_last_stand_for_all() -> None:
    analysis = analyse(parse("resnext-50-32x4d,form=a"))
    choice = usual_block(analysis)
    source = block_figure(analysis, choice, INK).source
    assert "… 32 paths" in source
    assert "branches.31.conv1" in source
    assert "branches.1.conv1" not in source
    names = [line.name for line in block_costs(analysis, choice) if not line.is_sum]
    assert names == [f"branches.{path}.conv{conv}" for path in (0, 31) for conv in (1, 2, 3)]
    assert not list(unseen(usual_block(analyse(parse("googlenet"))).run.block))
    assert MOST_PATHS >= 4


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        ("resnet-50", "layer3.1", "y = F(x) + x: 14×14×1024 is kept"),
        ("resnet-50", "layer3.0", "y = F(x) + shortcut(x): 28×28×512 becomes 14×14×1024"),
        ("resnet-50", "conv1", "y = F(x): 224×224×3 becomes 112×112×64"),
        ("plain-34", "layer1.0", "y = F(x): 56×56×64 is kept"),
        (
            "densenet-121",
            "features.denseblock1.denselayer1",
            "y = [x, F(x)]: 56×56×64 becomes 56×56×96",
        ),
        ("googlenet", "inception3a", "y = [F₁(x), …, F₄(x)]: 28×28×192 becomes 28×28×256"),
        ("googlenet,aux=yes", "aux1", "a head beside the trunk: 14×14×512 becomes 1000"),
        ("cifar-highway-19", "layer2.1", "y = T·H(x) + (1−T)·x: 16×16×80 is kept"),
        ("cifar-resnet-20,skip=shortcut-gating", "layer1.0", "y = F(x) + (1−T)·x: 32×32×16 is kept"),
        ("cifar-resnet-20,skip=scaling", "layer1.0", "y = 0.5·F(x) + 0.5·x: 32×32×16 is kept"),
        ("cifar-resnet-20,skip=dropout", "layer1.0", "y = F(x) + dropout(x): 32×32×16 is kept"),
        ("vgg-16", "features.0", "y = F(x): 224×224×3 becomes 112×112×64"),
    ],
)
def test_a_sentence_says_how_the_paths_meet(text: str, name: str, sentence: str) -> None:
    analysis = analyse(parse(text))
    choice = next(choice for choice in block_choices(analysis) if choice.name == name)
    assert block_sentence(analysis, choice) == sentence


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("resnet-50", "conv4_x · blocks 2–6 · identity"),
        ("plain-34", "conv4_x · blocks 2–6 · no shortcut"),
        ("densenet-121", "dense block 1 · layer 6 · concatenation"),
        ("cifar-highway-19", "stage 2 · blocks 2–6 · gate"),
        ("cifar-resnet-1202-sd", "stage 1 · blocks 1–200 · identity · survival 0.999–0.833"),
        ("googlenet", "inception3b · 4 branches"),
        ("lenet-5", "c3 · 16 branches"),
        ("vgg-16", "conv3_x"),
        ("alexnet", "conv2"),
    ],
)
def test_the_usual_block_is_the_one_that_a_family_is_known_for(text: str, label: str) -> None:
    assert usual_block(analyse(parse(text))).label == label


def test_the_figure_of_a_gate_has_both_of_its_products() -> None:
    analysis = analyse(parse("cifar-highway-19"))
    source = block_figure(analysis, usual_block(analysis), INK).source
    assert source.count('label="×"') == 2
    assert source.count('label="+"') == 1
    assert "1−T" in source


def test_survival_stands_at_the_block_that_it_is_of() -> None:
    analysis = analyse(parse("cifar-resnet-110-sd"))
    assert "survives: 0.991 … 0.833" in block_figure(analysis, usual_block(analysis), INK).source
    assert (
        "survives"
        not in block_figure(analyse(parse("resnet-18")), usual_block(analyse(parse("resnet-18"))), INK).source
    )
