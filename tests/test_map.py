"""The network map's document says everything once, and says it right."""

import json
from itertools import combinations, pairwise

import pytest

from resnet_core import ZOO, analyse, parse, units
from resnet_core.diagram import LETTER, SMALL_LETTER, volumes
from resnet_core.drawing import HEIGHT
from resnet_core.map_document import lacking, map_document
from resnet_core.map_overview import HEIGHT as TALL
from resnet_core.map_overview import WIDTH, overview
from resnet_core.map_packing import packed
from resnet_core.map_records import Fact, MapBlock, Pattern, PatternOp
from resnet_core.op_formula import formula, ops_by_row

VARIANTS = [
    "googlenet,aux=yes",
    "resnext-50-32x4d,form=a",
    "resnext-50-32x4d,form=b",
    "cifar-resnet-20,skip=exclusive-gating",
    "cifar-resnet-20,skip=shortcut-gating",
    "resnet-50,size=97x64",
    "resnet-18,classes=9999",
]
NETS = [*VARIANTS, *ZOO]
MOST_BYTES = 150_000


def unpacked(forms: list[list[str | int]], records: list[list[int | str]]) -> list[list]:
    """Records in full, as the browser makes them of their forms and numbers."""
    return [
        json.loads("".join(piece if isinstance(piece, str) else str(own[piece]) for piece in forms[form]))
        for form, *own in records
    ]


def said(net: str) -> dict:
    """A document as the browser gets it, with names for what it says in order."""
    document = json.loads(json.dumps(map_document(analyse(parse(net)))))
    document |= {part: unpacked(**document[part]) for part in ("facts", "patterns")}
    return {
        **document,
        "facts": [Fact(*values) for values in document["facts"]],
        "patterns": [
            Pattern(*values)._replace(ops=tuple(PatternOp(*op) for op in values[Pattern._fields.index("ops")]))
            for values in document["patterns"]
        ],
        "blocks": [MapBlock(*values) for values in document["blocks"]],
    }


def rows_of(document: dict) -> list[tuple[str, Fact, int | None, MapBlock]]:
    """Every op that the document tells of, in order: its name, its fact, its field, its block."""
    return [
        (
            f"{block.name}.{op.name}" if block.name else op.name,
            document["facts"][op.fact],
            None if op.widening is None else block.field + op.widening,
            block,
        )
        for block in document["blocks"]
        for op in document["patterns"][block.pattern].ops
    ]


def filled(text: str, field: int | None) -> str:
    """A text with its slots filled, as the browser does it."""
    parts = text.split("{")
    for number, part in enumerate(parts[1:], 1):
        slot, rest = part.split("}", 1)
        value = (field or 0) + int(slot.rstrip(","))
        parts[number] = (f"{value:,}" if slot.endswith(",") else str(value)) + rest
    return "".join(parts)


@pytest.mark.parametrize("net", NETS)
def test_every_row_is_there_once_with_its_own_numbers(net: str) -> None:
    analysis = analyse(parse(net))
    found = rows_of(said(net))
    assert [name for name, *_ in found] == [row.name for row in analysis.rows]
    for (_, fact, field, block), row in zip(found, analysis.rows, strict=True):
        assert (fact.before, fact.after) == (units.shape(row.in_shape), units.shape(row.out_shape))
        assert (fact.params, fact.macs) == (units.exact(row.params), units.count(row.macs))
        assert field == row.receptive_field
        assert block.name == row.block
        assert analysis.stages[block.stage].title == row.stage


@pytest.mark.parametrize(
    "net", ["resnet-50", "cifar-resnet-110", "densenet-121", "googlenet", "cifar-highway-19", "resnext-50-32x4d,form=b"]
)
def test_formulas_of_repetitions_are_those_of_their_own_rows(net: str) -> None:
    analysis = analyse(parse(net))
    ops = ops_by_row(analysis.spec)
    for (name, fact, field, _), row in zip(rows_of(said(net)), analysis.rows, strict=True):
        lines = [[label, filled(working, field), filled(result, field)] for label, working, result in fact.lines]
        assert lines == [list(line) for line in formula(row, ops.get(name))]


@pytest.mark.parametrize("net", NETS)
def test_every_op_of_a_block_is_shown_by_a_node_and_no_two_nodes_overlap(net: str) -> None:
    for pattern in said(net)["patterns"]:
        shown = [op for _, ops, *_ in pattern.nodes for op in ops]
        assert set(shown) == set(range(len(pattern.ops)))
        for one, other in combinations(pattern.nodes, 2):
            (x, y, width, height), (u, v, wide, high) = one[2:6], other[2:6]
            assert abs(x - u) >= (width + wide) / 2 or abs(y - v) >= (height + high) / 2
        for _, _, x, y, width, height, *_ in pattern.nodes:
            assert x - width / 2 >= 0
            assert x + width / 2 <= pattern.width
            assert -pattern.above - 1 <= y - height / 2
            assert y + height / 2 <= pattern.below + 1


