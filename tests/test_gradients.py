"""Built networks of every family and every choice, forward and backward: logits, and a gradient for all that learns."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from resnet_core import FAMILIES, ArchSpec, build
from resnet_core.spec import BLOCKS, FORMS, NAMED, ORDERS, RULES, SHORTCUTS, SKIPS, STRIDES_ON

pytestmark = pytest.mark.usefixtures("one_thread")

CLASSES = 3
CIFAR = ArchSpec(stem="cifar", depths=(1, 2), width=4, classes=CLASSES, size=(8, 7))
BOTTLENECK = replace(CIFAR, block="bottleneck")
DENSE = ArchSpec(family="densenet", stem="cifar", depths=(1, 2), growth=3, width=4, classes=CLASSES, size=(8, 7))
RESNEXT = replace(BOTTLENECK, groups=2, group_width=3)


def tiny(spec: ArchSpec) -> ArchSpec:
    """A row of the zoo made so small that it learns in a blink; those whose sizes are fixed by their papers are not."""
    small = {
        "depths": (1, 1, 1) if spec.family == "highway" else (1, 1),
        "width": 4,
        "growth": 3,
        "groups": min(spec.groups, 2),
        "group_width": spec.group_width and 3,
        "aux": True,
    }
    spec = replace(spec, **{choice: small[choice] for choice in small.keys() & spec.choices}, classes=CLASSES)
    side = max(spec.wiring.least(spec), 16)
    return replace(spec, size=(side, side))


ROWS = dict.fromkeys(tiny(spec) for family in FAMILIES for spec in family.rows.values())
CHOICES = dict.fromkeys(
    [
        *(replace(base, order=order, skip=skip) for base in (CIFAR, BOTTLENECK) for order in ORDERS for skip in SKIPS),
        *(CIFAR.changed(order=order, shortcut=shortcut) for order in ORDERS for shortcut in SHORTCUTS),
        *(RESNEXT.changed(order=order, form=form) for order in ORDERS for form in FORMS),
        *(replace(CIFAR, order=order, survival=0.3, survival_rule=rule) for order in ORDERS for rule in RULES),
        *(replace(RESNEXT, stride_on=stride_on, shortcut="pool") for stride_on in STRIDES_ON),
        *(replace(DENSE, block=block, compression=share) for block in BLOCKS for share in (0.5, 1)),
    ]
)


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
