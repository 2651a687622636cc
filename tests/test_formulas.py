"""Networks against the formulas of their papers, written out with nothing but torch's functions."""

from collections.abc import Callable

import pytest
import torch
from reference import State, bn, conv, linear, lively, same
from torch import Tensor
from torch.nn import functional

from resnet_core.modules import ResidualBlock
from resnet_core.spec import BLOCKS

pytestmark = pytest.mark.usefixtures("one_thread")

Residual = Callable[[State, str, Tensor, int], Tensor]


def _original(state: State, at: str, x: Tensor, stride: int) -> Tensor:
    y = bn(state, f"{at}.bn1", conv(state, f"{at}.conv1", x, stride)).relu()
    return bn(state, f"{at}.bn2", conv(state, f"{at}.conv2", y))


def _bn_after_addition(state: State, at: str, x: Tensor, stride: int) -> Tensor:
    return conv(state, f"{at}.conv2", bn(state, f"{at}.bn1", conv(state, f"{at}.conv1", x, stride)).relu())


def _relu_before_addition(state: State, at: str, x: Tensor, stride: int) -> Tensor:
    return _original(state, at, x, stride).relu()


def _relu_only_preactivation(state: State, at: str, x: Tensor, stride: int) -> Tensor:
    return _original(state, at, x.relu(), stride)


def _around(state: State, at: str, x: Tensor, stride: int) -> Tensor:
    """The identity, option A where no projection stands, or the projection of option B."""
    at = f"{at}.carry" if f"{at}.carry.gate.0.weight" in state else at
    if f"{at}.downsample.0.weight" in state:
        x = conv(state, f"{at}.downsample.0", x, stride)
        return bn(state, f"{at}.downsample.1", x) if f"{at}.downsample.1.weight" in state else x
    new = x.shape[1] * (stride - 1)
    return torch.cat([x[:, :, ::stride, ::stride], torch.zeros_like(x)[:, :new, ::stride, ::stride]], 1)


Meeting = Callable[[State, str, Tensor, Tensor, Tensor, int], Tensor]


def _residual_net(state: State, x: Tensor, residual: Residual, meet: Meeting) -> Tensor:
    """Two stages of two and one blocks behind a CIFAR stem; F and the shortcut meet as told."""
    x = bn(state, "bn1", conv(state, "conv1", x)).relu()
    for at, stride in (("layer1.0", 1), ("layer1.1", 1), ("layer2.0", 2)):
        x = meet(state, at, residual(state, at, x, stride), _around(state, at, x, stride), x, stride)
    return x


def _classified(state: State, x: Tensor) -> Tensor:
    return linear(state, "fc", x.mean(dim=(2, 3)))


