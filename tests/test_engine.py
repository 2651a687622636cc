"""The engine: a trained network's answer to a picture, timed, and never an untrained one's."""

import io
import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_weights import CLASSES, TINY, write_tiny
from torch import Tensor, nn

from resnet_core import ZOO, build, demand, devices, execution, layer_rows, totals
from resnet_core import engine as module
from resnet_core import weights as shelf
from resnet_core.backend import Answer, BusyError, EngineError, LeftError, Request
from resnet_core.devices import DeviceError
from resnet_core.engine import Engine
from resnet_core.execution import Execution
from resnet_core.loading import load_weights, write_weights
from resnet_core.pictures import PictureError, decode
from resnet_core.prediction import predict
from resnet_core.preprocessing import prepare
from resnet_core.samples import samples
from resnet_core.spec import ArchSpec
from resnet_core.weights import NoWeightsError, WeightsError

ROOT = Path(__file__).parents[1]
CAT = next(sample for sample in samples() if sample.file == "chelsea.jpg").path.read_bytes()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that is looked into, with one tiny network."""
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path)
    monkeypatch.delenv("RESNET_EXPLORER_WEIGHTS", raising=False)
    write_tiny(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """On a busy machine torch's threads wait for each other far longer than these networks take."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def engine() -> Engine:
    return Engine("cpu")


def test_the_answer_is_the_loaded_networks_own(engine: Engine) -> None:
    prediction = predict(engine, CAT, TINY)
    network = build(TINY).eval()
    network.load_state_dict(load_weights(TINY))
    seen = torch.from_numpy(np.array(prediction.pixels)).permute(2, 0, 1)[None]
    with torch.no_grad():
        probabilities = network((seen.float() / 255 - 0.5) / 0.25)[0].softmax(0)
    expected = sorted(zip(probabilities.tolist(), CLASSES, strict=True), reverse=True)[:5]
    assert [guess.label for guess in prediction.top] == [label for _, label in expected]
    assert [guess.probability for guess in prediction.top] == pytest.approx([p for p, _ in expected], rel=1e-4)
    assert sum(guess.probability for guess in prediction.top) < 1
    assert prediction.card == shelf.card_for(TINY)


def test_a_network_of_three_classes_gives_three_answers(engine: Engine, folder: Path) -> None:
    few = replace(TINY, classes=3)
    card = replace(write_tiny(folder), classes=CLASSES[:3], spec=few, file=folder / "few.safetensors")
    write_weights(build(few).state_dict(), card)
    top = predict(engine, CAT, few).top
    assert len(top) == 3
    assert math.isclose(sum(guess.probability for guess in top), 1)


def test_an_answer_with_features_is_the_one_without(engine: Engine) -> None:
    plain, explained = predict(engine, CAT, TINY), predict(engine, CAT, TINY, taps=("fc",), cams=("layer3.0",))
    np.testing.assert_allclose(plain.answer.logits, explained.answer.logits, rtol=1e-4, atol=1e-5)
    fast = predict(engine, CAT, TINY, exact=False)
    np.testing.assert_allclose(plain.answer.logits, fast.answer.logits, atol=0.2)


def test_bytes_and_a_decoded_picture_give_the_same(engine: Engine) -> None:
    picture = decode(CAT)
    one, other = predict(engine, CAT, TINY), predict(engine, picture, TINY)
    assert one.top == other.top
    assert np.array_equal(one.pixels, other.pixels)
    assert other.milliseconds.decode == picture.milliseconds


def test_notes_of_the_picture_and_of_an_unusual_input_size_reach_its_owner(engine: Engine) -> None:
    file = io.BytesIO()
    Image.new("RGBA", (50, 40), (0, 0, 0, 0)).save(file, "PNG")
    assert predict(engine, file.getvalue(), TINY).notes == ("Its transparent parts were put on white.",)
    prediction = predict(engine, file.getvalue(), replace(TINY, size=(40, 24)))
    assert prediction.pixels.shape == (40, 24, 3)
    assert prediction.notes[1:] == (
        "The network was trained on pictures of 16×16 pixels: how well it does on 40×24 was not measured.",
    )


def test_an_untrained_network_says_nothing(engine: Engine) -> None:
    with pytest.raises(NoWeightsError, match=f"^There are no weights for plain-34: take {TINY}, the nearest"):
        predict(engine, CAT, ZOO["plain-34"])


