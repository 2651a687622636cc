"""Fetching against a real server that stalls, truncates, lies, refuses and drops: whole files under their name, or a
sentence."""

import errno
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from mirror import (
    Manner,
    Mirror,
    drops_after,
    endless,
    gives,
    good,
    ignores_ranges,
    mirror,
    refuses,
    slow,
    stalls_after,
    tells_no_length,
    wrong_part,
)

from resnet_core import downloading, fetching
from resnet_core import published_weights as rows
from resnet_core import weights as shelf
from resnet_core.fetching import FetchError, Progress, StoppedError, fetch, fetch_folder
from resnet_core.published_weights import PublishedWeights, published_weights

ROOT = Path(__file__).parents[1]
DATA = bytes(range(256)) * 4000  # a megabyte
SOMETHING_ELSE = b"<html>Please log in to this network.</html>"


def named_for(data: bytes) -> PublishedWeights:
    """A published file that has just these bytes, and their checksum in its name."""
    row = published_weights()[0]
    return replace(row, file=f"resnet18-{hashlib.sha256(data).hexdigest()[:8]}.pth", size=len(data))


WEIGHTS = named_for(DATA)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    with mirror(DATA) as one:
        monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS_URL", one.address)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield one


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a server on the same machine."""
    monkeypatch.setattr(downloading, "STALLS_AFTER", 0.3)
    monkeypatch.setattr(fetching, "PAUSES", (0.01, 0.01, 0.01, 0.01))


def fetched(folder: Path) -> None:
    """The file is there under its name, and nothing else is."""
    assert fetch(WEIGHTS, folder) == folder / WEIGHTS.file
    assert [path.name for path in folder.iterdir()] == [WEIGHTS.file]
    assert (folder / WEIGHTS.file).read_bytes() == DATA


def refused(folder: Path, kept: int = 0) -> str:
    """The sentence; nothing has the file's name, and so many bytes are kept for the next time."""
    with pytest.raises(FetchError) as caught:
        fetch(WEIGHTS, folder)
    left = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert left == ({f"{WEIGHTS.file}.part": kept} if kept else {})
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def begun(folder: Path, data: bytes) -> None:
    """What an earlier call left."""
    folder.mkdir(exist_ok=True)
    (folder / f"{WEIGHTS.file}.part").write_bytes(data)


# --- what goes well


def test_a_file_is_fetched_from_the_mirror_and_only_once(server: Mirror, tmp_path: Path) -> None:
    fetched(tmp_path)
    fetched(tmp_path)
    assert server.asked == [(f"/models/{WEIGHTS.file}", None)]