def test_a_shortcut_passes_above_the_residual_path_and_a_gate_below() -> None:
    by_role = {}
    for pattern in said("cifar-highway-19")["patterns"]:
        by_role |= {role: y for role, _, y in pattern.notes}
    assert by_role["identity"] < -HEIGHT / 2 < HEIGHT / 2 < by_role["residual"] < by_role["gate"]


def test_of_many_like_paths_one_node_stands_for_those_that_are_not_drawn() -> None:
    pattern = next(pattern for pattern in said("resnext-50-32x4d,form=a")["patterns"] if pattern.around)
    (fold,) = [node for node in pattern.nodes if node[0] == "fold"]
    assert fold[6] == "30 more paths like these"
    assert len(fold[1]) == 30 * 7


@pytest.mark.parametrize("net", NETS)
def test_the_overview_keeps_within_its_frame_and_its_boxes_apart(net: str) -> None:
    drawing = overview(volumes(analyse(parse(net))))
    assert (drawing.width, drawing.height) == (WIDTH, TALL)
    ends = [box for box in drawing.boxes if not box.beside]
    for one, other in pairwise(ends):
        assert one.x + one.width + drawing.lean[0] < other.x
    for box in drawing.boxes:
        assert box.x >= 0
        assert box.x + box.width + drawing.lean[0] <= drawing.end <= WIDTH
        assert box.y + drawing.lean[1] > 0
        assert box.y + box.height < TALL
    assert all(caption.y + 14 <= TALL for caption in drawing.captions)


@pytest.mark.parametrize("net", NETS)
def test_every_box_but_the_picture_has_ops_and_every_op_has_a_box(net: str) -> None:
    document = said(net)
    boxes = set()
    for block in document["blocks"]:
        boxes |= set(block.box) if isinstance(block.box, list) else {block.box}
    assert boxes - {0} == set(range(1, len(document["overview"]["boxes"])))


@pytest.mark.parametrize(
    "records",
    [
        [],
        [["conv", 3], ["conv", 3]],
        [["1,024 of 0.50", 7, "007"], ["2,048 of 0.25", 7, "1e5"], ["no number", None, -2.5e-07, [True, "{-32,}"]]],
        [["a1", 1, "01", "1"], ["a2", 2, "02", "2"], ["a10", 10, "10", "10"]],
    ],
)
def test_what_is_packed_is_said_in_full_again(records: list) -> None:
    again = unpacked(**json.loads(json.dumps(packed(records)._asdict())))
    assert again == records


def test_of_records_that_differ_in_numbers_the_text_is_sent_once() -> None:
    found = packed([f"from {channels} to 128 of {channels}" for channels in (64, 96, 128)])
    assert found.forms == [['"from ', 0, " to 128 of ", 0, '"']]
    assert found.records == [[0, 64], [0, 96], [0, 128]]


@pytest.mark.parametrize("net", ["resnet-152", "cifar-resnet-1202", "googlenet", "densenet-264"])
def test_what_is_sent_for_a_network_is_small(net: str) -> None:
    assert len(json.dumps(map_document(analyse(parse(net))))) < MOST_BYTES


@pytest.mark.parametrize("net", NETS)
def test_shades_reach_from_nothing_to_the_strongest(net: str) -> None:
    document = said(net)
    for measure in range(3):
        assert max(fact.shades[measure] for fact in document["facts"]) == 100
        assert max(value["shades"][measure] for value in document["overview"]["values"]) == 100
        assert min(fact.shades[measure] for fact in document["facts"]) >= 0


def test_the_costs_of_paths_are_said_beside_them() -> None:
    pattern = next(one for one in said("resnet-50")["patterns"] if one.around == "identity")
    assert ["shortcut", "identity: no parameters, no multiply-adds"] in pattern.sums


@pytest.mark.parametrize("net", ZOO)
def test_the_op_to_begin_with_is_there(net: str) -> None:
    assert map_document(analyse(ZOO[net]))["start"] in {row.name for row in analyse(ZOO[net]).rows}


def test_an_op_that_the_network_lacks_is_named_in_one_line() -> None:
    analysis = analyse(parse("resnet-18"))
    assert lacking(analysis, "layer1.0.conv1") == lacking(analysis, None) == ""
    assert lacking(analysis, "layer3.9.conv2") == "ResNet-18 has no layer3.9.conv2: pick another op."


@pytest.mark.parametrize("net", NETS)
def test_captions_in_one_line_do_not_meet_in_the_map(net: str) -> None:
    lines: dict[float, list] = {}
    for caption in overview(volumes(analyse(parse(net)))).captions:
        lines.setdefault(caption.y, []).append(caption)
    for line in lines.values():
        for one, other in pairwise(line):
            halves = [max(LETTER * len(each.text), SMALL_LETTER * len(each.note)) / 2 for each in (one, other)]
            assert other.x - one.x > sum(halves)
