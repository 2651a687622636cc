"""The documents: their commands run, their links lead somewhere, and every setting, metric and limit stands in them."""

import argparse
import json
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from generated import DOCS, ROOT
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app import metrics, metrics_route
from deploy.choices import HOST
from resnet_core import cli
from resnet_core.cli import main

PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md")))
FENCE = re.compile(r"^ *```(\S*)[ ]*(.*)\n((?:.*\n)*?)^ *```$", re.MULTILINE)
NEEDS = ("network", "data", "minutes", "server")
PROGRAM = "python -m resnet_core "
SERVES = {"serve"}
"""Subcommands that end when somebody stops them."""
LONG = {"labs.md"}
"""Pages of experiments of minutes, generated whole: their commands are read, and their Python is compiled."""


class Block(NamedTuple):
    """A block between fences: where it stands, its language, what is said of it, its text."""

    page: Path
    language: str
    said: str
    text: str


def blocks() -> Iterator[Block]:
    for page in PAGES:
        for language, said, text in FENCE.findall(page.read_text(encoding="utf-8")):
            yield Block(page, language, said, text)


def commands(needy: bool) -> list[str]:
    """Every line of blocks marked `sh`, once: those that need something, or those that do not."""
    return list(
        dict.fromkeys(
            line.strip()
            for block in blocks()
            if block.language == "sh" and block.said.startswith("needs") is needy
            for line in block.text.splitlines()
            if line.strip() and not line.strip().startswith("#")
        )
    )


RUN = [line for line in commands(needy=False) if line.startswith(PROGRAM) and line.split()[3] not in SERVES]
READ = sorted(
    {
        line.strip()
        for page in PAGES
        for line in page.read_text("utf-8").splitlines()
        if line.strip().startswith(PROGRAM)
    }
)
"""Of blocks that are run, and of those that need something."""
OTHERS = [line for line in commands(needy=False) if not line.startswith(PROGRAM)]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place like the checkout, into which commands may write."""
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", RUN)
def test_every_command_does_what_it_is_there_for(
    command: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(command)[3:]
    code = main(words)
    said = capsys.readouterr()
    assert (code, said.err) == (0, "")
    written = words[words.index("--out") + 1] if "--out" in words else None
    assert (checkout / written).stat().st_size > 0 if written else said.out.strip()


@pytest.mark.parametrize("command", READ)
def test_every_commands_arguments_are_understood(command: str) -> None:
    assert cli._parser().parse_args(shlex.split(command)[3:]).run


class _Understood(Exception):  # no error: it ends a program before it begins
    """Arguments were parsed."""


BESIDE = [line for line in commands(needy=True) if line.startswith(("python -m benchmarks.", "python -m deploy."))]
"""Commands of our programs that are not the core's."""


@pytest.mark.parametrize("command", BESIDE)
def test_every_other_programs_arguments_are_understood(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = argparse.ArgumentParser.parse_args

    def parse_only(parser: argparse.ArgumentParser) -> None:
        parsed(parser)
        raise _Understood

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_only)
    name, *words = shlex.split(command)[2:]
    found = find_spec(name)
    assert found, name
    program = import_module(f"{name}.__main__" if found.submodule_search_locations else name)
    monkeypatch.setattr(sys, "argv", [name, *words])
    with pytest.raises(_Understood):
        program.main()


def test_no_command_stands_outside_of_a_fence() -> None:
    """Where it would be neither run nor read."""
    command = re.compile(r"^ {4}(?:\w+=\S+ )*(?:python|pip|make|apt-get|curl|sh) .*$", re.MULTILINE)
    assert {
        page.name: found for page in PAGES if (found := command.findall(FENCE.sub("", page.read_text("utf-8"))))
    } == {}
    assert len(BESIDE) > 4


def test_a_command_that_is_none_would_be_caught() -> None:
    with pytest.raises(SystemExit):
        cli._parser().parse_args(["tabel", "resnet-50"])


