import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tiny_weights import TINY, write_tiny

from app.laboratory import why_failed
from resnet_core import turns
from resnet_core import weights as shelf
from resnet_core.backend import BusyError
from resnet_core.engine import Engine
from resnet_core.prediction import predict
from resnet_core.request_id import under
from resnet_core.samples import samples
from resnet_core.turns import Experiment, Turns

PICTURE = samples()[0].path.read_bytes()


def over(experiment: Experiment[int], patience: float = 30.0) -> None:
    end = time.monotonic() + patience
    while not experiment.is_over and time.monotonic() < end:
        time.sleep(0.01)
    assert experiment.is_over


def test_an_experiment_is_run_to_its_end_on_the_engines_thread() -> None:
    threads = []

    def steps() -> Iterator[int]:
        for number in range(3):
            threads.append(threading.current_thread().name)
            yield number

    experiment = Engine("cpu").experiment(steps())
    over(experiment)
    assert experiment.latest == 2
    assert set(threads) == {"engine"}


def test_a_picture_comes_before_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path)
    monkeypatch.delenv("RESNET_EXPLORER_WEIGHTS", raising=False)
    write_tiny(tmp_path)
    engine, began = Engine("cpu"), threading.Event()

    def endless() -> Iterator[int]:
        number = 0
        while True:
            began.set()
            number += 1
            yield number

    experiment = engine.experiment(endless())
    assert began.wait(30)
    assert predict(engine, PICTURE, TINY).top
    assert not experiment.is_over
    experiment.stop()
    assert experiment.is_over
    assert experiment.latest is not None


def test_in_a_crowd_experiments_rest_and_pictures_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path)
    monkeypatch.delenv("RESNET_EXPLORER_WEIGHTS", raising=False)
    monkeypatch.setattr(turns, "RESTS", 10**9)
    monkeypatch.setattr(turns, "LONGEST_REST", 60.0)
    write_tiny(tmp_path)
    engine = Engine("cpu", crowded=lambda: True)
    experiment = engine.experiment(iter(range(3)))
    end = time.monotonic() + 30
    while experiment.latest is None and time.monotonic() < end:
        time.sleep(0.01)
    for _ in range(3):
        assert predict(engine, PICTURE, TINY, patience=30).top
        time.sleep(0.1)  # in which the next step would be taken
    assert experiment.latest == 0
    assert not experiment.is_over
    engine.close()


def test_experiments_take_turns() -> None:
    engine, order = Engine("cpu"), []
    gate = threading.Event()

    def steps(name: str) -> Iterator[int]:
        gate.wait(30)
        for number in range(3):
            order.append(name)
            yield number

    both = [engine.experiment(steps(name)) for name in ("one", "other")]
    gate.set()
    for experiment in both:
        over(experiment)
    assert order == ["one", "other"] * 3


def test_a_failure_is_its_own_and_said() -> None:
    engine = Engine("cpu")

    def fails() -> Iterator[int]:
        yield 1
        raise ValueError("It cannot be done.")

    def goes_on() -> Iterator[int]:
        yield from range(5)

    failed, other = engine.experiment(fails()), engine.experiment(goes_on())
    over(failed)
    over(other)
    assert (failed.latest, str(failed.error)) == (1, "It cannot be done.")
    assert (other.latest, other.error) == (4, None)


class Unhashable(Exception):
    """One that no cache could keep."""

    def __eq__(self, other: object) -> bool:
        return self is other


def test_a_failure_that_nobody_foresaw_stands_in_the_log_once_and_keeps_nothing_alive(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails() -> Iterator[int]:
        yield 1
        raise Unhashable

    with under("page.7"):
        experiment = Experiment(fails())
    while experiment.step():
        pass
    error = experiment.error
    assert isinstance(error, Unhashable)
    assert error.__traceback__ is None
    assert caplog.messages == ["An experiment failed."]
    assert experiment.id == "page.7"
    assert why_failed(experiment) == why_failed(experiment)
    assert "under page.7." in why_failed(experiment)
    assert len(caplog.records) == 1


def test_an_experiment_that_nobody_asks_about_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.2)

    def endless() -> Iterator[int]:
        while True:
            time.sleep(0.01)
            yield 1

    experiment = Engine("cpu").experiment(endless())
    for _ in range(5):
        assert experiment.latest in (None, 1)
        time.sleep(0.1)
    assert not experiment.is_over
    over(experiment)
    assert experiment.is_dropped
    stopped = Experiment(endless())
    stopped.stop()
    assert not stopped.step()
    assert not stopped.is_dropped


class Network:
    """Stands for what an experiment holds: weights, pictures, activations."""


