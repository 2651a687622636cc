"""The wiring: names, folding, main paths and what each shortcut option adds, against the papers' own arithmetic."""

import re
from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import given
from strategies import specs
from torch import nn

from resnet_core import ZOO, Analysis, ArchSpec, Row, analyse, layer_rows, parse, plan, totals
from resnet_core import rows as rows_module
from resnet_core.algebra import Plan, Run
from resnet_core.modules import RBF
from resnet_core.network import Network

RESIDUAL = [name for name, spec in ZOO.items() if spec.family == "resnet"]
PREACTIVATED = [name for name in RESIDUAL if ZOO[name].order == "pre"]


BESIDE_THE_MAIN_PATH = re.compile(r"downsample|gate|branch[134]\.|^c3\.[1-9]")
NAMED_OTHERWISE = {  # weighted layers of networks whose name says another number, or none
    "densenet-264": 265,  # by the blocks of its own Table 1, 1 + 2·(6+12+64+48) + 3 + 1
    # their 6n+4 counts the three projections, and not the classifier
    **{name: 2 * sum(spec.depths) + 2 for name, spec in ZOO.items() if name.startswith("cifar-wrn-")},
    "lenet-5": 7,  # "comprises 7 layers, not counting the input"
    "alexnet": 8,  # "eight learned layers — five convolutional and three fully-connected"
    "alexnet-torchvision": 8,
    "googlenet": 22,  # "22 layers deep when counting only layers with parameters"
    "googlenet-torchvision": 22,
}


@pytest.mark.parametrize("name", ZOO)
def test_the_number_in_the_name_is_the_number_of_weighted_layers_on_the_main_path(
    name: str, on_meta: Callable[[ArchSpec], Network]
) -> None:
    spec, network = ZOO[name], on_meta(ZOO[name])
    walked = [
        at
        for at, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear | RBF) and not BESIDE_THE_MAIN_PATH.search(at)
    ]
    match = re.search(r"-(\d+)", name)
    number = NAMED_OTHERWISE.get(name) or int(match[1] if match else 0)
    assert number == spec.layers == totals(spec).layers == len(walked)
    assert name not in NAMED_OTHERWISE or not match or int(match[1]) != number, "no exception"


@pytest.mark.parametrize("text", ["resnext-50-32x4d,form=a", "resnext-50-32x4d,form=b", "googlenet,aux=yes"])
def test_paths_side_by_side_are_counted_as_one(text: str) -> None:
    assert totals(parse(text)).layers == parse(text).layers == totals(ZOO[text.partition(",")[0]]).layers


@pytest.mark.parametrize("name", ZOO)
def test_no_two_rows_share_a_name(name: str) -> None:
    names = [row.name for row in layer_rows(ZOO[name])]
    assert len(set(names)) == len(names)


@given(specs())
def test_repetitions_unfolded_cost_what_the_folded_plan_costs(spec: ArchSpec) -> None:
    folded = analyse(spec)
    with patch.object(rows_module, "plan", lambda spec: _unfolded(plan(spec))):
        unfolded = analyse(spec)
    assert unfolded.rows == folded.rows
    assert unfolded.totals == folded.totals
    assert [stage.totals for stage in unfolded.stages] == [stage.totals for stage in folded.stages]


def test_the_deepest_net_of_the_zoo_unfolded_is_itself() -> None:
    spec = replace(ZOO["cifar-resnet-1001-v2"], shortcut="C")
    with patch.object(rows_module, "plan", lambda spec: _unfolded(plan(spec))):
        unfolded = analyse(spec)
    assert unfolded.rows == analyse(spec).rows


def _unfolded(network: Plan) -> Plan:
    """The same wiring with every repetition a run of its own."""
    return replace(
        network,
        stages=tuple(
            replace(stage, runs=tuple(Run(run.block, (name,)) for run in stage.runs for name in run.names))
            for stage in network.stages
        ),
    )


def test_1202_layers_are_as_many_runs_as_20() -> None:
    def runs(name: str) -> int:
        return sum(len(stage.runs) for stage in plan(ZOO[name]).stages)

    assert runs("cifar-resnet-1202") == runs("cifar-resnet-20")


@pytest.mark.parametrize("name", RESIDUAL)
def test_option_a_counts_exactly_what_the_plain_twin_counts(name: str) -> None:
    """He 2015, section 3.3: option A adds no parameters, and its multiply-adds are the plain net's."""
    spec = ZOO[name]
    padded, plain = (analyse(spec.changed(shortcut=shortcut)) for shortcut in ("A", "none"))
    assert _costs(padded) == _costs(plain)
    assert (padded.totals.params, padded.totals.macs) == (plain.totals.params, plain.totals.macs)


