"""Training: it learns, it survives being killed to the last bit, and it reads data without trusting it."""

import io
import pickle
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from resnet_core import parse
from resnet_core import weights as shelf
from resnet_core.loading import load_weights
from resnet_core.training.archive import ARCHIVE
from resnet_core.training.data import CLASSES, LOSSLESS_REPEATS, load
from resnet_core.training.images import DataError, Images, Sets
from resnet_core.training.inputs import augmented, normalised, padded
from resnet_core.training.loop import CHECKPOINT, Run, RunError
from resnet_core.training.publish import KEPT_IN_HALF, publish
from resnet_core.training.recipe import Recipe
from resnet_core.weights import RUN_LOG

TINY = parse("cifar-resnet-8,width=4,size=8")
RECIPE = Recipe(epochs=3, batch=32, seed=5)


def images(number: int, seed: int) -> Images:
    """Noise, brighter where the label is higher, so that there is something to learn."""
    chance = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 10, (number,), generator=chance)
    noise = torch.randint(0, 60, (number, 3, 8, 8), generator=chance)
    return Images((noise + 20 * labels[:, None, None, None]).to(torch.uint8), labels)


SETS = Sets("noise", images(160, seed=1), {"seen": images(160, seed=1), "unseen": images(90, seed=2)})


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """On a busy machine torch's threads wait for each other far longer than these networks take."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = Run(TINY, SETS, RECIPE, tmp_path_factory.mktemp("unbroken"))
    assert [epoch.number for epoch in run.epochs()] == [1, 2, 3]
    return run


def curve(run: Run) -> list[tuple[object, ...]]:
    """What an epoch logs, times aside."""
    return [(e.number, e.lr, e.loss, e.train_error, e.test_errors, e.steps) for e in run.log]


def same_weights(one: Run, other: Run) -> bool:
    states = one.network.state_dict(), other.network.state_dict()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0].keys() | states[1].keys())


def test_training_lowers_the_loss_and_the_error(unbroken: Run) -> None:
    first, *_, last = unbroken.log
    assert last.loss < first.loss - 0.3
    assert last.train_error < first.train_error
    assert last.test_errors["unseen"] < 0.87  # guessing is wrong nine times of ten
    assert len(first.steps) == unbroken.steps == 5


def test_a_run_killed_between_epochs_goes_on_as_if_nothing_had_been(unbroken: Run, tmp_path: Path) -> None:
    next(Run(TINY, SETS, RECIPE, tmp_path).epochs())
    resumed = Run(TINY, SETS, RECIPE, tmp_path)
    assert [epoch.number for epoch in resumed.epochs()] == [2, 3]
    assert curve(resumed) == curve(unbroken)
    assert same_weights(resumed, unbroken)


def test_a_run_killed_inside_an_epoch_does_that_epoch_again(unbroken: Run, tmp_path: Path) -> None:
    def killed(step: int, steps: int, loss: float) -> None:
        if (tmp_path / CHECKPOINT).exists() and step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(Run(TINY, SETS, RECIPE, tmp_path).epochs(killed))
    torch.rand(7)  # chance that others draw in between changes nothing
    resumed = Run(TINY, SETS, RECIPE, tmp_path)
    list(resumed.epochs())
    assert curve(resumed) == curve(unbroken)
    assert same_weights(resumed, unbroken)


def test_the_same_seed_gives_the_same_curve_and_another_another(unbroken: Run, tmp_path: Path) -> None:
    again, other = (
        Run(TINY, SETS, replace(RECIPE, seed=seed), tmp_path / str(seed)) for seed in (RECIPE.seed, RECIPE.seed + 1)
    )
    next(again.epochs())
    next(other.epochs())
    assert curve(again) == curve(unbroken)[:1]
    assert curve(other) != curve(unbroken)[:1]


def test_the_seed_decides_the_order_of_the_pictures_and_not_the_first_weights_alone(tmp_path: Path) -> None:
    runs = [Run(TINY, SETS, replace(RECIPE, seed=seed), tmp_path / str(seed)) for seed in (1, 2)]
    runs[1].network.load_state_dict(runs[0].network.state_dict())
    first, second = (next(run.epochs()) for run in runs)
    assert first.steps != second.steps


def test_a_finished_run_trains_no_more(unbroken: Run) -> None:
    assert list(Run(TINY, SETS, RECIPE, unbroken.folder).epochs()) == []


def test_a_folder_with_another_run_is_refused(unbroken: Run) -> None:
    for spec, recipe in ((TINY, replace(RECIPE, batch=16)), (replace(TINY, order="pre"), RECIPE)):
        with pytest.raises(RunError, match="with another recipe: give another --out, or remove it"):
            Run(spec, SETS, recipe, unbroken.folder)


def test_a_run_on_other_pictures_is_refused(unbroken: Run) -> None:
    with pytest.raises(RunError, match=r"a run on other pictures \(noise\): name their folder with --data, or give"):
        Run(TINY, replace(SETS, source="silence"), RECIPE, unbroken.folder)


def test_a_damaged_checkpoint_is_refused(unbroken: Run, tmp_path: Path) -> None:
    whole = (unbroken.folder / CHECKPOINT).read_bytes()
    for data in (whole[: len(whole) // 2], b"", b"no checkpoint"):
        (tmp_path / CHECKPOINT).write_bytes(data)
        with pytest.raises(RunError, match=r"is damaged: remove it"):
            Run(TINY, SETS, RECIPE, tmp_path)


def test_a_network_for_other_pictures_is_refused_with_the_one_that_fits(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"8×8 pixels in 10 classes: write resnet-18,stem=cifar") as caught:
        Run(parse("resnet-18,stem=cifar"), SETS, RECIPE, tmp_path)
    fitting = parse(str(caught.value).rpartition(" ")[2][:-1])
    assert (fitting.size, fitting.classes) == ((8, 8), 10)


def test_a_loss_that_is_no_number_ends_the_run_before_its_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="lower the learning rate"):
        next(Run(TINY, SETS, replace(RECIPE, peak_lr=1e20, warmup=0.01), tmp_path).epochs())
    assert not (tmp_path / CHECKPOINT).exists()


def test_a_run_may_be_made_shorter_or_longer_on_the_way_and_its_card_says_so(tmp_path: Path) -> None:
    next(Run(TINY, SETS, RECIPE, tmp_path).epochs())
    shorter = Run(TINY, SETS, replace(RECIPE, epochs=2), tmp_path)
    (last,) = shorter.epochs()
    assert shorter.schedules == ((1, 3), (2, 2))
    assert last.lr == pytest.approx(shorter.recipe.lr((2 - 1 / shorter.steps) / 2))
    card = publish(shorter, tmp_path)
    assert "epochs 1 to 1 had the learning rates of a run of 3 epochs" in card.recipe
    assert "--epochs 3, stopped after epoch 1; then" in card.reproduce
    assert card.reproduce.endswith("--epochs 2")
    with pytest.raises(RunError, match="holds 2 epochs already: give --epochs 2 or more"):
        Run(TINY, SETS, replace(RECIPE, epochs=1), tmp_path)


def test_a_schedule_that_returns_is_told_twice(tmp_path: Path) -> None:
    for epochs in (4, 3):
        next(Run(TINY, SETS, replace(RECIPE, epochs=epochs), tmp_path).epochs())
    run = Run(TINY, SETS, replace(RECIPE, epochs=4), tmp_path)
    list(run.epochs())
    assert run.schedules == ((1, 4), (2, 3), (4, 4))
    card = publish(run, tmp_path)
    assert "epochs 1 to 1 had the learning rates of a run of 4 epochs; epochs 2 to 2 had" in card.recipe
    assert card.reproduce.count("stopped after epoch") == 2
    assert card.reproduce.endswith("--epochs 4")


# --- the recipe


def test_the_learning_rate_goes_straight_up_and_down_half_a_cosine() -> None:
    recipe = Recipe(peak_lr=0.4, warmup=0.2)
    assert [recipe.lr(share) for share in (0, 0.1, 0.2)] == pytest.approx([0, 0.2, 0.4])
    # torch's own cosine, over the 80 steps after the peak
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=80)
    for step in range(20, 101):
        assert recipe.lr(step / 100) == pytest.approx(scheduler.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        scheduler.step()


def test_every_step_has_its_learning_rate(unbroken: Run) -> None:
    assert [epoch.lr for epoch in unbroken.log] == [RECIPE.lr((n + 4 / 5) / 3) for n in range(3)]


def test_weight_decay_spares_biases_and_bn(unbroken: Run) -> None:
    decayed, spared = unbroken.optimizer.param_groups
    assert (decayed["weight_decay"], spared["weight_decay"]) == (RECIPE.weight_decay, 0)
    names = {id(p): name for name, p in unbroken.network.named_parameters()}
    assert {names[id(p)] for p in spared["params"]} == {
        name for name in names.values() if "bn" in name or name.endswith("bias")
    }
    assert len(decayed["params"]) + len(spared["params"]) == len(names)


def test_an_augmented_picture_is_a_crop_of_its_padded_self_mirrored_or_not() -> None:
    chance = torch.Generator().manual_seed(0)
    margined = torch.randint(0, 256, (1, 3, 16, 16), generator=chance, dtype=torch.uint8)
    crops = [normalised(margined[:, :, top : top + 8, left : left + 8]) for top in range(9) for left in range(9)]
    known = {crop.numpy().tobytes(): False for crop in crops} | {c.flip(3).numpy().tobytes(): True for c in crops}
    drawn = augmented(margined, torch.zeros(400, dtype=torch.int64), chance)
    found = [picture.contiguous().numpy().tobytes() for picture in drawn]
    assert set(found) <= known.keys()
    assert len(set(found)) > 140  # of 2 × 81
    assert 150 < sum(known[crop] for crop in found) < 250


def test_the_margin_reflects_the_picture() -> None:
    pixels = images(2, seed=3).pixels
    assert np.array_equal(padded(pixels).numpy(), np.pad(pixels, ((0, 0), (0, 0), (4, 4), (4, 4)), mode="reflect"))


# --- publishing


def test_a_finished_run_is_published_with_its_measured_accuracy(
    unbroken: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(TINY, SETS, RECIPE, unbroken.folder)
    run.log = [replace(epoch, seconds=10.0 * epoch.number) for epoch in run.log]
    card = publish(run, tmp_path)
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path))
    assert shelf.card_for(TINY) == card
    state = load_weights(TINY)
    for name, tensor in unbroken.network.state_dict().items():
        assert torch.equal(state[name], tensor.half().float() if tensor.ndim > 1 else tensor), name
    assert torch.equal(run.network.state_dict()["conv1.weight"], unbroken.network.state_dict()["conv1.weight"])
    run.network.load_state_dict(state)
    for row in card.accuracy:
        assert row.images == len(SETS.tests[row.test_set])
        assert row.images - row.correct == run.wrong(SETS.tests[row.test_set])
    assert (card.classes, card.epochs, card.seconds, card.data) == (CLASSES, 3, 60, "noise")
    assert card.reproduce == f"python -m resnet_core train {TINY} --data FOLDER --seed 5 --device cpu --epochs 3"
    assert "3 epochs" in card.recipe
    assert card.recipe.endswith(KEPT_IN_HALF)
    assert "torch" in card.machine
    assert {path.name for path in unbroken.folder.iterdir()} == {CHECKPOINT, RUN_LOG}


def test_weights_that_lose_their_accuracy_in_half_precision_are_kept_whole(
    unbroken: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(TINY, SETS, RECIPE, unbroken.folder)
    monkeypatch.setattr(
        "resnet_core.training.publish.halved", lambda state: {name: 0 * tensor for name, tensor in state.items()}
    )
    monkeypatch.setattr(run, "wrong", lambda images: len(images) * (not run.network.state_dict()["fc.weight"].any()))
    card = publish(run, tmp_path)
    assert {row.test_set: row.correct for row in card.accuracy} == {name: len(of) for name, of in SETS.tests.items()}
    assert KEPT_IN_HALF not in card.recipe
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path))
    state = load_weights(TINY)
    assert all(torch.equal(state[name], tensor) for name, tensor in unbroken.network.state_dict().items())


def test_an_unfinished_run_is_not_published(tmp_path: Path) -> None:
    run = Run(TINY, SETS, RECIPE, tmp_path)
    next(run.epochs())
    with pytest.raises(RunError, match="has 1 of its 3 epochs: let it finish first"):
        publish(run, tmp_path)


# --- the original archive


class Python2Pickler(pickle._Pickler):  # type: ignore[name-defined]  # the pure-Python one can be changed
    """Writes what Python 2 wrote: protocol 2, its strings as STRING opcodes, which read back as bytes."""

    dispatch: ClassVar[dict[type, Any]] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def save_bytes(self, data: bytes) -> None:
        self.write(pickle.BINSTRING + len(data).to_bytes(4, "little") + data)
        self.memoize(data)

    dispatch[bytes] = save_bytes


def pickled(value: object) -> bytes:
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(value)
    return file.getvalue().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")  # numpy's name then


def archive(folder: Path, batches: dict[str, bytes]) -> None:
    with tarfile.open(folder / ARCHIVE, "w:gz") as file:
        for name, data in batches.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))


def batch(number: int, seed: int) -> tuple[np.ndarray, list[int], bytes]:
    pixels = np.random.default_rng(seed).integers(0, 256, (number, 3072), dtype=np.uint8)
    labels = [(seed + n) % 10 for n in range(number)]
    names = {b"batch_label": b"a batch", b"labels": labels, b"data": pixels, b"filenames": [b"x.png"] * number}
    return pixels, labels, pickled(names)


NAMES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")


def test_the_original_archive_is_read(tmp_path: Path) -> None:
    made = {name: batch(4, seed) for seed, name in enumerate(NAMES)}
    assert made["test_batch"][2][:2] == b"\x80\x02"
    archive(tmp_path, {name: data for name, (_, _, data) in made.items()})
    sets = load(tmp_path)
    assert sets.source == "CIFAR-10: the 20 training pictures of the original archive"
    assert [*sets.tests] == ["test"]
    for found, names in ((sets.train, NAMES[:5]), (sets.tests["test"], NAMES[5:])):
        # a row is 1024 red, then green, then blue, each row of the picture after the other
        expected = np.concatenate([made[name][0] for name in names]).reshape(-1, 3, 32, 32)
        assert np.array_equal(found.pixels.numpy(), expected)
        assert found.labels.tolist() == [label for name in names for label in made[name][1]]


class Malicious:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os.system, (f"touch {self.target}",)


def test_an_archive_that_would_run_a_command_is_refused_and_does_not_run_it(tmp_path: Path) -> None:
    target = tmp_path / "it ran"
    evil = pickle.dumps({b"data": Malicious(target), b"labels": []}, protocol=2)
    archive(tmp_path, dict.fromkeys(NAMES, evil))
    with pytest.raises(DataError, match=r"it asks for posix\.system.*: download it again"):
        load(tmp_path)
    assert not target.exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"data_batch_3": b"no pickle"},
        {"data_batch_3": batch(2, 0)[2][:-40]},
        {"test_batch": pickled({b"labels": [1]})},
        {"test_batch": pickled([1])},
        {"test_batch": pickled({b"labels": [1], b"data": np.zeros((1, 3071), np.uint8)})},
        dict.fromkeys(NAMES, b""),
    ],
)
def test_a_broken_archive_is_refused(tmp_path: Path, broken: dict[str, bytes]) -> None:
    archive(tmp_path, {name: batch(2, 0)[2] for name in NAMES} | broken)
    with pytest.raises(DataError, match=r"is no CIFAR-10 archive .*: download it again"):
        load(tmp_path)
    (tmp_path / ARCHIVE).write_bytes(b"no archive")
    with pytest.raises(DataError):
        load(tmp_path)


# --- parquet


def parquet(folder: Path, name: str, labels: list[int], *, nested: bool = False) -> np.ndarray:
    """A file of lossless pictures; `nested` puts the bytes into a record with a path, as some files have them."""
    pixels = np.random.default_rng(sum(labels)).integers(0, 256, (len(labels), 32, 32, 3), dtype=np.uint8)
    cells: list[Any] = []
    for picture in pixels:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "PNG")
        cells.append({"bytes": file.getvalue(), "path": "x.png"} if nested else file.getvalue())
    pq.write_table(pa.table({"image": cells, "label": labels}), folder / f"{name}.parquet")
    return pixels.transpose(0, 3, 1, 2)


def test_parquet_files_are_read_with_the_lossless_pictures_several_times(tmp_path: Path) -> None:
    degraded = parquet(tmp_path, "train_jpeg", [3, 1, 4])
    lossless = parquet(tmp_path, "train_lossless", [1, 5], nested=True)
    test = parquet(tmp_path, "test_lossless", [9, 2])
    parquet(tmp_path, "test_jpeg", [6])
    sets = load(tmp_path)
    assert np.array_equal(sets.train.pixels.numpy(), np.concatenate([degraded, *[lossless] * LOSSLESS_REPEATS]))
    assert sets.train.labels.tolist() == [3, 1, 4, *[1, 5] * LOSSLESS_REPEATS]
    assert np.array_equal(sets.tests["test_lossless"].pixels.numpy(), test)
    assert {name: len(found) for name, found in sets.tests.items()} == {"test_lossless": 2, "test_jpeg": 1}
    assert "3 training pictures as strong JPEG, and 2 of them" in sets.source


def test_a_broken_parquet_file_is_refused(tmp_path: Path) -> None:
    for name in ("train_lossless", "test_lossless", "test_jpeg"):
        parquet(tmp_path, name, [1, 2])
    path = tmp_path / "train_jpeg.parquet"
    for table in ({"image": [b"no picture"], "label": [1]}, {"label": [1]}, {"image": [3], "label": [1]}):
        pq.write_table(pa.table(table), path)
        with pytest.raises(DataError, match=r"train_jpeg\.parquet cannot be read .*: get the file again"):
            load(tmp_path)
    path.write_bytes(b"no parquet")
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path)


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds neither cifar-10-python\.tar\.gz nor train_jpeg\.parquet"):
        load(tmp_path / "nothing")
