"""The inspector: the line that makes an op makes that very op, the block's sum has its shapes, and Explore shows it."""

from html import unescape
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # as the lines call it
from streamlit.testing.v1 import AppTest
from torch import Tensor, nn

from resnet_core import ZOO, analyse, build, parse, units
from resnet_core.algebra import Op
from resnet_core.block_alternatives import arrangements, options
from resnet_core.block_inspection import block_view, rows_of
from resnet_core.inspection import NoOpError, op_view, usual_op
from resnet_core.modules import JOINS, MODULES
from resnet_core.op_code import code_line, meeting_line
from resnet_core.op_formula import ops_by_row
from resnet_core.tensors import residual_blocks

MAIN = Path(__file__).parents[1] / "app" / "main.py"
VARIANTS = [
    *("resnet-34,shortcut=pool", "cifar-resnet-20,skip=scaling", "cifar-resnet-20,skip=dropout", "googlenet,aux=yes"),
    *("cifar-resnet-20,skip=exclusive-gating", "resnext-50-32x4d,form=a"),
]


def distinct_ops() -> dict[str, Op]:
    """Every op of the zoo that differs from the others in more than its name, by its line."""
    return {code_line(op): op for name in (*ZOO, *VARIANTS) for op in ops_by_row(parse(name)).values()}


def value(line: str, **names: object) -> Any:
    return eval(line, {"nn": nn, "torch": torch, "F": F, **names})


def test_the_line_of_an_op_makes_the_module_that_we_build() -> None:
    kinds = set()
    with torch.device("meta"):
        for line, op in distinct_ops().items():
            kinds.add(op.kind)
            if not line.startswith("nn."):
                continue
            theirs, ours = value(line), MODULES[op.kind](op)
            assert repr(theirs) == repr(ours)
            assert type(theirs) is type(ours)
            for mine, other in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
                assert (mine[0], mine[1].shape) == (other[0], other[1].shape)
    assert kinds == {*MODULES}


def test_the_module_in_a_network_is_the_one_of_its_line() -> None:
    spec = parse("resnext-50-32x4d")
    with torch.device("meta"):
        network = build(spec)
        for name, op in ops_by_row(spec).items():
            assert repr(network.get_submodule(name)) == repr(value(code_line(op))), name


def test_an_op_without_a_module_of_torch_has_a_line_that_gives_the_same() -> None:
    found = {line: op for line, op in distinct_ops().items() if not line.startswith("nn.")}
    assert {op.kind for op in found.values()} == {"zeropad", "select", "scale", "rbf"}
    for line, op in found.items():
        x = torch.randn(2, op.c_in, *([5, 6] if op.kind != "rbf" else []))
        module = MODULES[op.kind](op)
        assert torch.equal(value(line, x=x, codes=getattr(module, "codes", None)), module(x)), line


@pytest.mark.parametrize(
    ("join", "roles"),
    [
        ("add", ["residual", "shortcut"]),
        ("concat", ["residual", "shortcut"]),
        ("gate", ["residual", "gate", "shortcut"]),
        ("carry", ["gate", "shortcut"]),
        ("concat", ["branch"] * 4),
        ("add", ["branch"] * 32),
        ("concat", ["branch"] * 32),
    ],
)
def test_the_line_of_a_join_gives_the_same(join: str, roles: list[str]) -> None:
    ends: list[Tensor] = [torch.rand(1, 3, 2, 2) for _ in roles]
    names = {
        f"{role}{number}" if roles.count(role) > 1 else role: end
        for number, (role, end) in enumerate(zip(roles, ends, strict=True), start=1)
    }
    torch.testing.assert_close(value(meeting_line(join, roles), paths=ends, **names), JOINS[join](ends))


@pytest.mark.parametrize("name", [*ZOO, *VARIANTS])
def test_there_is_something_to_see_of_every_op_and_block(name: str) -> None:
    analysis = analyse(parse(name))
    assert usual_op(analysis) in {row.name for row in analysis.rows}
    first = {row.kind + row.role: row for row in analysis.rows}
    for row in first.values():
        view = op_view(analysis, row.name)
        assert view.lines
        assert view.code
        assert view.paper.cells or row.stage == "input"
        assert view.block == row.block
    for block in dict.fromkeys(row.block for row in first.values() if row.block):
        block_view(analysis, block)
        arrangements(analysis, block)
        options(analysis, block)


def test_the_usual_op_is_the_3x3_of_the_block_that_is_repeated_most() -> None:
    assert usual_op(analyse(ZOO["resnet-50"])) == "layer3.1.conv2"


def test_an_op_that_the_network_lacks_is_refused_with_one_that_it_has() -> None:
    with pytest.raises(NoOpError, match=r"resnet-18 has no layer 'layer3.5.conv2'.*such as 'layer1.0.conv1'"):
        op_view(analyse(ZOO["resnet-18"]), "layer3.5.conv2")


def test_the_papers_row_is_the_one_of_table_1_where_it_prints_this_network() -> None:
    paper = op_view(analyse(ZOO["resnet-50"]), "layer3.1.conv2").paper
    assert (paper.stage, paper.cells) == ("conv4_x", ("[1×1, 256; 3×3, 256; 1×1, 1024] × 6",))
    assert paper.verdict
    assert paper.verdict.agrees
    assert paper.verdict.figure.source.endswith("Table 1")
    assert op_view(analyse(ZOO["resnet-50-v1.5"]), "layer3.1.conv2").paper.verdict is None