def test_what_is_no_picture_is_refused_and_the_engine_lives_on(engine: Engine) -> None:
    for data in (b"", b"text", CAT[:999]):
        with pytest.raises(PictureError):
            predict(engine, data, TINY)
    assert predict(engine, CAT, TINY).top


def test_damaged_weights_are_refused_and_the_engine_lives_on_once_they_are_whole(engine: Engine, folder: Path) -> None:
    file = folder / f"{TINY}.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[:-7])
    with pytest.raises(WeightsError, match="is damaged"):
        predict(engine, CAT, TINY)
    file.write_bytes(whole)
    assert predict(engine, CAT, TINY).top


def test_new_weights_under_an_old_name_are_used_at_once(engine: Engine, folder: Path) -> None:
    before = predict(engine, CAT, TINY)
    write_tiny(folder, seed=1)
    after = predict(engine, CAT, TINY)
    assert before.top != after.top


def test_loaded_networks_are_kept_as_long_as_their_bytes_fit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    real = execution.read_weights
    monkeypatch.setattr(execution, "read_weights", lambda card: read.append(card.spec.width) or real(card))
    nets = {width: replace(TINY, width=width) for width in (4, 6, 8)}
    for spec in nets.values():
        write_tiny(folder, spec)
    bytes_of = {width: execution.weight(build(spec)) for width, spec in nets.items()}
    engine = Engine("cpu", most_kept_bytes=bytes_of[6] + bytes_of[8])
    for width in (4, 6, 4, 8, 4, 6):
        predict(engine, CAT, nets[width], taps=("fc",))
    assert read == [4, 6, 8, 6]  # 8 drove 6 out, for 4 had run since
    predict(engine, CAT, replace(TINY, width=6, size=(32, 32)), taps=("fc",))  # the size needs no loading
    assert read == [4, 6, 8, 6]


def test_a_network_larger_than_all_that_may_be_kept_still_answers(folder: Path) -> None:
    engine = Engine("cpu", most_kept_bytes=1)
    assert predict(engine, CAT, TINY).top == predict(engine, CAT, TINY).top


def test_an_input_that_would_fill_the_memory_is_refused(engine: Engine) -> None:
    with pytest.raises(EngineError, match=r"^At 8,192×8,192 pixels one picture needs \d\.\d+ GB of activations"):
        predict(engine, CAT, replace(TINY, size=(8192, 8192)))


def test_what_is_tapped_counts_as_memory_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    names = tuple(row.name for row in layer_rows(TINY))
    tapped = sum(row.activation_bytes for row in layer_rows(TINY))
    for wanted, needed in (((), totals(TINY).peak_bytes), (names, totals(TINY).peak_bytes + tapped)):
        monkeypatch.setattr(demand, "MOST_BYTES", needed)
        assert predict(engine, CAT, TINY, taps=wanted).answer.taps.keys() == set(wanted)
        monkeypatch.setattr(demand, "MOST_BYTES", needed - 1)
        with pytest.raises(EngineError, match="choose a smaller input size"):
            predict(engine, CAT, TINY, taps=wanted)
    monkeypatch.setattr(demand, "MOST_BYTES", totals(TINY).saved_bytes - 1)  # as autograd keeps them
    with pytest.raises(EngineError, match="choose a smaller input size"):
        predict(engine, CAT, TINY, cams=("layer3.0",))