def test_progress_is_told_up_to_the_last_byte(server: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TOLD_EVERY", 0)
    told: list[Progress] = []
    fetch(WEIGHTS, tmp_path, told.append)
    assert told[0] == (0, len(DATA), False)
    assert told[-1] == (len(DATA), len(DATA), False)
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert len(told) > 3


@pytest.mark.parametrize("kept", [1, 600_000, len(DATA) - 1])
def test_what_an_earlier_call_left_is_gone_on_with(server: Mirror, tmp_path: Path, kept: int) -> None:
    begun(tmp_path, DATA[:kept])
    fetched(tmp_path)
    assert server.ranges == [f"bytes={kept}-"]


def test_what_an_earlier_call_left_complete_needs_no_more_bytes(server: Mirror, tmp_path: Path) -> None:
    begun(tmp_path, DATA)
    fetched(tmp_path)
    assert server.ranges == [f"bytes={len(DATA)}-"]


@pytest.mark.parametrize("broken", [drops_after(400_000), stalls_after(400_000)], ids=["dropped", "stalled"])
def test_a_connection_that_breaks_halfway_is_taken_up_again(server: Mirror, tmp_path: Path, broken: Manner) -> None:
    server.manners = (broken, broken, good)
    fetched(tmp_path)
    assert server.ranges == [None, "bytes=400000-", "bytes=800000-"]


def test_a_server_that_ignores_ranges_sends_everything_anew(server: Mirror, tmp_path: Path) -> None:
    server.manners = (drops_after(400_000), ignores_ranges)
    fetched(tmp_path)
    assert server.ranges == [None, "bytes=400000-"]


def test_a_server_that_tells_no_length_is_believed_by_the_checksum(server: Mirror, tmp_path: Path) -> None:
    server.manners = (tells_no_length,)
    fetched(tmp_path)


def test_redirections_are_followed_with_the_range_that_was_asked_for(server: Mirror, tmp_path: Path) -> None:
    begun(tmp_path, DATA[:1234])
    server.manners = (refuses(302, Location="/elsewhere"), good)
    fetched(tmp_path)
    assert server.asked == [(f"/models/{WEIGHTS.file}", "bytes=1234-"), ("/elsewhere", "bytes=1234-")]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_answer_that_may_change_is_asked_for_again(server: Mirror, tmp_path: Path, status: int) -> None:
    server.manners = (refuses(status), refuses(status), good)
    fetched(tmp_path)


@pytest.mark.parametrize(
    ("left", "manners"),
    [
        (bytes(400_000), (good,)),  # resumed, complete, and not it
        (DATA + b"more", (good,)),  # 416
        (bytes(len(DATA)), (good,)),  # 416, and as long as the file
        (DATA[:400_000], (wrong_part, good)),
    ],
    ids=["other bytes", "too many", "as many others", "another part comes"],
)
def test_what_cannot_be_gone_on_with_is_fetched_anew(
    server: Mirror, tmp_path: Path, left: bytes, manners: tuple[Manner, ...]
) -> None:
    begun(tmp_path, left)
    server.manners = manners
    fetched(tmp_path)
    assert server.ranges[0] == f"bytes={len(left)}-"
    assert server.ranges[-1] is None


def test_a_damaged_file_under_the_right_name_is_replaced(server: Mirror, tmp_path: Path) -> None:
    (tmp_path / WEIGHTS.file).write_bytes(DATA[:-1])
    fetched(tmp_path)


# --- what does not


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_file_that_is_not_there_is_asked_for_once(server: Mirror, tmp_path: Path, status: int) -> None:
    server.manners = (refuses(status),)
    assert re.match(rf"127\.0\.0\.1:\d+ does not give {WEIGHTS.file} \({status} [A-Z]", refused(tmp_path))
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "manner",
    [gives(SOMETHING_ELSE), gives(DATA[:-1] + b"!"), gives(b"")],
    ids=["a login page", "one byte changed", "nothing"],
)
def test_what_has_another_checksum_never_takes_the_name(server: Mirror, tmp_path: Path, manner: Manner) -> None:
    server.manners = (manner,)
    assert "sent something else than resnet18-" in refused(tmp_path)
    server.manners = (good,)
    fetched(tmp_path)


@pytest.mark.parametrize(
    ("manner", "why", "kept"),
    [(endless, "it does not stop after", 1), (gives(DATA * 3), "it has 3,072,000 bytes there", 0)],
    ids=["endless", "three times as long"],
)
def test_far_more_bytes_than_published_are_not_taken(
    server: Mirror, tmp_path: Path, manner: Manner, why: str, kept: int
) -> None:
    server.manners = (manner,)
    with pytest.raises(FetchError, match=rf"does not give .+ \({why}"):
        fetch(WEIGHTS, tmp_path)
    left = [path.stat().st_size for path in tmp_path.glob("*.part")]
    assert len(left) == kept
    assert sum(left) <= 2 * len(DATA)
    assert not (tmp_path / WEIGHTS.file).exists()
    server.manners = (good,)
    fetched(tmp_path)


@pytest.mark.parametrize("manner", [drops_after(100), stalls_after(100)], ids=["drops", "stalls"])
def test_a_server_that_never_sends_more_is_given_up_and_what_came_is_kept(
    server: Mirror, tmp_path: Path, manner: Manner
) -> None:
    server.manners = (manner,)
    sentence = refused(tmp_path, kept=500)
    assert re.match(r"The connection to 127\.0\.0\.1:\d+ broke again and again \(.+\): try again later", sentence)
    assert sentence.endswith("which goes on after the 500 B that came.")
    assert len(server.asked) == 5
    server.manners = (good,)
    fetched(tmp_path)


