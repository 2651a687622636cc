"""The workings of an op's numbers: evaluated, they give what is counted, in every row of every network."""

import re
from math import ceil, floor

import pytest

from resnet_core import ZOO, analyse, parse, units
from resnet_core.algebra import Block, Op
from resnet_core.counts import BYTES, JOINED, MACS
from resnet_core.op_formula import KEPT, SEES_ALL, TABLES, TOGETHER, FormulaLine, formula, ops_by_row
from resnet_core.plan import plan
from resnet_core.rows import Row

ODD = [
    *("resnet-50,size=225x160", "lenet-5", "alexnet-torchvision,size=95x127", "resnet-34,shortcut=pool,size=90x131"),
    *("resnext-50-32x4d,form=a", "resnext-50-32x4d,form=b", "cifar-resnet-20,skip=shortcut-gating"),
    *("cifar-resnet-20,skip=scaling", "cifar-resnet-20,skip=dropout", "googlenet,aux=yes,size=224"),
]
SIGNS = {"·": "*", "−": "-", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")"}


def evaluated(working: str) -> list[float]:
    """What a working comes to: a number for height and width each; where it says so itself, it must be right."""
    found = []
    for part in working.split(", "):
        sides = ["".join(SIGNS.get(sign, sign) for sign in side) for side in part.split(" = ")]
        assert all(re.fullmatch(r"[-+*/() 0-9]*", re.sub(r"floor|ceil", "", side)) for side in sides), working
        values = [eval(side, {"__builtins__": {}, "floor": floor, "ceil": ceil}) for side in sides]
        assert len(set(values)) == 1, working
        found.append(values[0])
    return found


def lines_of(name: str, row: str) -> dict[str, FormulaLine]:
    spec = parse(name)
    found = next(one for one in analyse(spec).rows if one.name == row)
    return {line.label: line for line in formula(found, ops_by_row(spec).get(row))}


def check(row: Row, line: FormulaLine) -> None:
    label, working, result = line
    if label == "output":
        assert result == units.shape(row.out_shape)
        if working == KEPT:
            assert row.out_shape[1:] == row.in_shape[1:]
        elif row.kind == "adaptivepool":
            assert working == f"every map to {row.out_shape[1]}×{row.out_shape[2]}"
        elif re.search(r"\d", working):
            sides = evaluated(working)
            assert row.out_shape in ((row.out_shape[0], *sides), (row.out_shape[0], *sides * 2), tuple(sides))
    elif label == "channels":
        before, sign, rest = re.fullmatch(r"(\d+) (of|\+) (\d+)(?: of zeros)?", working).groups()  # type: ignore[union-attr]
        assert result == units.exact(row.out_shape[0] if sign == "+" else int(before))
        if sign == "+":
            assert int(before) + int(rest) == row.out_shape[0]
            assert int(before) == row.in_shape[0]
        else:
            assert (int(before), int(rest)) == (row.out_shape[0], row.in_shape[0])
    elif label == "receptive field":
        assert result == units.pixels(row.receptive_field)
        if working not in (KEPT, SEES_ALL, TOGETHER):
            assert evaluated(working) == [row.receptive_field]
        assert working != SEES_ALL or row.receptive_field is None
    else:
        counted = {
            "weights": row.weights,
            "biases": row.biases,
            "BN parameters": row.bn,
            "buffers": row.buffers,
            "multiply-adds": row.macs,
            "elementwise": row.elementwise,
            "activations": row.activation_bytes // BYTES,
        }
        assert evaluated(working) == [counted[label]]
        assert result == units.exact(counted[label])


@pytest.mark.parametrize("name", [*ZOO, *ODD])
def test_every_working_comes_to_its_result_and_to_what_is_counted(name: str) -> None:
    spec = parse(name)
    ops = ops_by_row(spec)
    seen = set()
    for row in analyse(spec).rows:
        if (key := row._replace(name="", block="")) in seen:
            continue
        seen.add(key)
        lines = {line.label: line for line in formula(row, ops.get(row.name))}
        for line in lines.values():
            check(row, line)
        assert {"output", "activations", "receptive field"} <= lines.keys()
        numbers = {"weights": row.weights, "BN parameters": row.bn, "biases": row.biases, "buffers": row.buffers}
        numbers |= {"multiply-adds": row.macs, "elementwise": row.elementwise}
        assert {label for label in numbers if label in lines} == {label for label, number in numbers.items() if number}


