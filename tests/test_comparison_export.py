"""A comparison to take along: its sentences, its totals and its ops, with the convention, in every form."""

import csv
import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_core import Refusal, parse
from resnet_core.cli import main
from resnet_core.compare import compare
from resnet_core.comparison_export import FORMATS, HEADS, comparison_table
from resnet_core.comparison_rows import lines
from resnet_core.counts import CONVENTION

MAIN = str(Path(__file__).parents[1] / "app" / "main.py")
PAIRS = (
    ("resnet-50", "resnet-50-v1.5"),
    ("resnet-34", "plain-34"),
    ("resnet-18", "densenet-121"),
    ("resnet-50", "resnet-50"),
)


@pytest.mark.parametrize("names", PAIRS)
@pytest.mark.parametrize("format", FORMATS)
def test_every_form_says_which_networks_and_by_which_convention(names: tuple[str, str], format: str) -> None:
    text = comparison_table(compare(*map(parse, names)), format)
    assert CONVENTION in text
    if format != "csv":
        assert all(name in text for name in names)


def test_the_csv_has_every_op_of_both_networks() -> None:
    found = compare(parse("resnet-50"), parse("resnet-50-v1.5"))
    rows = list(csv.DictReader(comparison_table(found, "csv").splitlines()))
    for network, analysis in (("one", found.one), ("other", found.other)):
        macs = sum(int(row["times"]) * int(row[f"{network} macs"] or 0) for row in rows)
        assert macs == analysis.totals.macs
    strides = [(row["one stride"], row["other stride"]) for row in rows if "stride" in row["differing"].split()]
    assert set(strides) == {("2", "1"), ("1", "2")}


@pytest.mark.parametrize("names", PAIRS)
def test_markdown_and_latex_hold_the_sentences_and_the_ops_that_differ(names: tuple[str, str]) -> None:
    found = compare(*map(parse, names))
    markdown, latex = (comparison_table(found, format) for format in ("markdown", "latex"))
    for sentence in found.sentences:
        assert f"- {sentence}" in markdown
    ops = [line for line in markdown.splitlines() if line.count(" | ") == len(HEADS) - 1]
    assert len(ops) == (2 + len(lines(found, differing=True)) if not found.same else 0)
    assert latex.isascii()
    assert latex.count("{") == latex.count("}")
    assert not re.search(r"(?<!\\)[_%#]", latex.partition("\n")[2])


def test_the_json_is_that_of_the_command_compare(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "resnet-50", "--against", "stride_on=3x3", "--format", "json"]) == 0
    exported = json.loads(capsys.readouterr().out)
    assert main(["compare", "resnet-50", "stride_on=3x3", "--json"]) == 0
    assert exported == json.loads(capsys.readouterr().out)


def test_what_has_no_such_form_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "resnet-50", "--against", "resnet-18", "--format", "svg"]) == 2
    assert "There is no format 'svg' of a comparison: choose csv, markdown, latex, json." in capsys.readouterr().err
    with pytest.raises(Refusal, match="choose csv"):
        comparison_table(compare(parse("resnet-18"), parse("resnet-34")), "frog")


def test_the_page_offers_them() -> None:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["net"] = "resnet-34"
    app.switch_page("views/compare.py")
    app.run()
    assert not app.exception
    assert [element.proto.label for element in app.get("download_button")] == [form.label for form in FORMATS.values()]