def test_as_long_as_enough_comes_no_failure_is_the_last(
    server: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "ENOUGH", 50_000)
    server.manners = (drops_after(50_000),)
    fetched(tmp_path)
    assert len(server.asked) == 21


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "http://no-such-host.invalid", "http://a:b/", f"http://{'a' * 70}"]
)
def test_without_a_network_the_sentence_says_what_else_can_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS_URL", url)
    sentence = refused(tmp_path)
    assert re.search(r" cannot be reached \(.+\): try again later, or put resnet18-", sentence)
    assert sentence.endswith("into the folder that RESNET_EXPLORER_WEIGHTS names.")


@pytest.mark.parametrize("url", ["file:///tmp", "ftp://127.0.0.1/", "mirror.local", "http://", "http://a b/"])
def test_a_mirror_that_is_no_web_address_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS_URL", url)
    with pytest.raises(shelf.WeightsError, match=r"RESNET_EXPLORER_WEIGHTS_URL is .+: write a web address, such as"):
        fetch(WEIGHTS, tmp_path)


@pytest.mark.parametrize(
    ("location", "cause"),
    [
        ("ftp://127.0.0.1/x", "(unknown url type: ftp)"),
        ("file:///etc/hostname", "(302 "),
        ("gopher://127.0.0.1/", "(302 "),
    ],
)
def test_a_redirection_to_something_else_than_a_web_server_is_not_followed(
    server: Mirror, tmp_path: Path, location: str, cause: str
) -> None:
    server.manners = (refuses(302, Location=location),)
    assert cause in refused(tmp_path)


# --- folders


