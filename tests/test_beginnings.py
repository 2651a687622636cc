import math

import pytest
import torch

from resnet_core import ArchSpec, parse
from resnet_core.labs.beginnings import Beginning, beginnings
from resnet_core.labs.gates import carried

PICTURES = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 2, 3])


def beginning(spec: ArchSpec) -> Beginning:
    *_, found = beginnings(spec, PICTURES, LABELS)
    assert found
    return found


def test_what_comes_back_by_the_shortcuts_alone_is_whole_or_a_power_of_the_factor() -> None:
    """He 2016, eq. 8: λ to the number of blocks. Between two blocks of one stage nothing else changes it."""
    identity, scaled = (beginning(parse(f"cifar-resnet-44,order=pre{skip}")) for skip in ("", ",skip=scaling"))
    assert len(identity.blocks) == len(identity.signal) == len(identity.gradient) == 21
    assert identity.direct is not None
    assert scaled.direct is not None
    assert identity.direct[14] == pytest.approx(identity.direct[20], rel=1e-4)
    assert scaled.direct[14] == pytest.approx(0.5**6 * scaled.direct[20], rel=1e-4)
    assert identity.loss == pytest.approx(math.log(10), abs=2)


def test_a_plain_net_has_no_direct_way() -> None:
    found = beginning(parse("cifar-plain-20"))
    assert found.direct is None
    assert min(found.gradient) > 0


def test_the_gradient_is_autograds() -> None:
    import torch.nn.functional as functional

    from resnet_core import build

    found = beginning(parse("cifar-resnet-20"))
    torch.manual_seed(0)
    network = build(parse("cifar-resnet-20")).train()
    cut = network.steps.index(found.blocks[-1]) + 1
    x = PICTURES
    for name in network.steps[:cut]:
        x = network.get_submodule(name)(x)
    x = out = x.detach().requires_grad_()
    for name in network.steps[cut:]:
        out = network.get_submodule(name)(out)
    (gradient,) = torch.autograd.grad(functional.cross_entropy(out, LABELS), x)
    assert found.gradient[-1] == pytest.approx(float(gradient.norm()), rel=1e-3)


def test_the_same_seed_gives_the_same_beginning() -> None:
    one, other = (beginning(parse("cifar-resnet-20")) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(("bias", "layers"), [(-1.0, 20), (-3.0, 50), (0.0, 10)])
def test_what_a_highway_carries_at_the_start_is_what_its_layers_do(bias: float, layers: int) -> None:
    """A chain of gated layers whose gates have only their bias and whose transforms give nothing."""
    x = torch.ones((), dtype=torch.float64)
    for _ in range(layers):
        gate = torch.sigmoid(torch.tensor(bias, dtype=torch.float64))
        x = 0 * gate + x * (1 - gate)
    assert carried(bias, layers) == pytest.approx(float(x))
