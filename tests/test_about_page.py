"""About this server: what it says is so, and nothing in it helps a stranger."""

import os
import re
import socket
from importlib.metadata import version
from pathlib import Path

import pytest
from pages import opened, words

from app import live, shared_engine, stored_uploads
from resnet_core import about
from resnet_core.shares import MOST_OF_ONE
from resnet_core.weights import cards


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[str, ...]:
    """What the environment knows and the page must not say."""
    told = {
        "RESNET_EXPLORER_WEIGHTS": str(tmp_path / "secret-folder"),
        "RESNET_EXPLORER_WEIGHTS_URL": "http://anna:pa55word@10.9.8.7:8000/",
        "RESNET_EXPLORER_METRICS_TOKEN": "open-sesame",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return (*told.values(), *told, "pa55word", "10.9.8.7", socket.gethostname(), str(Path.home()), str(Path.cwd()))


def test_it_says_what_runs_here_and_what_may_be_asked() -> None:
    engine = shared_engine.engine()
    said = words(opened("about"))
    for told in (engine.device_name, version("torch"), version("streamlit"), about.own_version(), "10 MB", "of 64"):
        assert told in said
    for card in cards():
        assert f'href="run?net={card.spec}"' in said


def test_it_says_what_one_person_may_have() -> None:
    said = words(opened("about"))
    for limit, most in (
        ("Pictures of one person that wait", MOST_OF_ONE),
        ("Live video of one person", live.MOST_OF_ONE),
        ("Files that are kept of one page", stored_uploads.MOST_FILES),
    ):
        assert re.search(rf"{limit}</td><td[^>]*>{most}<", said), limit
    assert "60 at once, then 60 a minute" in said


def test_it_names_no_place_no_machine_and_nothing_of_the_environment(secrets: tuple[str, ...]) -> None:
    said = words(opened("about"))
    assert [told for told in secrets if told in said] == []
    assert os.sep + "tmp" not in said
    assert "/assets/" not in said


def test_it_does_not_wait_for_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_engine, "made", lambda: None)
    said = words(opened("about"))
    assert "loading" in said
    assert "Pictures in one forward pass" not in said
    assert "A picture's file" in said


def test_where_a_cluster_answers_it_says_so_and_not_where_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_EXPLORER_BACKEND", "http://10.1.2.3:8000")
    monkeypatch.setattr(shared_engine, "made", lambda: None)
    said = words(opened("about"))
    assert "a cluster" in said
    assert "10.1.2.3" not in said
    assert "loading" not in said


def test_every_page_leads_to_it() -> None:
    (link,) = opened("verify").get("page_link")
    assert link.proto.page == "about"
    assert link.proto.label == "About this server"
