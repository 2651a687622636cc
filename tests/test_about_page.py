"""About this server: what it says is so, and nothing in it helps a stranger."""

import os
import re
import socket
from importlib.metadata import version
from pathlib import Path

import pytest
from pages import opened, words

from app import limits, live, shared_engine, stored_uploads
from app.components import about as shown
from resnet_core import about, units
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


def test_it_says_what_may_be_had_by_a_person_an_address_and_everybody() -> None:
    said = words(opened("about"))
    for row, most in (
        ("Pictures of one person that wait", [MOST_OF_ONE]),
        ("Files that are kept of one page", [stored_uploads.MOST_FILES]),
        ("Files that are kept of one person", [units.memory(stored_uploads.most_of("person"))]),
        ("Files that are kept of one address", [units.memory(stored_uploads.most_of("address"))]),
        ("A pause of a file that is coming", ["20 s"]),
        ("Clicks and changes on one page", ["200, then 3,600 a minute"]),
        (
            "Pages that are loaded",
            ["60, then 60 a minute", "1,800, then 1,800 a minute", "900, then 900 a minute", "–"],
        ),
        ("Open pages and videos at a time", ["20", "1,000", "400", "2,000"]),
        ("Live videos at a time", [live.MOST_OF_ONE, "–", live.MOST_OF_STRANGERS, live.MOST_VIEWERS]),
    ):
        cells = "".join(rf"<td[^>]*>{number}</td>" for number in most)
        assert re.search(rf"<td[^>]*>{row}</td>{cells}", said), row


def test_every_limit_by_person_or_address_stands_there() -> None:
    held = [most for _, most, _ in shown.HELD]
    often = [share for _, share, _ in shown.SHARED]
    enforced = vars(limits).values()
    assert [share for share in enforced if isinstance(share, limits.Share) and share not in often] == []
    assert [most for most in enforced if isinstance(most, dict) and "person" in most and most not in held] == []
    assert {whose for most in held for whose in most} | {*limits.Share._fields} == {*shown.WHOSE}


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


def test_where_the_cluster_is_silent_it_says_who_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_EXPLORER_BACKEND", "http://127.0.0.1:9")
    shared_engine._named.cache_clear()
    try:
        shared_engine.backend()
        assert not shared_engine.cluster_is_silent()
        shared_engine._named().circuit.failed(for_certain=True)  # type: ignore[union-attr]
        said = words(opened("about"))
    finally:
        shared_engine._named.cache_clear()
    assert "the cluster is silent, so this process answers" in said
    assert "a cluster answers" not in said


def test_every_page_leads_to_it() -> None:
    (link,) = opened("verify").get("page_link")
    assert link.proto.page == "about"
    assert link.proto.label == "About this server"
