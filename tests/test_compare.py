"""Two networks beside one another: the sentences are those a teacher would say, and their costs sum to all of it."""

import json

import pytest
from hypothesis import given, settings
from strategies import specs

from resnet_core import ZOO, ArchSpec, SpecError, analyse, parse
from resnet_core.alignment import align, op_pairs
from resnet_core.cli import main
from resnet_core.compare import SUMMED, Comparison, compare, read_other, share
from resnet_core.comparison_rows import ARROW, comparison_document, lines, stage_lines
from resnet_core.partners import PAIRS, USUAL, pair_of, partner, question


def compared(one: str, other: str) -> Comparison:
    return compare(parse(one), parse(other))


SENTENCES = {
    ("resnet-50", "resnet-50-v1.5"): [
        "Stride moved from conv1 to conv2 in 3 blocks: +231.2 M multiply-adds, parameters unchanged, "
        "receptive field 483 → 427."
    ],
    ("resnet-50-v1.5", "resnet-50"): [
        "Stride moved from conv2 to conv1 in 3 blocks: −231.2 M multiply-adds, parameters unchanged, "
        "receptive field 427 → 483."
    ],
    ("resnet-34", "resnet-34,shortcut=A"): [
        "Option A, with zero padding in place of a projection around 3 blocks: −19.27 M multiply-adds, "
        "−173.8 k parameters."
    ],
    ("resnet-34", "resnet-34,shortcut=C"): [
        "Option C, with a projection in place of the identity around 13 blocks: +167.0 M multiply-adds, "
        "+919.2 k parameters."
    ],
    ("plain-34", "resnet-34,shortcut=A"): [
        "Shortcuts added, the identity around 13 blocks and zero padding around 3 blocks: multiply-adds and "
        "parameters unchanged, +6.222 MB of activations."
    ],
    ("resnet-34", "resnet-50"): [
        "16 bottleneck blocks in place of as many basic blocks: +194.2 M multiply-adds, +3.759 M parameters, "
        "receptive field 899 → 483."
    ],
    ("resnet-50", "resnext-50-32x4d"): [
        "Stride moved from conv1 to conv2 in 3 blocks: +231.2 M multiply-adds, parameters unchanged, "
        "receptive field 483 → 427.",
        "32 groups 4 wide at first in place of convolutions as wide as the stage, in all 16 blocks: "
        "+141.3 M multiply-adds, −528.1 k parameters.",
    ],
    ("resnet-50", "resnet-50-v2"): [
        "Pre-activation in place of post-activation, in all 16 blocks: −7.680 k parameters, multiply-adds unchanged."
    ],
    ("resnet-50", "resnet-101"): [
        "Stages of 3, 4, 23 and 3 blocks in place of 3, 4, 6 and 3, 17 more: +3.712 G multiply-adds, "
        "+18.99 M parameters, receptive field 483 → 1,027."
    ],
    ("resnext-50-32x4d", "densenet-121"): [
        "DenseNet-121 in place of ResNeXt-50 (32×4d), 58 blocks whose paths are concatenated in place of 16 blocks "
        "whose paths are added: −1.396 G multiply-adds, −17.05 M parameters, receptive field 427 → 2,071."
    ],
    ("googlenet", "googlenet,aux=yes"): [
        "Auxiliary heads added: +8.372 M multiply-adds, +6.380 M parameters.",
    ],
    ("resnet-50", "resnet-50"): [],
}


@pytest.mark.parametrize("pair", SENTENCES, ids=" and ".join)
def test_each_change_is_one_sentence(pair: tuple[str, str]) -> None:
    assert list(compared(*pair).sentences) == SENTENCES[pair]


def test_the_stem_of_imagenet_and_that_of_cifar_are_told_step_by_step_with_the_picture_first() -> None:
    found = compared("resnet-18", "cifar-resnet-20")
    assert [change.fields for change in found.changes] == [
        *(("size",), ("stem",), ("depths",), ("width",), ("family", "shortcut"), ("classes",))
    ]
    assert found.sentences[1] == (
        "A 3×3 stem in place of 7×7: +518.4 M multiply-adds, −7.680 k parameters, receptive field 435 → 109."
    )


def test_the_plain_net_has_the_parameters_and_multiply_adds_of_option_a() -> None:
    found = compared("plain-34", "resnet-34,shortcut=A")
    assert {total.words: total.change for total in found.totals if total.words in ("Parameters", "Multiply-adds")} == {
        "Parameters": "",
        "Multiply-adds": "",
    }


