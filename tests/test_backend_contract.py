"""What every backend promises: the local engine, the same one behind HTTP, and two of them on a Ray cluster; and what
remains of it when parts of the cluster are killed."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from cluster_server import CONTROLLER, HEAD, REPLICA, TOKEN, ClusterServer, needs_ray
from http_server import listening
from tiny_weights import TINY, write_tiny

from resnet_core import weights as shelf
from resnet_core.backend import Answer, BusyError, EngineError, InferenceBackend, LeftError, Request
from resnet_core.engine import Engine
from resnet_core.engine_service import service, token_digest
from resnet_core.live import Viewer
from resnet_core.live_protocol import Answered, Ready, Reply
from resnet_core.operation import Operation
from resnet_core.prediction import predict
from resnet_core.remote_backend import FELL_BACK, RemoteBackend
from resnet_core.remote_call import read_address
from resnet_core.samples import samples
from resnet_core.spec import ArchSpec
from resnet_core.weights import WeightsError

LARGE = replace(TINY, size=(24, 40))
BROKEN = replace(TINY, width=6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The only folder with weights: a tiny network's, and another's that were cut off."""
    folder = tmp_path_factory.mktemp("weights")
    write_tiny(folder)
    broken = write_tiny(folder, BROKEN).file
    broken.write_bytes(broken.read_bytes()[:-7])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shelf, "BUNDLED", folder)
        patched.setenv("RESNET_EXPLORER_WEIGHTS", str(folder))
        yield folder


@pytest.fixture(scope="module")
def local(folder: Path) -> Engine:
    return Engine("cpu")


@pytest.fixture(scope="module")
def cluster(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterServer]:
    server = ClusterServer(folder, tmp_path_factory.mktemp("cluster") / "log")
    try:
        server.start()
        yield server
    finally:
        server.clear()


@pytest.fixture(scope="module", params=["local", "http", pytest.param("ray", marks=needs_ray)])
def backend(request: pytest.FixtureRequest, local: Engine) -> Iterator[InferenceBackend]:
    if request.param == "local":
        yield local
    elif request.param == "http":
        with listening(service(Engine("cpu"), token_digest(TOKEN))) as address:
            yield RemoteBackend(read_address(address, TOKEN), lambda: local)
    else:
        yield RemoteBackend(read_address(request.getfixturevalue("cluster").address, TOKEN), lambda: local)


def requests(number: int, spec: ArchSpec = TINY, seed: int = 0, **asked: object) -> list[Request]:
    """Pictures of noise, each another."""
    noise = np.random.default_rng(seed).standard_normal((number, 3, *spec.size)).astype(np.float32)
    return [Request(shelf.require_card(TINY), spec, picture, **asked) for picture in noise]  # type: ignore[arg-type]


def assert_same(answer: Answer, expected: Answer) -> None:
    np.testing.assert_allclose(answer.logits, expected.logits, rtol=1e-3, atol=1e-4)
    for found, right in ((answer.taps, expected.taps), (answer.cams, expected.cams)):
        assert found.keys() == right.keys()
        for name in right:
            np.testing.assert_allclose(found[name], right[name], rtol=1e-3, atol=1e-4)


def assert_everyones_own(backend: InferenceBackend, local: Engine, asked: list[Request]) -> list[Answer]:
    """Every request has the answer that the local engine gives to it alone."""
    with ThreadPoolExecutor(8) as pool:
        tickets = list(pool.map(backend.submit, asked))
    answers = [ticket.result(120) for ticket in tickets]
    for request, answer in zip(asked, answers, strict=True):
        assert_same(answer, local.submit(request).result(60))
    return answers


def mixed(seed: int = 0) -> list[Request]:
    """Of two sizes, some with what they bring along."""
    seen = requests(8, LARGE, seed, taps=("layer1.0.conv1", "fc"), cams=("layer3.0", "layer2.0"), target=2)
    cut = requests(4, TINY, seed, operation=Operation(("layer2.0",), (), 0.5))
    some = [*requests(8, TINY, seed, exact=True), *requests(12, LARGE, seed, exact=True), *seen, *cut]
    return [some[place] for place in np.random.default_rng(seed).permutation(len(some))]


# --- the contract


def test_everyone_gets_the_answer_to_their_own_picture(backend: InferenceBackend, local: Engine) -> None:
    answers = assert_everyones_own(backend, local, mixed())
    assert {answer.notes for answer in answers} == {()}
    assert all(answer.milliseconds > 0 and answer.together >= 1 for answer in answers)
    assert {answer.device.split(",")[0] for answer in answers} == {backend.device_name.split(",")[0]} == {"CPU"}


