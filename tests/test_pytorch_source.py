"""The PyTorch file: it needs nothing of this project, and is the same network, key by key and number by number."""

import ast
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from strategies import specs
from torch import Tensor, nn

from resnet_core import ZOO, ArchSpec, build, parse, totals
from resnet_core.pytorch_source import class_name, pytorch_source

VARIANTS = (
    *(f"cifar-resnet-20,order={order}" for order in ("bn-after-add", "relu-before-add", "relu-only-pre", "pre")),
    *(f"cifar-resnet-20,shortcut={option}" for option in ("B", "C", "pool")),
    *(f"cifar-resnet-20,skip={skip}" for skip in ("scaling", "exclusive-gating", "shortcut-gating", "dropout")),
    *(f"cifar-resnet-20,shortcut=B,skip={skip}" for skip in ("exclusive-gating", "shortcut-gating", "dropout")),
    *(f"cifar-resnet-20,block=bottleneck,depths=3-2-2,groups=4,group_width=8,form={form}" for form in "abc"),
    *(f"cifar-resnet-20,block=bottleneck,depths=3-2-2,groups=4,group_width=8,order=pre,form={form}" for form in "ab"),
    *(
        "cifar-resnet-20,block=bottleneck,depths=3-2-2,stride_on=3x3",
        "cifar-resnet-20,block=bottleneck,depths=3-2-2,shortcut=pool",
    ),
    *("cifar-resnet-20,survival=0.8,survival_rule=inverted", "cifar-resnet-26,depths=4-2-2,survival=0.7,order=pre"),
    *("cifar-resnet-20,depths=3-1-1-1,width=7,classes=3", "cifar-resnet-20,depths=2", "resnet-18,stem=cifar,size=32"),
    *("googlenet,aux=yes", "googlenet-torchvision,aux=yes", "alexnet,groups=1", "vgg-11,depths=1-1-2,width=5"),
    *("cifar-highway-19,depths=3-1-1,width=3", "cifar-densenet-40-12,depths=2-2-1", "cifar-resnet-20,shortcut=none"),
)


def _made(spec: ArchSpec) -> nn.Module:
    """The network that the source makes, in a namespace of its own."""
    namespace: dict[str, Any] = {"__name__": "taken_away"}
    exec(compile(pytorch_source(spec), str(spec), "exec"), namespace)
    network = namespace[class_name(spec)]()
    assert isinstance(network, nn.Module)
    return network


@pytest.mark.parametrize("name", [*ZOO, *VARIANTS])
def test_the_state_has_the_same_keys_and_shapes_in_the_same_order(name: str) -> None:
    spec = parse(name)
    with torch.device("meta"):
        ours, theirs = build(spec).state_dict(), _made(spec).state_dict()
    assert [(key, tensor.shape) for key, tensor in theirs.items()] == [(k, t.shape) for k, t in ours.items()]


QUICK = tuple(name for name, spec in ZOO.items() if totals(spec).params < 9 * 10**6 and spec.layers < 300)


@pytest.mark.parametrize("name", [*QUICK, *VARIANTS, "resnet-50", "resnet-50-v2", "resnext-50-32x4d", "alexnet"])
def test_the_same_weights_give_the_same_logits(name: str) -> None:
    spec, pictures = _small(parse(name))
    ours, theirs = _twins(spec)
    ours.eval(), theirs.eval()
    with torch.no_grad():
        torch.testing.assert_close(theirs(pictures), ours(pictures), rtol=1e-4, atol=1e-5)


LARGE = tuple(name for name in ZOO if name not in QUICK)


@pytest.mark.parametrize("name", LARGE)
def test_the_largest_give_the_same_logits_too_for_one_small_picture(name: str) -> None:
    """With one set of weights for both, drawn without the initialisation of either, and nearly no picture: what is
    compared is every op with its weights and the order of them all, as in the small ones."""
    spec, (picture, _) = _small(parse(name))
    with torch.device("meta"):
        ours, theirs = build(spec).eval(), _made(spec).eval()
    generator = torch.Generator().manual_seed(0)
    scale = 1.0 if spec.layers < 300 else 0.05  # of each of hundreds of residuals, whose sum has to stay finite
    state = {key: _drawn(key, tensor, scale, generator) for key, tensor in ours.state_dict().items()}
    for network in (ours, theirs):
        network.load_state_dict(state, strict=True, assign=True)
    with torch.no_grad():
        logits = ours(picture[None])
        assert logits.isfinite().all()
        assert logits.std() > 0.01
        torch.testing.assert_close(theirs(picture[None]), logits, rtol=1e-4, atol=1e-5 * float(logits.abs().max()))


