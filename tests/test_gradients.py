"""Built networks of every family and every choice, forward and backward: logits, and a gradient for all that learns."""

import pytest
import torch
from tiny_networks import CHOICES, CLASSES, ROWS
from torch.nn import functional

from resnet_core import FAMILIES, ArchSpec, build
from resnet_core.spec import NAMED

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("spec", ROWS | CHOICES, ids=str)
def test_a_network_gives_logits_and_every_parameter_a_gradient(spec: ArchSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = build(spec).train()
    pictures = torch.randn(4, spec.channels, *spec.size)
    monkeypatch.setattr(torch, "rand", lambda *size, **where: torch.tensor(0.0))  # no block falls out
    heads = network.heads(pictures)
    assert [head.shape for head in heads] == [(4, CLASSES)] * (3 if spec.aux else 1)
    sum(functional.cross_entropy(head, torch.arange(4) % CLASSES) for head in heads).backward()
    assert [
        name
        for name, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.isfinite().all() or not parameter.grad.any()
    ] == []
    assert network.eval()(pictures).shape == (4, CLASSES)


def test_every_family_and_every_named_choice_is_among_them() -> None:
    specs = [*ROWS, *CHOICES]
    assert {spec.family for spec in specs} == {spec.family for family in FAMILIES for spec in family.rows.values()}
    for field, values in NAMED.items():
        assert {getattr(spec, field) for spec in specs} == set(values)
    assert {spec.aux for spec in specs if spec.family == "googlenet"} == {True}
