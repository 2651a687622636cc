"""The built network is the one that the rows describe: module by module, in order, with the papers' initial values."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import sqrt
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from resnet_core import ZOO, ArchSpec, build, layer_rows, parse
from resnet_core.counts import MEMORY_CONVENTION
from resnet_core.modules import RBF, Select, ZeroPad
from resnet_core.network import Network
from resnet_core.rows import Row

OnMeta = Callable[[ArchSpec], Network]

MODULE_OF_KIND = {
    "conv": nn.Conv2d,
    "bn": nn.BatchNorm2d,
    "relu": nn.ReLU,
    "maxpool": nn.MaxPool2d,
    "avgpool": nn.AvgPool2d,
    "adaptivepool": nn.AdaptiveAvgPool2d,
    "flatten": nn.Flatten,
    "linear": nn.Linear,
    "zeropad": ZeroPad,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "lrn": nn.LocalResponseNorm,
    "dropout": nn.Dropout,
    "select": Select,
    "rbf": RBF,
}

JOINS: dict[str, set[str]] = {
    "resnet": {"add"},
    "highway": {"gate"},
    **{family: {"concat"} for family in ("densenet", "googlenet", "lenet")},
    **{family: set() for family in ("plain", "alexnet", "vgg")},
}


class Flow(NamedTuple):
    """What a hook saw: through which module, of which shapes, in the order of running."""

    name: str
    before: tuple[int, ...]
    after: tuple[int, ...]


@contextmanager
def _watched(network: nn.Module) -> Iterator[list[Flow]]:
    """The flows through every module, those with children too, as long as the context lasts."""
    flows: list[Flow] = []

    def watch(name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        return lambda module, inputs, out: flows.append(Flow(name, tuple(inputs[0].shape[1:]), tuple(out.shape[1:])))

    hooks = [module.register_forward_hook(watch(name)) for name, module in network.named_modules()]
    try:
        yield flows
    finally:
        for hook in hooks:
            hook.remove()


@pytest.mark.parametrize("name", ZOO)
def test_every_row_has_the_shapes_that_really_flow_through_its_module_in_the_order_of_running(
    name: str, on_meta: OnMeta
) -> None:
    spec = ZOO[name]
    network, rows = on_meta(spec), layer_rows(spec)
    with torch.device("meta"), torch.no_grad(), _watched(network) as flows:
        network(torch.empty(2, spec.channels, *spec.size))
    blocks = {row.block for row in rows if row.block}
    ops = [flow for flow in flows if flow.name not in {*blocks, ""}]
    assert ops == [Flow(row.name, row.in_shape, row.out_shape) for row in rows if row.role != "join"]

    ends = {flow.name: flow.after for flow in flows if flow.name in blocks}
    joins = {row.block: row.out_shape for row in rows if row.role == "join"}
    assert joins == {name: shape for name, shape in ends.items() if network.get_submodule(name).join != "none"}
    assert {row.kind for row in rows if row.role == "join"} <= JOINS[spec.family]
    assert bool(joins) == bool(JOINS[spec.family])
    assert flows[-1] == Flow("", (spec.channels, *spec.size), (spec.classes,))


@pytest.mark.parametrize("name", ZOO)
def test_every_row_says_what_its_module_is(name: str, on_meta: OnMeta) -> None:
    network = on_meta(ZOO[name])
    for row in layer_rows(ZOO[name]):
        if row.role != "join":
            module = network.get_submodule(row.name)
            assert type(module) is MODULE_OF_KIND[row.kind]
            assert (row.kernel, row.stride, row.padding, row.groups) == _geometry(module)
            assert (row.weights + row.bn, row.biases) == _learned(module)
            assert row.params == sum(parameter.numel() for parameter in module.parameters())
            assert row.buffers == sum(buffer.numel() for buffer in module.buffers())
    learned = {row.name for row in layer_rows(ZOO[name]) if row.params}
    assert learned == {key.rpartition(".")[0] for key, _ in network.named_parameters()}, "no row without its module"


@pytest.mark.parametrize("name", ["resnet-18", "resnet-50-v2", "plain-18", "cifar-resnet-164-v2"])
def test_every_relu_works_in_place_as_the_memory_convention_says(name: str, on_meta: OnMeta) -> None:
    assert "ReLU in place" in MEMORY_CONVENTION
    assert all(module.inplace for module in on_meta(ZOO[name]).modules() if isinstance(module, nn.ReLU))


def _geometry(module: nn.Module) -> tuple[int | None, ...]:
    if isinstance(module, ZeroPad):
        return None, module.stride if module.stride > 1 else None, None, None
    if not isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        return None, None, None, None
    of = {key: getattr(module, key, None) for key in ("kernel_size", "stride", "padding", "groups")}
    kernel, stride, padding = ({*of[key]} if isinstance(of[key], tuple) else {of[key]} for key in [*of][:3])
    return kernel.pop(), stride.pop(), padding.pop(), of["groups"]


def _learned(module: nn.Module) -> tuple[int, int]:
    """Numbers in its weight, or in BN's scale and shift, and in its bias."""
    if isinstance(module, nn.BatchNorm2d):
        return module.weight.numel() + module.bias.numel(), 0
    weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
    return (0 if weight is None else weight.numel()), (0 if bias is None else bias.numel())