def test_whatever_else_is_to_be_typed_exists() -> None:
    """Targets of make, and programs of ours; anything else says what it needs."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for line in OTHERS:
        words = [word for word in shlex.split(line) if "=" not in word]
        if words[0] == "make":
            assert set(words[1:]) <= targets, line
        else:
            assert words[0] == "python", f"{line}: mark the block, as in ```sh needs server"
            assert (ROOT / words[1]).is_file(), line


def test_what_a_block_needs_is_one_of_few_things() -> None:
    said = {block.said for block in blocks() if block.language == "sh" and block.said}
    assert said <= {f"needs {need}" for need in NEEDS}


def test_no_command_of_ours_stands_where_it_would_not_be_run() -> None:
    short = [block for block in blocks() if block.page.name not in LONG]
    assert [block.page.name for block in short if PROGRAM in block.text and block.language != "sh"] == []


def _example(block: Block) -> bool:
    """Whether it is to be run: of the library's page the first alone, for the others are signatures."""
    return block.language == "python" and (block.page.name != "api.md" or "import" in block.text)


@pytest.mark.parametrize("block", [*filter(_example, blocks())], ids=lambda block: block.page.name)
def test_the_python_in_them_runs(block: Block) -> None:
    compiled = compile(block.text, block.page.name, "exec")
    if block.page.name not in LONG:
        exec(compiled, {})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'<img src="([^"]+)"', text)
    inside = [link for link in found if not link.startswith(("http://", "https://"))]
    assert [link for link in inside if not _leads(page, link)] == []


def _leads(page: Path, link: str) -> bool:
    file, _, heading = link.partition("#")
    target = (page.parent / file).resolve() if file else page
    if not target.is_file() or not target.is_relative_to(ROOT):
        return False
    return not heading or heading in _anchors(target.read_text(encoding="utf-8"))


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _written(pattern: str, paths: Iterator[Path]) -> set[str]:
    return {name for path in paths for name in re.findall(pattern, path.read_text(encoding="utf-8"))}


def test_every_setting_is_told() -> None:
    name = r"RESNET_EXPLORER_[A-Z_]+"
    read = _written(name, (path for folder in ("app", "resnet_core") for path in (ROOT / folder).rglob("*.py")))
    assert read - _written(name, iter(PAGES)) == set()
    assert "RESNET_EXPLORER_WEIGHTS" in read


def test_every_metric_is_told() -> None:
    told = (DOCS / "operating.md").read_text(encoding="utf-8")
    families = text_string_to_metric_families(generate_latest(metrics.REGISTRY).decode())
    ours = {family.name for family in families if family.name.startswith(metrics.PREFIX)}
    ours -= {f"{name}_created" for name in ours}  # when each began, beside it
    assert {name for name in ours if name not in told} == set()
    named = set(re.findall(rf"`({metrics.PREFIX}_[a-z_]+)", told))
    assert len(named) >= len(ours) > 0


def test_prometheus_is_told_where_the_metrics_are() -> None:
    (config,) = (yaml.safe_load(block.text) for block in blocks() if block.language == "yaml")
    (job,) = config["scrape_configs"]
    assert job["metrics_path"] in {route.path for route in metrics_route.ROUTES}
    (told,) = job["static_configs"]
    assert told["targets"] == [f"{HOST}:{port}" for port in range(8501, 8504)]


def test_the_citation_is_one() -> None:
    """What the Citation File Format 1.2.0 requires, and the facts that are written elsewhere."""
    cited: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited.keys() >= {"cff-version", "message", "title", "authors"}
    assert cited["cff-version"] == "1.2.0"
    assert all(isinstance(cited[key], str) for key in ("cff-version", "message", "title", "version", "license"))
    assert all("name" in author or "family-names" in author for author in cited["authors"])
    assert cited["type"] in ("software", "dataset")
    assert cited["version"] == project["version"]
    assert cited["abstract"].removesuffix(".") == project["description"]
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert licence.startswith(f"{cited['license']} License")
    assert cited["authors"][0]["name"] in licence


def test_the_changelog_ends_with_the_version_that_this_is() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)[:2] == ["Unreleased", version]
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= kinds


def test_the_line_of_the_log_in_them_is_json() -> None:
    for block in blocks():
        if block.language == "json":
            assert {"time", "level", "logger", "message"} <= json.loads(block.text).keys()
