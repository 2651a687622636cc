"""Each run of a page has an id of its own, is counted under the page's name, and is logged with what it took."""

import logging
from contextlib import AbstractContextManager

import pytest
from pages import opened, ran

from app import metrics, page_runs
from resnet_core import request_id


def runs(page: str) -> float:
    return metrics.REGISTRY.get_sample_value("resnet_explorer_page_seconds_count", {"page": page}) or 0.0


def test_two_runs_of_a_page_are_two_parts_of_one_visit(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun: list[str] = []

    def noted(name: str) -> AbstractContextManager[None]:
        begun.append(name)
        return under(name)

    under = request_id.under
    monkeypatch.setattr(page_runs.request_id, "under", noted)
    caplog.set_level(logging.INFO, page_runs.__name__)
    before = runs("About this server")
    app = opened("about")
    ran(app)
    visit = app.session_state["request_id"]
    assert begun[-2:] == [request_id.part(visit, len(begun) - 1), request_id.part(visit, len(begun))]
    assert runs("About this server") == before + 2
    assert request_id.current() == ""
    told = [record.fields for record in caplog.records if record.name == page_runs.__name__]
    assert [fields["page"] for fields in told[-2:]] == ["About this server"] * 2
    assert all(fields["milliseconds"] > 0 for fields in told)


def test_a_run_that_fails_is_counted_too() -> None:
    before = runs("frog")
    with pytest.raises(ZeroDivisionError), page_runs.page_run("frog"):
        raise ZeroDivisionError
    assert runs("frog") == before + 1
