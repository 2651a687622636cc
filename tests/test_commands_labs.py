"""The command lab: the list, a result with what was published beside it, files, refusals, a run that is stopped."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_core.cli import main
from resnet_core.experiments.lab import Lab, Result, Settings
from resnet_core.experiments.recorded import finished, read
from resnet_core.experiments.table import LABS, lab
from resnet_core.experiments.told import told


def test_without_a_name_every_experiment_is_listed_with_its_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab"]) == 0
    out = capsys.readouterr().out
    assert all(one.name in out and one.question in out for one in LABS)
    assert main(["lab", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == [one.name for one in LABS]


def test_in_markdown_every_claim_stands_with_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "--markdown"]) == 0
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert len(rows) == len(LABS)
    for one, row in zip(LABS, rows, strict=True):
        assert row.startswith(f"| {one.claim} |")
        assert f"| {one.answer(finished(one)).verdict} |" in row
        assert row.count(" | ") == head.count(" | ")


def test_a_result_is_printed_with_what_the_paper_found_and_what_it_does_not_show(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["lab", "dropping", "--survival", "0.2"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    one = lab("dropping")
    for text in (one.question, one.claim, f"The paper found: {told(one.paper)} ({one.source})", told(one.limits)):
        assert " ".join(text.split()) in out
    assert "32 of 54 blocks" in out  # 54 − 0.8·(1 + … + 54)/54, by hand


def test_json_and_csv_hold_the_same_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "highway.csv"
    assert main(["lab", "highway", "--bias", "-4", "--json", "--out", str(file)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["settings"] == {"bias": -4}
    head, *lines = csv.reader(file.read_text(encoding="utf-8").splitlines())
    assert head == found["columns"]
    assert lines == [list(map(str, row)) for row in found["rows"]]
    assert found["answer"]["holds"] is True


def test_a_network_that_runs_prints_its_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "pathways", "--model", "cifar-resnet-20", "--pictures", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row[0] for row in found["rows"]] == [f"layer{stage}.{block}" for stage in (1, 2, 3) for block in range(3)]
    assert found["done"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["leson"], "There is no experiment 'leson': take one of lesion"),
        (["lesion", "--pictures", "0"], "'0' is not a number of pictures: give 1 to 500"),
        (["lesion", "--pictures", "1e999"], "'1e999' is not a number of pictures: give 1 to 500"),
        (["degradation", "--layers", "19"], "'19' is not a number of layers: give 20 to 110"),
        (["dropping", "--survival", "2"], "Survival cannot be 2: choose 0.05 to 1."),
        (["lesion", "--survival", "0.5"], "has no use for --survival: it takes --model, --pictures, --draws"),
        (["equivalences", "--draws", "3"], "it takes no settings"),
        (["lesion", "--model", "frog"], "frog"),
        (["paths", "--model", "cifar-plain-20", "--pictures", "1"], "take a ResNet, such as cifar-resnet-56"),
        (["paths", "--picture", "no/such/file.png"], "cannot be read"),
        (["dropping", "--out", "rows.txt"], "name a file that ends with .csv"),
        (["dropping", "--model", "alexnet"], "survival says nothing of an AlexNet"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["lab", *arguments])
    except SystemExit as left:  # as argparse leaves
        code = left.code if isinstance(left.code, int) else 0
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert sentence in captured.err


def test_what_is_known_when_it_is_stopped_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(one: Lab, settings: Settings) -> Iterator[Result]:
        yield Result(one.name, settings, finished(one).rows[:2], 0.25)
        raise KeyboardInterrupt

    monkeypatch.setattr("resnet_core.commands_labs.steps", interrupted)
    assert main(["lab", "pathways"]) == 0
    out = capsys.readouterr().out
    assert "Stopped at 25.0 %: this is what was known." in out
    assert "layer1.1" in out
    assert "layer1.2" not in out


def test_a_recorded_result_takes_the_place_of_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = lab("highway")
    monkeypatch.setattr("resnet_core.commands_labs.write", lambda lab, result: _written(lab, result, tmp_path))
    assert main(["lab", "highway", "--bias", "1.5", "--record"]) == 0
    assert read(tmp_path / "highway.json").settings.bias == 1.5
    assert read(tmp_path / "highway.json").lab == one.name


def _written(one: Lab, result: Result, folder: Path) -> Path:
    from resnet_core.experiments.recorded import write

    return write(one, result, folder)
