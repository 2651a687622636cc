"""What every answer tells the browser to allow: nothing that is not named, and frames only where they are wanted."""

import logging

import pytest

from app.headers import frame_ancestors, policy


def parts(text: str) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in text.split("; "))


def test_what_is_not_named_is_forbidden_and_scripts_are_our_own() -> None:
    told = parts(policy("word", "'self'"))
    assert told["default-src"] == told["object-src"] == told["base-uri"] == told["form-action"] == "'none'"
    assert told["script-src"].split() == ["'self'", "blob:", "'wasm-unsafe-eval'", "'nonce-word'"]
    assert told["frame-ancestors"] == "'self'"
    assert told["connect-src"] == "'self' data:"


@pytest.mark.parametrize("part", ["http", "*", "'unsafe-eval'"])
def test_no_part_of_the_policy_lets_in_other_hosts_or_evaluated_text(part: str) -> None:
    assert all(part not in values.split() for values in parts(policy("word", "'self'")).values())


def test_only_styles_may_be_inline() -> None:
    assert [name for name, values in parts(policy("w", "'self'")).items() if "unsafe-inline" in values] == ["style-src"]


def test_a_course_may_show_the_pages_in_its_own(caplog: pytest.LogCaptureFixture) -> None:
    named = "https://lms.example.org https://*.example.com:8443"
    assert frame_ancestors(named) == f"'self' {named}"
    assert caplog.records == []


@pytest.mark.parametrize(
    "origin", ["*", "https:", "lms.example.org", "https://a;script-src", "https://lms.example.org/path", "'none'"]
)
def test_what_is_no_origin_is_left_out_and_the_log_says_so(origin: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert frame_ancestors(f"{origin} https://lms.example.org") == "'self' https://lms.example.org"
    assert "write https://lms.example.org" in caplog.text
