import pytest

from resnet_core import parse, totals
from resnet_core.labs.equivalences import CLAIMS, Equivalence, equivalences


@pytest.fixture(scope="module")
def found() -> dict[str, Equivalence]:
    return {one.other: one for one in equivalences()}


def test_every_claim_holds_to_rounding(found: dict[str, Equivalence]) -> None:
    assert len(found) == len(CLAIMS)
    for one in found.values():
        assert one.in_fp64 is None or one.in_fp64 < 1e-10, one.claim
        assert one.in_fp32 < 1e-4, one.claim


def test_only_folding_changes_the_number_of_parameters(found: dict[str, Equivalence]) -> None:
    differing = [one for one in found.values() if one.params[0] != one.params[1]]
    (folded,) = differing
    assert "folded" in folded.other
    # 19 batch norms of scale and shift become 19 biases; option A adds none: 7 of 16, 6 of 32, 6 of 64 channels
    assert folded.params[0] - folded.params[1] == 7 * 16 + 6 * 32 + 6 * 64
    assert folded.params[0] == totals(parse("cifar-resnet-20")).params


def test_a_claim_that_does_not_hold_is_seen() -> None:
    from resnet_core.labs.equivalences import _Claim, _held_against, _params, lively

    def pair(dtype: object) -> object:
        one, other = (lively(parse(text), dtype) for text in ("cifar-resnet-20", "cifar-plain-20"))  # type: ignore[arg-type]
        return one, other, _params(one), _params(other)

    claim = _Claim("ResNet-20 is plain-20", "nobody", "one", "other", pair)  # type: ignore[arg-type]
    assert _held_against(claim).in_fp32 > 0.1
