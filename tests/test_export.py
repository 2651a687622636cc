"""Exports: every format holds every layer, sums that are sums, and the convention they were counted by."""

import csv
import json
import re
from io import StringIO

import pytest

from resnet_core import ZOO, analyse, parse
from resnet_core.counts import CONVENTION
from resnet_core.documents import CONTRACT
from resnet_core.export import FORMATS, HEADS, RIGHT_FROM, table
from resnet_core.refusal import Refusal

SOME = ("resnet-18", "resnet-50-v2", "cifar-resnet-20", "cifar-plain-32", "resnet-34,shortcut=A,size=33x65")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("text", SOME)
def test_every_format_says_what_it_is_of_and_by_which_convention(format: str, text: str) -> None:
    spec = parse(text)
    out = table(spec, format).replace("\\_", "_")
    assert CONVENTION in out
    assert str(spec) in out


@pytest.mark.parametrize("name", ZOO)
def test_the_json_is_as_promised(name: str) -> None:
    data = json.loads(table(ZOO[name], "json"))
    analysis = analyse(ZOO[name])
    assert data["name"] == name
    assert data["size"] == ZOO[name].size[0]
    assert data["totals"]["params"] == analysis.totals.params == sum(row["params"] for row in data["rows"])
    assert data["totals"]["macs"] == analysis.totals.macs == sum(row["macs"] for row in data["rows"])
    assert sum(stage["macs"] for stage in data["stages"]) == data["totals"]["macs"]
    assert data["totals"]["peak_bytes"] == max(stage["peak_bytes"] for stage in data["stages"])
    assert len(data["rows"]) == len(analysis.rows)
    for row, counted in zip(data["rows"], analysis.rows, strict=True):
        assert tuple(row)[: len(CONTRACT)] == CONTRACT
        assert all(row[field] == _listed(getattr(counted, field)) for field in counted._fields)


def test_the_json_says_the_size_as_a_number_where_it_is_square() -> None:
    square, oblong = (json.loads(table(parse(f"resnet-18,size={size}"), "json")) for size in ("97", "64x96"))
    assert (square["name"], square["size"], square["spec"]) == ("resnet-18", 97, "resnet-18,size=97")
    assert (oblong["name"], oblong["size"], oblong["spec"]) == ("resnet-18", [64, 96], "resnet-18,size=64x96")
    assert parse(oblong["spec"]).size == (64, 96)


@pytest.mark.parametrize("name", ["resnet-50", "resnet-50-v2"])  # v2: maps with a field stand in its last stage too
def test_the_json_has_no_receptive_field_where_it_is_the_whole_picture(name: str) -> None:
    data = json.loads(table(ZOO[name], "json"))
    assert data["rows"][-1]["receptive_field"] is None
    assert data["stages"][-1]["receptive_field"] is None
    assert data["totals"]["receptive_field"] == 483


@pytest.mark.parametrize("text", SOME)
def test_the_csv_is_read_back_as_the_same_numbers(text: str) -> None:
    analysis = analyse(parse(text))
    lines = list(csv.DictReader(StringIO(table(parse(text), "csv"))))
    assert next(iter(lines[0])) == "layer"
    assert {line["convention"] for line in lines} == {CONVENTION}
    layers = [line for line in lines if not line["kind"].endswith("sum")]
    for line, row in zip(layers, analysis.rows, strict=True):
        assert (line["layer"], int(line["params"]), int(line["macs"])) == (row.name, row.params, row.macs)
        assert tuple(map(int, line["out_shape"].split("x"))) == row.out_shape
        assert line["receptive_field"] == ("" if row.receptive_field is None else str(row.receptive_field))
    sums = [line for line in lines if line["kind"] == "stage sum"]
    assert [line["layer"] for line in sums] == [stage.title for stage in analysis.stages]
    for line in sums:
        of_stage = [row for row in layers if row["stage"] == line["stage"]]
        for field in ("params", "macs", "activation_bytes", "saved_bytes", "elementwise", "buffers"):
            assert int(line[field]) == sum(int(row[field]) for row in of_stage)
        assert int(line["live_bytes"]) == max(int(row["live_bytes"]) for row in of_stage)
    assert [line["layer"] for line in lines if line["kind"] == "network sum"] == [text]
    assert int(lines[-1]["macs"]) == analysis.totals.macs


@pytest.mark.parametrize("text", SOME)
def test_tables_for_people_have_the_sums_of_a_stage_after_its_layers(text: str) -> None:
    spec = parse(text)
    analysis = analyse(spec)
    expected = []
    for stage in analysis.stages:
        expected += [row.name for row in analysis.rows if row.stage == stage.title]
        expected.append(f"{stage.title}, sum")
    first = [_unmarked(line[0]) for line in _markdown_cells(table(spec, "markdown"))]
    assert first[2:-1] == expected
    assert first[-1].endswith(", sum")
    assert [_unlatexed(line[0]) for line in _latex_cells(table(spec, "latex"))][2:-1] == expected


