"""Each run of a page, or of a part of one, has an id of its own and is logged with what it took; what somebody asked
for is counted."""

import ast
import logging
from contextlib import AbstractContextManager

import pytest
from pages import opened, ran
from served import ROOT
from streamlit.testing.v1 import AppTest

from app import metrics, page_runs
from resnet_core import request_id


def runs(page: str, part: str = "") -> float:
    labels = {"page": page, "part": part}
    return metrics.REGISTRY.get_sample_value("resnet_explorer_page_seconds_count", labels) or 0.0


def fragments(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The parts of a page that can, run alone, as where something is clicked in each."""
    from streamlit.testing.v1 import local_script_runner

    alone = list(app._fragment_storage._fragments)
    rerun = local_script_runner.RerunData
    with monkeypatch.context() as patched:
        patched.setattr(local_script_runner, "RerunData", lambda **said: rerun(**said, fragment_id_queue=alone))
        return ran(app)


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


def test_a_run_whose_visitor_has_left_is_counted_too() -> None:
    def left() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from app.page_runs import page_run

        context = get_script_run_ctx()
        assert context
        assert context.script_requests
        with page_run("frog"):
            context.script_requests.request_stop()
            st.session_state.get("page")

    before = runs("frog")
    AppTest.from_function(left).run()
    assert runs("frog") == before + 1


def test_a_run_that_cannot_begin_leaves_its_thread_outside_of_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: str) -> AbstractContextManager[None]:
        raise ZeroDivisionError

    monkeypatch.setattr(page_runs.request_id, "under", fails)
    with pytest.raises(ZeroDivisionError), page_runs.page_run("frog"):
        pass
    assert not page_runs._is_within.get()


def pieces() -> None:
    """A page with a part, a part of that, and one that runs again and again."""
    import streamlit as st

    from app.fragments import fragment
    from app.page_runs import page_run
    from app.page_turns import page_turns
    from resnet_core import request_id

    def note(part: str) -> None:
        has_turn = page_turns._own.turn is not None
        with page_turns.outside():
            lets_others_in = page_turns._own.turn is None
        noted = part, request_id.current(), has_turn and lets_others_in
        st.session_state.setdefault("noted", []).append(noted)

    @fragment("toe")
    def toe() -> None:
        note("toe")

    @fragment("leg")
    def leg() -> None:
        note("leg")
        toe()

    @fragment("pulse", run_every=3600.0)
    def pulse() -> None:
        note("pulse")

    with page_run("frog"):
        leg()
        pulse()


def test_a_part_that_runs_alone_is_a_run_and_in_its_page_is_none(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, page_runs.__name__)
    before = [runs("frog", part) for part in ("", "leg", "toe", "pulse")]
    app = ran(AppTest.from_function(pieces))
    visit = app.session_state["request_id"]
    assert app.session_state["noted"] == [(part, f"{visit}.1", True) for part in ("leg", "toe", "pulse")]
    fragments(app, monkeypatch)
    noted = app.session_state["noted"][3:]
    assert noted == [("leg", f"{visit}.2", True), ("toe", f"{visit}.2", True), ("pulse", f"{visit}.3", True)]
    after = [runs("frog", part) for part in ("", "leg", "toe", "pulse")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 0, 0]
    told = [
        (record.levelname, record.fields.get("part")) for record in caplog.records if record.name == page_runs.__name__
    ]
    assert told == [("INFO", None), ("INFO", "leg"), ("DEBUG", "pulse")]
    assert request_id.current() == ""


def test_every_part_that_runs_alone_is_one_of_ours() -> None:
    """A bare `st.fragment` would have no name in the log and take no turn."""
    for path in (ROOT / "app").rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        bare = [node.lineno for node in nodes if isinstance(node, ast.Attribute) and node.attr == "fragment"]
        assert not bare or path.name == "fragments.py", f"{path}: {bare}"


def test_parts_of_real_pages_are_counted_under_their_page(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("verify")
    before = runs("Verify"), runs("Verify", "figures")
    fragments(app, monkeypatch)
    assert (runs("Verify"), runs("Verify", "figures")) == (before[0], before[1] + 1)
