"""docs/security.md says who might do harm and which test shows what stops them: each of these tests is there."""

import ast
import re
from pathlib import Path

import pytest

from app import headers, kept_uploads, limits, origins, stored_uploads

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[f"{file}::{name}" for file, name in NAMED])
def test_a_test_that_the_page_names_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_threat_has_a_test() -> None:
    threats = [line for line in PAGE.splitlines() if line.startswith("|") and "**" in line]
    assert len(threats) > 12
    assert [threat for threat in threats if "::test_" not in threat] == []


def test_the_page_names_the_variables_and_limits_that_there_are() -> None:
    for variable in (origins.HOSTS, headers.FRAMES):
        assert f"`{variable}`" in PAGE
    assert f"{limits.UPLOAD_STALLS:.0f} s without a byte, or less than {limits.SLOWEST // 2**10} kB" in PAGE
    assert f"{stored_uploads.MOST_FILES} files of a window" in PAGE
    assert (kept_uploads.SECONDS, 2 * kept_uploads.BETWEEN) == (60 * 60, 10 * 60)
    assert "for an hour after somebody last looked at it, and ten minutes more at the most" in PAGE