@pytest.mark.parametrize("name", ["resnet-18", "cifar-resnet-20", "cifar-resnet-164-v2", "cifar-plain-20"])
def test_the_sum_is_what_the_paths_give(name: str) -> None:
    """The block's output is the ReLU of (v1), or itself (v2), the last residual op plus what the shortcut passes."""
    torch.manual_seed(0)
    network = build(parse(f"{name},width=4")).eval()
    seen: dict[str, Tensor] = {}
    rows = layer_rows(network.spec)

    def keep(at: str) -> Callable[[nn.Module, Any, Tensor], None]:
        return lambda module, inputs, out: seen.update({at: out.clone(), f"{at} before": inputs[0].clone()})

    for at, module in network.named_modules():
        module.register_forward_hook(keep(at))
    with torch.no_grad():
        network(torch.randn(1, network.spec.channels, *network.spec.size))
    for block in dict.fromkeys(row.block for row in rows if row.block):
        out = seen[_last(rows, block, "branch" if network.spec.family == "plain" else "residual")]
        if network.spec.family == "resnet":
            around = _last(rows, block, "shortcut")
            out = out + (seen[around] if around else seen[f"{block} before"])
        torch.testing.assert_close(seen[block], out.relu() if network.spec.order == "post" else out)


def _last(rows: tuple[Row, ...], block: str, role: str) -> str:
    return ([""] + [row.name for row in rows if row.block == block and row.role == role])[-1]


def test_convolutions_start_with_the_fan_out_deviation_of_he() -> None:
    """He et al. 2015, arXiv:1502.01852, eq. 14: a normal distribution of variance 2 / (k²·c_out), mean 0."""
    torch.manual_seed(0)
    network = build(ZOO["resnet-18"])
    tested = 0
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.weight.numel() > 30_000:
            weight = module.weight.detach().double()
            n, deviation = weight.numel(), sqrt(2 / (module.kernel_size[0] ** 2 * module.out_channels))
            assert abs(float(weight.std()) / deviation - 1) < 5 / sqrt(2 * n)
            assert abs(float(weight.mean())) < 5 * deviation / sqrt(n)
            within = float((weight.abs() < deviation).double().mean())
            assert abs(within - 0.682689) < 5 * sqrt(0.2166 / n), "normal, not uniform"
            tested += 1
    assert tested == 18


def test_bn_starts_as_the_identity() -> None:
    network = build(parse("cifar-resnet-164-v2,width=4"))
    bns = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(bns) == sum(row.kind == "bn" for row in layer_rows(network.spec))
    for bn in bns:
        assert bn.weight is not None
        assert bool((bn.weight == 1).all())
        assert bool((bn.bias == 0).all())
        assert bool((bn.running_mean == 0).all())
        assert bool((bn.running_var == 1).all())


def test_the_same_seed_gives_the_same_network_and_another_seed_another() -> None:
    def logits(seed: int) -> Tensor:
        torch.manual_seed(seed)
        network = build(parse("cifar-resnet-20,width=4")).eval()
        return network(torch.ones(1, 3, 32, 32))

    assert torch.equal(logits(1), logits(1))
    assert not torch.equal(logits(1), logits(2))


def test_training_and_evaluation_both_reach_every_parameter() -> None:
    network = build(parse("resnet-50,width=4,depths=1-1-1,shortcut=C,classes=3,size=32"))
    network(torch.randn(2, 3, 32, 32)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert all(not module.training for module in network.eval().modules())


def test_a_copy_of_a_network_shares_nothing_with_it() -> None:
    network = build(parse("cifar-resnet-20,width=4")).eval()
    twin = copy.deepcopy(network)
    picture = torch.ones(1, 3, 32, 32)
    before = network(picture)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    assert torch.equal(network(picture), before)
    assert bool((twin(picture) == 0).all())


def test_a_module_put_in_anothers_place_is_the_one_that_runs() -> None:
    network = build(parse("cifar-resnet-20"))
    network.layer3 = nn.Sequential(*[nn.AvgPool2d(1) for _ in range(3)])
    network.fc = nn.Linear(32, 3)
    assert network(torch.zeros(1, 3, 32, 32)).shape == (1, 3)
