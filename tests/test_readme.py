"""The README: figures that were typed by hand are those that the programs give."""

import re
from pathlib import Path

from resnet_core import ZOO, totals, units, verify
from resnet_core.weights import require_card

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_verdicts_are_counted_as_they_are() -> None:
    verdicts = verify()
    agreeing = sum(verdict.agrees for verdict in verdicts)
    differing = len(verdicts) - agreeing
    differ = "differs" if differing == 1 else "differ"
    assert f"{len(verdicts)} published figures: {agreeing} agree, {differing} {differ}, with the reason" in README


def test_the_accuracies_are_those_of_the_card() -> None:
    for row in require_card(ZOO["cifar-resnet-20"]).accuracy:
        share, error = units.percent(row.share), units.percent(row.standard_error)
        assert re.search(rf"{share} ± {error} of {row.images:,}\b", README)


def test_the_multiply_adds_of_the_example_are_computed() -> None:
    for name in ("resnet-50", "resnet-50-v1.5"):
        assert f"  # {totals(ZOO[name]).macs}" in README
