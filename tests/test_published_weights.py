"""torchvision's files: the rows hold what it publishes, a file under its name is a card, and loads into its network."""

import csv
import logging
import pickle
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from published_files import ROWS, bytes_of, made, publish, published, random_state, row_of
from safetensors.torch import save_file

from resnet_core import ZOO, analyse, parse
from resnet_core import weights as shelf
from resnet_core.cards import WeightsError
from resnet_core.engine import Engine
from resnet_core.loading import load_weights, read_weights
from resnet_core.pictures import decode
from resnet_core.prediction import predict
from resnet_core.preprocessing import prepare
from resnet_core.published_weights import (
    URL_VARIABLE,
    PublishedWeights,
    address,
    imagenet_labels,
    offer_for,
    published_for,
)
from resnet_core.samples import FOLDER
from resnet_core.transplant import agreement, transplanted
from resnet_core.weights import (
    NoWeightsError,
    card_for,
    cards,
    cards_for,
    nearest_card,
    require_card,
)

PHOTOGRAPH = (FOLDER / "chelsea.jpg").read_bytes()
METADATA = {
    fact["ours"]: fact
    for fact in csv.DictReader(
        (Path(__file__).with_name("facts") / "torchvision-resnets.csv").read_text(encoding="utf-8").splitlines()
    )
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that is looked into."""
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path / "none")
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path))
    return tmp_path


# --- the rows


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_of_a_network_of_the_zoo_and_its_size_is_that_of_the_parameters(row: PublishedWeights) -> None:
    """In fp32, or in half precision; beside them buffers and names, and in GoogLeNet's the auxiliary heads."""
    assert row.spec in ZOO.values()
    assert re.fullmatch(r"[\w-]+-[0-9a-f]{8}\.pth", row.file)
    spec = replace(row.spec, aux=True) if "aux" in row.spec.choices else row.spec
    in_fp32 = row.size / (4 * analyse(spec).totals.params)
    assert min(abs(in_fp32 - 1), abs(in_fp32 - 0.5)) < 0.025


def test_the_names_of_files_and_of_weights_are_all_different() -> None:
    assert len({row.file for row in ROWS}) == len({(row.spec, row.label) for row in ROWS}) == len(ROWS) == 27


def test_each_network_whose_metadata_torchvision_publishes_has_its_weights_here() -> None:
    assert METADATA.keys() <= {str(row.spec) for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_printed_accuracy_is_that_of_whole_pictures(row: PublishedWeights, folder: Path) -> None:
    (accuracy,) = row.card(folder, row.sha256).accuracy
    assert f"{100 * accuracy.correct / 50_000:.3f}" == row.top1
    assert float(row.top1) < float(row.top5) < 100


def test_the_labels_are_a_thousand_in_the_order_of_imagenet() -> None:
    labels = imagenet_labels()
    assert len(set(labels)) == 1000
    for index, label in {0: "tench", 281: "tabby", 285: "Egyptian cat", 657: "missile", 999: "toilet tissue"}.items():
        assert labels[index] == label


def test_googlenet_undoes_the_usual_normalisation_as_torchvisions_transform_input_does() -> None:
    picture = decode(PHOTOGRAPH)
    ours = prepare(picture, row_of("googlenet-torchvision").preprocessing).array
    usual = prepare(picture, row_of("resnet-18").preprocessing).array
    mean, std = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, :, None, None]
    assert np.abs(usual * (std / 0.5) + (mean - 0.5) / 0.5 - ours).max() < 1e-6
    assert np.abs(usual - ours).max() > 0.1


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("resnet-18", ["69.758"]),
        ("resnet-50-v1.5", ["80.858", "76.130"]),
        ("resnet-50-v1.5,size=97x64", ["80.858", "76.130"]),
        ("resnet-50", []),
        ("resnet-18,classes=10", []),
        ("googlenet-torchvision,aux=yes", []),  # its heads were never trained
        ("lenet-5", []),
    ],
)
def test_a_network_has_its_own_weights_the_most_accurate_first(name: str, rows: list[str]) -> None:
    assert [row.top1 for row in published_for(parse(name))] == rows


