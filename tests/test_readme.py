"""The README: figures that were typed by hand are those that the programs give."""

import re

from readme import README as PATH
from readme import generated

from resnet_core import ZOO, totals, units
from resnet_core.weights import require_card

README = PATH.read_text(encoding="utf-8")


def test_what_is_generated_is_up_to_date() -> None:
    assert generated(README) == README, "run: PYTHONPATH=. python tests/readme.py"


def test_the_accuracies_are_those_of_the_card() -> None:
    for row in require_card(ZOO["cifar-resnet-20"]).accuracy:
        share, error = units.percent(row.share), units.percent(row.standard_error)
        assert re.search(rf"{share} ± {error} of {row.images:,}\b", README)


def test_the_multiply_adds_of_the_example_are_computed() -> None:
    for name in ("resnet-50", "resnet-50-v1.5"):
        assert f"  # {totals(ZOO[name]).macs}" in README
