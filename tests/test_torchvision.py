"""Our networks against torchvision's facts, and against forwards written out with nothing but torch's functions."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from reference import State, bn, conv, lively, same
from torch import Tensor, nn
from torch.nn import functional

from resnet_core import ZOO, ArchSpec, build, parse, totals
from resnet_core.network import Network
from resnet_core.spec import SHORTCUTS

FACTS = Path(__file__).with_name("facts")
METADATA = list(csv.DictReader((FACTS / "torchvision-resnets.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("fact", METADATA, ids=lambda fact: fact["torchvision"])
def test_totals_are_those_of_torchvisions_metadata(fact: dict[str, str]) -> None:
    ours = totals(ZOO[fact["ours"]])
    assert ours.params == int(fact["params"])
    assert f"{ours.macs / 1e9:.3f}".rstrip("0") == fact["gmacs"]


STATE_DICTS = {
    "resnet18": "resnet-18",
    "resnet50": "resnet-50-v1.5",
    "resnext50_32x4d": "resnext-50-32x4d",
    "wide_resnet50_2": "wide-resnet-50-2",
    "densenet121": "densenet-121",
}


@pytest.mark.parametrize(("theirs", "ours"), STATE_DICTS.items())
def test_the_state_dict_has_torchvisions_keys_and_shapes_in_torchvisions_order(
    theirs: str, ours: str, on_meta: Callable[[ArchSpec], Network]
) -> None:
    lines = (FACTS / f"torchvision-{theirs}-state-dict.txt").read_text(encoding="utf-8").splitlines()
    expected = [(key, shape) for key, _, shape in (line.partition(" ") for line in lines)]
    assert [(k, "x".join(map(str, v.shape))) for k, v in on_meta(ZOO[ours]).state_dict().items()] == expected


@pytest.mark.parametrize(
    ("name", "eps"), [("googlenet-torchvision,aux=yes", 1e-3), ("resnet-50-v1.5", 1e-5), ("densenet-121", 1e-5)]
)
def test_bn_adds_to_the_variance_what_torchvision_adds(
    name: str, eps: float, on_meta: Callable[[ArchSpec], Network]
) -> None:
    """torchvision's googlenet.py: `nn.BatchNorm2d(out_channels, eps=0.001)`; its others leave it to torch."""
    assert {module.eps for module in on_meta(parse(name)).modules() if isinstance(module, nn.BatchNorm2d)} == {eps}


def _basic(state: State, at: str, x: Tensor, stride: int) -> Tensor:
    y = bn(state, f"{at}.bn1", conv(state, f"{at}.conv1", x, stride)).relu()
    return bn(state, f"{at}.bn2", conv(state, f"{at}.conv2", y))


def _bottleneck(state: State, at: str, x: Tensor, stride: int, on_3x3: bool) -> Tensor:
    y = bn(state, f"{at}.bn1", conv(state, f"{at}.conv1", x, 1 if on_3x3 else stride)).relu()
    y = bn(state, f"{at}.bn2", conv(state, f"{at}.conv2", y, stride if on_3x3 else 1)).relu()
    return bn(state, f"{at}.bn3", conv(state, f"{at}.conv3", y))


Residual = Callable[[State, str, Tensor, int], Tensor]


def _torchvision_resnet(state: State, x: Tensor, depths: tuple[int, ...], residual: Residual) -> Tensor:
    """The wiring of torchvision's resnet.py, `_forward_impl` and the blocks' `forward`."""
    x = functional.max_pool2d(bn(state, "bn1", conv(state, "conv1", x, 2)).relu(), 3, 2, 1)
    for stage, depth in enumerate(depths):
        for block in range(depth):
            at, stride = f"layer{stage + 1}.{block}", 2 if stage and not block else 1
            identity = x
            if f"{at}.downsample.0.weight" in state:
                identity = bn(state, f"{at}.downsample.1", conv(state, f"{at}.downsample.0", x, stride))
            x = (residual(state, at, x, stride) + identity).relu()
    return functional.linear(x.mean(dim=(2, 3)), state["fc.weight"], state["fc.bias"])


@pytest.mark.parametrize(
    ("name", "depths", "residual"),
    [
        ("resnet-18", (2, 2, 2, 2), _basic),
        ("resnet-50", (3, 4, 6, 3), lambda *at: _bottleneck(*at, on_3x3=False)),
        ("resnet-50-v1.5", (3, 4, 6, 3), lambda *at: _bottleneck(*at, on_3x3=True)),
    ],
)
def test_the_network_computes_what_torchvisions_wiring_computes(
    name: str, depths: tuple[int, ...], residual: Residual
) -> None:
    network, pictures = lively(f"{name},width=8,size=64x97")
    with torch.inference_mode():
        ours, theirs = network(pictures), _torchvision_resnet(network.state_dict(), pictures, depths, residual)
    same(ours, theirs)