@pytest.mark.parametrize("name", [*ZOO, *ODD])
def test_every_row_but_a_join_has_its_op(name: str) -> None:
    spec = parse(name)
    ops = ops_by_row(spec)
    rows = {row.name: row for row in analyse(spec).rows}
    assert rows.keys() - ops.keys() == {name for name, row in rows.items() if row.role == "join"}
    assert ops.keys() <= rows.keys()
    assert all(rows[name].kind == op.kind for name, op in ops.items())


def test_a_convolution_is_written_as_the_papers_write_it() -> None:
    assert list(lines_of("resnet-50", "layer3.1.conv2").values()) == [
        ("output", "⌊(14 + 2·1 − 3)/1⌋ + 1 = 14", "14×14×256"),
        ("weights", "3·3 · 256 · 256", "589,824"),
        ("multiply-adds", "3·3 · 256 · 256 · 14·14", "115,605,504"),
        ("activations", "14·14 · 256", "50,176"),
        ("receptive field", "131 + (3 − 1)·16", "163 px"),
    ]


def test_groups_divide_the_channels_that_a_filter_sees() -> None:
    assert lines_of("resnext-50-32x4d", "layer1.0.conv2")["weights"] == ("weights", "3·3 · 128/32 · 128", "4,608")


def test_sides_that_differ_are_worked_out_apart() -> None:
    assert lines_of("resnet-50,size=225x160", "conv1")["output"].working == (
        "⌊(225 + 2·3 − 7)/2⌋ + 1 = 113, ⌊(160 + 2·3 − 7)/2⌋ + 1 = 80"
    )


def test_a_pool_that_rounds_up_drops_a_window_beyond_the_edge() -> None:
    op = Op("avgpool", "pool", 4, 4, kernel=2, stride=3, ceil=True)
    row = analyse(parse("resnet-34")).rows[0]._replace(kind="avgpool", in_shape=(4, 3, 5), out_shape=(4, 1, 2))
    working = next(line.working for line in formula(row, op) if line.label == "output")
    assert working == "⌈(3 + 2·0 − 2)/3⌉ + 1 − 1 = 1, ⌈(5 + 2·0 − 2)/3⌉ + 1 = 2"
    assert evaluated(working) == [1, 2]


def test_zeros_that_option_a_adds_are_counted_apart() -> None:
    assert lines_of("resnet-34,shortcut=A", "layer2.0.shortcut") == {
        "output": ("output", "⌈56/2⌉ = 28", "28×28×128"),
        "channels": ("channels", "64 + 64 of zeros", "128"),
        "activations": ("activations", "28·28 · 128", "100,352"),
        "receptive field": ("receptive field", KEPT, "59 px"),
    }


def test_every_kind_of_op_has_a_working() -> None:
    for label in ("output", "activations", "receptive field"):
        assert TABLES[label].keys() == {*MACS}
    assert {*JOINED} <= {*MACS}


def test_a_wrong_working_would_be_caught() -> None:
    row = analyse(parse("resnet-50")).rows[0]
    for wrong in ("3·3 · 3 · 64", "7·7 · 3 · 64 = 9407"):
        with pytest.raises(AssertionError):
            check(row, FormulaLine("weights", wrong, "9,408"))


def test_ops_are_found_within_blocks_within_blocks() -> None:
    block = dict(plan(parse("resnext-50-32x4d,form=a")).blocks())["layer1.0"]
    assert any(isinstance(item, Block) for path in block.paths for item in path.items)
    conv = ops_by_row(parse("resnext-50-32x4d,form=a"))["layer1.0.branches.31.conv2"]
    assert (conv.kernel, conv.c_in, conv.c_out, conv.groups) == (3, 4, 4, 1)
