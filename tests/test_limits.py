"""Who may ask how often: a person, a class behind one address, a machine that asks ten thousand times a minute."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from generated import ROOT
from starlette.types import Message, Receive, Scope, Send

from app import limits, metrics, stored_uploads
from app.buckets import Buckets, Places, Rate
from app.limits import MOST_OPEN, Limits
from app.stored_uploads import Uploads
from app.visitors import COOKIE, Visitor, new_cookie, visitor

ROUTER = "198.51.100.7"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads what comes, and says that all is well."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guarded(clock: Clock) -> Limits:
    guarded = Limits(app)
    guarded._buckets = Buckets(clock=clock)
    return guarded


def asked(path: str, cookie: str = "", address: str = ROUTER, method: str = "GET") -> Scope:
    headers = [(b"accept", b"text/html"), *([(b"cookie", f"{COOKIE}={cookie}".encode())] if cookie else [])]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": headers,
        "client": (address, 1),
        "scheme": "http",
    }


async def answer(guarded: Limits, scope: Scope, parts: Iterable[Message] = ()) -> tuple[int, dict[str, str]]:
    """Status and headers."""
    coming = iter([*parts, {"type": "http.request"}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(coming)

    async def send(message: Message) -> None:
        sent.append(message)

    await guarded(scope, receive, send)
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def status(guarded: Limits, scope: Scope) -> int:
    return asyncio.run(answer(guarded, scope))[0]


def statuses(guarded: Limits, scopes: Iterable[Scope]) -> Counter[int]:
    async def all_of_them() -> Counter[int]:
        return Counter([(await answer(guarded, scope))[0] for scope in scopes])

    return asyncio.run(all_of_them())


def test_ten_thousand_links_a_minute_from_one_address_are_mostly_refused(guarded: Limits, clock: Clock) -> None:
    def flood() -> Iterable[Scope]:
        for number in range(10_000):
            clock.now = number * 60 / 10_000
            yield asked(f"/?net=resnet-{number}")

    told = statuses(guarded, flood())
    assert told[200] < 2_000
    assert told[200] + told[429] == 10_000


def test_a_class_of_300_behind_one_address_opens_and_uploads_at_once(guarded: Limits) -> None:
    assert statuses(guarded, [asked("/run")] * 300) == {200: 300}
    people = [new_cookie() for _ in range(300)]
    assert statuses(guarded, [asked("/run", person) for person in people for _ in range(4)]) == {200: 1200}
    uploads = [asked("/_stcore/upload_file/a/b", person, method="PUT") for person in people]
    assert statuses(guarded, uploads) == {200: 300}


def test_a_class_whose_browsers_keep_no_cookie_is_not_locked_out_either(guarded: Limits) -> None:
    assert statuses(guarded, [asked("/run")] * 300 * 3) == {200: 900}


def test_who_floods_is_refused_and_a_neighbour_behind_the_same_address_is_not(guarded: Limits) -> None:
    mallory, alice = new_cookie(), new_cookie()
    told = statuses(guarded, [asked("/api/verify", mallory)] * 500)
    assert told[429] > 400
    assert status(guarded, asked("/api/verify", alice)) == 200


def test_refusals_are_counted_by_what_was_asked_for(guarded: Limits) -> None:
    def counted() -> dict[str, float]:
        (family,) = metrics.LIMITED.collect()
        return {one.labels["asked"]: one.value for one in family.samples if one.name.endswith("_total")}

    before = counted()
    mallory = new_cookie()
    refused = statuses(guarded, [asked("/api/verify", mallory)] * 500)[429]
    statuses(guarded, [asked("/run", mallory)] * 30)
    assert refused > 0
    assert counted() == before | {"api": before.get("api", 0) + refused}


def test_a_refusal_says_in_how_many_seconds_to_come_again(guarded: Limits, clock: Clock) -> None:
    person = new_cookie()
    while (told := asyncio.run(answer(guarded, asked("/api/table", person))))[0] == 200:
        pass
    assert told[0] == 429
    clock.now += int(told[1]["retry-after"])
    assert status(guarded, asked("/api/table", person)) == 200


@pytest.mark.parametrize("forged", ["", "frog", "a.b", ".", "x" * 9000, f"{new_cookie()}x", "é.é", new_cookie()[::-1]])
def test_a_forged_cookie_is_worth_no_more_than_none(guarded: Limits, forged: str) -> None:
    told = statuses(guarded, [asked("/api/table", f"{forged}")] * 100 + [asked("/api/table")] * 100)
    assert told[429] > 50
    assert visitor(asked("/", forged), {"cookie": f"{COOKIE}={forged}"}).person is None


def test_many_cookies_do_not_buy_more_than_the_share_of_an_address(guarded: Limits) -> None:
    told = statuses(guarded, [asked("/api/table", new_cookie()) for _ in range(2_000)])
    assert told[200] == limits.API.address.burst


def test_what_a_page_loads_is_not_counted(guarded: Limits) -> None:
    for path in ("/static/js/index.js", "/media/a.png", "/_stcore/health", "/verify/_stcore/health", "/health/ready"):
        assert statuses(guarded, [asked(path)] * 2_000) == {200: 2_000}


def test_a_new_browser_is_given_a_cookie_that_counts_and_no_second_one(guarded: Limits) -> None:
    _, headers = asyncio.run(answer(guarded, asked("/")))
    name, _, rest = headers["set-cookie"].partition("=")
    assert name == COOKIE
    assert "HttpOnly" in rest
    assert "SameSite=Lax" in rest
    _, headers = asyncio.run(answer(guarded, asked("/", rest.partition(";")[0])))
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:198.51.100.7", ROUTER, True),
        ("198.51.100.8", ROUTER, False),
    ],
)
def test_an_address_is_what_one_house_has(one: str, other: str, same: bool) -> None:
    first, second = (visitor(asked("/", address=address), {}).address for address in (one, other))
    assert (first == second) == same


def test_the_table_does_not_grow_without_end_and_forgets_nobody_who_goes_on_asking(clock: Clock) -> None:
    buckets, rate = Buckets(most_keys=100, clock=clock), Rate(1, 0.001)
    assert buckets.wait([("mallory", rate)]) == 0
    for number in range(10_000):
        buckets.wait([(number, rate)])
        assert buckets.wait([("mallory", rate)]) > 0
    assert len(buckets) == 100


def test_a_clock_that_jumps_back_gives_nothing_and_takes_nothing(clock: Clock) -> None:
    buckets, rate = Buckets(clock=clock), Rate(2, 1)
    clock.now = 1000.0
    assert buckets.wait([("alice", rate)]) == 0
    clock.now = 999.5
    assert buckets.wait([("alice", rate)]) <= 1


def test_places_are_given_back_and_forgotten() -> None:
    places = Places()
    with places.held([("a", 1)]) as first, places.held([("a", 1), ("b", 1)]) as second:
        assert (first, second) == (True, False)
    assert len(places) == 0
    with places.held([("b", 1)]) as free:
        assert free


async def _sockets(guarded: Limits, scopes: list[dict[str, Any]]) -> list[str]:
    """The first thing that each is told, all being open at a time."""
    told: list[str] = []
    held = asyncio.Event()

    async def opened(scope: dict[str, Any]) -> None:
        async def receive() -> Message:
            await held.wait()
            return {"type": "websocket.disconnect"}

        async def send(message: Message) -> None:
            told.append(message["type"])

        await guarded(scope, receive, send)

    tasks = [asyncio.create_task(opened(scope)) for scope in scopes]
    await asyncio.sleep(0)
    held.set()
    await asyncio.gather(*tasks)
    return told


def socket(cookie: str = "") -> dict[str, Any]:
    return {**asked("/_stcore/stream", cookie), "type": "websocket"}


def test_one_person_cannot_hold_all_windows_and_a_class_can_hold_its_own(guarded: Limits) -> None:
    person = new_cookie()
    told = Counter(asyncio.run(_sockets(guarded, [socket(person)] * 30)))
    assert told == {"websocket.accept": MOST_OPEN["person"], "websocket.close": 30 - MOST_OPEN["person"]}
    people = [new_cookie() for _ in range(300)]
    told = Counter(asyncio.run(_sockets(guarded, [socket(one) for one in people for _ in range(2)])))
    assert told == {"websocket.accept": 600}
    assert Counter(asyncio.run(_sockets(guarded, [socket()] * 300))) == {"websocket.accept": 300}


def body(parts: Iterable[bytes]) -> list[Message]:
    return [{"type": "http.request", "body": part, "more_body": True} for part in parts]


def test_a_body_that_stalls_or_dribbles_is_refused(guarded: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette.exceptions import HTTPException

    upload = asked("/_stcore/upload_file/a/b", new_cookie(), method="PUT")

    async def stalls() -> None:
        async def receive() -> Message:
            await asyncio.sleep(3600)
            raise AssertionError

        await guarded(upload, receive, receive)  # type: ignore[arg-type]  # nothing is sent

    monkeypatch.setattr(limits, "UPLOAD_STALLS", 0.05)
    with pytest.raises(HTTPException) as refused:
        asyncio.run(stalls())
    assert (refused.value.status_code, refused.value.detail) == (408, limits.TOO_SLOW)
    monkeypatch.setattr(limits, "UPLOAD_STALLS", 60.0)
    monkeypatch.setattr(limits, "AFTER", 0.0)
    monkeypatch.setattr(limits, "SLOWEST", 1e12)
    with pytest.raises(HTTPException) as refused:
        asyncio.run(answer(guarded, upload, body([b"x"] * 10)))
    assert refused.value.status_code == 408


def test_a_body_that_does_not_end_is_refused(guarded: Limits) -> None:
    from starlette.exceptions import HTTPException

    upload = asked("/_stcore/upload_file/a/b", new_cookie(), method="PUT")
    assert asyncio.run(answer(guarded, upload, body([bytes(2**20)] * 9)))[0] == 200
    with pytest.raises(HTTPException) as refused:
        asyncio.run(answer(guarded, upload, body([bytes(2**20)] * 999_999)))
    assert (refused.value.status_code, refused.value.detail) == (413, limits.TOO_LARGE)


def test_a_body_after_its_end_is_waited_for_without_a_limit(guarded: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes then is that the browser has gone, which may take as long as the answer does."""
    monkeypatch.setattr(limits, "UPLOAD_STALLS", 0.01)

    async def asked_twice() -> Message:
        async def receive() -> Message:
            if whole.is_set():
                await asyncio.sleep(0.05)
                return {"type": "http.disconnect"}
            whole.set()
            return {"type": "http.request", "body": b"x"}

        whole = asyncio.Event()
        body = limits._Body(receive)
        await body.receive()
        return await body.receive()

    assert asyncio.run(asked_twice())["type"] == "http.disconnect"


