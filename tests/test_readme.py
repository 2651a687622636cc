"""The README: figures that were typed by hand are those that the programs give."""

import re
from pathlib import Path

import pytest
from generated import DOCS, LABS, ROOT, WRITTEN, generated
from generated import README as PATH

from resnet_core import ZOO, totals, units
from resnet_core.experiments.table import LABS as EXPERIMENTS
from resnet_core.experiments.told import claims_markdown
from resnet_core.published_weights import offer_for, published_weights
from resnet_core.weights import require_card

PNG = b"PNG"
README = PATH.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_generated_is_up_to_date(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "<!-- /" in text
    assert generated(text) == text, "run: PYTHONPATH=. python tests/generated.py"


def test_what_the_experiments_found_is_told_and_each_has_its_picture() -> None:
    text = LABS.read_text(encoding="utf-8")
    assert claims_markdown() in text
    pictures = re.findall(r"!\[[^]]*\]\(\.\./(assets/labs/[a-z]+\.png)\)", text)
    assert pictures == [f"assets/labs/{one.name}.png" for one in EXPERIMENTS]
    assert all(PNG in (ROOT / picture).read_bytes()[:8] for picture in pictures)


def test_the_accuracies_are_those_of_the_card() -> None:
    for row in require_card(ZOO["cifar-resnet-20"]).accuracy:
        share, error = units.percent(row.share), units.percent(row.standard_error)
        assert re.search(rf"{share} ± {error} of {row.images:,}\b", README)


def test_the_multiply_adds_of_the_example_are_computed() -> None:
    for name in ("resnet-50", "resnet-50-v1.5"):
        assert f"  # {totals(ZOO[name]).macs}" in README


def test_the_published_weights_are_as_many_and_as_large_as_it_says() -> None:
    assert f"the {len(published_weights())} files that torchvision publishes" in README
    best = {offer_for(weights.spec).weights[0] for weights in published_weights()}  # type: ignore[union-attr]
    assert f"of every network, {round(sum(weights.size for weights in best) / 1e9)} GB)" in README


def test_every_number_has_a_command_beside_it_and_every_command_a_program() -> None:
    pages = (README, (DOCS / "numbers.md").read_text(encoding="utf-8"))
    tables = [page.partition("| number | command |\n|---|---|\n")[2].partition("\n\n")[0] for page in pages]
    rows = [row for table in tables for row in table.splitlines()]
    assert len(rows) > 10
    for row in rows:
        command = row.strip("| ").rpartition(" | ")[2]
        assert re.fullmatch(r"`[^`]*python [^`]+`", command), row
        for program in re.findall(r"python (benchmarks/\S+\.py)", command):
            assert (ROOT / program).is_file()
