"""A gate that stands at one half: constant scaling, in double precision, and what passes a chain of either."""

import pytest
import torch

from resnet_core import parse
from resnet_core.labs.equivalences import lively
from resnet_core.labs.frozen import frozen, gated, scaled

SPEC = parse("cifar-resnet-32,order=pre")
PICTURES = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def test_gates_frozen_at_one_half_are_constant_scaling_on_both_paths() -> None:
    gates = gated(SPEC)
    factors = scaled(SPEC, gates)
    with torch.no_grad():
        one, other = gates(PICTURES), factors(PICTURES)
    assert float((one - other).abs().max() / one.abs().max()) < 1e-12
    assert sum(p.numel() for p in gates.parameters()) > sum(p.numel() for p in factors.parameters())


def test_a_gate_that_sees_its_input_is_not() -> None:
    gates = lively(parse("cifar-resnet-32,order=pre,skip=exclusive-gating,gate_bias=0"), torch.float64)
    with torch.no_grad():
        one, other = gates(PICTURES), scaled(SPEC, gates)(PICTURES)
    assert float((one - other).abs().max() / one.abs().max()) > 1e-3


def test_either_halves_the_direct_gradient_at_every_block_and_the_identity_keeps_it() -> None:
    """By hand, within the last stage of five blocks, where no stride leaves pixels out."""
    *_, found = frozen(SPEC)
    assert found is not None
    halves = [0.5**4, 0.5**3, 0.5**2, 0.5, 1.0]
    assert found.gated[-5:] == pytest.approx(halves, rel=1e-12)
    assert found.scaled[-5:] == pytest.approx(halves, rel=1e-12)
    assert found.powers[-5:] == tuple(halves)
    assert found.identity[-5:] == pytest.approx([1.0] * 5, rel=1e-12)
    assert len(found.blocks) == 15
    assert max(found.difference) < 1e-12
    assert found.gated == pytest.approx(found.scaled, rel=1e-12)
