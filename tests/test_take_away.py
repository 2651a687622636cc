"""Take it away: every form is in one table, which the command line and the app both offer, and each is what it says."""

import csv
import json
import re
import sys
from pathlib import Path

import pytest
from pages import page_text
from streamlit.testing.v1 import AppTest

from resnet_core import ZOO, Refusal, parse
from resnet_core.cli import main
from resnet_core.counts import CONVENTION
from resnet_core.export import table
from resnet_core.take_away import FORMATS, taken

MAIN = str(Path(__file__).parents[1] / "app" / "main.py")
NAME = "cifar-resnet-20,shortcut=B"
BEGINS = {"png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-1.", "onnx": b"\x08\x09"}


@pytest.mark.parametrize("name", FORMATS)
def test_each_form_is_a_file_of_its_kind_with_the_name_of_the_network(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / FORMATS[name].file_name(parse(NAME))
    assert main(["export", NAME, "--format", name, "--out", str(file)]) == 0
    data = file.read_bytes()
    assert capsys.readouterr().out == f"{file}: {FORMATS[name].label}, {len(data):,} bytes.\n"
    if FORMATS[name].is_text:
        assert data.decode().endswith("\n")
    else:
        assert data.startswith(BEGINS[name])


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.is_text and name != "bibtex"])
def test_whatever_has_a_number_of_operations_says_how_they_were_counted(name: str) -> None:
    assert CONVENTION in str(taken(parse(NAME), name))


@pytest.mark.parametrize("name", ["csv", "markdown", "latex", "json"])
def test_tables_are_those_of_the_command_table(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "resnet-18", "--format", name, "--size", "64"]) == 0
    assert capsys.readouterr().out == table(parse("resnet-18,size=64"), name)


def test_what_is_no_text_goes_to_a_file_or_to_a_program_but_not_to_a_terminal(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["export", NAME, "--format", "png"]) == 0
    assert capsysbinary.readouterr().out.startswith(BEGINS["png"])
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["export", NAME, "--format", "png"]) == 2
    assert capsysbinary.readouterr() == (
        b"",
        b"PNG is no text for a terminal: give --out FILE, such as cifar-resnet-20,shortcut=B.png.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["frog", "--format", "svg"], "There is no network 'frog'"),
        (["resnet-18", "--format", "svg", "--size", "3"], "choose a size of 32 or more"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_one_line(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", *arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("command", [["export", NAME, "--format", "svg"], ["lab", "dropping"]])
@pytest.mark.parametrize(
    ("file", "cause"), [("nowhere/at/all.csv", "No such file or directory"), ("folder.csv", "Is a directory")]
)
def test_a_file_that_cannot_be_written_is_refused_with_what_to_do(
    command: list[str], file: str, cause: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder.csv").mkdir()
    assert main([*command, "--out", str(tmp_path / file)]) == 2
    sentence = f"{tmp_path / file} cannot be written ({cause}): name a file in a folder that is there."
    assert capsys.readouterr().err.splitlines()[-1] == sentence


def test_an_unknown_form_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refusal, match=r"There is no format 'frog': choose csv, markdown, .*html\."):
        taken(ZOO["resnet-18"], "frog")


@pytest.mark.parametrize(("package", "names"), [("typst", ("png", "pdf")), ("onnx", ("onnx",))])
def test_where_a_package_is_missing_the_app_knows_and_the_command_says_so(
    package: str, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = parse(NAME)
    assert all(FORMATS[name].hindrance(spec) is None for name in names)
    monkeypatch.setitem(sys.modules, package, None)
    for name in names:
        sentence = FORMATS[name].hindrance(spec)
        assert f"need{'' if len(names) > 1 else 's'} the package {package}: install it with pip" in str(sentence)
        assert main(["export", NAME, "--format", name]) == 2
        assert capsys.readouterr().err == f"{sentence}\n"


def test_the_page_offers_every_form_and_its_own_address() -> None:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["net"] = "resnet-34,shortcut=A"
    assert not app.run().get("download_button")  # nobody has opened it
    app.session_state["take_away"] = True
    app.run()
    assert not app.exception
    offered = {element.proto.label: element.proto for element in app.get("download_button")}
    assert list(offered) == [form.label for form in FORMATS.values() if form.is_text]
    assert not any(proto.disabled for proto in offered.values())
    links = re.findall(r'<a class="rx-file" href="([^"]*)" target="_self"[^>]*>(\w+)</a>', page_text(app))
    assert links == [
        (f"./api/take/{name}?net=resnet-34,shortcut=A", form.label)
        for name, form in FORMATS.items()
        if not form.is_text
    ]
    assert app.code[0].value.endswith("?net=resnet-34,shortcut=A")


def test_the_tables_are_read_by_the_programs_they_are_for() -> None:
    rows = list(csv.DictReader(str(taken(parse(NAME), "csv")).splitlines()))
    data = json.loads(str(taken(parse(NAME), "json")))
    assert sum(int(row["macs"]) for row in rows if not row["kind"].endswith("sum")) == data["totals"]["macs"]
