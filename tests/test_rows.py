"""Rows, stages and totals hang together; the cells of resnet-18 stand in a file, beside the sums that prove it."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from math import ceil, prod
from pathlib import Path

import pytest
from hypothesis import given
from strategies import specs

from resnet_core import ZOO, ArchSpec, Row, analyse, layer_rows, parse, totals
from resnet_core.algebra import Op
from resnet_core.counts import ELEMENTWISE, JOINED, MACS, PARAMETERS, SAVED
from resnet_core.modules import MODULES
from resnet_core.shapes import OUT_FIELD, OUT_SHAPE

GOLDEN = Path(__file__).with_name("facts") / "resnet-18-rows.csv"
COLUMNS = (
    "name kind stage role in_shape out_shape kernel stride padding groups weights biases bn buffers macs elementwise "
    "activation_bytes saved_bytes live_bytes receptive_field jump"
)
RESIDUAL = [name for name, spec in ZOO.items() if spec.family in ("resnet", "plain")]
BLOCKS: dict[str, Callable[[ArchSpec], int]] = {
    **dict.fromkeys(("resnet", "plain", "highway"), lambda spec: sum(spec.depths)),
    "densenet": lambda spec: sum(spec.depths) + len(spec.depths) - 1,  # a transition between each two dense blocks
    "googlenet": lambda spec: 9,  # inception modules
    "lenet": lambda spec: 1,  # C3, each of whose maps sees others of S2
    **dict.fromkeys(("alexnet", "vgg"), lambda spec: 0),
}
ADDITIVE = ("layers", "params", "buffers", "macs", "elementwise", "activation_bytes", "saved_bytes")


@pytest.mark.parametrize("name", ZOO)
def test_stages_add_up_to_the_total(name: str) -> None:
    analysis = analyse(ZOO[name])
    for quantity in ADDITIVE:
        by_stage = sum(getattr(stage.totals, quantity) for stage in analysis.stages)
        assert by_stage == getattr(analysis.totals, quantity), quantity
    assert max(stage.totals.peak_bytes for stage in analysis.stages) == analysis.totals.peak_bytes
    assert sum(stage.blocks for stage in analysis.stages) == BLOCKS[ZOO[name].family](ZOO[name])


@given(specs())
def test_rows_add_up_to_stages_whatever_the_spec(spec: ArchSpec) -> None:
    analysis = analyse(spec)
    for stage in analysis.stages:
        rows = [row for row in analysis.rows if row.stage == stage.title]
        for quantity in ADDITIVE[1:]:
            assert sum(getattr(row, quantity) for row in rows) == getattr(stage.totals, quantity), quantity
        assert rows[-1].out_shape == stage.out_shape
        assert max(row.live_bytes for row in rows) == stage.totals.peak_bytes
    assert analysis.totals == totals(spec)
    assert analysis.rows == layer_rows(spec)


@given(specs())
def test_every_row_begins_where_one_before_it_ended(spec: ArchSpec) -> None:
    rows = layer_rows(spec)
    shapes = {(spec.channels, *spec.size)}
    for row in rows:
        assert row.in_shape in shapes
        assert row.params == row.weights + row.biases + row.bn
        assert row.activation_bytes == 4 * prod(row.out_shape)
        assert row.live_bytes >= 4 * prod((spec.channels, *spec.size)) + row.activation_bytes * (row.kind != "flatten")
        assert row.name.startswith(f"{row.block}." if row.block else row.name)
        shapes.add(row.out_shape)
    assert rows[-1].out_shape == (spec.classes,)


@pytest.mark.parametrize("name", [name for name in RESIDUAL if ZOO[name].stem == "imagenet"])
@pytest.mark.parametrize("size", [(224, 224), (97, 64)])
def test_output_sizes_are_those_of_table_1(name: str, size: tuple[int, int]) -> None:
    stages = analyse(replace(ZOO[name], size=size)).stages
    assert [stage.title for stage in stages] == ["conv1", "conv2_x", "conv3_x", "conv4_x", "conv5_x", "classifier"]
    for stage, stride in zip(stages, (2, 4, 8, 16, 32), strict=False):
        assert stage.out_shape[1:] == tuple(ceil(n / stride) for n in size)
    if size == (224, 224):
        assert [stage.out_shape[1] for stage in stages[:5]] == [112, 56, 28, 14, 7], "as printed"


def test_cifar_maps_are_32_16_and_8_wide_with_16_32_and_64_filters() -> None:
    """He 2015, section 4.2."""
    stages = analyse(ZOO["cifar-resnet-110"]).stages
    assert [stage.out_shape for stage in stages[1:4]] == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]


def test_size_changes_work_and_memory_but_no_parameter() -> None:
    small, large = totals(parse("resnet-18,size=64")), totals(parse("resnet-18,size=128"))
    fc = 512 * 1000
    assert large.macs - fc == 4 * (small.macs - fc), "four times the cells, four times the multiply-adds"
    assert (large.params, large.layers, large.receptive_field) == (small.params, small.layers, small.receptive_field)


def test_elementwise_operations_are_what_one_would_do_by_hand() -> None:
    """Per cell of the output: BN scales and shifts, ReLU compares, an addition adds, a 3×3 maximum compares 8 times."""
    per_cell = {"conv": 0, "bn": 2, "relu": 1, "add": 1, "maxpool": 8, "zeropad": 0, "flatten": 0}
    rows = layer_rows(parse("resnet-18,shortcut=A,size=65x97"))
    assert {row.kind for row in rows} == {*per_cell, "adaptivepool", "linear"}
    for row in rows:
        if row.kind in per_cell:
            assert row.elementwise == per_cell[row.kind] * prod(row.out_shape), row.name
    pool, _, fc = rows[-3:]
    assert pool.elementwise == prod(pool.in_shape), "all but one are added up, then one division, in every channel"
    assert fc.elementwise == fc.biases == 1000


def test_an_unknown_kind_of_op_is_an_error_and_no_silent_zero() -> None:
    op = Op("fft", "fft1", 3, 3)
    for table in (PARAMETERS, MACS, ELEMENTWISE, SAVED, OUT_SHAPE, OUT_FIELD, MODULES):
        with pytest.raises(KeyError):
            table[op.kind]


def test_every_kind_is_in_every_table() -> None:
    ops = set(PARAMETERS)
    assert ops == set(ELEMENTWISE) == set(OUT_SHAPE) == set(OUT_FIELD) == set(MODULES) == set(SAVED)
    assert ops | set(JOINED) == set(MACS)
    assert {row.kind for spec in ZOO.values() for row in layer_rows(spec)} >= ops - {"scale"}, "scale is a choice"


def test_the_rows_of_resnet_18_are_the_ones_on_file() -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS.split())
    writer.writerows([_cell(row, column) for column in COLUMNS.split()] for row in layer_rows(ZOO["resnet-18"]))
    assert out.getvalue().splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_the_file_itself_adds_up_to_torchvisions_figures_and_to_its_own_shapes() -> None:
    rows = list(csv.DictReader(GOLDEN.read_text(encoding="utf-8").splitlines()))
    learned = sum(int(row["weights"]) + int(row["biases"]) + int(row["bn"]) for row in rows)
    assert learned == 11_689_512
    assert round(sum(int(row["macs"]) for row in rows) / 1e6) == 1814
    for row in rows:
        out = [int(n) for n in row["out_shape"].split("x")]
        assert int(row["activation_bytes"]) == 4 * prod(out)
        if row["kind"] == "conv":
            assert int(row["weights"]) == int(row["kernel"]) ** 2 * int(row["in_shape"].split("x")[0]) * out[0]
            assert int(row["macs"]) == int(row["weights"]) * out[1] * out[2]


def _cell(row: Row, column: str) -> str:
    value = getattr(row, column)
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return "" if value is None else str(value)