def test_what_is_done_to_a_network_by_hand_changes_the_answer(backend: InferenceBackend) -> None:
    whole, same, without = (
        backend.submit(*requests(1, exact=True, operation=done)).result(60).logits
        for done in (None, Operation(), Operation(("layer1.0",)))
    )
    np.testing.assert_allclose(whole, same, rtol=1e-3, atol=1e-4)
    assert not np.allclose(whole, without, atol=1e-2)


def test_what_is_done_by_hand_until_there_is_no_number_is_not_blamed_on_the_weights(backend: InferenceBackend) -> None:
    photograph = samples()[0].path.read_bytes()
    done = Operation(("layer2.0",), (), 1e38)
    with pytest.raises(EngineError, match=r"answers, without 1 block, every F × 1e\+38, is no number: change less"):
        predict(backend, photograph, TINY, operation=done)
    assert predict(backend, photograph, TINY, operation=Operation()).notes == ()


def test_the_fastest_precision_gives_nearly_the_same(backend: InferenceBackend) -> None:
    for fast, exact in zip(requests(3), requests(3, exact=True), strict=True):
        answers = [backend.submit(request).result(60).logits for request in (fast, exact)]
        np.testing.assert_allclose(*answers, atol=0.2)


@pytest.mark.parametrize(
    ("spec", "asked", "sentence"),
    [
        (TINY, {"taps": ("layer9",)}, "has no tensor 'layer9'"),
        (TINY, {"cams": ("fc",)}, "fc is no map"),
        (TINY, {"cams": ("layer1.0",), "target": 7}, "There is no class 7: choose 0 to 6"),
        (replace(TINY, size=(8192, 8192)), {}, "choose a smaller input size"),
        (TINY, {"operation": Operation(("layer9",))}, "has no block 'layer9' that could be taken out"),
        (TINY, {"operation": Operation(order=("layer2.0", "layer1.0"))}, "cannot stand where"),
        (TINY, {"operation": Operation(), "taps": ("fc",)}, "there is an answer alone"),
    ],
)
def test_what_cannot_be_run_is_refused_at_once(
    backend: InferenceBackend, spec: ArchSpec, asked: dict[str, object], sentence: str
) -> None:
    picture = np.broadcast_to(np.float32(0), (3, *spec.size))
    with pytest.raises(EngineError, match=sentence):
        backend.submit(Request(shelf.require_card(TINY), spec, picture, **asked))  # type: ignore[arg-type]


def test_damaged_weights_are_refused_and_the_others_still_answer(backend: InferenceBackend) -> None:
    array = np.zeros((3, *BROKEN.size), np.float32)
    with pytest.raises(WeightsError, match="is damaged"):
        backend.submit(Request(shelf.require_card(BROKEN), BROKEN, array)).result(60)
    assert backend.submit(requests(1)[0]).result(60).notes == ()


def test_who_waits_is_told_and_nobody_comes_before_what_is_done(backend: InferenceBackend) -> None:
    told = Event()
    ticket = backend.submit(requests(1)[0])
    ticket.when_done(lambda _: told.set())
    assert told.wait(60)
    assert (ticket.done(), ticket.wait(0), ticket.place()) == (True, True, 0)
    assert ticket.result(0).logits.shape == (TINY.classes,)
    late = Event()
    ticket.when_done(lambda _: late.set())
    assert late.is_set()
    assert not ticket.leave()


def test_who_leaves_has_no_answer_and_takes_nobody_elses(backend: InferenceBackend, local: Engine) -> None:
    asked = [
        request for size in range(16, 56, 2) for request in requests(2, replace(TINY, size=(size, size)), exact=True)
    ]
    tickets = [backend.submit(request) for request in asked]
    left = {place for place in range(1, len(tickets), 2) if tickets[place].leave()}
    assert left
    for place, ticket in enumerate(tickets):
        if place in left:
            assert ticket.wait(0)
            with pytest.raises(LeftError, match="was taken out of the queue"):
                ticket.result(60)
        else:
            assert_same(ticket.result(60), local.submit(asked[place]).result(60))


def test_who_does_not_want_to_wait_is_told_to_come_again(backend: InferenceBackend) -> None:
    tickets = [backend.submit(request) for request in requests(40, LARGE, cams=("layer1.0",))]
    with pytest.raises(BusyError, match="try again in a moment"):
        tickets[-1].result(0)
    assert all(ticket.result(60) for ticket in tickets)