class Slow(nn.Module):
    """A network that can be held up, and tells what batches it had and how many were in it at once."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds, self.inside, self.most = 0.0, 0, 0
        self.inference: list[bool] = []
        self.batches: list[int] = []
        self.entered, self.may_leave = threading.Event(), threading.Event()
        self.may_leave.set()

    def forward(self, x: Tensor) -> Tensor:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.inference.append(torch.is_inference_mode_enabled())
        self.batches.append(len(x))
        self.entered.set()
        self.may_leave.wait(60)
        time.sleep(self.seconds)
        self.inside -= 1
        return x.flatten(1)[:, : len(CLASSES)].clone()  # the answer to a picture is its own first pixels


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    network = Slow()
    monkeypatch.setattr(Execution, "_network", lambda self, card, form: network)
    return network


def request(value: float = 0.0, spec: ArchSpec = TINY, **asked: object) -> Request:
    """A picture of one grey, told from others by its value."""
    card = shelf.require_card(TINY)
    return Request(card, spec, np.full((3, *spec.size), value, np.float32), **asked)  # type: ignore[arg-type]


def test_forwards_take_turns_without_gradients_and_their_time_is_their_own(engine: Engine, slow: Slow) -> None:
    slow.seconds = 0.3
    with ThreadPoolExecutor(4) as pool:
        sizes = ((16, 16), (24, 24), (32, 32), (40, 40))  # of four sizes, so that none can run with another
        answers = list(pool.map(lambda size: engine.submit(request(spec=replace(TINY, size=size))).result(60), sizes))
    assert slow.most == 1
    assert slow.inference == [True] * 4
    times = [answer.milliseconds for answer in answers]
    assert min(times) >= 300
    assert max(times) < 4 * 300  # waiting for the others is not counted


def test_what_waits_together_runs_together_and_everyone_gets_their_own(engine: Engine, slow: Slow) -> None:
    slow.may_leave.clear()
    first = engine.submit(request(0))
    assert slow.entered.wait(60)
    others = [engine.submit(request(value, target=3 if value == 7 else None)) for value in range(1, 21)]
    assert [ticket.place() for ticket in others] == list(range(20))
    slow.may_leave.set()
    for value, ticket in enumerate(others, start=1):
        answer = ticket.result(60)
        assert answer.logits.tolist() == [value] * len(CLASSES)
        assert answer.together == {7: 1}.get(value, 16 if value < 18 else 3)
    assert first.result(60).together == 1
    assert slow.batches == [1, 16, 1, 3]  # sixteen at most, of equal work


def test_a_picture_whose_activations_are_large_runs_with_fewer_others(
    engine: Engine, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demand, "MOST_BYTES", 2 * totals(TINY).peak_bytes)
    slow.may_leave.clear()
    tickets = [engine.submit(request(0))]
    assert slow.entered.wait(60)
    tickets += [engine.submit(request(value)) for value in (1, 2, 3)]
    slow.may_leave.set()
    assert [ticket.result(60).logits[0] for ticket in tickets] == [0, 1, 2, 3]
    assert slow.batches == [1, 2, 1]


def test_a_full_queue_says_so_at_once(slow: Slow) -> None:
    engine = Engine("cpu", most_waiting=2)
    slow.may_leave.clear()
    tickets = [engine.submit(request())]
    assert slow.entered.wait(60)
    tickets += [engine.submit(request()) for _ in range(2)]
    with pytest.raises(BusyError, match=r"^2 pictures wait already: try again in a moment\.$"):
        engine.submit(request())
    slow.may_leave.set()
    assert all(ticket.result(60) for ticket in tickets)
    assert engine.submit(request()).result(60)


def test_who_leaves_the_queue_makes_place_and_is_never_run(slow: Slow) -> None:
    engine = Engine("cpu", most_waiting=2)
    slow.may_leave.clear()
    running = engine.submit(request(1))
    assert slow.entered.wait(60)
    leaving, staying = engine.submit(request(2)), engine.submit(request(3))
    assert (running.leave(), leaving.leave(), leaving.done(), leaving.leave()) == (False, True, True, False)
    assert staying.place() == 0
    engine.submit(request(4))
    slow.may_leave.set()
    with pytest.raises(LeftError, match="was taken out of the queue"):
        leaving.result(60)
    assert staying.result(60).logits[0] == 3
    assert slow.batches == [1, 2]


def test_waiting_ends_with_a_sentence_and_gives_the_place_up(engine: Engine, slow: Slow) -> None:
    slow.may_leave.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(predict, engine, CAT, TINY)
        assert slow.entered.wait(60)
        with pytest.raises(BusyError, match=r"^Other pictures took too long: try again in a moment\.$"):
            predict(engine, CAT, TINY, patience=0.01)
        slow.may_leave.set()
        assert first.result().top
    assert predict(engine, CAT, TINY).top
    assert slow.batches == [1, 1]


def test_who_waits_is_told_its_place_and_can_go(engine: Engine, slow: Slow) -> None:
    class Gone(Exception):
        pass

    places: list[int] = []

    def told(place: int) -> None:
        places.append(place)
        if len(places) == 3:
            raise Gone

    slow.may_leave.clear()
    tickets = [engine.submit(request())]
    assert slow.entered.wait(60)
    tickets.append(engine.submit(request()))
    with pytest.raises(Gone):
        predict(engine, CAT, TINY, waiting=told)
    assert places == [1, 1, 1]
    slow.may_leave.set()
    assert all(ticket.result(60) for ticket in tickets)
    assert slow.batches == [1, 1]


def test_who_waited_is_told_at_the_end_that_nobody_comes_first(engine: Engine, slow: Slow) -> None:
    """The last look at the queue may have been before the batch that one is in."""
    places: list[int] = []

    def told(place: int) -> None:
        places.append(place)
        if len(places) == 2:
            slow.may_leave.set()

    slow.may_leave.clear()
    tickets = [engine.submit(request())]
    assert slow.entered.wait(60)
    tickets.append(engine.submit(request()))
    assert predict(engine, CAT, TINY, waiting=told).top
    assert places[:2] == [1, 1]
    assert places[-1] == 0


def test_a_picture_that_was_taken_out_is_done_for_whoever_waits(engine: Engine, slow: Slow) -> None:
    slow.may_leave.clear()
    running = engine.submit(request())
    assert slow.entered.wait(60)
    waiting = engine.submit(request())
    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(waiting.wait, 600)
        assert waiting.leave()
        assert seen.result(60) is True
    assert waiting.wait(600) is True
    slow.may_leave.set()
    assert running.result(60)


def test_a_small_batch_takes_one_thread_and_leaves_the_others_their_number(
    engine: Engine, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    monkeypatch.setattr(slow, "forward", lambda x: threads.append(torch.get_num_threads()) or x.flatten(1)[:, :7])
    torch.set_num_threads(2)  # the fixture puts back what was
    engine = Engine("cpu")
    for worth in (10**12, 0):
        monkeypatch.setattr(execution, "WORTH_THREADS", worth)
        assert engine.submit(request()).result(60)
    assert threads == [1, 2]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(torch.get_num_threads).result() == 2


def test_an_answer_from_a_batch_keeps_nobody_elses_alive(engine: Engine, slow: Slow) -> None:
    slow.may_leave.clear()
    tickets = [engine.submit(request())]
    assert slow.entered.wait(60)
    tickets += [engine.submit(request(value)) for value in (1, 2)]
    slow.may_leave.set()
    answers = [ticket.result(60) for ticket in tickets]
    assert [answer.together for answer in answers] == [1, 2, 2]
    assert all(answer.logits.base is None for answer in answers[1:])


def test_a_failure_lets_the_next_one_in_and_tells_no_secrets(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for error, sentence in ((ZeroDivisionError("/home"), "could not be run"), (MemoryError(), "not enough memory")):
        with monkeypatch.context() as broken:
            broken.setattr(Execution, "_network", Mock(side_effect=error))
            with pytest.raises(EngineError, match=sentence) as refused:
                predict(engine, CAT, TINY)
        assert "/home" not in str(refused.value)
        assert predict(engine, CAT, TINY).top


def test_a_full_gpu_is_emptied_tried_again_and_then_the_cpu_answers(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures, forgotten = Execution.answers, [0], []

    def full(self: Execution, requests: Sequence[Request]) -> list[Answer]:
        if self is engine.execution and failures[0]:
            failures[0] -= 1
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(self, requests)

    monkeypatch.setattr(Execution, "answers", full)
    monkeypatch.setattr(Execution, "forget", lambda self: forgotten.append(self))
    expected = predict(engine, CAT, TINY)
    for times, notes in ((1, ()), (2, (module.FELL_BACK,))):
        failures[0] = times
        prediction = predict(engine, CAT, TINY)
        assert (prediction.top, prediction.notes) == (expected.top, notes)
        assert len(forgotten) == times
        forgotten.clear()
    assert predict(engine, CAT, TINY).notes == ()


def test_what_makes_answers_faster_is_done_while_nobody_waits(
    engine: Engine, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    done = threading.Event()

    def prepare(self: Execution) -> bool:
        order.append("prepared")
        if order.count("prepared") == 3:
            done.set()
            raise RuntimeError("a capture that fails")
        return True

    monkeypatch.setattr(Execution, "prepare", prepare)
    slow.may_leave.clear()
    tickets = [engine.submit(request())]
    assert slow.entered.wait(60)
    tickets.append(engine.submit(request()))
    for ticket in tickets:
        ticket.when_done(lambda _: order.append("answered"))
    slow.may_leave.set()
    assert done.wait(60)
    assert order == ["answered"] * 2 + ["prepared"] * 3
    assert engine.submit(request()).result(60)


def test_a_worker_without_work_goes_home_and_another_comes(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE", 0.01)
    engine = Engine("cpu")
    engine.submit(request()).result(60)
    worker = engine._worker
    if worker is not None:
        worker.join(60)
        assert not worker.is_alive()
    assert engine.submit(request()).result(60)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"taps": ("layer9",)}, "has no tensor 'layer9'"),
        ({"cams": ("nothing",)}, "has no tensor 'nothing'"),
        ({"cams": ("fc",)}, "fc is no map"),
        ({"cams": ("layer1.0",), "target": 7}, "There is no class 7: choose 0 to 6"),
    ],
)
def test_a_tensor_or_class_that_is_not_there_is_refused_at_once(
    engine: Engine, asked: dict[str, object], sentence: str
) -> None:
    with pytest.raises(EngineError, match=sentence):
        engine.submit(request(**asked))


def test_each_step_has_its_time(engine: Engine) -> None:
    took = predict(engine, CAT, TINY).milliseconds
    assert min(took.decode, took.preprocess, took.forward) > 0
    assert max(took.decode, took.preprocess, took.forward) < 5000


def test_a_single_picture_is_not_copied_and_many_lie_channels_last() -> None:
    array = prepare(decode(CAT), shelf.require_card(TINY).preprocessing).array
    batch = execution.stacked([array])
    assert batch.data_ptr() == torch.from_numpy(array).data_ptr()
    many = execution.stacked([array, array + 1])
    for tensor in (batch, many):
        assert tensor.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(many[1], batch[0] + 1)


# --- devices


def test_the_fastest_device_that_is_there_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for there, chosen in ((("cuda", "mps"), "cuda"), (("mps",), "mps"), ((), "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: "cuda" in there)
        monkeypatch.setattr(torch.backends, "mps", SimpleNamespace(is_available=lambda there=there: "mps" in there))
        assert devices.choose().type == chosen


@pytest.mark.parametrize("name", ["cuda", "cuda:7", "mps", "meta", "abacus", "", "cpu:x"])
def test_a_device_that_is_not_there_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cpu",))
    with pytest.raises(DeviceError, match=r": choose cpu\.$"):
        Engine(name)


def test_a_second_card_is_refused_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cuda", "cpu"))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert devices.choose("cuda:0") == torch.device("cuda:0")
    with pytest.raises(DeviceError, match="This machine has no device 'cuda:1': choose cuda or cpu"):
        devices.choose("cuda:1")


def test_devices_have_names_in_words(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = torch.get_num_threads()
    assert engine.device_name == f"CPU, {threads} thread{'s' * (threads > 1)}"
    assert predict(engine, CAT, TINY).device == engine.device_name
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H100 80GB HBM3")
    assert devices.in_words(torch.device("cuda")) == "NVIDIA H100 80GB HBM3"
    assert devices.in_words(torch.device("mps")) == "Apple GPU"


# --- the weights that come with the project

BUNDLED = Path(__file__).parents[1] / "assets" / "weights"


def test_the_bundled_network_sees_a_cat_in_the_photograph_of_a_cat(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "BUNDLED", BUNDLED)
    prediction = predict(engine, CAT, ZOO["cifar-resnet-20"])
    assert prediction.top[0].label == "cat"
    assert len(prediction.top) == 5
    assert sum(guess.probability for guess in prediction.top) <= 1 + 1e-9


# --- the end


def test_a_closed_engine_ends_what_runs_tells_who_waits_and_takes_no_more(engine: Engine, slow: Slow) -> None:
    slow.may_leave.clear()
    running = engine.submit(request(1))
    assert slow.entered.wait(60)
    waiting = engine.submit(request(2))
    with ThreadPoolExecutor(1) as pool:
        closing = pool.submit(engine.close)
        with pytest.raises(LeftError):
            waiting.result(60)
        assert not closing.done()
        slow.may_leave.set()
        closing.result(60)
    assert running.result(0).logits[0] == 1
    with pytest.raises(EngineError, match="is stopping"):
        engine.submit(request(3))


def test_a_process_that_ends_in_the_middle_of_a_forward_ends_cleanly() -> None:
    """A thread of torch's that is still at work when the interpreter is gone aborts the process."""
    program = """
import threading, numpy as np, torch
from resnet_core.backend import Request
from resnet_core.engine import Engine
from resnet_core.execution import Execution
from resnet_core import weights, parse
card = weights.require_card(parse("cifar-resnet-20"))
image = torch.rand(1, 3, 300, 300)
convolve = torch.nn.Conv2d(3, 64, 7)
begun = threading.Event()
def network(batch):
    begun.set()
    for _ in range(12):
        convolve(image)
    print("answered")
    return torch.zeros(1, 10)
Execution._network = lambda self, card, form: network
engine = Engine("cpu")
engine.submit(Request(card, card.spec, np.zeros((3, 32, 32), np.float32)))
begun.wait()
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "answered\n", "")
