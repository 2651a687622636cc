"""Pictures that outlive the server that took them: found by their number, by nobody else, and not for ever."""

import os
import time
from pathlib import Path
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from app import kept_uploads
from app.kept_uploads import Upload, forget, keep, kept

CAT = Upload("Chatte à l'œil.jpg", b"\xff\xd8\n\n\x00")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(kept_uploads.VARIABLE, str(tmp_path))
    return tmp_path


def test_what_was_kept_is_found_by_its_number_until_it_is_forgotten(folder: Path) -> None:
    number = str(uuid4())
    keep(number, CAT)
    assert kept(number) == CAT
    assert [path.stat().st_mode & 0o077 for path in folder.iterdir()] == [0]
    assert kept(str(uuid4())) is None
    forget(number)
    assert kept(number) is None
    forget(number)


def test_nothing_is_kept_where_no_folder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(kept_uploads.VARIABLE, raising=False)
    number = str(uuid4())
    keep(number, CAT)
    assert kept(number) is None


@pytest.mark.parametrize("number", ["", "..", "../secret", "/etc/passwd", "a" * 400, f"{uuid4()}/x", f"{uuid4()}\n"])
def test_a_number_that_is_none_leads_nowhere(folder: Path, number: str) -> None:
    (folder.parent / "secret").write_bytes(b'"x"\nsecret')
    keep(number, CAT)
    assert kept(number) is None
    forget(number)
    assert list(folder.iterdir()) == []
    assert (folder.parent / "secret").exists()


def test_a_folder_that_is_gone_costs_no_answer(folder: Path) -> None:
    folder.rmdir()
    number = str(uuid4())
    keep(number, CAT)
    assert kept(number) is None


def test_the_longest_unseen_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_uploads, "MOST_BYTES", 100)
    numbers = [str(uuid4()) for _ in range(3)]
    for age, number in zip((30, 20, 10), numbers, strict=True):
        keep(number, Upload("x", b"x" * 26))  # 30 bytes each
        os.utime(folder / number, (0, time.time() - age))
    keep(numbers[0], Upload("x", b""))  # looked at again
    newest = str(uuid4())
    keep(newest, Upload("x", b"x" * 26))
    assert [kept(number) is not None for number in (*numbers, newest)] == [True, False, True, True]


def test_what_nobody_looks_at_for_an_hour_is_gone(folder: Path) -> None:
    old, new = str(uuid4()), str(uuid4())
    keep(old, CAT)
    os.utime(folder / old, (0, time.time() - kept_uploads.SECONDS - 1))
    keep(new, CAT)
    assert kept(old) is None
    assert kept(new) == CAT


def long_unseen(path: Path) -> Path:
    os.utime(path, (0, time.time() - 2 * kept_uploads.SECONDS))
    return path


def test_what_others_put_into_the_folder_stays_and_what_was_left_half_written_goes(folder: Path) -> None:
    for name in ("thesis.pdf", f"{uuid4()}.pdf", f"{uuid4()}.1.bak"):
        (folder / name).write_bytes(b"x" * 10**6)
    (folder / "elsewhere").mkdir()
    others = sorted(map(long_unseen, folder.iterdir()))
    half = folder / f"{uuid4()}.4711"
    half.write_bytes(b"x")
    long_unseen(half)
    number = str(uuid4())
    keep(number, CAT)
    assert kept(number) == CAT
    assert sorted(folder.iterdir()) == sorted([*others, folder / number])


def test_what_others_put_into_the_folder_takes_no_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_uploads, "MOST_BYTES", 100)
    (folder / "thesis.pdf").write_bytes(b"x" * 200)
    numbers = [str(uuid4()) for _ in range(2)]
    for number in numbers:
        keep(number, CAT)
    assert [kept(number) for number in numbers] == [CAT, CAT]


def test_what_cannot_be_taken_away_keeps_nobody_from_being_kept(folder: Path) -> None:
    stuck, old, new = (str(uuid4()) for _ in range(3))
    (folder / stuck).mkdir()
    keep(old, CAT)
    for path in (folder / stuck, folder / old):
        long_unseen(path)
    keep(new, CAT)
    forget(stuck)
    assert (kept(stuck), kept(old), kept(new)) == (None, None, CAT)


def test_a_picture_that_another_replica_takes_away_meanwhile_costs_no_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = Path.iterdir
    gone, number = folder / str(uuid4()), str(uuid4())
    monkeypatch.setattr(Path, "iterdir", lambda path: iter([gone, *listed(path)]))
    keep(number, CAT)
    assert kept(number) == CAT


def seen_by(number: str) -> list[str]:
    """What a page shows that has nothing but the number of its picture."""

    def page(number: str) -> None:
        import streamlit as st
        from streamlit.runtime.uploaded_file_manager import DeletedFile

        from app.components import picture

        st.session_state["upload"] = DeletedFile(number)
        st.text(getattr(picture._uploaded("upload"), "name", "none"))

    app = AppTest.from_function(page, args=(number,)).run()
    assert not app.exception
    return [element.proto.body for element in (*app.get("html"), *app.get("text"))]


def test_a_page_whose_server_is_gone_has_its_picture_or_asks_for_it_once_more(folder: Path) -> None:
    number = str(uuid4())
    keep(number, CAT)
    assert seen_by(number) == [CAT.name]
    sentence, name = seen_by(str(uuid4()))
    assert "give it once more" in sentence
    assert name == "none"
