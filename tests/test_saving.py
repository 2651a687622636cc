from itertools import islice

import pytest

from resnet_core import parse
from resnet_core.labs.images import for_learning
from resnet_core.labs.saving import savings

SPEC = parse("cifar-resnet-20,width=4")


def test_every_network_takes_a_step_in_turn_and_the_whole_one_saves_nothing() -> None:
    *_, last = savings(SPEC, (0.5,), for_learning(), steps=2)
    half, whole = last.savings
    assert (half.survival, whole.survival) == (0.5, 1.0)
    assert half.blocks == 9 - 0.5 * sum(range(1, 10)) / 9  # eq. 4, by hand
    assert whole.saved == whole.spared == 0
    assert half.milliseconds is not None
    assert whole.milliseconds is not None
    assert half.saved == pytest.approx(1 - half.milliseconds / whole.milliseconds)
    assert last.machine.startswith("CPU")


def test_what_is_not_measured_yet_has_no_time() -> None:
    first = next(islice(savings(SPEC, (0.5,), for_learning()), 1))
    assert [one.milliseconds for one in first.savings] == [None, None]
    assert [one.saved for one in first.savings] == [None, None]