def test_the_address_is_torchvisions_or_the_mirrors(monkeypatch: pytest.MonkeyPatch) -> None:
    row = row_of("resnet-18")
    assert address(row) == "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    for base in ("http://10.0.0.2:8000", "http://10.0.0.2:8000/"):
        monkeypatch.setenv(URL_VARIABLE, base)
        assert address(row) == "http://10.0.0.2:8000/resnet18-f37072fd.pth"


# --- what is said of weights that are not here


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("resnet-18", r"are published, but not here yet: get them, 46\.83 MB, with .+ weights fetch resnet-18\.$"),
        ("vgg-16,size=200", r"get them, 553\.4 MB, with .+ weights fetch vgg-16\.$"),
        ("resnet-50", r"^There are no weights for resnet-50 itself: get those of resnet-50-v1\.5, .+ in the 3×3\.$"),
        (
            "resnet-152,size=64",
            r"get those of resnet-152-v1\.5, with python -m resnet_core weights fetch resnet-152-v1\.5,",
        ),
        ("resnext-50-32x4d,stride_on=1x1", r"get those of resnext-50-32x4d, with python"),
        ("resnet-200", "nor for any other: train some"),
        ("lenet-5", "nor for any other: train some"),
    ],
)
def test_who_asks_for_weights_that_are_not_here_is_told_how_to_get_them(name: str, sentence: str) -> None:
    with pytest.raises(NoWeightsError, match=sentence) as caught:
        require_card(parse(name))
    assert caught.value.nearest is None


def test_a_label_that_is_not_here_yet_is_told_apart_from_one_that_is_not_published() -> None:
    with pytest.raises(NoWeightsError, match=r"weights fetch resnet-50-v1\.5"):
        require_card(parse("resnet-50-v1.5"), "V1")
    with pytest.raises(WeightsError, match="published as 'V3': take IMAGENET1K_V2 or IMAGENET1K_V1") as caught:
        require_card(parse("resnet-50-v1.5"), "V3")
    assert not isinstance(caught.value, NoWeightsError)


def test_v1_is_offered_the_weights_of_v1_5_as_those_of_v1_5() -> None:
    for name in ("resnet-50", "resnet-101", "resnet-152", "resnet-50,size=64"):
        offer = offer_for(parse(name))
        assert offer
        assert str(offer.spec) == f"{name.partition(',')[0]}-v1.5"
        assert "stride in the 3×3" in offer.why
    own = offer_for(parse("resnet-50-v1.5"))
    assert own
    assert own.why == ""


# --- files in a folder


def test_a_file_under_its_published_name_is_a_card_and_answers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = random_state("resnet-18")
    data = bytes_of(state)
    row = published(monkeypatch, "resnet-18", data)
    (folder / row.file).write_bytes(data)
    (card,) = cards()
    assert card == card_for(parse("resnet-18,size=64")) == require_card(parse("resnet-18"), "v1")
    assert (card.name, card.label, card.sha256) == (row.name, "IMAGENET1K_V1", row.sha256)
    assert (card.accuracy[0].correct, card.accuracy[0].images, len(card.classes)) == (34_879, 50_000, 1000)
    loaded = load_weights(parse("resnet-18"))
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], state[name]) for name in state)
    prediction = predict(Engine("cpu"), PHOTOGRAPH, parse("resnet-18"))
    assert {guess.label for guess in prediction.top} <= set(imagenet_labels())
    assert prediction.pixels.shape == (224, 224, 3)


def test_looking_hashes_and_unpickles_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for row in ROWS:
        (folder / row.file).write_bytes(b"no tensors")
    monkeypatch.setattr(shelf, "checksum", None)
    assert len(cards()) == len(ROWS)
    with pytest.raises(
        WeightsError, match=r"resnet18-f37072fd\.pth is damaged: get it again, with python .* fetch resnet-18\.$"
    ):
        load_weights(parse("resnet-18"))
    with pytest.raises(WeightsError, match=r"weights fetch resnet-50-v1\.5 --weights IMAGENET1K_V1\.$"):
        read_weights(require_card(parse("resnet-50-v1.5"), "V1"))


