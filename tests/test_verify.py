"""Verdicts: strict about digits, honest about what differs, silent about what nobody printed."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from resnet_core import ZOO, SpecError, analyse, parse
from resnet_core.published import figures
from resnet_core.verdict import QUANTITIES, TEXTS, agreement, cuts, judge
from resnet_core.verify import NOT_PUBLISHED, paper_figure, table_one, table_one_note, verdicts, verify

GIGA = 10**9
# what a person computed and checked against torchvision where it has the net; written down apart from this program
COUNTED = {"resnet-18": "1.814 G", "resnet-34": "3.664 G", "resnet-50": "3.858 G", "resnet-101": "7.570 G"}
WITH_BN = {
    "resnet-18": "1.819",
    "resnet-34": "3.671",
    "resnet-50": "3.879",
    "resnet-101": "7.602",
    "resnet-152": "11.326",
}


@pytest.mark.parametrize(
    ("printed", "computed", "status"),
    [
        ("3.8", 3_800_000_000, "exactly"),
        ("3.8", 3_849_999_999, "by rounding"),
        ("3.8", 3_750_000_000, "by rounding"),  # half up
        ("3.8", 3_850_000_000, "by truncation"),
        ("3.8", 3_899_999_999, "by truncation"),
        ("3.8", 3_900_000_000, "differs"),
        ("3.8", 3_749_999_999, "differs"),  # only rounding everything up would give it
        ("3.80", 3_804_999_999, "by rounding"),  # a printed zero is a digit
        ("3.80", 3_810_000_000, "differs"),
        ("2^3", 8_000_000_000, "exactly"),
        ("2^3", 8_900_000_000, "by truncation"),
    ],
)
def test_agreement_is_decided_at_the_last_printed_digit(printed: str, computed: int, status: str) -> None:
    assert agreement(printed, GIGA, computed) == status


def test_a_count_may_give_the_printed_digits_both_ways() -> None:
    assert cuts("1.8", GIGA, 1_814_073_344) == ("by rounding", "by truncation")
    assert cuts("3.8", GIGA, 3_857_973_248) == ("by truncation",)
    assert cuts("3.8", GIGA, 4_089_184_256) == ()


def test_every_figure_agrees_or_says_why_not() -> None:
    found = verify()
    assert [verdict.figure for verdict in found] == list(figures())
    assert all(verdict.settled for verdict in found)
    assert not [verdict.label for verdict in found if verdict.agrees is False and not verdict.reason]


def test_the_papers_flops_agree_by_these_roundings() -> None:
    flops = table_one().rows[-1].cells
    expected = ["by rounding", "by truncation", "by truncation", "by rounding", "by rounding"]
    assert [verdict.status for verdict in flops] == expected
    assert {verdict.figure.arch: verdict.shown for verdict in flops if verdict.figure.arch in COUNTED} == COUNTED


def test_the_verdict_on_resnet_50_needs_the_stride_where_the_paper_has_it() -> None:
    figure = next(f for f in figures() if (f.arch, f.quantity) == ("resnet-50", "macs"))
    assert judge(figure, analyse(ZOO["resnet-50"])).status == "by truncation"
    other = judge(figure, analyse(ZOO["resnet-50-v1.5"]))
    assert (other.status, other.difference) == ("differs", "+0.289 G (+7.6 %)")
    assert not other.agrees
    assert not other.settled  # nobody has said why


def test_a_difference_is_ours_less_theirs() -> None:
    figure = next(f for f in figures() if (f.arch, f.quantity) == ("resnet-50", "receptive field"))
    assert judge(figure, analyse(ZOO["resnet-50-v1.5"])).difference == "−56 px (−11.6 %)"
    figure = next(f for f in figures() if (f.arch, f.quantity, f.unit) == ("resnet-50-v1.5", "params", 1))
    assert judge(figure, analyse(ZOO["resnet-50-v2"])).difference == "−7,680 (under 0.1 %)"


def test_a_cell_with_another_block_differs() -> None:
    figure = next(f for f in figures() if (f.arch, f.quantity, f.stage) == ("resnet-50", "blocks", "conv4_x"))
    assert judge(figure, analyse(ZOO["resnet-50"])).status == "exactly"
    assert judge(figure, analyse(ZOO["resnet-34"])).status == "differs"


def test_the_output_size_of_a_stage_is_that_of_its_last_map() -> None:
    figure = next(f for f in figures() if (f.arch, f.quantity, f.stage) == ("resnet-50", "output size", "conv4_x"))
    assert judge(figure, analyse(ZOO["resnet-50-v1.5"])).computed == "14×14"  # its first map is still 28×28
    assert judge(figure, analyse(parse("resnet-50,size=224x320"))).computed == "14×20"


@pytest.mark.parametrize(
    "arch", ["cifar-resnet-1001-v2", "cifar-resnet-1001-v2,classes=100", "cifar-resnet-1001-v2,order=post,classes=100"]
)
def test_the_reason_for_what_differs_holds(arch: str) -> None:
    spec = parse(arch)
    (verdict,) = (v for v in verdicts(spec) if v.agrees is False)
    without_bn = sum(row.weights + row.biases for row in analyse(spec).rows)
    padded = analyse(replace(spec, shortcut="A")).totals.params
    numbers = [int(number.replace(",", "")) for number in re.findall(r"\d+,\d+,\d+", str(verdict.reason))]
    assert numbers == [without_bn, padded]
    assert cuts("10.2", 10**6, without_bn) in (("by rounding",), ("by rounding", "by truncation"))
    assert cuts("10.2", 10**6, padded) == (("by truncation",) if spec.classes == 10 else ())


def test_each_difference_of_complexity_is_as_small_as_its_reason_says() -> None:
    macs = {arch: analyse(parse(arch)).totals.macs for arch in ("resnet-50-v1.5", "resnet-101-v1.5")}
    assert 0.03 < analyse(ZOO["resnext-50-32x4d"]).totals.macs / macs["resnet-50-v1.5"] - 1 < 0.04
    assert 0.02 < analyse(ZOO["resnext-101-32x4d"]).totals.macs / macs["resnet-101-v1.5"] - 1 < 0.03


@pytest.mark.parametrize(
    ("arch", "stages"),
    [
        ("resnet-50", [11, 35, 99, 291, 483]),
        ("resnet-101", [11, 35, 99, 835, 1027]),
        ("resnet-152", [11, 35, 163, 1315, 1507]),
    ],
)
def test_the_stride_in_the_last_unit_of_a_stage_sees_as_far_as_in_the_first_1x1(arch: str, stages: list[int]) -> None:
    spec = ZOO[arch]
    field, jump, seen = 7 + 2 * 2, 4, [11]  # the 7×7 and the pool
    for stage, units in enumerate(spec.depths, 1):
        for unit in range(units):
            field += 2 * jump
            jump *= 2 if unit == units - 1 and stage < len(spec.depths) else 1
        seen.append(field)
    assert seen == stages
    assert analyse(spec).totals.receptive_field == field
    (verdict,) = (v for v in verdicts(spec) if v.figure.quantity == "receptive field")
    assert (verdict.status, verdict.number) == ("exactly", field)
    assert "TF-Slim" in str(verdict.reason)


@pytest.mark.parametrize(
    ("arch", "quantity", "shown", "status"),
    [
        ("plain-34", "share of VGG-19's multiply-adds", "18.56 %", "by truncation"),
        ("resnet-50-v1.5", "weights of a block", "69.63 k", "by rounding"),
        ("resnext-50-32x4d", "weights of a block", "70.14 k", "by rounding"),
        ("cifar-resnet-110-v2", "paths", "18,014,398,509,481,984", "exactly"),
        ("cifar-resnet-110-v2", "layers on the shortest effective path", "10", "exactly"),
        ("cifar-resnet-110-v2", "layers on the longest effective path", "34", "exactly"),
    ],
)
def test_what_a_paper_says_of_its_own_networks_is_counted(arch: str, quantity: str, shown: str, status: str) -> None:
    (verdict,) = (v for v in verdicts(parse(arch)) if v.figure.quantity == quantity)
    assert (verdict.shown, verdict.status) == (shown, status)


def test_verdicts_are_on_exactly_this_network_at_this_size() -> None:
    assert {verdict.figure.arch for verdict in verdicts(ZOO["resnet-50"])} == {"resnet-50"}
    assert verdicts(parse("resnet-50-v1.5,stride_on=1x1")) == verdicts(ZOO["resnet-50"])
    assert verdicts(parse("resnet-50,size=320")) == ()
    assert verdicts(ZOO["resnet-101-v2"]) == ()


def test_named_architectures_come_in_the_order_of_their_names_and_once() -> None:
    found = verify(["resnet-34", "resnet-18", "resnet-34"])
    assert found == verdicts(ZOO["resnet-34"]) + verdicts(ZOO["resnet-18"])


def test_an_unknown_name_is_refused_with_a_sentence() -> None:
    with pytest.raises(SpecError, match="51 layers"):
        verify(["resnet-18", "resnet-51"])


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_card_says_who_prints_the_number_or_that_nobody_does(name: str, quantity: str) -> None:
    claim = paper_figure(ZOO[name], quantity)
    own = [
        v
        for v in verdicts(ZOO[name])
        if v.figure.quantity == quantity and v.figure.stage is None and v.figure.convention is None
    ]
    own.sort(key=lambda v: v.figure.publisher != "paper")  # the paper's, where it was read there
    own.sort(key=lambda v: not v.figure.confirmed)
    if own and own[0].figure.publisher != "paper":  # else the one with most digits
        own.sort(key=lambda v: (not v.figure.confirmed, -len(v.figure.printed)))
    assert claim.verdict == (own[0] if own else None)
    assert (claim.status == NOT_PUBLISHED) == (not own)
    assert claim.printed == (f"{own[0].figure.publisher} {own[0].figure.shown}" if own else "paper: not printed")
    assert claim.sentence.endswith(".")
    assert claim.kin is None or claim.kin.figure.arch != name


@pytest.mark.parametrize(
    ("text", "quantity", "sentence"),
    [
        (
            "resnet-50-v1.5",
            "macs",
            "The paper prints 3.8 G for ResNet-50: with the stride in the 1×1 it is 3.858 G, which agrees by "
            "truncation; with the stride in the 3×3 it is 4.089 G, and torchvision prints 4.089 G.",
        ),
        (
            "resnet-50",
            "macs",
            "Multiply-adds of ResNet-50: 3.8 G in He, Zhang, Ren, Sun 2015, arXiv:1512.03385, Table 1; ours: "
            "3,857,973,248 (3.858 G), which agrees by truncation. With the stride in the 3×3 it would be 4.089 G "
            "(+231.2 M), which is not the printed 3.8 G.",
        ),
        (
            "resnet-50-v1.5",
            "receptive field",
            "Araujo 2019 prints 483 px for ResNet-50: with the stride in the 1×1 it is exactly that; "
            "with the stride in the 3×3 it is 427 px, and samson-wang prints 427 px.",
        ),
        (
            "resnet-34,shortcut=A,size=32",
            "macs",
            "The paper prints 3.6 G for ResNet-34: with option B and a 224×224 input it is 3.664 G, which agrees by "
            "truncation; with option A and a 32×32 input it is 74.88 M.",
        ),
        (
            "cifar-plain-20",
            "params",
            "The paper prints 0.27 M for CIFAR ResNet-20: with option A it is 269.7 k, which agrees by rounding; "
            "with no shortcuts it is the same.",
        ),
        (
            "resnet-152-v2",
            "params",
            "torchvision prints 60,192,808 for ResNet-152 v1.5: with the stride in the 3×3 and post-activation it is "
            "exactly that; with the stride in the 1×1 and pre-activation it is 60,185,128.",
        ),
        (
            "resnet-50,width=32",
            "macs",
            "The paper prints 3.8 G for ResNet-50: with a first stage 64 wide it is 3.858 G, which agrees by "
            "truncation; with a first stage 32 wide it is 994.5 M.",
        ),
        (
            "resnet-50-v1.5,size=160x90",
            "macs",
            "torchvision prints 4.089 G for ResNet-50 v1.5: with a 224×224 input it is 4.089 G, which agrees by "
            "rounding; with a 160×90 input it is 1.241 G.",
        ),
        (
            "resnet-50-v1.5,size=160x90",
            "receptive field",
            "samson-wang prints 427 px for ResNet-50 v1.5: with a 224×224 input it is exactly that; with a 160×90 "
            "input it is the same.",
        ),
        (
            "resnet-50",
            "layers",
            "Layers of ResNet-50: 50 in He, Zhang, Ren, Sun 2015, arXiv:1512.03385, Table 1; ours: 50, which agrees "
            "exactly.",
        ),
        ("resnet-50", "memory", "No source quoted here prints the peak memory of this network."),
    ],
)
def test_a_card_explains_the_nearest_published_figure(text: str, quantity: str, sentence: str) -> None:
    assert paper_figure(parse(text), quantity).sentence == sentence


def test_nothing_is_said_of_networks_that_are_not_near() -> None:
    assert paper_figure(ZOO["cifar-resnet-164-v2"], "params").kin is None


def test_a_verdict_is_a_sentence_with_its_source_and_reason() -> None:
    for verdict in verify():
        assert verdict.sentence.endswith(".")
        assert "\n" not in verdict.sentence
        assert verdict.figure.source in verdict.sentence
        assert verdict.reason is None or verdict.reason in verdict.sentence
        assert (verdict.figure.protocol or verdict.conclusion) in verdict.sentence


def test_the_papers_table_is_whole() -> None:
    table = table_one()
    assert table.titles == ("18-layer", "34-layer", "50-layer", "101-layer", "152-layer")
    assert [row.title for row in table.rows] == [
        "conv1",
        "conv2_x",
        "conv3_x",
        "conv4_x",
        "conv5_x",
        "classifier",
        "FLOPs",
    ]
    for row in table.rows:
        assert tuple(verdict.figure.arch for verdict in row.cells) == table.archs
        assert tuple(verdict.figure.arch for verdict in row.output) == (() if row.title == "FLOPs" else table.archs)
    assert [row.output[0].computed for row in table.rows[:-1]] == ["112×112", "56×56", "28×28", "14×14", "7×7", "1×1"]
    assert table.agrees


@pytest.mark.parametrize("part", ["cells", "output"])
def test_a_table_with_one_cell_that_differs_does_not_agree(part: str) -> None:
    table = table_one()
    first = table.rows[0]
    *others, last = getattr(first, part)
    broken = replace(first, **{part: (*others, replace(last, status="differs"))})
    assert not replace(table, rows=(broken, *table.rows[1:])).agrees


def test_softmax_is_the_only_part_of_a_cell_that_is_not_compared() -> None:
    compared = Counter(v.figure.printed == v.computed for v in verify() if v.figure.quantity in TEXTS)
    assert compared == {True: 55, False: 5}
    assert {v.figure.printed.removeprefix(v.computed) for v in verify() if v.figure.quantity in TEXTS} == {
        "",
        ", softmax",
    }


def test_the_note_on_the_flops_row_is_true() -> None:
    note = table_one_note()
    for arch, giga in WITH_BN.items():
        analysis = analyse(ZOO[arch])
        counted = analysis.totals.macs + sum(row.elementwise for row in analysis.rows if row.kind == "bn")
        assert agreement(giga, GIGA, counted) == "by rounding"
        printed = next(f.printed for f in figures() if (f.arch, f.quantity) == (arch, "macs"))
        assert "by truncation" in cuts(printed, GIGA, counted)
    assert "ResNet-34 (3.664 G, printed 3.6) and ResNet-50 (3.858 G, printed 3.8) must be truncated" in note
    assert "ResNet-101 (7.570 G, printed 7.6) and ResNet-152 (11.28 G, printed 11.3) rounded" in note
    assert "1.819 G, 3.671 G, 3.879 G, 7.602 G and 11.33 G" in note
    assert "a fit, not a proof" in note
    padded = analyse(parse("resnet-34,shortcut=A")).totals.macs
    assert cuts("3.6", GIGA, padded) == ("by rounding", "by truncation")
