"""Stochastic depth, Huang et al. 2016, arXiv:1603.09382, over every pattern of blocks that stay and that fall."""

from collections.abc import Iterable, Iterator
from itertools import product

import pytest
import torch
from reference import lively
from torch import Tensor, nn
from torch.nn import functional

from resnet_core import build, parse
from resnet_core.modules import ResidualBlock, run
from resnet_core.network import Network
from resnet_core.spec import ORDERS, RULES

pytestmark = pytest.mark.usefixtures("one_thread")

USUAL = "cifar-resnet-20,depths=2-1,width=4,size=9x8,classes=3"
TINY = f"{USUAL},survival=0.4"
BLOCKS = ("layer1.0", "layer1.1", "layer2.0")
PATTERNS = list(product((True, False), repeat=len(BLOCKS)))
SURVIVALS = (0.8, 0.6, 0.4)
ENDS_WITH_A_CONVOLUTION = ("pre", "bn-after-add")


def draw(monkeypatch: pytest.MonkeyPatch, patterns: Iterable[bool]) -> None:
    """Have the blocks stay or fall as told, one after the other."""
    told: Iterator[bool] = iter(patterns)
    monkeypatch.setattr(torch, "rand", lambda *size, **where: torch.tensor(0.0 if next(told) else 1.0))


def in_training(network: Network) -> Network:
    """In training, but for BN, so that one residual path is the same function at any time."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    return network


def meeting(block: ResidualBlock, x: Tensor) -> Tensor:
    """The sum of residual path and shortcut, before anything that stands behind it."""
    if not block.post:
        return block(x)
    seen: list[Tensor] = []
    hook = block.get_submodule(block.post[0]).register_forward_pre_hook(
        lambda _, inputs: seen.append(inputs[0].clone())
    )
    block(x)
    hook.remove()
    return seen[0]


def block_and_input(text: str) -> tuple[Network, ResidualBlock, Tensor]:
    network, pictures = lively(text)
    block = network.get_submodule("layer1.1")
    assert isinstance(block, ResidualBlock)
    return network, block, torch.randn(2, 4, *pictures.shape[2:], dtype=torch.float64)


def test_the_survivals_decay_in_a_line_to_that_of_the_last_block() -> None:
    """Eq. 4: p_l = 1 − l/L·(1 − p_L)."""
    network = build(parse("cifar-resnet-20,width=1,survival=0.1"))
    blocks = [module for module in network.modules() if isinstance(module, ResidualBlock)]
    assert [block.survival for block in blocks] == pytest.approx([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    tiny = build(parse(TINY))
    assert [tiny.get_submodule(name).survival for name in BLOCKS] == pytest.approx(SURVIVALS)


def test_a_block_stays_where_a_uniform_draw_falls_below_its_survival(monkeypatch: pytest.MonkeyPatch) -> None:
    network, block, x = block_and_input(f"{TINY},order=pre")
    in_training(network)
    for drawn, stays in ((0.0, True), (block.survival - 1e-6, True), (block.survival + 1e-6, False), (0.999, False)):
        monkeypatch.setattr(torch, "rand", lambda *size, drawn=drawn, **where: torch.tensor(drawn))
        assert torch.equal(block(x), x) != stays


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("skip", ["identity", "scaling"])
def test_the_sum_at_test_time_is_the_mean_of_the_sums_in_training(
    rule: str, order: str, skip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, block, x = block_and_input(f"{TINY},order={order},skip={skip},survival_rule={rule}")
    with torch.no_grad():
        at_test = meeting(block, x)
        in_training(network)
        draw(monkeypatch, (True, False))
        stays, falls = meeting(block, x), meeting(block, x)
    assert not torch.allclose(stays, falls)
    torch.testing.assert_close(block.survival * stays + (1 - block.survival) * falls, at_test)


@pytest.mark.parametrize("rule", RULES)
def test_behind_the_relu_the_mean_in_training_is_no_longer_what_the_test_gives(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ReLU is convex, so the mean of its outputs is nowhere below its output for the mean (Jensen 1906)."""
    network, block, x = block_and_input(f"{TINY},survival_rule={rule}")
    with torch.no_grad():
        at_test = block(x)
        in_training(network)
        draw(monkeypatch, (True, False))
        excess = block.survival * block(x) + (1 - block.survival) * block(x) - at_test
    assert float(excess.min()) > -1e-12
    assert float(excess.max()) > 0.05


@pytest.mark.parametrize("order", ORDERS)
def test_both_rules_are_one_network_whose_residual_paths_are_scaled_by_their_survival(
    order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where "inverted" has p·F for F it is "paper", at test time and in every pattern of training."""
    paper, pictures = lively(f"{TINY},order={order}")
    inverted = build(parse(f"{TINY},order={order},survival_rule=inverted")).double().eval()
    inverted.load_state_dict(paper.state_dict())
    with torch.no_grad():
        assert not torch.allclose(inverted(pictures), paper(pictures))
        for name, survival in zip(BLOCKS, SURVIVALS, strict=True):
            last = "conv2" if order in ENDS_WITH_A_CONVOLUTION else "bn2"
            for parameter in inverted.get_submodule(f"{name}.{last}").parameters():
                parameter.mul_(survival)
        torch.testing.assert_close(inverted(pictures), paper(pictures))
        for network in (inverted, paper):
            in_training(network)
        outputs = []
        for pattern in PATTERNS:
            draw(monkeypatch, (*pattern, *pattern))
            outputs.append(paper(pictures))
            torch.testing.assert_close(inverted(pictures), outputs[-1])
    assert all(not torch.allclose(one, other) for i, one in enumerate(outputs) for other in outputs[:i])


@pytest.mark.parametrize("order", ORDERS)
def test_a_fallen_block_is_its_shortcut_and_one_that_stays_the_usual_block(
    order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, pictures = lively(f"{TINY},order={order}")
    usual = build(parse(f"{USUAL},order={order}")).double()
    usual.load_state_dict(network.state_dict())
    in_training(usual)
    in_training(network)
    for pattern in PATTERNS:
        draw(monkeypatch, pattern)
        with torch.no_grad():
            ours, x = network(pictures), pictures
            for name in usual.steps:
                module = usual.get_submodule(name)
                if name not in BLOCKS or pattern[BLOCKS.index(name)]:
                    x = module(x)
                else:
                    x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 4)) if name == "layer2.0" else x
                    x = run(module, module.post, x)
        torch.testing.assert_close(ours, x)


def test_a_survival_of_one_is_the_usual_network_which_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for rule in RULES:
        assert parse(f"{USUAL},survival=1,survival_rule={rule}") == parse(USUAL)
    network, pictures = lively(f"{USUAL},survival=1")
    draw(monkeypatch, ())  # none is told, so that a draw would fail
    at_test = network(pictures)
    assert torch.equal(in_training(network)(pictures), at_test)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("order", ORDERS)
def test_every_pattern_of_training_leads_the_gradient_back_to_whatever_took_part(
    order: str, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    network = build(parse(f"{TINY},order={order},survival_rule={rule}")).train()
    for pattern in PATTERNS:
        draw(monkeypatch, pattern)
        network.zero_grad()
        network(torch.linspace(-1, 1, 4 * 3 * 9 * 8).view(4, 3, 9, 8)).logsumexp(1).sum().backward()
        for name, stays in zip(BLOCKS, pattern, strict=True):
            gradient = network.get_submodule(f"{name}.conv1").weight.grad
            assert (gradient is not None and bool(gradient.any())) == stays
        assert network.get_submodule("conv1").weight.grad.any()