def test_bodies_that_dribble_from_one_address_do_not_take_all_places(guarded: Limits) -> None:
    """Of strangers, and of a class that fills its address's; each sends something that does not end."""

    async def places_of(people: list[str]) -> tuple[int, int]:
        async def receive() -> Message:
            await come.wait()
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            pass

        def sent(person: str, address: str = ROUTER) -> Scope:
            scope = asked("/api/verify", person, address, "POST")
            scope["headers"].append((b"content-length", b"1"))
            return scope

        come = asyncio.Event()
        coming = [asyncio.create_task(guarded(sent(person), receive, send)) for person in people]
        await asyncio.sleep(0)
        told = [(await answer(guarded, sent("", address)))[0] for address in (ROUTER, "203.0.113.9")]
        come.set()
        await asyncio.gather(*coming)
        return told[0], told[1]

    assert asyncio.run(places_of([""] * 400)) == (429, 200)
    assert asyncio.run(places_of([new_cookie() for _ in range(299)])) == (200, 200)
    assert asyncio.run(places_of([new_cookie() for _ in range(300)])) == (429, 200)


def test_messages_beyond_the_rate_wait_and_are_not_lost() -> None:
    async def taken() -> int:
        async def receive() -> Message:
            return {"type": "websocket.receive", "bytes": b""}

        paced = limits._Paced(receive)
        messages = asyncio.create_task(_all(paced, 10_000))
        await asyncio.sleep(0.2)
        messages.cancel()
        return count[0]

    count = [0]

    async def _all(paced: Any, most: int) -> None:
        for _ in range(most):
            await paced.receive()
            count[0] += 1

    assert limits.MESSAGES.burst <= asyncio.run(taken()) < limits.MESSAGES.burst * 2


