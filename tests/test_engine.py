"""The engine: a trained network's answer to a picture, timed, and never an untrained one's."""

import io
import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_weights import CLASSES, TINY, write_tiny
from torch import Tensor, nn

from resnet_core import ZOO, build, devices
from resnet_core import weights as shelf
from resnet_core.backend import BusyError, EngineError
from resnet_core.devices import DeviceError
from resnet_core.engine import Engine
from resnet_core.pictures import PictureError, decode
from resnet_core.prediction import predict
from resnet_core.samples import samples
from resnet_core.weights import NoWeightsError, WeightsError, load_weights

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
    shelf.write_weights(build(few).state_dict(), card)
    top = predict(engine, CAT, few).top
    assert len(top) == 3
    assert math.isclose(sum(guess.probability for guess in top), 1)


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


def test_loaded_networks_are_kept_but_only_the_last_few(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from resnet_core import engine as module

    read: list[str] = []
    real = module.read_weights
    monkeypatch.setattr(module, "read_weights", lambda card: read.append(card.spec.width) or real(card))
    for width in (4, 6, 8):
        write_tiny(folder, replace(TINY, width=width))
    engine = Engine("cpu", networks=2)
    for width in (4, 6, 4, 8, 4, 6):
        predict(engine, CAT, replace(TINY, width=width))
    assert read == [4, 6, 8, 6]
    predict(engine, CAT, replace(TINY, width=6, size=(32, 32)))  # the size needs no loading
    assert read == [4, 6, 8, 6]


def test_an_input_that_would_fill_the_memory_is_refused(engine: Engine) -> None:
    with pytest.raises(EngineError, match=r"^At 8,192×8,192 pixels one picture needs \d\.\d+ GB of activations"):
        predict(engine, CAT, replace(TINY, size=(8192, 8192)))


class Slow(nn.Module):
    """A network that takes its time, and tells how many are in it at once."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds, self.inside, self.most = 0.0, 0, 0
        self.inference: list[bool] = []
        self.entered, self.may_leave = threading.Event(), threading.Event()
        self.may_leave.set()

    def forward(self, x: Tensor) -> Tensor:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.inference.append(torch.is_inference_mode_enabled())
        self.entered.set()
        self.may_leave.wait(60)
        time.sleep(self.seconds)
        self.inside -= 1
        return torch.zeros(len(x), len(CLASSES))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    network = Slow()
    monkeypatch.setattr(Engine, "_network", lambda self, card: network)
    return network


def test_forwards_take_turns_without_gradients_and_their_time_is_their_own(engine: Engine, slow: Slow) -> None:
    slow.seconds = 0.3
    picture = decode(CAT)
    with ThreadPoolExecutor(4) as pool:
        predictions = list(pool.map(lambda _: predict(engine, picture, TINY), range(4)))
    assert slow.most == 1
    assert slow.inference == [True] * 4
    times = [prediction.milliseconds.forward for prediction in predictions]
    assert min(times) >= 300
    assert max(times) < 4 * 300  # waiting for the others is not counted


def test_waiting_ends_with_a_sentence(slow: Slow) -> None:
    engine = Engine("cpu", patience=0.01)
    slow.may_leave.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(predict, engine, CAT, TINY)
        assert slow.entered.wait(60)
        with pytest.raises(BusyError, match=r"^Other pictures are being looked at: try again in a moment\.$"):
            predict(engine, CAT, TINY)
        slow.may_leave.set()
        assert first.result().top
    assert predict(engine, CAT, TINY).top


def test_a_failure_lets_the_next_one_in(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Engine, "_network", lambda self, card: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            predict(engine, CAT, TINY)
    assert predict(engine, CAT, TINY).top


def test_each_step_has_its_time(engine: Engine) -> None:
    took = predict(engine, CAT, TINY).milliseconds
    assert min(took.decode, took.preprocess, took.forward) > 0
    assert max(took.decode, took.preprocess, took.forward) < 5000


def test_the_input_reaches_the_network_without_a_copy(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    class Looks(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            self.seen = x.data_ptr(), x.is_contiguous(memory_format=torch.channels_last)
            return torch.zeros(1, len(CLASSES))

    network = Looks()
    batch = torch.zeros(1, 3, 16, 16).contiguous(memory_format=torch.channels_last)
    logits, milliseconds = engine.forward(network, batch)
    assert network.seen == (batch.data_ptr(), True)
    assert logits.shape == (1, len(CLASSES))
    assert milliseconds > 0


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
