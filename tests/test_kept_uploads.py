"""Pictures that outlive the server that took them: found by their number, by nobody else, and not for ever."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from served import ROOT
from streamlit.testing.v1 import AppTest

from app import kept_uploads
from app.kept_uploads import BETWEEN, SECONDS, Untouched, Upload, forget, keep, kept, tend

CAT = Upload("Chatte à l'œil.jpg", b"\xff\xd8\n\n\x00")


class Clock:
    """That of this process, set by a test; that of the day runs beside it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(kept_uploads, "untouched", Untouched(clock))
    return clock


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


def test_the_longest_unseen_make_room(folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_uploads, "MOST_BYTES", 100)
    numbers = [str(uuid4()) for _ in range(3)]
    for number in numbers:
        keep(number, Upload("x", b"x" * 26))  # 30 bytes each
        clock.now += 10
    keep(numbers[0], Upload("x", b""))  # looked at again
    newest = str(uuid4())
    keep(newest, Upload("x", b"x" * 26))
    assert [kept(number) is not None for number in (*numbers, newest)] == [True, False, True, True]


def test_of_what_others_kept_the_longest_unseen_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_uploads, "MOST_BYTES", 100)
    numbers = [str(uuid4()) for _ in range(3)]
    for age, number in zip((10, 30, 20), numbers, strict=True):
        (folder / number).write_bytes(b'"x"\n' + b"x" * 26)
        os.utime(folder / number, (0, time.time() - age))
    keep(str(uuid4()), Upload("x", b"x" * 26))
    assert [kept(number) is not None for number in numbers] == [True, False, True]


def test_what_another_replica_has_just_taken_away_costs_no_further_picture(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_uploads, "MOST_BYTES", 100)
    numbers = [str(uuid4()) for _ in range(3)]
    for number in numbers:
        keep(number, Upload("x", b"x" * 26))  # 30 bytes each
        clock.now += 10
    listed = kept_uploads._files

    def then_taken(where: Path) -> Iterator[tuple[Path, os.stat_result]]:
        yield from listed(where)
        (folder / numbers[0]).unlink()

    monkeypatch.setattr(kept_uploads, "_files", then_taken)
    newest = str(uuid4())
    keep(newest, Upload("x", b"x" * 26))
    assert [kept(number) is not None for number in (*numbers, newest)] == [False, True, True, True]


def test_what_nobody_looks_at_for_an_hour_is_gone(folder: Path, clock: Clock) -> None:
    old, seen, new = (str(uuid4()) for _ in range(3))
    keep(old, CAT)
    keep(seen, CAT)
    clock.now += SECONDS / 2
    keep(seen, CAT)
    clock.now += SECONDS / 2
    keep(new, CAT)
    assert (kept(old), kept(seen), kept(new)) == (None, CAT, CAT)


def tended(clock: Clock, seconds: float, meanwhile: Callable[[], object] = lambda: None) -> None:
    """As long as that by the clock, as a process does that nobody visits."""
    until = clock.now + seconds

    def wait(some: float) -> None:
        meanwhile()
        clock.now += some
        if clock.now > until:
            raise InterruptedError  # the process ends

    with pytest.raises(InterruptedError):
        tend(wait)


def test_what_an_earlier_process_kept_is_gone_an_hour_after_the_start_without_another_upload(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = str(uuid4())
    keep(number, CAT)
    monkeypatch.setattr(kept_uploads, "untouched", Untouched(clock))  # as in a process that starts
    os.utime(folder / number, (0, time.time() - 1e6))
    tended(clock, SECONDS - 1)
    assert kept(number) == CAT
    monkeypatch.setattr(kept_uploads, "untouched", Untouched(clock))
    tended(clock, SECONDS)
    assert kept(number) is None


def test_what_somebody_looks_at_elsewhere_stays_and_is_gone_ten_minutes_after_its_hour_at_the_latest(
    folder: Path, clock: Clock
) -> None:
    number = str(uuid4())
    keep(number, CAT)
    times = iter(range(10**6))
    tended(clock, 3 * SECONDS, lambda: os.utime(folder / number, (0, next(times))))
    assert kept(number) == CAT
    tended(clock, SECONDS + 2 * BETWEEN)
    assert kept(number) is None


def test_what_somebody_looks_at_just_when_it_is_to_go_stays(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = str(uuid4())
    keep(number, CAT)
    known_for_long(clock)
    seconds = kept_uploads.untouched.seconds

    def looked_at(touched: dict[Path, float]) -> dict[Path, float]:
        known = seconds(touched)
        os.utime(folder / number, (0, 0))
        return known

    monkeypatch.setattr(kept_uploads.untouched, "seconds", looked_at)
    tended(clock, 0)
    assert kept(number) == CAT


def test_nobody_tends_where_no_folder_is_named_and_a_folder_that_is_gone_is_no_end(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.rmdir()
    tended(clock, SECONDS)
    monkeypatch.delenv(kept_uploads.VARIABLE)
    tend()


STARTS = """
import asyncio, threading
from app import health, kept_uploads, server
from resnet_core import allocator

async def start():
    async with server.lifespan(server.app):
        print(*(one.wait(60) for one in begun))

begun = threading.Event(), threading.Event()
kept_uploads.tend, allocator.tend = (one.set for one in begun)
health.warm_up = lambda: None
asyncio.run(start())
"""


def test_a_server_tends_files_and_memory_from_its_start() -> None:
    done = subprocess.run([sys.executable, "-c", STARTS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"


@pytest.mark.parametrize("jump", [-1e6, 1e6])
def test_a_time_of_day_that_jumps_takes_nothing_away_and_keeps_nothing_for_ever(
    jump: float, folder: Path, clock: Clock
) -> None:
    """A file's time is of the day before the jump; what another replica keeps is seen by its file alone."""
    ours, theirs, new = (str(uuid4()) for _ in range(3))
    keep(ours, CAT)
    (folder / theirs).write_bytes((folder / ours).read_bytes())
    os.utime(folder / theirs, (0, time.time() - jump))
    keep(str(uuid4()), CAT)
    clock.now += SECONDS - 1
    os.utime(folder / theirs, (0, time.time() - jump + SECONDS))  # there somebody looks at it
    keep(ours, CAT)
    os.utime(folder / ours, (0, time.time() - jump))
    keep(new, CAT)
    clock.now += SECONDS - 1
    keep(new, CAT)
    keep(str(uuid4()), CAT)
    assert (kept(ours), kept(theirs)) == (CAT, CAT)
    clock.now += 1
    keep(str(uuid4()), CAT)
    assert (kept(ours), kept(theirs), kept(new)) == (None, None, CAT)


def known_for_long(clock: Clock) -> None:
    """What lies in the folder by now has for an hour."""
    keep(str(uuid4()), CAT)
    clock.now += SECONDS


def test_what_others_put_into_the_folder_stays_and_what_was_left_half_written_goes(folder: Path, clock: Clock) -> None:
    for name in ("thesis.pdf", f"{uuid4()}.pdf", f"{uuid4()}.1.bak"):
        (folder / name).write_bytes(b"x" * 10**6)
    (folder / "elsewhere").mkdir()
    others = sorted(folder.iterdir())
    (folder / f"{uuid4()}.4711").write_bytes(b"x")
    known_for_long(clock)
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


def test_what_cannot_be_taken_away_keeps_nobody_from_being_kept(folder: Path, clock: Clock) -> None:
    stuck, old, new = (str(uuid4()) for _ in range(3))
    (folder / stuck).mkdir()
    keep(old, CAT)
    known_for_long(clock)
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