def test_the_cache_and_the_bundled_folder_are_looked_into_too(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = row_of("resnet-18").file
    for place in (shelf.BUNDLED, cache, folder):
        place.mkdir(parents=True, exist_ok=True)
        (place / file).write_bytes(b"")
        (card,) = cards()
        assert card.file == place / file
    (cache / file).unlink()


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_another_ending_serves_too(folder: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    state = random_state("resnet-18")
    data = bytes_of(state)
    row = published(monkeypatch, "resnet-18", data)
    file = folder / f"{row.name}{suffix}"
    if suffix == ".pt":
        file.write_bytes(data)
    else:
        save_file(state, file)
    loaded = load_weights(parse("resnet-18"))
    assert all(torch.equal(loaded[name], state[name]) for name in state)


def test_two_converted_files_of_one_network_are_told_apart(folder: Path) -> None:
    """The engine keeps a network by its checksum."""
    for label in ("IMAGENET1K_V1", "IMAGENET1K_V2"):
        (folder / f"{row_of('resnet-50-v1.5', label).name}.safetensors").write_text(label)
    one, other = cards()
    assert one.sha256 != other.sha256


def test_several_weights_of_a_network_come_the_most_accurate_first_and_by_name(folder: Path) -> None:
    spec = parse("resnet-50-v1.5")
    for label in ("IMAGENET1K_V1", "IMAGENET1K_V2"):
        (folder / row_of("resnet-50-v1.5", label).file).write_bytes(b"")
    assert [card.label for card in cards_for(spec)] == ["IMAGENET1K_V2", "IMAGENET1K_V1"]
    for called, label in {
        "V1": "IMAGENET1K_V1",
        "imagenet1k_v2": "IMAGENET1K_V2",
        "resnet50-0676ba61": "IMAGENET1K_V1",
    }.items():
        assert require_card(spec, called).label == label
    assert require_card(spec).label == "IMAGENET1K_V2"
    nearest = nearest_card(parse("resnet-101-v1.5"))
    assert nearest
    assert nearest.label == "IMAGENET1K_V2"


# --- what such files are like


def test_files_without_num_batches_tracked_and_in_half_precision_load(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torchvision's early files lack the first; those of its wide networks' V1 are in the second."""
    state = random_state("resnet-18")
    old = {name: tensor.half() for name, tensor in state.items() if tensor.is_floating_point()}
    data = bytes_of(old, _use_new_zipfile_serialization=False)
    row = published(monkeypatch, "resnet-18", data)
    (folder / row.file).write_bytes(data)
    loaded = load_weights(parse("resnet-18"))
    assert loaded.keys() == state.keys()
    for name, tensor in state.items():
        expected = tensor.half().float() if tensor.is_floating_point() else torch.tensor(0)
        assert loaded[name].dtype == tensor.dtype
        assert torch.equal(loaded[name], expected)
    assert predict(Engine("cpu"), PHOTOGRAPH, parse("resnet-18,size=64")).top


def test_parameters_load_as_tensors(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the oldest files hold them."""
    state = random_state("resnet-18")
    data = bytes_of(
        {name: torch.nn.Parameter(tensor, requires_grad=tensor.is_floating_point()) for name, tensor in state.items()}
    )
    row = published(monkeypatch, "resnet-18", data)
    (folder / row.file).write_bytes(data)
    assert not any(tensor.requires_grad for tensor in load_weights(parse("resnet-18")).values())


def test_googlenets_auxiliary_heads_are_left_out_where_the_network_has_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = random_state("googlenet-torchvision,aux=yes")
    data = bytes_of(state)
    row = published(monkeypatch, "googlenet-torchvision", data)
    (folder / row.file).write_bytes(data)
    loaded = load_weights(parse("googlenet-torchvision"))
    left_out = state.keys() - loaded.keys()
    assert left_out
    assert all(name.startswith(("aux1.", "aux2.")) for name in left_out)
    assert predict(Engine("cpu"), PHOTOGRAPH, parse("googlenet-torchvision")).top


# --- what must not load


def test_tensors_of_another_network_under_the_right_name_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytes_of(random_state("resnet-34"))
    row = published(monkeypatch, "resnet-18", data)
    (folder / row.file).write_bytes(data)
    with pytest.raises(WeightsError, match=r"do not fit resnet-18, for 96 tensors differ, the first being layer1\.2\."):
        load_weights(parse("resnet-18"))


class Shout:
    """A pickle that runs code when it is read."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.file,)


@pytest.mark.parametrize("kind", ["bare", "torch", "legacy"])
def test_a_pickle_that_would_run_code_is_refused_and_runs_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    trap = folder / "trap"
    state = {"conv1.weight": Shout(trap)}
    data = pickle.dumps(state) if kind == "bare" else bytes_of(state, _use_new_zipfile_serialization=kind == "torch")
    row = published(monkeypatch, "resnet-18", data)
    (folder / row.file).write_bytes(data)
    with pytest.raises(WeightsError, match=r"^resnet18-.+\.pth holds something else than tensors: get it again\.$"):
        load_weights(parse("resnet-18"))
    assert not trap.exists()
    torch.load(folder / row.file, weights_only=False) if kind != "bare" else pickle.loads(data)
    assert trap.exists()  # it would have run


@pytest.mark.parametrize(
    "content",
    [[1, 2], {"conv1.weight": 3}, {1: torch.zeros(1)}, torch.zeros(3)],
    ids=["list", "number", "key", "tensor"],
)
def test_what_is_no_dictionary_of_tensors_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content: object
) -> None:
    data = bytes_of(content)
    row = published(monkeypatch, "resnet-18", data)
    (folder / row.file).write_bytes(data)
    with pytest.raises(WeightsError, match="holds something else than named tensors"):
        load_weights(parse("resnet-18"))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no tensors", bytes(100), b"\x80\x02."])
def test_what_torch_never_wrote_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    row = published(monkeypatch, "resnet-18", data)
    (folder / row.file).write_bytes(data)
    with pytest.raises(WeightsError, match="holds something else than tensors"):
        load_weights(parse("resnet-18"))


def test_a_folder_under_the_name_of_a_file_is_refused(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / row_of("resnet-18").file).mkdir()
    with pytest.raises(WeightsError, match="cannot be read"), caplog.at_level(logging.WARNING):
        load_weights(parse("resnet-18"))


# --- the same tensors with the stride elsewhere


def test_what_moving_the_stride_costs_is_counted_on_pictures(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the two networks' own answers, one by one."""
    data = bytes_of(random_state("resnet-50-v1.5"))
    row = made("resnet-50-v1.5", data)
    publish(monkeypatch, {row_of("resnet-50-v1.5"): row})
    (folder / row.file).write_bytes(data)
    card, paper = require_card(parse("resnet-50-v1.5")), parse("resnet-50")
    card = replace(card, spec=replace(card.spec, size=(64, 64)), preprocessing=card.preprocessing.at((64, 64)))
    engine = Engine("cpu")
    photographs = [(FOLDER / name).read_bytes() for name in ("chelsea.jpg", "rocket.jpg", "coffee.jpg")]
    found = agreement(engine, photographs, paper, card)
    moved = transplanted(card, paper)
    assert moved.spec == replace(paper, size=(64, 64))
    assert moved.accuracy == ()
    own = [predict(engine, picture, card.spec, card=card).top[0] for picture in photographs]
    other = [predict(engine, picture, moved.spec, card=moved).top[0] for picture in photographs]
    assert own != other
    assert (found.pictures, found.same) == (3, sum(a.label == b.label for a, b in zip(own, other, strict=True)))
    assert found.sure == pytest.approx(sum(guess.probability for guess in other) / 3)
    assert found.trained_sure == pytest.approx(sum(guess.probability for guess in own) / 3)
    assert f"in {found.same} of 3 pictures" in found.sentence
    assert agreement(engine, photographs, card.spec, card).same == 3