def test_stride_in_the_1x1_and_in_the_3x3_are_different_functions_of_the_same_weights() -> None:
    network, pictures = lively("resnet-50,width=8,size=64")
    other = build(parse("resnet-50-v1.5,width=8")).double().eval()
    other.load_state_dict(network.state_dict())
    with torch.inference_mode():
        assert not torch.allclose(network(pictures), other(pictures), rtol=1e-3)


def _preactivation_resnet(state: State, x: Tensor, depths: tuple[int, ...], convs: int, shortcut: str) -> Tensor:
    """He 2016, Fig. 4 (e) and appendix: x + F(x), F of BN, ReLU and convolution in turn; CIFAR stem.

    "For the first Residual Unit […] we adopt the first activation right after conv1 and before splitting into
    two paths"; a projection reads the shared activation; "an extra activation" stands after the last addition.
    """
    x = bn(state, "bn1", conv(state, "conv1", x)).relu()
    for stage, depth in enumerate(depths):
        for block in range(depth):
            at, stride = f"layer{stage + 1}.{block}", 2 if stage and not block else 1
            first = not stage and not block
            activated = x if first else bn(state, f"{at}.bn1", x).relu()
            y = conv(state, f"{at}.conv1", activated, stride)
            for i in range(2, convs + 1):
                y = conv(state, f"{at}.conv{i}", bn(state, f"{at}.bn{i}", y).relu())
            if f"{at}.downsample.0.weight" in state:
                x = conv(state, f"{at}.downsample.0", activated, stride)
            elif shortcut != "none":  # the identity, and option A in its place, read what nothing has activated
                x = _pooled(x, y.shape[1], stride) if shortcut == "pool" else _padded(x, y.shape[1], stride)
            x = y if shortcut == "none" else x + y
    x = bn(state, "bn_last", x).relu()
    return functional.linear(x.mean(dim=(2, 3)), state["fc.weight"], state["fc.bias"])


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_a_preactivation_network_computes_the_formulas_of_he_2016(block: str, shortcut: str) -> None:
    network, pictures = lively(
        f"cifar-resnet-20,block={block},shortcut={shortcut},order=pre,width=6,depths=2-2-1,size=17x12"
    )
    with torch.inference_mode():
        convs = {"basic": 2, "bottleneck": 3}[block]
        theirs = _preactivation_resnet(network.state_dict(), pictures, (2, 2, 1), convs, shortcut)
        same(network(pictures), theirs)


def _padded(x: Tensor, channels: int, stride: int) -> Tensor:
    """Option A of He 2015, written cell by cell."""
    n, c, height, width = x.shape
    rows, columns = range(0, height, stride), range(0, width, stride)
    out = torch.zeros(n, channels, len(rows), len(columns), dtype=x.dtype)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            out[:, :c, i, j] = x[:, :, row, column]
    return out


def _pooled(x: Tensor, channels: int, stride: int) -> Tensor:
    """Huang 2016, section 4: average pooling, and zeros for the new channels. At an edge, the mean of what is there."""
    n, c, height, width = x.shape
    out = torch.zeros(n, channels, -(-height // stride), -(-width // stride), dtype=x.dtype)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride : (i + 1) * stride, j * stride : (j + 1) * stride]
            out[:, :c, i, j] = window.mean(dim=(2, 3))
    return out


def test_option_a_takes_every_second_pixel_and_appends_zero_channels() -> None:
    network, pictures = lively("cifar-resnet-20,width=6,depths=1-2-1,size=17x12")
    state = network.state_dict()
    with torch.inference_mode():
        x = bn(state, "bn1", conv(state, "conv1", pictures)).relu()
        for at, channels, stride in (("layer1.0", 6, 1), ("layer2.0", 12, 2), ("layer2.1", 12, 1), ("layer3.0", 24, 2)):
            x = (_basic(state, at, x, stride) + _padded(x, channels, stride)).relu()
        same(network(pictures), functional.linear(x.mean(dim=(2, 3)), state["fc.weight"], state["fc.bias"]))


def test_a_plain_net_is_its_residual_twin_without_the_additions() -> None:
    network, pictures = lively("cifar-plain-20,width=6,depths=1-2-1,size=17x12")
    state = network.state_dict()
    with torch.inference_mode():
        x = bn(state, "bn1", conv(state, "conv1", pictures)).relu()
        for at, stride in (("layer1.0", 1), ("layer2.0", 2), ("layer2.1", 1), ("layer3.0", 2)):
            x = _basic(state, at, x, stride).relu()
        same(network(pictures), functional.linear(x.mean(dim=(2, 3)), state["fc.weight"], state["fc.bias"]))
