from fractions import Fraction

import pytest

from resnet_core import parse, totals
from resnet_core.labs.dropping import dropping, sampled
from resnet_core.spec import SpecError


def test_the_paper_s_net_keeps_forty_blocks_of_fifty_four() -> None:
    """Huang 2016, section 3: about 40 of 54 at p_L = 0.5; exactly 40.25."""
    found = dropping(parse("cifar-resnet-110"), 0.5)
    assert found.expected_blocks == Fraction(161, 4)
    assert found.survivals[-1] == 0.5
    assert len(found.blocks) == 54


def test_what_is_spared_is_a_quarter_at_one_half() -> None:
    """Section 3: "25 % of training time could be saved". All but the first and last layer is residual."""
    found = dropping(parse("cifar-resnet-110"), 0.5)
    assert found.macs == totals(parse("cifar-resnet-110")).macs
    assert found.saved == pytest.approx(0.25, abs=0.01)
    by_hand = sum((1 - p) * 2 * 9 * 16 * 16 * 32 * 32 for p in found.survivals[1:18])  # blocks 2 to 18 are alike
    first = (1 - found.survivals[0]) * 2 * 9 * 16 * 16 * 32 * 32
    others = float(found.macs - found.expected_macs) - by_hand - first
    assert others > 0


def test_everything_survives_at_one() -> None:
    found = dropping(parse("cifar-resnet-20"), 1.0)
    assert found.saved == 0
    assert found.expected_blocks == 9


def test_sampled_networks_follow_the_probabilities() -> None:
    found = dropping(parse("cifar-resnet-110"), 0.5)
    some = sampled(found, 2000)
    assert sum(map(sum, some)) / len(some) == pytest.approx(40.25, abs=0.3)
    assert some == sampled(found, 2000)


def test_a_probability_out_of_range_is_refused() -> None:
    with pytest.raises(SpecError):
        dropping(parse("cifar-resnet-20"), 1.5)
