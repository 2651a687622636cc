"""Times of ops are measured once for all visitors, and a page that asks is never kept waiting."""

import time
from collections.abc import Iterator

import pytest
import torch

from app.op_timings import MOST_KEPT, OpTimings, Timing
from resnet_core import ArchSpec, parse
from resnet_core.backend import BusyError, EngineError
from resnet_core.op_times import Measured, OpTimes
from resnet_core.turns import Experiment

NET = parse("lenet-5")


def measured(spec: ArchSpec) -> Iterator[Measured]:
    yield Measured(0.0)
    yield Measured(0.5)
    yield Measured(1.0, OpTimes(spec, "CPU, 1 thread", 3, (0.5,), 0.5))


def settled(timings: OpTimings, spec: ArchSpec) -> Timing:
    """What is known once the experiment has begun."""
    for _ in range(200):
        timing = timings.ask(spec)
        if timing.is_over:
            return timing
        if spec in timings._begun and timings._begun[spec].done():
            return timings.ask(spec)
        time.sleep(0.01)
    pytest.fail("It never began.")


class Begun:
    """Begins experiments, and keeps them so that a test can take their steps."""

    def __init__(self) -> None:
        self.experiments: list[Experiment[Measured]] = []

    def __call__(self, spec: ArchSpec, owner: str) -> Experiment[Measured]:
        self.experiments.append(Experiment(measured(spec)))
        return self.experiments[-1]


def test_a_network_is_measured_once_however_many_ask() -> None:
    begun = Begun()
    timings = OpTimings(begun)
    assert timings.known(NET) == Timing()
    assert settled(timings, NET) == settled(timings, NET) == Timing()
    (experiment,) = begun.experiments
    experiment.step()
    experiment.step()
    assert timings.ask(NET) == Timing(done=0.5)
    assert timings.known(NET) == Timing()
    while experiment.step():
        pass
    found = timings.ask(NET)
    assert found.is_over
    assert found.done == 1
    assert found.found is not None
    assert found.found.spec == NET
    assert timings.ask(NET) is timings.known(NET) is found
    assert len(begun.experiments) == 1


def test_one_that_was_dropped_begins_again_for_who_asks_next() -> None:
    begun = Begun()
    timings = OpTimings(begun)
    settled(timings, NET)
    begun.experiments[0].stop()
    timings.ask(NET)
    settled(timings, NET)
    assert len(begun.experiments) == 2


def test_why_there_are_no_times_is_told() -> None:
    def too_large(spec: ArchSpec, owner: str) -> Experiment[Measured]:
        def steps() -> Iterator[Measured]:
            raise EngineError("Choose a smaller input size.")
            yield

        experiment = Experiment(steps())
        experiment.step()
        return experiment

    def busy(spec: ArchSpec, owner: str) -> Experiment[Measured]:
        raise BusyError("Try again in a minute.")

    timings = OpTimings(too_large)
    assert settled(timings, NET) == Timing(refused="Choose a smaller input size.")
    assert timings.known(NET).is_over
    timings = OpTimings(busy)
    assert settled(timings, NET) == Timing(refused="Try again in a minute.")
    assert not timings.known(NET).is_over


def test_what_nobody_foresaw_before_it_began_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def broken(spec: ArchSpec, owner: str) -> Experiment[Measured]:
        raise ZeroDivisionError

    assert "the server's log says why, under " in settled(OpTimings(broken), NET).refused
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


def test_nothing_is_kept_of_what_did_not_begin_even_if_nobody_asks_again() -> None:
    def busy(spec: ArchSpec, owner: str) -> Experiment[Measured]:
        raise BusyError("Try again in a minute.")

    timings = OpTimings(busy)
    timings.ask(NET)
    timings._caller.shutdown()
    assert timings.known(parse("alexnet")) == Timing()
    assert timings._begun == {}


def test_what_is_kept_has_a_bound() -> None:
    def at_once(spec: ArchSpec, owner: str) -> Experiment[Measured]:
        experiment = Experiment(measured(spec))
        while experiment.step():
            pass
        return experiment

    timings = OpTimings(at_once)
    specs = [parse(f"resnet-18,size={size}") for size in range(100, 101 + MOST_KEPT)]
    for spec in specs:
        assert settled(timings, spec).is_over
    assert not timings.known(specs[0]).is_over
    assert all(timings.known(spec).is_over for spec in specs[1:])


def test_the_engine_measures_in_turns() -> None:
    from resnet_core.engine import Engine
    from resnet_core.op_times import op_times

    engine = Engine("cpu")
    timings = OpTimings(lambda spec, owner: engine.experiment(op_times(spec, torch.device("cpu")), owner))
    end = time.monotonic() + 60
    while not (timing := timings.ask(NET)).is_over and time.monotonic() < end:
        time.sleep(0.05)
    engine.close()
    assert timing.found is not None
    assert len(timing.found.ops) == 48