PAIRED = [(pair.one, pair.other) for pair in PAIRS]
FAR = [("resnet-18", "cifar-resnet-20"), ("lenet-5", "densenet-264"), ("cifar-resnet-164-v2", "wide-resnet-50-2")]


@pytest.mark.parametrize("pair", [*PAIRED, *SENTENCES, *FAR], ids=" and ".join)
def test_what_the_changes_add_sums_exactly_to_the_difference(pair: tuple[str, str]) -> None:
    _sums_hold(compared(*pair))


@settings(max_examples=60, deadline=None)
@given(one=specs(), other=specs())
def test_any_two_networks_can_be_compared_and_the_way_back_is_the_same_way(one: ArchSpec, other: ArchSpec) -> None:
    there, back = compare(one, other), compare(other, one)
    _sums_hold(there)
    assert [(c.before.spec, c.after.spec) for c in there.changes] == [
        (c.after.spec, c.before.spec) for c in reversed(back.changes)
    ]
    assert bool(there.changes) == (one != other)
    assert all(sentence.endswith(".") and "  " not in sentence for sentence in there.sentences)


def _sums_hold(found: Comparison) -> None:
    for quantity in SUMMED:
        whole = getattr(found.other.totals, quantity) - getattr(found.one.totals, quantity)
        assert sum(share(change, quantity) for change in found.changes) == whole
        assert sum(stage.change(quantity) for stage in found.stages) == whole
        numbers = [step.number for step in found.waterfall(quantity)]
        assert (numbers[0], numbers[-1]) == (getattr(found.one.totals, quantity), getattr(found.other.totals, quantity))
        for side, analysis in (("one", found.one), ("other", found.other)):
            rows = [(pair.times, getattr(pair, side)) for pair in op_pairs(found.stages)]
            assert sum(times * getattr(row, quantity) for times, row in rows if row) == getattr(
                analysis.totals, quantity
            )


def test_between_two_changes_stands_a_network_that_exists() -> None:
    found = compared("resnet-18", "cifar-resnet-20")
    specs = [found.one.spec, *(change.after.spec for change in found.changes)]
    assert specs[-1] == found.other.spec
    assert [parse(str(spec)) for spec in specs] == specs
    assert [change.before.spec for change in found.changes] == specs[:-1]


def test_choices_that_only_exist_together_change_together() -> None:
    (change,) = compared("resnet-50-v1.5", "resnext-50-32x4d").changes
    assert change.fields == ("groups", "group_width")
    bundled = compared("resnet-18", "resnext-50-32x4d").changes
    assert all(parse(str(change.after.spec)) == change.after.spec for change in bundled)
    assert [change.fields[0] for change in bundled].index("block") == 0


def test_stages_stand_beside_the_stage_that_has_their_part() -> None:
    titles = [stage.title for stage in compared("resnet-50", "densenet-121").stages]
    assert titles == [
        *("conv1 / convolution", "pooling", "conv2_x / dense block 1", "transition 1", "conv3_x / dense block 2"),
        *("transition 2", "conv4_x / dense block 3", "transition 3", "conv5_x / dense block 4", "classifier"),
    ]
    shorter = compared("resnet-18", "cifar-resnet-20").stages
    assert [(bool(stage.one), bool(stage.other)) for stage in shorter] == [
        *[(True, True)] * 4,
        (True, False),
        (True,) * 2,
    ]


def test_like_blocks_are_one_row_and_like_paths_one_op() -> None:
    stages = align(*(analyse(parse(name)) for name in ("cifar-resnet-1202", "cifar-resnet-1202-sd")))
    assert [block.times for stage in stages for block in stage.blocks] == [1, 200, 1, 199, 1, 199, 1]
    forms = compared("resnext-50-32x4d", "resnext-50-32x4d,form=a")
    first = next(pair for pair in op_pairs(forms.stages) if pair.one and pair.one.name == "conv1" and pair.other.block)
    assert (first.one.macs, first.one.params) == (first.other.macs, first.other.params)


def test_ops_of_one_name_stand_beside_each_other_and_what_only_one_has_is_signed() -> None:
    rows = {(line.block, line.name): line for line in lines(compared("resnet-50", "resnet-50-v2"), differing=True)}
    assert rows["layer2.0", "downsample.1"].sign == "−"
    assert rows["", "bn_last"].sign == "+"
    bn = rows["layer2.0", "bn3"]
    assert bn.texts[0] == "28×28×512 → 28×28×128"
    assert bn.changed == (True, False, False, False, True, False, False, True)