def test_places_are_never_negative_and_end_at_none(backend: InferenceBackend) -> None:
    tickets = [backend.submit(request) for request in requests(40, LARGE, cams=("layer1.0",))]
    places = [ticket.place() for ticket in tickets]
    assert min(places) >= 0
    assert max(places) > 0
    assert all(ticket.result(60) for ticket in tickets)
    assert [ticket.place() for ticket in tickets] == [0] * len(tickets)


def test_a_picture_is_predicted_and_a_frame_of_video_answered(backend: InferenceBackend, local: Engine) -> None:
    photograph = next(sample for sample in samples() if sample.file == "chelsea.jpg").path.read_bytes()
    assert predict(backend, photograph, TINY).top == predict(local, photograph, TINY).top

    async def watched() -> list[Reply]:
        with ThreadPoolExecutor(2) as pool:
            viewer = Viewer(lambda: backend, pool)
            settings = {"settings": 1, "net": str(TINY), "paint": "cam", "tensor": "layer3.0"}
            return [await viewer.reply(json.dumps(settings)), await viewer.reply(bytes([0, 0, 0, 7]) + photograph)]

    ready, answered = asyncio.run(watched())
    assert isinstance(ready, Ready)
    assert isinstance(answered, Answered)
    assert (answered.frame, answered.map is None) == (7, False)


# --- a cluster of which parts are killed


@pytest.fixture
def remote(cluster: ClusterServer, local: Engine) -> RemoteBackend:
    """One that has not yet met a failure."""
    return RemoteBackend(read_address(cluster.address, TOKEN), lambda: local)


def until(holds: Callable[[], object], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "It did not come to that."
        time.sleep(0.2)


def under_fire(remote: RemoteBackend, local: Engine, kill: Callable[[], object]) -> list[Answer]:
    """The answers to what was on its way when something was killed, each held against the local engine's."""
    before, after = mixed(1), mixed(2)
    tickets = [remote.submit(request) for request in before]
    kill()
    tickets += [remote.submit(request) for request in after]
    answers = [ticket.result(120) for ticket in tickets]
    for request, answer in zip([*before, *after], answers, strict=True):
        assert_same(answer, local.submit(request).result(60))
        assert set(answer.notes) <= {FELL_BACK}
    return answers


def answers_itself(remote: RemoteBackend) -> bool:
    return remote.submit(requests(1)[0]).result(120).notes == ()


@needs_ray
def test_a_cluster_on_one_machine_listens_to_nobody_else(cluster: ClusterServer) -> None:
    assert cluster.listening() <= {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    assert cluster.listening()


@needs_ray
def test_nobody_without_the_token_is_answered(cluster: ClusterServer, local: Engine) -> None:
    for token in (None, "another"):
        stranger = RemoteBackend(read_address(cluster.address, token), lambda: local)
        assert stranger.submit(requests(1)[0]).result(60).notes == (FELL_BACK,)
    assert TOKEN not in cluster.log.read_text()


@needs_ray
def test_a_killed_replica_costs_nobody_an_answer_and_comes_back(
    cluster: ClusterServer, remote: RemoteBackend, local: Engine
) -> None:
    first = cluster.pids(REPLICA)
    assert len(first) == 2
    under_fire(remote, local, lambda: cluster.kill(REPLICA, most=1))
    until(lambda: len(cluster.pids(REPLICA)) == 2 and answers_itself(remote))
    assert set(cluster.pids(REPLICA)) != set(first)


@needs_ray
def test_a_killed_controller_is_not_noticed_by_who_asks_and_comes_back(
    cluster: ClusterServer, remote: RemoteBackend, local: Engine
) -> None:
    killed: list[int] = []
    under_fire(remote, local, lambda: killed.extend(cluster.kill(CONTROLLER)))
    assert len(killed) == 1
    until(lambda: cluster.pids(CONTROLLER) and answers_itself(remote))


@needs_ray
def test_a_killed_head_leaves_the_app_answering_and_its_successor_is_found(
    cluster: ClusterServer, remote: RemoteBackend, local: Engine
) -> None:
    assert len(under_fire(remote, local, lambda: cluster.kill(*HEAD))) > 0
    cluster.end()
    assert {answer.notes for answer in under_fire(remote, local, lambda: None)} == {(FELL_BACK,)}
    cluster.start()
    until(lambda: answers_itself(remote))
    assert {answer.notes for answer in under_fire(remote, local, lambda: None)} == {()}


@needs_ray
def test_ctrl_c_ends_every_process_of_the_cluster(cluster: ClusterServer) -> None:
    assert cluster.interrupt() == 130
    until(lambda: not cluster.pids(), 30)
    assert cluster.log.read_text().splitlines()[1:] == ["Stopped."]