@pytest.mark.parametrize("name", RESIDUAL)
@pytest.mark.parametrize("option", ["B", "C"])
def test_projections_are_all_that_options_b_and_c_add(name: str, option: str) -> None:
    spec = replace(ZOO[name], shortcut=option)
    projected, plain = analyse(spec), analyse(spec.changed(shortcut="none"))
    added = _costs(projected).items() - _costs(plain).items()
    assert _costs(plain).items() <= _costs(projected).items()
    assert all(".downsample." in name for name, _ in added)

    expansion = {"basic": 1, "bottleneck": 4}[spec.block]
    params = macs = 0
    c_in = spec.width
    height, width = (-(-n // (4 if spec.stem == "imagenet" else 1)) for n in spec.size)
    for stage, depth in enumerate(spec.depths):
        c_out = spec.width * spec.widen * 2**stage * expansion
        if stage:
            height, width = -(-height // 2), -(-width // 2)
        for block in range(depth):
            if option == "C" or (block == 0 and c_in != c_out):
                params += c_in * c_out + (2 * c_out if spec.order == "post" else 0)  # v2 has no BN on the shortcut
                macs += c_in * c_out * height * width
            c_in = c_out
    assert projected.totals.params - plain.totals.params == params
    assert projected.totals.macs - plain.totals.macs == macs


def _costs(analysis: Analysis) -> dict[str, tuple[object, ...]]:
    """Every row that has parameters, under its name."""
    return {row.name: _cost(row) for row in analysis.rows if row.params}


def _cost(row: Row) -> tuple[object, ...]:
    return row.kind, row.in_shape, row.out_shape, row.kernel, row.stride, row.params, row.macs


def test_option_c_brings_thirteen_more_projections_into_resnet_34_than_b() -> None:
    """He 2015, section 4.1: "the extra parameters introduced by many (thirteen) projection shortcuts"."""

    def projections(option: str) -> int:
        spec = replace(ZOO["resnet-34"], shortcut=option)
        return sum(row.name.endswith(".downsample.0") for row in layer_rows(spec))

    assert [projections(option) for option in ("none", "A", "B", "C")] == [0, 0, 3, 16]


@pytest.mark.parametrize(
    ("name", "a", "c"),
    [  # closed forms worked out beside this project
        ("resnet-18", 11_515_688, 12_043_816),
        ("resnet-34", 21_623_848, 22_716_840),
        ("resnet-50", 22_780_456, 40_128_552),
        ("resnet-101", 41_772_584, 76_981_288),
        ("resnet-152", 57_416_232, 107_335_720),
    ],
)
def test_options_a_and_c_have_the_parameters_of_their_closed_forms(name: str, a: int, c: int) -> None:
    assert totals(replace(ZOO[name], shortcut="A")).params == a
    assert totals(replace(ZOO[name], shortcut="C")).params == c


@pytest.mark.parametrize("name", RESIDUAL)
def test_the_stride_sits_where_the_name_says(name: str) -> None:
    spec = ZOO[name]
    strided = {row.name.rpartition(".")[2] for row in layer_rows(spec) if row.role == "residual" and row.stride == 2}
    # Xie 2017, section 4, "by the 3×3 layer"; torchvision's wide nets are its v1.5 with another width
    in_the_3x3 = name.endswith("-v1.5") or name.startswith(("resnext", "wide"))
    assert strided == {"conv2" if in_the_3x3 else "conv1"}


@pytest.mark.parametrize("name", PREACTIVATED)
def test_preactivation_leaves_nothing_after_the_additions_but_one_last_bn_and_relu(name: str) -> None:
    rows = layer_rows(ZOO[name])
    assert not [row for row in rows if row.role == "post"]
    assert [row.name for row in rows[-5:]] == ["bn_last", "relu_last", "avgpool", "flatten", "fc"]
    stem = [row.name for row in rows if row.stage == "conv1"]
    first = [row.kind for row in rows if row.block == "layer1.0" and row.role in ("pre", "residual")]
    assert stem == ["conv1", "bn1", "relu"]
    assert first[0] == "conv", "the first activation stands right after conv1, so the first block has none"


@pytest.mark.parametrize("name", [name for name in PREACTIVATED if ZOO[name].shortcut == "B"])
def test_a_projecting_preactivation_block_shares_its_first_activation(name: str) -> None:
    rows = layer_rows(ZOO[name])
    for stage in range(1, len(ZOO[name].depths)):
        block = [row for row in rows if row.block == f"layer{stage + 1}.0"]
        assert [row.kind for row in block if row.role == "pre"] == ["bn", "relu"]
        assert [row.name.partition(".0.")[2] for row in block if row.role == "shortcut"] == ["downsample.0"]