def test_the_named_folder_is_filled_where_it_can_be_written_else_the_cache(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RESNET_EXPLORER_WEIGHTS", raising=False)
    assert fetch_folder() == cache
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path / "new"))
    assert fetch_folder() == tmp_path / "new"
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", "/proc")  # where not even root can make a file
    assert fetch_folder() == cache


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A named folder that can be read and not written, though root may run the tests."""
    folder = Path(tempfile.mkdtemp(dir=ROOT.anchor + "tmp"))
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(folder))
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield folder
    if user == 0:
        os.seteuid(user)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_file_in_a_read_only_folder_is_not_fetched_again(read_only: Path, server: Mirror) -> None:
    filled(read_only, DATA)
    assert fetch(WEIGHTS) == read_only / WEIGHTS.file
    assert server.asked == []


def test_a_damaged_file_in_a_read_only_folder_is_told_before_one_is_fetched_behind_it(
    read_only: Path, server: Mirror
) -> None:
    filled(read_only, DATA[:-1])
    with pytest.raises(FetchError, match=rf"^{read_only}/resnet18-\w+\.pth is damaged, .+: remove that file first\.$"):
        fetch(WEIGHTS)
    assert server.asked == []


def test_a_folder_that_cannot_be_written_is_told(read_only: Path, server: Mirror) -> None:
    words = rf"^{read_only} cannot be written \(Permission denied\): name another folder with --to"
    with pytest.raises(FetchError, match=words):
        fetch(WEIGHTS, read_only)


def filled(folder: Path, data: bytes) -> None:
    """Put the file into a folder that whoever is at work cannot write."""
    user = os.geteuid()
    owner = folder.stat().st_uid
    os.seteuid(owner)
    folder.chmod(0o755)
    (folder / WEIGHTS.file).write_bytes(data)
    (folder / WEIGHTS.file).chmod(0o644)
    folder.chmod(0o555)
    os.seteuid(user)


def test_a_file_where_the_folder_should_be_is_told(server: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FetchError, match=r"file cannot be written \(File exists\)"):
        fetch(WEIGHTS, tmp_path / "file")


def test_where_there_is_no_room_nothing_is_asked_for_and_what_came_is_kept(
    server: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    begun(tmp_path, DATA[:1000])
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 10**9, len(DATA) - 1001))
    assert refused(tmp_path, kept=1000).startswith("There is no room for the 1.024 MB of resnet18-")
    assert server.asked == []
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 10**9, len(DATA) - 1000))
    fetched(tmp_path)


class _FullDisk:
    """A file on a disk that takes a quarter of a megabyte."""

    def __init__(self, file: object) -> None:
        self.file = file

    def __getattr__(self, name: str) -> object:
        return getattr(self.file, name)

    def __enter__(self) -> "_FullDisk":
        self.file.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.file.__exit__(*error)

    def write(self, data: bytes) -> int:
        if self.file.tell() + len(data) > 250_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.file.write(data)


def test_a_disk_that_fills_on_the_way_gets_its_room_back(
    server: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda path, mode="r", *rest: (
            _FullDisk(plain(path, mode, *rest)) if path.suffix == ".part" else plain(path, mode, *rest)
        ),
    )
    assert "make some, or name another folder" in refused(tmp_path, kept=0)


# --- several at once, and stopping

CALL = """
import sys
from dataclasses import replace
from pathlib import Path
from resnet_core.fetching import fetch
from resnet_core.published_weights import published_weights
file, size, folder = sys.argv[1:]
print(fetch(replace(published_weights()[0], file=file, size=int(size)), Path(folder), lambda told: print(told.waiting)))
"""


def process(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", CALL, WEIGHTS.file, str(len(DATA)), str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_two_processes_that_want_the_same_file_fetch_it_once(server: Mirror, tmp_path: Path) -> None:
    server.manners = (slow(0.1, 50_000), good)
    with process(tmp_path) as first, process(tmp_path) as second:
        said = [one.communicate(timeout=60) for one in (first, second)]
    assert [err for _, err in said] == ["", ""]
    assert [out.splitlines()[-1] for out, _ in said] == [str(tmp_path / WEIGHTS.file)] * 2
    assert len(server.asked) == 1
    assert sorted("True" in out for out, _ in said) == [False, True]  # one waited
    fetched(tmp_path)


def test_a_process_that_waits_takes_over_where_the_first_one_died(server: Mirror, tmp_path: Path) -> None:
    server.manners = (slow(0.2, 50_000), good)
    part = tmp_path / f"{WEIGHTS.file}.part"
    with process(tmp_path) as first:
        eventually(lambda: part.exists() and part.stat().st_size >= 100_000)
        with process(tmp_path) as second:
            assert second.stdout is not None
            assert second.stdout.readline() == "True\n"
            first.send_signal(signal.SIGKILL)
            out, err = second.communicate(timeout=60)
    assert err == ""
    assert out.splitlines()[-1] == str(tmp_path / WEIGHTS.file)
    assert len(server.asked) == 2
    assert int(server.ranges[1].removeprefix("bytes=").removesuffix("-")) >= 100_000  # type: ignore[union-attr]
    fetched(tmp_path)


def test_many_threads_fetch_a_file_once(server: Mirror, tmp_path: Path) -> None:
    server.manners = (slow(0.02, 100_000), good)
    threads = [threading.Thread(target=fetch, args=(WEIGHTS, tmp_path)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    fetched(tmp_path)
    assert len(server.asked) == 1


def test_stopped_by_whoever_is_told_and_gone_on_with(
    server: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "TOLD_EVERY", 0)

    def stop(progress: Progress) -> None:
        if progress.done > 300_000:
            raise StoppedError("Stopped.")

    with pytest.raises(StoppedError):
        fetch(WEIGHTS, tmp_path, stop)
    (part,) = tmp_path.iterdir()
    kept = part.stat().st_size
    assert 300_000 < kept < len(DATA)
    fetched(tmp_path)
    assert server.ranges == [None, f"bytes={kept}-"]


def test_every_published_file_has_an_address_of_its_own() -> None:
    addresses = {rows.address(weights) for weights in published_weights()}
    assert len(addresses) == len(published_weights())
    assert "https://download.pytorch.org/models/resnet50-11ad3fa6.pth" in addresses
