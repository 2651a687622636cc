"""Two networks said to be one function: both are built, given the same weights, and held against each other."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import TypeGuard

import torch
from torch import Tensor, nn

from ..codec import parse
from ..forms import regrouped
from ..inference_form import inference_form
from ..modules import ResidualBlock, run
from ..network import Network, build
from ..operated import operated
from ..rows import totals
from ..spec import ArchSpec

Function = Callable[[Tensor], Tensor]
PICTURES = 4
TIMES = 5


@dataclass(frozen=True, slots=True)
class Equivalence:
    """What was found of a claim that `one` and `other` are the same function.

    `in_fp64` and `in_fp32`: the largest difference of a logit between the two, relative to the largest logit, over
    `pictures` random ones; None where the other form knows one precision only. `params` and `milliseconds` are of
    one and other, the latter medians in float32 on the CPU, of all the pictures together.
    """

    claim: str
    source: str
    one: str
    other: str
    in_fp64: float | None
    in_fp32: float
    params: tuple[int, int]
    milliseconds: tuple[float, float]
    pictures: int = PICTURES


@dataclass(frozen=True, slots=True)
class _Claim:
    words: str
    source: str
    one: str
    other: str
    pair: Callable[[torch.dtype], tuple[Function, Function, int, int]]
    in_fp64: bool = True
    size: tuple[int, int, int] = (3, 32, 32)


def equivalences() -> Iterator[Equivalence]:
    """Every claim of equality that the papers make and that weights can decide, one a step."""
    for claim in CLAIMS:
        yield _held_against(claim)


def _held_against(claim: _Claim) -> Equivalence:
    pictures = torch.randn(PICTURES, *claim.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    differences: dict[torch.dtype, float] = {}
    with torch.no_grad():
        for dtype in (torch.float64, torch.float32):
            if dtype == torch.float64 and not claim.in_fp64:
                continue
            one, other, *params = claim.pair(dtype)
            batch = pictures.to(dtype)
            ours, theirs = one(batch.clone()), other(batch.clone())
            differences[dtype] = float((ours - theirs).abs().max() / ours.abs().max())
        milliseconds = _milliseconds(one, batch), _milliseconds(other, batch)
    return Equivalence(
        claim.words,
        claim.source,
        claim.one,
        claim.other,
        differences.get(torch.float64),
        differences[torch.float32],
        (params[0], params[1]),
        milliseconds,
    )


def _milliseconds(function: Function, batch: Tensor) -> float:
    function(batch.clone())
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        function(batch.clone())
        times.append(1e3 * (time.perf_counter() - start))
    return median(times)


def lively(spec: ArchSpec, dtype: torch.dtype) -> Network:
    """A network with He initialisation whose batch norms do something, as those of a trained one do, in eval mode."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        return _lively(build(spec).to(dtype).eval())


def _lively(network: Network) -> Network:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            for tensor in (module.weight, module.running_var):
                nn.init.uniform_(tensor, 0.5, 1.5)
            for tensor in (module.bias, module.running_mean):
                nn.init.normal_(tensor, std=0.3)
    return network


RESNEXT = "resnext-50-32x4d,stem=cifar,depths=1-1-1,groups=8,group_width=4,size=32,classes=10"


def _forms(form: str) -> Callable[[torch.dtype], tuple[Function, Function, int, int]]:
    def pair(dtype: torch.dtype) -> tuple[Function, Function, int, int]:
        grouped = lively(parse(RESNEXT), dtype)
        other = build(parse(f"{RESNEXT},form={form}")).to(dtype).eval()
        other.load_state_dict(regrouped(grouped.state_dict(), other.spec))
        return grouped, other, _params(grouped), _params(other)

    return pair


def _folding(dtype: torch.dtype) -> tuple[Function, Function, int, int]:
    network = lively(parse("cifar-resnet-20"), dtype)
    form = inference_form(network, torch.device("cpu"), torch.float32)
    return network, form, _params(network), totals(network.spec).params - _norms(network) // 2


def _norms(network: Network) -> int:
    return sum(sum(p.numel() for p in m.parameters()) for m in network.modules() if isinstance(m, nn.BatchNorm2d))


def _plain_with_option_a(dtype: torch.dtype) -> tuple[Function, Function, int, int]:
    """The plain net's tensors, each under its own name, in the residual net, whose shortcuts are weighed by nothing."""
    plain = lively(parse("cifar-plain-20"), dtype)
    residual = build(parse("cifar-resnet-20")).to(dtype).eval()
    residual.load_state_dict(plain.state_dict())
    return plain, lambda x: operated(residual, x, identity=0.0), _params(plain), _params(residual)


