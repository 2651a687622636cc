"""A lock file: one holder at a time, gone afterwards, and no holder of a file that somebody else has replaced."""

import errno
import threading
import time
from pathlib import Path

import pytest

from resnet_core import file_lock
from resnet_core.file_lock import alone


class NoPatienceError(Exception):
    """Whoever waits gives up."""


def give_up() -> None:
    raise NoPatienceError


def test_one_at_a_time_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_lock, "LOOK_AGAIN", 0.001)
    path, inside, most = tmp_path / "lock", 0, 0

    def enter() -> None:
        nonlocal inside, most
        with alone(path, lambda: None):
            inside += 1
            most = max(most, inside)
            time.sleep(0.005)
            inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == 1
    assert list(tmp_path.iterdir()) == []


def test_whoever_waits_may_give_up_and_the_lock_is_free_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with alone(path, give_up), pytest.raises(NoPatienceError), alone(path, give_up):
        raise AssertionError("two were let in")
    with pytest.raises(ZeroDivisionError), alone(path, give_up):
        raise ZeroDivisionError
    with alone(path, give_up):
        pass


def test_a_file_that_was_replaced_between_opening_and_locking_is_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, locked, opened = tmp_path / "lock", file_lock._lock, []

    def lock(file: object) -> None:
        if not opened:
            path.unlink()  # the one before goes just now
        opened.append(file)
        locked(file)  # type: ignore[arg-type]

    monkeypatch.setattr(file_lock, "_lock", lock)
    with alone(path, give_up), pytest.raises(NoPatienceError), alone(path, give_up):
        raise AssertionError("two were let in")
    assert len(opened) == 3


def test_where_there_are_no_locks_nobody_is_kept_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lock(file: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(file_lock, "_lock", lock)
    with alone(tmp_path / "lock", give_up), alone(tmp_path / "lock", give_up):
        pass
