"""What a network sees, told apart: its tensors, the norms along its depth, one block, the ends of its stages."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from resnet_core import ZOO, build, layer_rows, parse
from resnet_core.algebra import Op
from resnet_core.shapes import OUT_FIELD
from resnet_core.sight import norms as norms_module
from resnet_core.sight.blocks import block_taps, block_view, changed_by_output
from resnet_core.sight.cam import cam_taps, stage_ends
from resnet_core.sight.confidence import doubt, entropy
from resnet_core.sight.norms import norm, norm_taps, norms
from resnet_core.sight.receptive import SPANS
from resnet_core.taps import Taps
from resnet_core.tensors import NoTensorError, join_of, residual_blocks, tensor, tensors

NETS = [
    *("cifar-resnet-20,depths=1-1-1", "cifar-resnet-164-v2,depths=1-1-1", "cifar-plain-20,depths=1-1-1", "lenet-5"),
    *("cifar-densenet-bc-100-12,depths=2-2-2", "cifar-highway-19", "vgg-16,size=32", "googlenet-torchvision,size=64"),
    *("resnext-50-32x4d,form=a,depths=1-1,size=32", "cifar-resnet-20,depths=1-1-1,skip=shortcut-gating"),
    *("cifar-resnet-20,depths=1-1-1,skip=exclusive-gating", "googlenet,aux=yes"),
]


def seen(name: str, names: set[str]) -> dict[str, np.ndarray]:
    torch.manual_seed(0)
    network = build(parse(name)).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
    taps = Taps(names)
    with torch.inference_mode():
        network(torch.rand(1, network.spec.channels, *network.spec.size), taps)
    return {found: values[0].numpy() for found, values in taps.found.items()}


@pytest.mark.parametrize("name", NETS)
def test_every_tensor_is_brought_along_under_its_name_in_its_shape(name: str) -> None:
    known = tensors(parse(name))
    assert {row.name for row in layer_rows(parse(name))} <= set(known)
    brought = seen(name, set(known))
    assert set(brought) == set(known)
    for found in known.values():
        assert brought[found.name].shape == found.shape, found.name


def test_a_tensor_that_is_not_there_is_refused_by_name() -> None:
    spec = parse("cifar-resnet-20")
    for name in ("", "layer9.0", "<b>", "layer1.0.conv1.weight"):
        with pytest.raises(
            NoTensorError, match=r"has no tensor .*take the name of a row of its table, such as 'conv1'"
        ):
            tensor(spec, name)
    with pytest.raises(NoTensorError, match=r"no residual block 'conv1': take 'layer1.0', its first"):
        join_of(spec, "conv1")
    with pytest.raises(NoTensorError, match="has no residual blocks: nothing goes around its layers"):
        block_taps(parse("vgg-16"), "features.0")


def test_the_spans_of_every_kind_of_op_are_known() -> None:
    assert set(SPANS) == set(OUT_FIELD)
    assert SPANS["zeropad"](Op("zeropad", "", 1, 1, stride=2), ((0, 0), (1, 1), (2, 2))) == ((0, 0), (2, 2))  # type: ignore[arg-type]


def test_norms_by_hand() -> None:
    found = norm(np.array([[[3, 0], [0, 4]], [[0, 0], [0, 0]]], np.float32))
    assert (found.norm, found.rms) == (5.0, pytest.approx(5 / math.sqrt(8)))
    taps = {"layer1.0.shortcut": np.ones((2, 2, 2), np.float32), "layer1.0.residual": -np.ones((2, 2, 2), np.float32)}
    spec = parse("cifar-resnet-20,depths=1")
    (block,) = norms(spec, taps)
    assert (block.block, block.stage, block.ratio) == ("layer1.0", "stage 1", 1.0)
    (block,) = norms(spec, {**taps, "layer1.0.shortcut": np.zeros((2, 2, 2), np.float32)})
    assert block.ratio is None


@pytest.mark.parametrize("name", NETS)
def test_norms_are_those_of_what_meets(name: str) -> None:
    spec = parse(name)
    values = seen(name, set(norm_taps(spec)))
    found = norms(spec, values)
    assert [block.block for block in found if block.residual] == list(residual_blocks(spec))
    for block in found:
        expected = values[f"{block.block}.shortcut" if block.residual else block.block]
        assert block.x.norm == pytest.approx(np.linalg.norm(expected), rel=1e-5)
    assert norms_module.about(spec).endswith(".")


def test_a_plain_net_has_the_norm_of_each_block_and_says_that_nothing_is_added() -> None:
    spec = parse("cifar-plain-20")
    assert len(norm_taps(spec)) == 9
    assert "so there is no F(x)" in norms_module.about(spec)
    assert norm_taps(parse("vgg-16")) == ()
    assert "has no blocks" in norms_module.about(parse("vgg-16"))
    assert "nothing is added" in norms_module.about(ZOO["densenet-121"])


def test_a_block_is_the_sum_of_its_paths_on_one_scale() -> None:
    name = "cifar-resnet-20,depths=1-1-1"
    spec = parse(name)
    values = seen(name, set(block_taps(spec, "layer2.0")))
    residual, shortcut, summed, output = (values[tap] for tap in block_taps(spec, "layer2.0"))
    assert np.allclose(residual + shortcut, summed, atol=1e-5)
    assert np.allclose(summed.clip(0), output)
    view = block_view(spec, "layer2.0", values)
    assert [part.role for part in view.parts] == ["residual", "shortcut", "sum", "output"]
    assert len({part.grid.channels for part in view.parts}) == 1
    assert {part.grid.most for part in view.parts} == {max(float(np.abs(v).max()) for v in values.values())}
    assert view.sign == "⊕"
    assert float(view.ratio) == pytest.approx(np.linalg.norm(residual) / np.linalg.norm(shortcut), rel=5e-3)
    silent = block_view(spec, "layer2.0", values | {"layer2.0.shortcut": np.zeros_like(shortcut)})
    assert silent.ratio == "–"
    assert changed_by_output(view)


def test_a_block_of_a_pre_activation_net_ends_with_its_sum_and_a_dense_layer_with_both() -> None:
    for name, block, sign in (
        ("cifar-resnet-164-v2,depths=1-1-1", "layer1.0", "⊕"),
        ("cifar-densenet-bc-100-12,depths=2-2-2", "features.denseblock1.denselayer2", "‖"),
    ):
        spec = parse(name)
        view = block_view(spec, block, seen(name, set(block_taps(spec, block))))
        assert view.sign == sign
        assert not changed_by_output(view)
    assert view.part("sum").shape[0] == view.part("residual").shape[0] + view.part("shortcut").shape[0]


@pytest.mark.parametrize("name", [*NETS, "resnet-50", "alexnet", "densenet-121"])
def test_the_ends_of_stages_are_maps_that_exist(name: str) -> None:
    spec = parse(name)
    ends = stage_ends(spec)
    assert ends
    for tap in cam_taps(spec):
        assert tensor(spec, tap).is_map
    assert bool(residual_blocks(spec)) == all(end.residual for end in ends)
    assert len({end.title for end in ends}) == len(ends)


def test_the_ends_of_the_stages_of_resnet_50() -> None:
    ends = stage_ends(ZOO["resnet-50"])
    assert [end.output for end in ends] == ["layer1.2", "layer2.3", "layer3.5", "layer4.2"]
    assert ends[-1].words == "conv5_x · block 3 (layer4.2): 7×7 cells"


def test_doubt_is_nothing_where_one_class_has_all_and_most_where_all_are_alike() -> None:
    even = np.zeros(8, np.float32)
    assert entropy(even) == pytest.approx(3)
    sure = np.array([1000, 0], np.float32)
    assert entropy(sure) == 0
    assert entropy(sure, 1e6) == pytest.approx(1, abs=1e-3)
    assert doubt(even) == "Entropy 3.00 of 3.00 bits: as unsure as between 8.0 equally likely classes of 8."