def test_a_page_that_speaks_in_text_is_taken_for_one_that_has_gone() -> None:
    async def receive() -> Message:
        return {"type": "websocket.receive", "text": "garbage"}

    assert asyncio.run(limits._Paced(receive).receive())["type"] == "websocket.disconnect"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Streamlit keeps: sixteen bytes of one window."""

    class Kept:
        file_storage = {"mine": {}, "full": {}}  # noqa: RUF012

        @classmethod
        def remove_session_files(cls, session: str) -> None:
            cls.file_storage.pop(session, None)

    class Stored:
        get = {"away": "a session"}.get

    class Sessions:
        is_active_session = staticmethod(lambda session: session not in ("away", "gone"))
        _session_storage = Stored

    class Runtime:
        uploaded_file_mgr = Kept
        _session_mgr = Sessions

    monkeypatch.setattr(stored_uploads.runtime, "exists", lambda: True)
    monkeypatch.setattr(stored_uploads.runtime, "get_instance", lambda: Runtime)
    Kept.file_storage["full"] = {str(number): type("File", (), {"data": b"x"}) for number in range(16)}


ANNA = Visitor(ROUTER, "anna")


def kept_of(uploads: Uploads, who: Visitor, window: str, size: int) -> str:
    """Have somebody send a file; why it could not come."""
    place = (window, f"{size}")
    if why := uploads.full(place, who, size):
        return why
    with uploads.coming(place, who, size):
        storage = stored_uploads.runtime.get_instance().uploaded_file_mgr.file_storage
        storage.setdefault(window, {})[place[1]] = type("File", (), {"data": b"x" * size})
    return ""


@pytest.mark.usefixtures("kept")
def test_a_window_keeps_only_so_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    uploads = Uploads()
    assert uploads.full(("mine", "1"), ANNA, 1) == ""
    assert uploads.full(("full", "new"), ANNA, 1) == stored_uploads.MANY
    monkeypatch.setattr(stored_uploads, "most_bytes", lambda: 16)
    monkeypatch.setattr(stored_uploads, "largest_body", lambda: 1)
    assert uploads.full(("mine", "1"), ANNA, 1) == stored_uploads.FULL["everybody"]
    assert uploads.full(None, ANNA, 1) == ""
    assert stored_uploads.place_of("/_stcore/upload_file/mine/1") == ("mine", "1")
    assert stored_uploads.place_of("/elsewhere") is None


@pytest.mark.usefixtures("kept")
def test_one_person_with_many_windows_and_one_address_leave_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_uploads, "most_bytes", lambda: 16 + 800)
    monkeypatch.setattr(stored_uploads, "largest_body", lambda: 10)
    uploads = Uploads()
    told = [kept_of(uploads, ANNA, f"window {number}", 20) for number in range(20)]
    assert told == [""] * 5 + [stored_uploads.FULL["person"]] * 15
    told = [kept_of(uploads, ANNA._replace(person=f"{number}"), f"{number}", 100) for number in range(9)]
    assert told == [""] * 3 + [stored_uploads.FULL["address"]] * 6
    assert kept_of(uploads, Visitor("203.0.113.9", "berta"), "hers", 100) == ""


@pytest.mark.usefixtures("kept")
def test_who_sent_a_file_is_known_for_as_long_as_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_uploads, "most_bytes", lambda: 16 + 800)
    monkeypatch.setattr(stored_uploads, "largest_body", lambda: 10)
    uploads = Uploads()
    assert kept_of(uploads, ANNA, "a", 100) == ""
    assert kept_of(uploads, ANNA, "b", 90) == stored_uploads.FULL["person"]
    del stored_uploads.runtime.get_instance().uploaded_file_mgr.file_storage["a"]
    assert kept_of(uploads, ANNA, "b", 90) == ""
    assert len(uploads) == 1


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(("window", "is_kept"), [("mine", True), ("away", True), ("gone", False)])
def test_a_file_that_comes_after_its_window_has_gone_is_not_kept_for_ever(window: str, is_kept: bool) -> None:
    assert kept_of(Uploads(), ANNA, window, 20) == ""
    assert (window in stored_uploads.runtime.get_instance().uploaded_file_mgr.file_storage) == is_kept


@pytest.mark.usefixtures("kept")
def test_files_on_their_way_count_and_one_that_is_replaced_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_uploads, "largest_body", lambda: 10)
    monkeypatch.setattr(stored_uploads, "most_bytes", lambda: 16 + 100)
    uploads = Uploads()
    assert uploads.full(("full", "3"), ANNA, 1) == ""
    stored_uploads.runtime.get_instance().uploaded_file_mgr.file_storage["full"].popitem()
    with uploads.coming(("full", "one"), ANNA, 1):
        assert uploads.full(("full", "another"), ANNA, 1) == stored_uploads.MANY
        assert uploads.full(("full", "one"), ANNA, 1) == ""
    assert uploads.full(("full", "another"), ANNA, 1) == ""


@pytest.mark.usefixtures("kept")
def test_on_a_small_machine_a_person_may_still_have_one_file_of_the_largest_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stored_uploads, "most_bytes", lambda: 16 + stored_uploads.largest_body())
    assert Uploads().full(("mine", "1"), ANNA, stored_uploads.largest_body()) == ""


def test_bodies_that_are_coming_from_one_address_leave_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_uploads, "most_bytes", lambda: 800)
    monkeypatch.setattr(stored_uploads, "largest_body", lambda: 10)
    uploads = Uploads()
    stranger = Visitor(ROUTER, None)
    with uploads.coming(None, stranger, 400):
        assert uploads.full(None, stranger, 1) == stored_uploads.FULL["address"]
        assert uploads.full(None, Visitor("203.0.113.9", None), 400) == ""
    assert uploads.full(None, stranger, 400) == ""


@pytest.mark.usefixtures("kept")
def test_a_file_can_be_taken_away_however_full_it_is(guarded: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_uploads, "most_bytes", lambda: 1)
    assert status(guarded, asked("/_stcore/upload_file/full/1", method="DELETE")) == 200
    assert status(guarded, asked("/_stcore/upload_file/mine/1", method="PUT")) == 429


@pytest.mark.parametrize(("named", "share"), [("4", 4), ("1", 1), ("", 1), ("0", 1), ("many", 1)])
def test_the_processes_of_a_machine_share_what_may_be_kept(
    named: str, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = stored_uploads.most_bytes.__wrapped__()
    monkeypatch.setenv(stored_uploads.PROCESSES, named)
    assert stored_uploads.most_bytes.__wrapped__() == whole // share


@pytest.mark.usefixtures("kept")
def test_what_is_on_its_way_takes_room_until_it_has_come(guarded: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_uploads, "most_of", {"person": 1e9, "address": 1e9, "everybody": 16 + 100}.get)

    def upload(announced: bytes) -> Scope:
        scope = asked("/_stcore/upload_file/mine/1", new_cookie(), method="PUT")
        scope["headers"].append((b"content-length", announced))
        return scope

    async def meanwhile() -> list[int]:
        async def receive() -> Message:
            await come.wait()
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            pass

        come = asyncio.Event()
        coming = asyncio.create_task(guarded(upload(b"60"), receive, send))
        await asyncio.sleep(0)
        during = [(await answer(guarded, upload(announced)))[0] for announced in (b"41", b"40", b"x", b"9" * 30)]
        come.set()
        await coming
        return [*during, (await answer(guarded, upload(b"100")))[0]]

    assert asyncio.run(meanwhile()) == [429, 200, 429, 429, 200]


@pytest.mark.parametrize(
    ("groups", "limits", "most"),
    [
        ("0::/\n", {"memory.max": "400\n"}, 100),
        ("0::/\n", {"memory.max": "max\n"}, None),
        ("0::/a/b\n", {"a/memory.max": "400\n", "a/b/memory.max": "800\n"}, 100),
        ("5:cpu:/\n4:memory:/outside/x\n", {"memory/memory.limit_in_bytes": "400\n"}, 100),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": f"{2**63 - 4096}\n"}, None),
        (None, {"memory.max": "400\n"}, None),
    ],
)
def test_uploads_have_a_quarter_of_what_the_container_has(
    groups: str | None, limits: dict[str, str], most: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's own memory where there is no limit, `most` being None."""
    if groups is not None:
        (tmp_path / "own").write_text(groups)
    for name, limit in limits.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(limit)
    monkeypatch.setattr(stored_uploads, "OWN_CGROUP", tmp_path / "own")
    monkeypatch.setattr(stored_uploads, "CGROUPS", tmp_path)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert stored_uploads.most_bytes.__wrapped__() == (machine // 4 if most is None else most)


def test_what_a_page_brings_along_is_free_beneath_each_page_and_nowhere_else() -> None:
    pages = [path.stem for path in (ROOT / "app" / "views").glob("*.py")]
    assert "explore" in pages
    for place in ("", *(f"/{page}" for page in pages)):
        assert limits._is_free(asked(f"{place}/static/js/index.js")), place
    for path in ("/anything/static/js/index.js", "/explore", "/api/static", "/explore/run/static/a.js"):
        assert not limits._is_free(asked(path)), path
    assert not limits._is_free(asked("/static/js/index.js", method="POST"))
