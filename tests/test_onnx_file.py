"""The ONNX file: another runtime computes with it what our network computes."""

import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from strategies import specs

from resnet_core import ZOO, ArchSpec, Refusal, analyse, build, parse, totals
from resnet_core.counts import CONVENTION
from resnet_core.onnx_file import onnx_file, weights_of

SMALL = tuple(
    f"{name},size={min(spec.wiring.least(spec) + 2, spec.wiring.most(spec))}"
    for name, spec in ZOO.items()
    if totals(spec).params < 3 * 10**6 and spec.layers < 120
)
OTHERS = (
    *("resnet-18,width=8,size=65", "resnet-50-v2,width=8,size=64", "resnext-50-32x4d,size=33", "googlenet,aux=yes"),
    *("googlenet-torchvision,size=63", "alexnet", "alexnet-torchvision,size=97", "vgg-11,width=8,size=97"),
    *("resnext-50-32x4d,width=32,groups=4,form=a,size=32", "resnext-50-32x4d,width=32,groups=4,form=b,size=32"),
    *(f"cifar-resnet-20,skip={skip}" for skip in ("scaling", "exclusive-gating", "shortcut-gating", "dropout")),
    *("cifar-resnet-20,survival=0.5", "cifar-resnet-20,survival=0.5,survival_rule=inverted,shortcut=pool,size=33"),
)


@pytest.mark.parametrize("name", [*SMALL, *OTHERS])
def test_onnxruntime_gives_our_logits_for_any_number_of_pictures(name: str) -> None:
    for number in (1, 3):
        _agrees(parse(name), number)


@settings(max_examples=25, deadline=None)
@given(specs().filter(lambda spec: totals(spec).params < 10**6))
def test_networks_nobody_thought_of_are_the_same_there_too(spec: ArchSpec) -> None:
    _agrees(spec, 2)


def _agrees(spec: ArchSpec, number: int) -> None:
    network = build(spec).eval()
    network.load_state_dict(weights_of(spec).state)
    session = onnxruntime.InferenceSession(onnx_file(spec), providers=["CPUExecutionProvider"])
    pictures = torch.randn(number, spec.channels, *spec.size, generator=torch.Generator().manual_seed(number))
    with torch.no_grad():
        ours = network(pictures).numpy()
    (theirs,) = session.run(None, {"input": pictures.numpy()})
    np.testing.assert_allclose(theirs, ours, rtol=2e-3, atol=2e-4 * np.abs(ours).max())


@pytest.mark.parametrize("name", ["resnet-18,width=8", "cifar-densenet-40-12", "lenet-5"])
def test_the_file_holds_by_the_rules_and_says_what_it_is(name: str) -> None:
    spec = parse(name)
    model = onnx.load_from_string(onnx_file(spec))
    onnx.checker.check_model(model, full_check=True)
    said = {prop.key: prop.value for prop in model.metadata_props}
    assert (said["spec"], said["convention"]) == (str(spec), CONVENTION)
    assert said["weights"] in model.doc_string
    assert CONVENTION in model.doc_string
    shapes = {
        value.name: tuple(side.dim_value for side in value.type.tensor_type.shape.dim[1:])
        for value in (*model.graph.value_info, *model.graph.output)
    }
    for row in analyse(spec).rows:
        assert shapes[row.name] == row.out_shape


def test_trained_weights_go_with_the_network_and_the_others_are_the_same_each_time() -> None:
    trained, untrained = parse("cifar-resnet-20"), parse("cifar-resnet-20,width=4")
    assert weights_of(trained).origin.startswith("trained on CIFAR-10")
    assert weights_of(untrained).origin == "untrained, drawn at random with seed 0"
    state = torch.random.get_rng_state()
    assert onnx_file(untrained) == onnx_file(untrained)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_what_cannot_be_made_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refusal, match=r"An ONNX file holds 2\.000 GB, and the weights .* take .* GB: take the PyTorch"):
        onnx_file(ArchSpec(width=1024))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(
        Refusal, match=r"^ONNX needs the package onnx: install it with pip, or take the PyTorch source\.$"
    ):
        onnx_file(parse("cifar-resnet-20"))