@pytest.mark.parametrize("name", ["resnet-50", "cifar-resnet-20"])
def test_tables_for_people_hold_the_same_cells(name: str) -> None:
    markdown = [[_unmarked(cell) for cell in line] for line in _markdown_cells(table(ZOO[name], "markdown"))][2:]
    latex = [[_unlatexed(cell) for cell in line] for line in _latex_cells(table(ZOO[name], "latex"))][2:]
    assert markdown == latex
    text = [line for line in table(ZOO[name], "text").splitlines()[5:] if not line.startswith("─")]
    assert [line.split() for line in text] == [" ".join(cells).split() for cells in markdown]


def test_a_layer_is_written_as_people_write_it() -> None:
    line = _markdown_cells(table(ZOO["resnet-50"], "markdown"))[2]
    assert " ".join(line) == "`conv1` convolution 224×224×3 112×112×64 7×7 2 9,408 118,013,952 3.211 MB 7 px"


def test_sums_are_written_as_people_write_them() -> None:
    sums = {
        line[0]: line for line in _markdown_cells(table(parse("resnet-34,depths=3-1"), "markdown")) if "sum" in line[0]
    }
    assert sums["**conv2_x, sum**"][1] == "**3 blocks**"
    assert sums["**conv3_x, sum**"][1] == "**1 block**"
    assert sums["**classifier, sum**"][-1] == "**whole picture**"
    assert sums["**ResNet-10, sum**"][1] == "**10 layers**"


def test_rules_stand_around_sums_only() -> None:
    lines = table(ZOO["resnet-18"], "text").splitlines()
    stages = len(analyse(ZOO["resnet-18"]).stages)
    assert len([line for line in lines if line.startswith("─")]) == 2 * stages + 1
    assert table(ZOO["resnet-18"], "latex").count("\\midrule") == 2 + 2 * stages  # two under the heads


def test_the_columns_of_the_text_are_aligned() -> None:
    lines = table(ZOO["resnet-18"], "text").splitlines()
    head = next(line for line in lines if line.startswith(HEADS[0]))
    end = head.index("Parameters") + len("Parameters")
    assert {line[end : end + 2] for line in lines[5:] if not line.startswith("─")} == {"  "}
    assert all(line[end - 1].isdigit() for line in lines[5:] if not line.startswith("─"))


def test_latex_is_balanced_and_escaped() -> None:
    out = table(parse("resnet-34,shortcut=A,size=64x96"), "latex")
    assert out.count("{") == out.count("}")
    assert out.startswith(r"% needs \usepackage{booktabs, longtable}" + "\n" + r"\begin{longtable}{llllllrrrr}")
    assert out.endswith("\\end{longtable}\n")
    assert [rule for rule in (r"\toprule", r"\midrule", r"\bottomrule") if rule not in out] == []
    body = out.partition("\n")[2]
    assert not re.search(r"(?<!\\)[_%#]", body)
    assert not re.search("[^\x00-\x7f]", body)
    assert r"\midrule" + "\n" + r"\midrule" not in out


def test_every_line_of_markdown_and_latex_has_as_many_cells_as_heads() -> None:
    for cells in (_markdown_cells(table(ZOO["resnet-18"], "markdown")), _latex_cells(table(ZOO["resnet-18"], "latex"))):
        assert {len(line) for line in cells} == {len(HEADS)}
    rules = _markdown_cells(table(ZOO["resnet-18"], "markdown"))[1]
    assert [rule.endswith(":") for rule in rules] == [i >= RIGHT_FROM for i in range(len(HEADS))]


def test_an_unknown_format_is_refused_with_a_sentence() -> None:
    with pytest.raises(Refusal, match="choose text, csv, markdown, latex, json"):
        table(ZOO["resnet-18"], "html")


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _markdown_cells(out: str) -> list[list[str]]:
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in out.splitlines() if line.startswith("|")]


def _latex_cells(out: str) -> list[list[str]]:
    rows = [line.removesuffix(r" \\") for line in out.splitlines() if " & " in line]
    return [[cell.strip() for cell in re.split(r"(?<!\\)&", row)] for row in rows]


def _unmarked(cell: str) -> str:
    return cell.strip("*`")


def _unlatexed(cell: str) -> str:
    return re.sub(r"\\texttt\{(.*)\}", r"\1", cell).replace(r"$\times$", "×").replace(r"\_", "_")
