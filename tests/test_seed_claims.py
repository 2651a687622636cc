"""Claims of texts: every row complete, every number of the evidence counted, every verdict what its checks say."""

import re

import pytest

from resnet_core import Refusal, SpecError, analyse, parse, seed_claims
from resnet_core.computations import COMPUTATIONS, compute
from resnet_core.seed_claims import HOLDS, OPEN, PROTOCOL, STATUSES, WRONG, Check, SeedClaim, search, tally, texts

CLAIMS = seed_claims.seed_claims()
PAGES = ("explore", "verify", "run")


def _id(claim: SeedClaim) -> str:
    return claim.quote[:40]


@pytest.mark.parametrize("claim", CLAIMS, ids=_id)
def test_a_claim_is_quoted_briefly_with_a_verdict_its_evidence_and_a_view(claim: SeedClaim) -> None:
    assert 1 <= len(claim.quote.split()) <= 25
    assert claim.status in STATUSES
    assert claim.page in PAGES
    if claim.net is not None:
        assert str(parse(claim.net)) == claim.net
    assert (claim.net is not None) == (claim.page == "explore")
    assert claim.evidence.endswith(".")
    assert not re.search(r"[{}]", claim.evidence)
    assert claim.is_computed or claim.cited or claim.status == OPEN


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.checks], ids=_id)
def test_the_verdict_follows_from_the_checks(claim: SeedClaim) -> None:
    held = {check.holds for check in claim.checks}
    assert claim.status == (HOLDS if held == {True} else WRONG if held == {False} else PROTOCOL)


NAMES = r"[A-Za-z]+-\d+|\d×\d|[Oo]ption|form|v\d|section \d|order of 20\d\d|ResNet of 20\d\d|One|1 − T"


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if not claim.cited], ids=_id)
def test_no_number_of_evidence_without_a_source_is_typed(claim: SeedClaim) -> None:
    typed = re.sub(NAMES, "", re.sub(r"\{[^}]+\}", "", claim.because))
    assert not re.search(r"\d{2}|\d\.\d|\d [kMG%]", typed.replace("34 to 50", "")), typed


def test_there_are_claims_of_every_text_and_verdict_and_none_twice() -> None:
    assert len(CLAIMS) >= 35
    assert len({claim.quote for claim in CLAIMS}) == len(CLAIMS)
    assert {claim.status for claim in CLAIMS} == set(STATUSES)
    assert len(texts()) == 4
    assert all(sum(claim.text == text for claim in CLAIMS) >= 5 for text in texts())
    assert not any(re.search(r"\.txt|/", text) for text in texts())


def test_wrong_claims_come_first() -> None:
    order = [STATUSES.index(claim.status) for claim in CLAIMS]
    assert order == sorted(order)
    assert CLAIMS[0].status == WRONG


@pytest.mark.parametrize(
    ("words", "status", "evidence"),
    [
        ("24 million", WRONG, "6.999 M; 13.38 M while the auxiliary heads"),
        ("62 million", WRONG, "60.97 M as published"),
        ("100 million out of 138 million", WRONG, "119.5 M of 138.4 M; the first alone has 102.8 M."),
        ("112x122", WRONG, "112×112×64."),
        ("9 to 18", WRONG, "0.45 % of all paths"),
        ("i residual blocks", HOLDS, "54 blocks, 18,014,398,509,481,984 paths."),
        ("19 to 35", HOLDS, "98.02 % of the paths of a net of 54 blocks."),
        ("culprit", WRONG, "unlikely to be caused by vanishing gradients"),
        ("less compute-intensive", PROTOCOL, "1.583 G multiply-adds are far fewer than VGG-16's 15.47 G"),
        ("64, 64 and 128", WRONG, "64, 64, 256 channels"),
        ("pointwise grouped", WRONG, "The grouped convolutions are 3×3;"),
        ("linear decay", HOLDS, "40.25 of 54 blocks"),
        ("CONV+BN+ReLU", WRONG, "it is convolution → batch norm, without a ReLU"),
    ],
)
def test_well_known_claims_have_the_verdict_that_the_papers_give(words: str, status: str, evidence: str) -> None:
    (claim,) = (claim for claim in CLAIMS if words in claim.quote)
    assert claim.status == status
    assert evidence in claim.evidence