@pytest.mark.parametrize("end", ["stopped", "stopped within a step", "left", "failed", "finished", "closed"])
def test_what_an_experiment_holds_is_free_once_it_is_over(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.2 if end == "left" else 60.0)
    engine, held, began, hold = Engine("cpu"), [], threading.Event(), threading.Event()

    def fail() -> None:
        network = Network()
        held.append(weakref.ref(network))
        raise KeyError("what led to it")

    def steps() -> Iterator[int]:
        network = Network()
        held.append(weakref.ref(network))
        yield 1
        if end == "failed":
            try:
                fail()
            except KeyError as error:
                raise ValueError("It cannot be done.") from error
        while end != "finished":
            began.set()
            if end == "stopped within a step":
                hold.wait(30)
            yield 2

    experiment = engine.experiment(steps())
    if end.startswith("stopped") or end == "closed":
        assert began.wait(30)
        experiment.stop() if end != "closed" else engine.close()
        hold.set()
    over(experiment)
    until = time.monotonic() + 30
    while any(one() for one in held) and time.monotonic() < until:
        time.sleep(0.01)
    assert [one() for one in held] == [None] * (1 + (end == "failed"))
    assert str(experiment.error or "") == ("It cannot be done." if end == "failed" else "")


def test_started_and_stopped_quickly_many_times_the_last_one_runs_and_the_others_are_gone() -> None:
    engine, alive = Engine("cpu"), []

    def endless() -> Iterator[int]:
        network = Network()
        alive.append(weakref.ref(network))
        while True:
            yield 1

    for _ in range(5 * turns.MOST):
        last = engine.experiment(endless())
        last.stop()
    last = engine.experiment(endless())
    until = time.monotonic() + 30
    while last.latest is None and time.monotonic() < until:
        time.sleep(0.01)
    assert not last.is_over
    assert sum(one() is not None for one in alive) == 1
    engine.close()


def test_too_many_experiments_are_refused_and_a_closed_engine_ends_them() -> None:
    engine, hold = Engine("cpu"), threading.Event()

    def held() -> Iterator[int]:
        hold.wait(30)
        yield 1

    some = [engine.experiment(held()) for _ in range(turns.MOST)]
    with pytest.raises(BusyError, match="try again"):
        engine.experiment(held())
    hold.set()
    engine.close()
    assert all(experiment.is_over for experiment in some)


def test_an_experiment_that_nobody_asked_for_leaves_places_to_others() -> None:
    ring = Turns(threading.Condition())
    for _ in range(turns.MOST - turns.SPARE):
        ring.join(Experiment(iter([1]), by_itself=True))
    with pytest.raises(BusyError, match="6 experiments are at work already"):
        ring.join(Experiment(iter([1]), by_itself=True))
    ring.join(Experiment(iter([1])))
    assert len(ring) == turns.MOST - turns.SPARE + 1


def test_an_experiment_that_began_by_itself_takes_no_place_of_its_owner_s_others() -> None:
    ring = Turns(threading.Condition())
    ring.join(Experiment(iter([1]), "alice", by_itself=True))
    with pytest.raises(BusyError, match="of your experiments"):
        ring.join(Experiment(iter([1]), "alice", by_itself=True))
    for _ in range(turns.MOST_OF_ONE):
        ring.join(Experiment(iter([1]), "alice"))
    ring.join(Experiment(iter([1]), "bob", by_itself=True))
    assert len(ring) == turns.MOST_OF_ONE + 2


def test_one_owner_cannot_have_all_the_turns() -> None:
    engine, hold = Engine("cpu"), threading.Event()

    def held() -> Iterator[int]:
        hold.wait(30)
        yield 1

    some = [engine.experiment(held(), "mallory") for _ in range(turns.MOST_OF_ONE)]
    with pytest.raises(BusyError, match="of your experiments are at work already"):
        engine.experiment(held(), "mallory")
    hers = engine.experiment(held(), "alice")
    some[0].stop()
    again = engine.experiment(held(), "mallory")
    hold.set()
    for experiment in (hers, again):
        over(experiment)
        assert experiment.latest == 1
    engine.close()


def test_experiments_that_are_over_make_room() -> None:
    engine, hold = Engine("cpu"), threading.Event()

    def held() -> Iterator[int]:
        hold.wait(30)
        yield 1

    some = [engine.experiment(held()) for _ in range(turns.MOST)]
    some[-1].stop()
    another = engine.experiment(held())
    with pytest.raises(BusyError):
        engine.experiment(held())
    hold.set()
    over(another)
    assert another.latest == 1
    engine.close()


def test_nobody_s_turn_is_no_failure() -> None:
    """As where the engine is closed between the question whether somebody has a turn and the turn."""
    ring = Turns(threading.Condition())
    ring.join(Experiment(iter([1])))
    ring.stop()
    ring.take()
    assert not ring


def test_a_resting_experiment_leaves_no_mode_behind() -> None:
    """What a step switches on in its thread, such as inference mode, is off for whoever runs next."""
    from resnet_core.labs.lesion import lesions
    from tests.test_lesion import CPU, network, pictures

    net = network("cifar-resnet-20")
    from resnet_core.inference_form import inference_form

    for _ in lesions(net, inference_form(net, CPU, torch.float32), pictures(1), None, (1,), 2):
        assert not torch.is_inference_mode_enabled()