def _frozen_gate(dtype: torch.dtype) -> tuple[Function, Function, int, int]:
    """A Highway net whose gates stand at one half, whatever they see, beside the layers written out."""
    network = lively(parse("cifar-highway-19,gate_bias=0"), dtype)
    for name, parameter in network.named_parameters():
        if ".gate." in name:
            nn.init.zeros_(parameter)

    def scaled(x: Tensor) -> Tensor:
        for name in network.steps:
            module = network.get_submodule(name)
            if "gate" in getattr(module, "roles", ()):
                h = torch.relu(module.get_submodule("transform.0")(x))
                x = 0.5 * h + 0.5 * x  # constant scaling, He 2016, section 3.1
            else:
                x = module(x)
        return x

    return network, scaled, _params(network), _params(network)


def _survival_rules(dtype: torch.dtype) -> tuple[Function, Function, int, int]:
    """The paper's rule at test time, p·F(x), and the libraries', F(x), with the last BN of each block scaled by p."""
    paper = lively(parse("cifar-resnet-20,survival=0.5"), dtype)
    inverted = build(replace(paper.spec, survival_rule="inverted")).to(dtype).eval()
    inverted.load_state_dict(paper.state_dict())
    for name in paper.steps:
        block = paper.get_submodule(name)
        if isinstance(block, ResidualBlock):
            last = inverted.get_submodule(f"{name}.bn2")
            assert isinstance(last, nn.BatchNorm2d)
            last.weight.mul_(block.survival)
            last.bias.mul_(block.survival)
    return paper, inverted, _params(paper), _params(inverted)


def _bracketing(dtype: torch.dtype) -> tuple[Function, Function, int, int]:
    """Full pre-activation as units of (BN, ReLU, weight) twice, and with the brackets moved: He 2016, Fig. 5."""
    network = lively(parse("cifar-resnet-20,order=pre"), dtype)

    modules = [network.get_submodule(name) for name in network.steps]
    units = [module for module in modules if _is_unit(module)]
    before = network.steps[: modules.index(units[0])]
    after = network.steps[len(before) + len(units) :]

    def moved(x: Tensor) -> Tensor:
        """Units of weight, BN, ReLU, weight, sum, and an activation behind the sum that only the next F sees."""
        x = activated = run(network, before, x)
        for unit, following in zip(units, [*units[1:], None], strict=True):
            path = unit.get_submodule("conv1")(activated)
            path = unit.get_submodule("conv2")(torch.relu(unit.get_submodule("bn2")(path)))
            x = path + run(unit, unit.paths[unit.roles.index("shortcut")], x)
            activated = x if following is None else torch.relu(following.get_submodule("bn1")(x))
        return run(network, after, x)

    return network, moved, _params(network), _params(network)


def _is_unit(module: nn.Module) -> TypeGuard[ResidualBlock]:
    return isinstance(module, ResidualBlock)


def _params(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


CLAIMS = (
    _Claim(
        "A sum over many narrow paths is a grouped convolution",
        "Xie 2017, arXiv:1611.05431, Fig. 3 (a) and (c)",
        "form (c): a grouped convolution",
        "form (a): eight paths, added",
        _forms("a"),
    ),
    _Claim(
        "Concatenating the paths early is a grouped convolution",
        "Xie 2017, arXiv:1611.05431, Fig. 3 (b) and (c)",
        "form (c): a grouped convolution",
        "form (b): eight paths, concatenated",
        _forms("b"),
    ),
    _Claim(
        "Batch norm behind a convolution can be folded into it",
        "Jacob 2018, arXiv:1712.05877, section 3.2",
        "ResNet-20 as it was trained",
        "ResNet-20 with every batch norm folded in",
        _folding,
        in_fp64=False,
    ),
    _Claim(
        "Option A adds no parameter to the plain net",
        "He 2015, arXiv:1512.03385, section 3.3",
        "plain-20",
        "ResNet-20, option A, its shortcuts weighed by 0",
        _plain_with_option_a,
    ),
    _Claim(
        "A Highway gate that stands at one half is constant scaling",
        "He 2016, arXiv:1603.05027, section 3.1",
        "Highway-19, its gates frozen at ½",
        "½·H(x) + ½·x",
        _frozen_gate,
    ),
    _Claim(
        "Stochastic depth weighs F(x) by p at test time; libraries divide by p in training instead",
        "Huang 2016, arXiv:1603.09382, eq. 5",
        "the paper's rule",
        "the libraries' rule, with p folded into each block's last batch norm",
        _survival_rules,
    ),
    _Claim(
        "Pre-activation is the same chain with the brackets moved",
        "He 2016, arXiv:1603.05027, Fig. 5",
        "units of BN, ReLU, weight",
        "an activation that only the residual path sees",
        _bracketing,
    ),
)