def _drawn(key: str, tensor: Tensor, scale: float, generator: torch.Generator) -> Tensor:
    """Weights that keep a signal as large as it is, and statistics that are not all alike."""
    if not tensor.dtype.is_floating_point:
        return torch.zeros(tensor.shape, dtype=tensor.dtype)
    if key.endswith("running_var") or (key.endswith("weight") and tensor.dim() == 1):
        spread_evenly = torch.empty(tensor.shape).uniform_(0.5, 1.5, generator=generator)
        return spread_evenly if key.endswith("running_var") else spread_evenly * scale
    spread = (2 / tensor[0].numel()) ** 0.5 if tensor.dim() > 1 else 0.1
    return torch.empty(tensor.shape).normal_(0, spread, generator=generator)


TRAINED = (
    *("cifar-resnet-20,order=pre", "cifar-resnet-20,skip=dropout", "cifar-resnet-20,shortcut=B,skip=exclusive-gating"),
    *("cifar-resnet-20,shortcut=B,skip=shortcut-gating", "cifar-resnet-20,shortcut=pool,survival=0.5"),
    *("cifar-resnet-20,survival=0.8,survival_rule=inverted", "cifar-densenet-40-12,depths=2-2-1", "googlenet,aux=yes"),
    "cifar-resnet-20,block=bottleneck,depths=3-2-2,groups=4,group_width=8,form=a",
)


@pytest.mark.parametrize("name", TRAINED)
def test_a_step_of_training_is_the_same(name: str) -> None:
    spec, pictures = _small(parse(name))
    steps = []
    for network in _twins(spec):
        network.train()
        torch.manual_seed(1)  # the same blocks fall out, and the same features are dropped
        network(pictures).square().mean().backward()
        steps.append({key: one.grad for key, one in network.named_parameters() if one.grad is not None})
    ours, theirs = steps
    assert ours
    assert theirs.keys() >= ours.keys()
    for key, gradient in ours.items():
        torch.testing.assert_close(
            theirs[key], gradient, rtol=1e-3, atol=1e-5, msg=lambda text, key=key: f"{key}: {text}"
        )


@settings(max_examples=40, deadline=None)
@given(specs())
def test_networks_nobody_thought_of_are_the_same_too(spec: ArchSpec) -> None:
    with torch.device("meta"):
        ours, theirs = build(spec).state_dict(), _made(spec).state_dict()
    assert [(key, tensor.shape) for key, tensor in theirs.items()] == [(k, t.shape) for k, t in ours.items()]
    if totals(spec).params < 10**6:
        network, taken = (one.eval() for one in _twins(spec))
        picture = torch.randn(1, spec.channels, *spec.size, generator=torch.Generator().manual_seed(2))
        with torch.no_grad():
            torch.testing.assert_close(taken(picture), network(picture), rtol=1e-3, atol=1e-4)


def _twins(spec: ArchSpec) -> tuple[nn.Module, nn.Module]:
    """Our network and the one of the source, with the same weights and statistics, drawn at random."""
    torch.manual_seed(0)
    ours, theirs = build(spec), _made(spec)
    for key, tensor in ours.state_dict().items():
        if key.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        if key.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    return ours, theirs


def _small(spec: ArchSpec) -> tuple[ArchSpec, Tensor]:
    """A network and two pictures, nearly as small as it can read, so that edges are not even."""
    side = min(spec.wiring.least(spec) + 1, spec.wiring.most(spec))
    return spec, torch.randn(2, spec.channels, side, side, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("name", [*ZOO, *VARIANTS])
def test_the_file_is_short_and_stands_alone(name: str) -> None:
    text = pytorch_source(parse(name))
    roots = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            roots.add(str(node.module).partition(".")[0])
    assert roots <= {"torch", "collections"}
    assert len(text.splitlines()) <= (150 if name in ZOO else 160)
    copied = "python -m resnet_core export "  # a command is not broken
    assert max(len(line) for line in text.splitlines() if not line.startswith(copied)) <= 120


def test_resnet_50_is_one_a_person_would_paste() -> None:
    text = pytorch_source(ZOO["resnet-50"])
    assert (
        "self.layer3 = nn.Sequential(ProjectingBottleneck(512, 256, 2), *(Bottleneck(256) for _ in range(5)))" in text
    )
    assert "25,557,032 parameters, 3,857,973,248 multiply-adds at 224×224" in text
    assert "one multiply-add counts one" in text
    assert "He, Zhang, Ren, Sun 2015, arXiv:1512.03385" in text


def test_what_only_training_uses_is_left_where_it_can_be_taken() -> None:
    spec = parse("googlenet-torchvision,aux=yes")
    network = _made(spec)
    network(torch.randn(2, 3, 64, 64))
    assert network.get_submodule("aux1").logits.shape == (2, 1000)