ORDERS: dict[str, tuple[Residual, Meeting]] = {  # He 2016, Fig. 4 (a) to (d)
    "post": (_original, lambda state, at, y, around, *_: (y + around).relu()),
    "bn-after-add": (_bn_after_addition, lambda state, at, y, around, *_: bn(state, f"{at}.bn", y + around).relu()),
    "relu-before-add": (_relu_before_addition, lambda state, at, y, around, *_: y + around),
    "relu-only-pre": (_relu_only_preactivation, lambda state, at, y, around, *_: y + around),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shortcut", ["A", "B"])
def test_a_residual_net_computes_figure_4_of_he_2016(order: str, shortcut: str) -> None:
    network, pictures = lively(f"cifar-resnet-20,order={order},shortcut={shortcut},width=5,depths=2-1,size=9x12")
    state = network.state_dict()
    with torch.inference_mode():
        x = _residual_net(state, pictures, *ORDERS[order])
        # the next block's ReLU would stand there, had there been one
        same(network(pictures), _classified(state, x.relu() if order == "relu-only-pre" else x))


def _gate(state: State, name: str, x: Tensor, stride: int) -> Tensor:
    """Section 3.1: g(x) = σ(W_g·x + b_g), "realized by a 1×1 convolutional layer"."""
    weight = state[f"{name}.weight"]
    assert weight.shape[2:] == (1, 1)
    return torch.sigmoid(functional.conv2d(x, weight, state[f"{name}.bias"], stride))


def _exclusive(state: State, at: str, y: Tensor, around: Tensor, x: Tensor, stride: int) -> Tensor:
    gate = _gate(state, f"{at}.gate.0", x, stride)
    return (gate * y + (1 - gate) * around).relu()


def _shortcut_only(state: State, at: str, y: Tensor, around: Tensor, x: Tensor, stride: int) -> Tensor:
    return (y + (1 - _gate(state, f"{at}.carry.gate.0", x, stride)) * around).relu()


SKIPS: dict[str, Meeting] = {  # He 2016, Fig. 2 (a), (b), (c), (d), (f)
    "identity": lambda state, at, y, around, *_: (y + around).relu(),
    "scaling": lambda state, at, y, around, *_: (0.5 * y + 0.5 * around).relu(),
    "exclusive-gating,gate_bias=-1": _exclusive,
    "shortcut-gating,gate_bias=-1": _shortcut_only,
    "dropout": lambda state, at, y, around, *_: (y + around).relu(),  # torch drops in training alone
}


@pytest.mark.parametrize("skip", SKIPS)
@pytest.mark.parametrize("shortcut", ["A", "B"])
def test_a_residual_net_computes_figure_2_of_he_2016(skip: str, shortcut: str) -> None:
    network, pictures = lively(f"cifar-resnet-20,shortcut={shortcut},width=5,depths=2-1,size=9x12,skip={skip}")
    state = network.state_dict()
    with torch.inference_mode():
        same(network(pictures), _classified(state, _residual_net(state, pictures, _original, SKIPS[skip])))


def test_dropout_on_the_shortcut_drops_half_of_it_in_training_and_spares_the_residual_path() -> None:
    network, _ = lively("cifar-resnet-20,skip=dropout,order=pre,width=5,depths=2-1,size=32")
    block = network.get_submodule("layer1.1")
    assert isinstance(block, ResidualBlock)
    x = torch.rand(2, 5, 32, 32, dtype=torch.float64) + 1
    with torch.no_grad():
        added = block(x) - x
        block.get_submodule("shortcut_dropout").train()
        carried = (block(x) - added) / x
    dropped = carried.abs() < 1e-9
    torch.testing.assert_close(carried[~dropped], torch.full_like(carried[~dropped], 2))
    assert abs(float(dropped.double().mean()) - 0.5) < 5 * 0.5 / carried.numel() ** 0.5


@pytest.mark.parametrize("alternate", ["no", "yes"])
def test_a_highway_net_computes_the_formula_of_srivastava_2015(alternate: str) -> None:
    """Eq. 3: y = H(x)·T(x) + x·(1 − T(x))."""
    network, pictures = lively(f"cifar-highway-19,alternate={alternate},depths=3-2-2,width=2,gate_bias=-1,size=9x12")
    state, gates = network.state_dict(), 0
    with torch.inference_mode():
        x = pictures
        for stage, depth in enumerate((3, 2, 2), start=1):
            for layer in range(depth):
                at = f"layer{stage}.{layer}"
                h = conv(state, f"{at}.transform.0", x).relu()
                if h.shape == x.shape:
                    t = torch.sigmoid(conv(state, f"{at}.gate.0", x))
                    h = h * t + x * (1 - t)
                    gates += 1
                x = h
            x = functional.max_pool2d(x, 2) if stage < 3 else x
        same(network(pictures), _classified(state, x))
    assert gates == 3


@pytest.mark.parametrize("stem", ["imagenet", "cifar"])
@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(("compression", "kept"), [("0.5", 5), ("0.7", 7), ("1", 11)])
def test_a_densenet_computes_the_formulas_of_huang_2017(stem: str, block: str, compression: str, kept: int) -> None:
    """Eq. 2: x_l = H_l([x_0, …, x_l−1]), H of BN, ReLU, convolution; a transition keeps ⌊θm⌋ of m maps."""
    network, pictures = lively(
        f"densenet-121,stem={stem},block={block},compression={compression},depths=2-1,growth=3,width=5,size=33x38"
    )
    state = network.state_dict()

    def composite(norm: str, name: str, x: Tensor) -> Tensor:
        return conv(state, f"features.{name}", bn(state, f"features.{norm}", x).relu())

    with torch.inference_mode():
        x = conv(state, "features.conv0", pictures, 2 if stem == "imagenet" else 1)
        if stem == "imagenet":
            x = functional.max_pool2d(bn(state, "features.norm0", x).relu(), 3, 2, 1)
        for at in ("denseblock1.denselayer1", "denseblock1.denselayer2", "transition1", "denseblock2.denselayer1"):
            if at == "transition1":
                assert x.shape[1] == 5 + 2 * 3
                x = functional.avg_pool2d(composite(f"{at}.norm", f"{at}.conv", x), 2)
                assert x.shape[1] == kept
                continue
            new = composite(f"{at}.norm1", f"{at}.conv1", x)
            if block == "bottleneck":
                assert new.shape[1] == 4 * 3
                new = composite(f"{at}.norm2", f"{at}.conv2", new)
            x = torch.cat([x, new], 1)
        x = bn(state, "features.norm3", x).relu()
        same(network(pictures), linear(state, "classifier", x.mean(dim=(2, 3))))


def test_a_vgg_net_computes_table_1_of_simonyan_2015() -> None:
    network, pictures = lively("vgg-11,depths=1-2,width=3,classes=5,size=28")
    state = network.state_dict()
    with torch.inference_mode():
        x = functional.max_pool2d(conv(state, "features.0", pictures).relu(), 2)
        x = functional.max_pool2d(conv(state, "features.5", conv(state, "features.3", x).relu()).relu(), 2).flatten(1)
        for number in (0, 3):
            x = linear(state, f"classifier.{number}", x).relu()
        same(network(pictures), linear(state, "classifier.6", x))


def _normalised(x: Tensor) -> Tensor:
    """Krizhevsky 2012, section 3.3, with k=2, n=5, α=10⁻⁴, β=0.75."""
    squares = functional.pad(x.square(), (0, 0, 0, 0, 2, 2))
    return x / (2 + 1e-4 * sum(squares[:, i : i + x.shape[1]] for i in range(5))) ** 0.75


def test_alexnet_computes_what_krizhevsky_2012_describes() -> None:
    network, pictures = lively("alexnet,classes=5,size=223")
    state = network.state_dict()
    with torch.inference_mode():
        x = functional.conv2d(pictures * 100, state["conv1.weight"], state["conv1.bias"], 4, 2).relu()
        assert x.shape[1:] == (96, 55, 55)
        x = functional.max_pool2d(_normalised(x), 3, 2)
        x = functional.max_pool2d(_normalised(conv(state, "conv2", x, groups=2).relu()), 3, 2)
        x = conv(state, "conv3", x).relu()
        x = conv(state, "conv4", x, groups=2).relu()
        x = functional.max_pool2d(conv(state, "conv5", x, groups=2).relu(), 3, 2).flatten(1)
        for number in (6, 7):
            x = linear(state, f"fc{number}", x).relu()
        same(network(pictures * 100), linear(state, "fc8", x))  # of a strength that the normalisation feels


def test_alexnet_of_torchvision_computes_its_one_tower() -> None:
    """torchvision's alexnet.py: no normalisation, one tower, the last maps averaged to 6×6."""
    network, pictures = lively("alexnet-torchvision,classes=5,size=95x127")
    state = network.state_dict()
    with torch.inference_mode():
        x = functional.conv2d(pictures, state["features.0.weight"], state["features.0.bias"], 4, 2).relu()
        x = conv(state, "features.3", functional.max_pool2d(x, 3, 2)).relu()
        x = functional.max_pool2d(x, 3, 2)
        for number in (6, 8, 10):
            x = conv(state, f"features.{number}", x).relu()
        x = functional.adaptive_avg_pool2d(functional.max_pool2d(x, 3, 2), 6).flatten(1)
        for number in (1, 4):
            x = linear(state, f"classifier.{number}", x).relu()
        same(network(pictures), linear(state, "classifier.6", x))


def _convolved(state: State, name: str, x: Tensor) -> Tensor:
    """A convolution of GoogLeNet with its ReLU; torchvision's has BN between them, in place of a bias."""
    x = conv(state, f"{name}.conv", x)
    return (bn(state, f"{name}.bn", x, eps=1e-3) if f"{name}.bn.weight" in state else x).relu()


@pytest.mark.parametrize(("name", "largest"), [("googlenet", 5), ("googlenet-torchvision", 3)])
def test_an_inception_module_and_its_auxiliary_head_compute_figures_2_and_3_of_szegedy_2015(
    name: str, largest: int
) -> None:
    network, _ = lively(f"{name},aux=yes,classes=5")
    state, at = network.state_dict(), "inception4a"
    assert state[f"{at}.branch3.1.conv.weight"].shape[2:] == (largest, largest)
    auxiliary = network.get_submodule("aux1")
    assert isinstance(auxiliary, ResidualBlock)
    with torch.inference_mode():
        x = torch.randn(2, 480, 14, 14, dtype=torch.float64)
        branches = (
            _convolved(state, f"{at}.branch1", x),
            _convolved(state, f"{at}.branch2.1", _convolved(state, f"{at}.branch2.0", x)),
            _convolved(state, f"{at}.branch3.1", _convolved(state, f"{at}.branch3.0", x)),
            _convolved(state, f"{at}.branch4.1", functional.max_pool2d(x, 3, 1, 1)),
        )
        ours, x = network.get_submodule(at)(x), torch.cat(branches, 1)
        same(ours, x)

        goes_on, logits = auxiliary.ends(x)
        assert torch.equal(goes_on, x)
        pooled = functional.avg_pool2d(x, 5, 3) if name == "googlenet" else functional.adaptive_avg_pool2d(x, 4)
        hidden = linear(state, "aux1.fc1", _convolved(state, "aux1.conv", pooled).flatten(1)).relu()
        same(logits, linear(state, "aux1.fc2", hidden))


SEEN_BY_C3 = """
X...XXX..XXXX.XX
XX...XXX..XXXX.X
XXX...XXX..X.XXX
.XXX..XXXX..X.XX
..XXX..XXXX.XX.X
...XXX..XXXX.XXX
"""
"""Table I of LeCun 1998: which maps of S2, a row each, are combined in each map of C3, a column each."""


def test_lenet_5_computes_what_lecun_1998_describes() -> None:
    """Section II.B, with a plain hyperbolic tangent throughout."""
    network, pictures = lively("lenet-5")
    state = network.state_dict()

    def subsampled(name: str, x: Tensor) -> Tensor:
        coefficient, bias = state[f"{name}.weight"].flatten(), state[f"{name}.bias"]
        return torch.tanh(functional.avg_pool2d(x, 2) * coefficient[:, None, None] + bias[:, None, None])

    with torch.inference_mode():
        s2 = subsampled("s2", torch.tanh(functional.conv2d(pictures, state["c1.weight"], state["c1.bias"])))
        maps = [[i for i, row in enumerate(SEEN_BY_C3.split()) if row[column] == "X"] for column in range(16)]
        c3 = torch.cat(
            [
                functional.conv2d(s2[:, seen], state[f"c3.{i}.conv.weight"], state[f"c3.{i}.conv.bias"])
                for i, seen in enumerate(maps)
            ],
            1,
        )
        s4 = subsampled("s4", torch.tanh(c3))
        c5 = torch.tanh(functional.conv2d(s4, state["c5.weight"], state["c5.bias"])).flatten(1)
        f6 = torch.tanh(linear(state, "f6", c5))
        distances = [(f6 - code).square().sum(1) for code in state["output.codes"]]
        same(network(pictures), -torch.stack(distances, 1))
