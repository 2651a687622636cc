"""What was found on test pictures is kept for everybody, and not for ever."""

from app.kept_tests import MOST, KeptTests
from resnet_core.labs.differences import Differed
from resnet_core.operation import Operation

FOUND = (Differed(125, 0.5, 0.6, 0.1, 1.25, 3.0),)
SETS = [Operation(weight=number / MOST) for number in range(MOST + 1)]


def test_it_is_known_of_the_same_weights_and_blocks_alone() -> None:
    kept = KeptTests()
    kept.keep(("one",), SETS[0], FOUND)
    assert kept.found(("one",), SETS[0]) == FOUND
    assert kept.found(("another",), SETS[0]) == kept.found(("one",), SETS[1]) == ()


def test_what_nobody_asked_about_for_longest_makes_place() -> None:
    kept = KeptTests()
    for done in SETS[:-1]:
        kept.keep(("one",), done, FOUND)
    assert kept.found(("one",), SETS[0])
    kept.keep(("one",), SETS[-1], FOUND)
    assert [not kept.found(("one",), done) for done in SETS] == [False, True, *[False] * (MOST - 1)]