def test_evidence_is_counted_again_by_another_way() -> None:
    """Not by the computations' own code: by sums over the rows, or by the papers' formulas."""
    vgg = [row for row in analyse(parse("vgg-16")).rows if row.kind == "linear"]
    assert compute("fully connected parameters of vgg-16 2").number == vgg[0].params + vgg[1].params
    assert compute("fully connected parameters of vgg-16 1").number == 512 * 7 * 7 * 4096 + 4096
    assert compute("multiply-adds in of resnet-34 layer2.1.conv1").number == 28 * 28 * 128 * 128 * 9
    assert compute("shortcut parameters of resnet-34").number == sum(c * 2 * c + 4 * c for c in (64, 128, 256))
    assert compute("projections of resnet-50").number == 4
    assert compute("expected blocks of cifar-resnet-110-sd").number == 54 - (54 + 1) / 4
    assert compute("path share of 54 5–17").text == "0.45 %"


@pytest.mark.parametrize(
    ("check", "holds"),
    [
        (Check("3.6 G", "≈", "3.6 G"), True),
        (Check("multiply-adds of resnet-34", "≈", "3.6 G"), True),  # 3.664, truncated
        (Check("multiply-adds of resnet-34", "≈", "3.5 G"), False),
        (Check("multiply-adds of resnet-34", "≈", "3.66 G"), True),
        (Check("multiply-adds of resnet-34", "≈", "3.65 G"), False),
        (Check("parameters of alexnet", "≈", "61 M"), True),
        (Check("layers of resnet-34", "=", "34"), True),
        (Check("layers of resnet-34", ">", "34"), False),
        (Check("layers of resnet-34", "<", "35"), True),
        (Check("path share of 54 19–35", ">", "95 %"), True),
        (Check("shortcut of resnet-34 layer1.0", "=", "nothing"), True),
        (Check("1,202", "=", "1202"), True),
    ],
)
def test_a_check_compares_numbers_as_printed(check: Check, holds: bool) -> None:
    assert check.holds is holds


def test_texts_cannot_be_compared_as_numbers() -> None:
    with pytest.raises(ValueError, match="does not compare numbers"):
        Check("kernel sizes of vgg-16", "<", "3×3").holds  # noqa: B018  # asking is what fails


@pytest.mark.parametrize(
    "words", ["frogs of vgg-16", "frogs", "kernels of resnet-50 layer9.0", "output of resnet-50 frog"]
)
def test_words_that_name_no_computation_are_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"no (computation|block|layer)"):
        compute(words)


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        ("paths of 5 to 17 modules", "to 17 modules"),
        ("parameters of resnet-34 conv4_x", "conv4_x"),
        ("layers of vgg-16 frog", "frog"),
    ],
)
def test_words_that_a_computation_does_not_take_are_refused(words: str, extra: str) -> None:
    with pytest.raises(Refusal, match=f"leave out '{extra}'"):
        compute(words)


@pytest.mark.parametrize("words", ["parameters of frog-50", "parameters of ", "parameters"])
def test_a_computation_of_no_network_is_refused(words: str) -> None:
    with pytest.raises(SpecError):
        compute(words)


def test_every_computation_is_evidence_of_some_claim() -> None:
    used = " ".join(
        [claim.because for claim in CLAIMS] + [side for claim in CLAIMS for check in claim.checks for side in check]
    )
    assert [name for name in COMPUTATIONS if f"{name} of " not in used] == []


def test_claims_are_found_by_verdict_and_by_words_in_any_order() -> None:
    assert search() == CLAIMS
    assert {claim.status for claim in search([WRONG, OPEN])} == {WRONG, OPEN}
    found = search(words="MILLION alexnet")
    assert found == search(words="  alexnet   million ")
    assert found
    assert all("million" in f"{claim.quote} {claim.evidence}".casefold() for claim in found)
    assert search([HOLDS], "62 million") == ()
    assert search(words="no such words anywhere") == ()
    assert len(search(words="13.38")) == 1  # what is counted is found too


def test_the_tally_counts_every_claim_once() -> None:
    total, texts_counted, *counts = (int(number) for number in re.findall(r"\d+", tally()))
    assert (total, texts_counted) == (len(CLAIMS), 4)
    assert sum(counts) == total
