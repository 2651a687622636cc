"""The form that answers fastest computes what the network computes, in every family and order."""

import pytest
import torch
from tiny_networks import CHOICES, CIFAR, ROWS
from torch import Tensor, nn

from resnet_core import ArchSpec, build, inference_form, parse
from resnet_core.inference_form import Convolution, InferenceNetwork, Precision, fastest
from resnet_core.network import Network

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = torch.device("cpu")


def trained(spec: ArchSpec) -> Network:
    """A network whose BN has learned something, so that folding it in is not folding in nothing."""
    torch.manual_seed(0)
    network = build(spec).eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, least in ((module.running_var, 0.5), (module.weight, 0.5), (module.running_mean, -0.5)):
                assert tensor is not None
                tensor.uniform_(least, least + 1)
            module.bias.uniform_(-0.2, 0.2)
    return network


def pictures(spec: ArchSpec) -> Tensor:
    return torch.randn(3, spec.channels, *spec.size, generator=torch.Generator().manual_seed(1))


def difference(form: nn.Module, network: nn.Module, batch: Tensor) -> float:
    """The largest difference of a logit, by the deviation of the logits."""
    with torch.inference_mode():
        given = batch.clone()
        logits, expected = form(given), network(batch)
        assert torch.equal(given, batch)  # nothing is written over
        assert logits.dtype == torch.float32
        return ((logits - expected).abs().max() / expected.std()).item()


@pytest.fixture(params=[True, False], ids=["packed", "plain"])
def packed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """With oneDNN's convolutions where they are, and without."""
    if not request.param:
        monkeypatch.setattr(inference_form, "_packs", lambda device: False)
    elif not inference_form._packs(CPU):
        pytest.skip("oneDNN's convolutions are not there")
    return bool(request.param)


@pytest.mark.parametrize("spec", ROWS | CHOICES, ids=str)
def test_in_float32_it_is_the_same_function(spec: ArchSpec, packed: bool) -> None:
    network = trained(spec)
    form = InferenceNetwork(network, Precision(torch.float32, CPU))
    assert difference(form, network, pictures(spec)) < 1e-4
    assert {conv.packed for conv in form.modules() if isinstance(conv, Convolution)} <= {packed}


@pytest.mark.parametrize("spec", ROWS | CHOICES, ids=str)
def test_in_bfloat16_it_is_nearly_the_same(spec: ArchSpec) -> None:
    network = trained(spec)
    form = InferenceNetwork(network, Precision(torch.bfloat16, CPU))
    assert 0 < difference(form, network, pictures(spec)) < 0.2  # of 8 bits, through as many layers


@pytest.mark.parametrize("size", [18, 22, 30, 31, 33, 34, 50])
def test_a_shortcut_of_option_a_is_added_however_its_pixels_lie(size: int) -> None:
    """At these sizes what it cuts out lies channel by channel, in one block or another."""
    network = trained(spec := parse(f"cifar-resnet-20,size={size}"))
    for dtype, most in ((torch.float32, 1e-4), (torch.bfloat16, 0.2)):
        form = InferenceNetwork(network, Precision(dtype, CPU))
        assert difference(form, network, pictures(spec)) < most


@pytest.mark.parametrize(("name", "apart"), [("resnet-18", 0), ("resnet-50", 0), ("plain-18", 0), ("resnet-50-v2", 16)])
def test_bn_stands_apart_only_where_the_papers_order_has_it_before_its_convolution(name: str, apart: int) -> None:
    """Of 50 v2: before each block but the first, and behind the last; the stem's and the inner ones are folded."""
    form = InferenceNetwork(trained(parse(f"{name},width=8,size=32")), Precision(torch.float32, CPU))
    assert sum(isinstance(module, nn.BatchNorm2d) for module in form.modules()) == apart


def test_relu_and_the_addition_are_done_by_the_convolution() -> None:
    form = InferenceNetwork(trained(parse("resnet-50,width=8,size=32")), Precision(torch.float32, CPU))
    assert not any(isinstance(module, nn.ReLU) for module in form.modules())
    blocks = [module for module in form.modules() if isinstance(module, inference_form.Block)]
    assert len(blocks) == 16
    assert all(isinstance(block.last, Convolution) and block.last.relu for block in blocks)


def test_auxiliary_heads_are_for_training_and_do_not_run() -> None:
    spec = parse("googlenet,size=64")
    counts = []
    for one in (spec, spec.changed(aux=True)):
        form = InferenceNetwork(trained(one), Precision(torch.float32, CPU))
        counts.append(sum(isinstance(module, Convolution | nn.Linear) for module in form.modules()))
    assert counts[0] == counts[1]


def test_it_keeps_its_own_weights() -> None:
    network = trained(CIFAR)
    form = InferenceNetwork(network, Precision(torch.float32, CPU))
    before = form(pictures(CIFAR))
    for tensor in network.state_dict().values():
        tensor.zero_()
    assert torch.equal(form(pictures(CIFAR)), before)


def test_the_precision_is_that_of_the_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference_form, "_packs", lambda device: True)
    for features, expected in (
        ({"amx_bf16": True}, torch.bfloat16),
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"avx512_f": True, "amx_bf16": False}, torch.float32),
    ):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda features=features: features)
        assert fastest(CPU) == expected
    monkeypatch.setattr(inference_form, "_packs", lambda device: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    assert fastest(CPU) == torch.float32
    for has, expected in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation, has=has: has)
        assert fastest(torch.device("cuda")) == expected
    assert fastest(torch.device("mps")) == torch.float32