@pytest.mark.parametrize("name", ["resnet-50", "resnet-50-v2", "cifar-highway-19", "densenet-121", "googlenet"])
def test_the_paths_of_a_block_cost_together_what_the_block_costs_and_lead_from_x_to_y(name: str) -> None:
    analysis = analyse(ZOO[name])
    for block in dict.fromkeys(row.block for row in analysis.rows if row.block):
        view, rows = block_view(analysis, block), rows_of(analysis, block)
        outside = sum(row.params for row in rows if row.role in ("pre", "post"))
        assert sum(int(way.params.replace(",", "")) for way in view.ways) + outside == sum(row.params for row in rows)
        assert view.begin == units.shape(rows[0].in_shape)
        assert view.end == units.shape(rows[-1].out_shape)
        for way in view.ways:
            assert [hop.name for hop in way.hops] == [
                row.name for row in rows if row.name in {h.name for h in way.hops}
            ]


def test_the_shortcuts_cost_is_told_of_the_block_and_of_the_network() -> None:
    analysis = analyse(ZOO["resnet-50"])
    assert block_view(analysis, "layer3.1").cost == (
        "This shortcut costs no parameter and no multiply-add. All 16 of this network together have 2,776,576 "
        "parameters and 359.7 M multiply-adds: 10.9 % of its parameters and 9.3 % of its multiply-adds."
    )
    assert block_view(analysis, "layer2.0").cost.startswith(
        "This shortcut has 132,096 parameters and 102.8 M multiply-adds."
    )
    assert block_view(analyse(ZOO["cifar-resnet-20"]), "layer2.0").cost == (
        "This shortcut costs no parameter and no multiply-add. Nor does any other of the 9 in this network."
    )
    assert block_view(analyse(ZOO["plain-34"]), "layer2.0").cost == ""


def test_thirty_two_paths_are_one_step_that_says_what_each_does() -> None:
    way = block_view(analyse(parse("resnext-50-32x4d,form=a")), "layer1.1").ways[-1]
    assert [hop.what for hop in way.hops] == ["32 × (1×1, 4; BN; ReLU; 3×3, 4; BN; ReLU; 1×1, 256) ⊕", "BN"]


@pytest.mark.parametrize("name", ["resnet-34", "resnet-34,order=pre"])
def test_v1_and_v2_stand_beside_each_other(name: str) -> None:
    """He 2016, Fig. 4 (a) and (e)."""
    found = arrangements(analyse(parse(name)), "layer3.1")
    assert [" ".join(hop.what for hop in one.hops) for one in found] == [
        "3×3, 256 BN ReLU 3×3, 256 BN ⊕ ReLU",
        "BN ReLU 3×3, 256 BN ReLU 3×3, 256 ⊕",
    ]
    assert [one.chosen for one in found] == [name == "resnet-34", name != "resnet-34"]


def test_a_third_order_stands_beside_the_two() -> None:
    found = arrangements(analyse(parse("resnet-34,order=relu-only-pre")), "layer3.1")
    assert [one.chosen for one in found] == [False, False, True]


def test_options_a_b_and_c_have_the_errors_of_table_3() -> None:
    found = options(analyse(ZOO["resnet-34"]), "layer2.0")
    assert [(row.name, row.error) for row in found.rows] == [
        *(("A", "25.03 %"), ("B", "24.52 %"), ("C", "24.19 %"), ("none", "28.54 %"))
    ]
    assert "10-crop" in found.source
    assert found.source.endswith("Table 3.")
    a, b, c, none = found.rows
    assert [row.chosen for row in found.rows] == [False, True, False, False]
    assert (a.block_params, a.params) == (none.block_params, none.params)
    projection = 64 * 128 + 2 * 128
    assert int(b.block_params.replace(",", "")) == int(a.block_params.replace(",", "")) + projection
    assert b.block_params == c.block_params
    for row in found.rows:
        assert row.params == units.count(analyse(parse(row.net)).totals.params)


def test_a_network_for_which_no_error_was_published_has_none_beside_its_options() -> None:
    found = options(analyse(parse("resnet-34,width=32")), "layer2.0")
    assert len(found.rows) == 4
    assert (found.error, found.source) == ("", "")
    assert options(analyse(ZOO["densenet-121"]), "features.denseblock1.denselayer2").rows == ()
    assert residual_blocks(ZOO["plain-18"]) == ()


def shown(**parameters: str) -> str:
    app = AppTest.from_file(str(MAIN), default_timeout=120)
    for key, value in parameters.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    bodies = [element.proto.body for element in app.get("html")]
    assert not any("<script>" in body for body in bodies)
    codes = [element.value for element in app.code]
    return unescape("\n".join([*(body for body in bodies if "<style>" not in body), *codes]))


def test_explore_shows_the_usual_op_until_one_is_chosen() -> None:
    text = shown(net="resnet-50")
    assert "nn.Conv2d(256, 256, kernel_size=3, padding=1, bias=False)" in text
    assert "feature map on Run" not in text  # there are no weights


def test_the_op_in_the_link_is_shown_with_its_block_and_its_way_to_a_picture() -> None:
    text = shown(net="cifar-resnet-20", op="layer2.0.conv1")
    assert "nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1, bias=False)" in text
    assert "y = F(x) + shortcut(x): 32×32×16 becomes 16×16×32" in text
    assert "./run?net=cifar-resnet-20&look=Feature+maps&tensor=layer2.0.conv1" in text


def test_an_op_outside_blocks_is_shown_alone_and_nonsense_is_told_and_never_run() -> None:
    text = shown(net="vgg-16", op="classifier.0")
    assert "nn.Linear(25088, 4096)" in text
    assert "rx-lanes" not in text
    text = shown(net="resnet-18", op="<script>alert(1)</script>")
    assert "ResNet-18 has no <script>alert(1)</script>: pick another op." in text
    assert "nn.Conv2d(64, 64, kernel_size=3, padding=1, bias=False)" in text