def test_only_what_differs_is_in_the_rows_that_differ() -> None:
    found = compared("resnet-50", "resnet-50-v1.5")
    every, differing = lines(found, differing=False), lines(found, differing=True)
    assert [line for line in every if line.differs] == list(differing)
    assert len(differing) < len(every)
    assert len(differing) == len(found.differing)
    for line in differing:
        assert [ARROW in text for text in line.texts] == list(line.changed)


def test_a_network_differs_from_itself_in_nothing() -> None:
    found = compared("resnet-50", "resnet-50,stride_on=1x1")
    assert found.same
    assert found.differing == ()
    assert lines(found, differing=True) == ()
    assert "Nothing" in found.answer
    assert {total.change for total in found.totals} == {""}


def test_the_stages_tell_where_the_difference_is() -> None:
    shown = {line.title: line.sums for line in stage_lines(compared("resnet-50", "resnet-50-v1.5"))}
    assert shown["conv1"][1] == ("118.0 M", "")
    assert shown["conv3_x"][1] == ("950.5 M → 1.028 G", "+77.07 M")


def test_networks_of_one_title_are_told_apart_by_their_text() -> None:
    assert compared("resnet-50", "resnet-50-v1.5").names == ("ResNet-50", "ResNet-50 v1.5")
    found = compared("resnet-34,shortcut=A", "resnet-34")
    assert found.names == ("resnet-34,shortcut=A", "resnet-34")
    first, *_, last = found.waterfall("macs")
    assert (first.words, last.words) == found.names


@pytest.mark.parametrize("name", ZOO)
def test_every_network_has_another_one_as_its_partner(name: str) -> None:
    assert partner(ZOO[name]) != ZOO[name]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("resnet-50", "resnet-50-v1.5"),
        ("resnet-50-v1.5", "resnet-50"),
        ("resnet-34", "plain-34"),
        ("plain-34", "resnet-34,shortcut=A"),
        ("cifar-resnet-56", "cifar-plain-56"),
        ("resnext-101-32x4d", "resnet-101-v1.5"),
        ("resnet-152-v2", "resnet-152"),
        ("cifar-resnet-110-sd", "cifar-resnet-110"),
        ("wide-resnet-50-2", "resnet-50-v1.5"),
        ("resnet-34,shortcut=C", "resnet-34"),
        ("googlenet", "googlenet-torchvision"),
        ("vgg-19", "resnet-34"),
    ],
)
def test_the_obvious_partner_is_the_other_version_or_the_twin(one: str, other: str) -> None:
    assert partner(parse(one)) == parse(other)


def test_a_pair_is_known_either_way_round_and_asks_its_own_question() -> None:
    one, other = parse("resnet-50"), parse("resnet-50-v1.5")
    assert pair_of(one, other) == pair_of(other, one) == PAIRS[0]
    assert question(one, other) == PAIRS[0].question
    assert question(one, parse("vgg-16")) == USUAL
    assert all(parse(pair.one) != parse(pair.other) for pair in PAIRS)


def test_the_other_network_may_be_named_by_its_changes_alone() -> None:
    one = parse("resnet-34,size=32")
    assert read_other("shortcut=A, classes=10", one) == parse("resnet-34,shortcut=A,classes=10,size=32")
    assert read_other("resnet-18", one) == parse("resnet-18")
    with pytest.raises(SpecError, match="choose A, B, C"):
        read_other("shortcut=Q", one)


def test_the_command_line_tells_the_sentence_and_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "resnet-50", "stride_on=3x3"]) == 0
    out = capsys.readouterr().out
    assert SENTENCES["resnet-50", "resnet-50-v1.5"][0] in out
    assert "28×28×128 → 56×56×128" in out


def test_the_command_line_tells_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "resnet-50", "resnet-50-v1.5", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads(json.dumps(comparison_document(compared("resnet-50", "resnet-50-v1.5"))))
    (change,) = document["changes"]
    assert (change["macs"], change["params"], change["receptive_field"]) == (231_211_008, 0, [483, 427])
    assert sum(stage["macs"] for stage in document["stages"]) == 231_211_008


@pytest.mark.parametrize("other", ["resnet-51", "shortcut=Q", "shortcut=A,shortcut=B", "=", "", "resnet-50,size=1"])
def test_the_command_line_refuses_in_one_sentence(other: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "resnet-50", other]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
