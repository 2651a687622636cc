"""What a family has to say of itself; the rest follows from its plan."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..algebra import Op, Plan, Stage, chain
from ..spec import MOST_PIXELS, ArchSpec, SpecError

UNLIMITED = MOST_PIXELS + 1


class Wiring(NamedTuple):
    """One family of networks, as functions of a spec.

    `kind` is its name within a sentence. `choices` are the fields of a spec that mean something. `check` raises
    SpecError for choices that do not go together, and writes those that make no difference in one way. `formula` says
    how the number of layers comes about, `depths` which blocks per stage give one (SpecError where none do), `least`
    and `most` what input it can read. `follows` are choices that others bring with them.
    """

    kind: str
    choices: frozenset[str]
    plan: Callable[[ArchSpec], Plan]
    title: Callable[[ArchSpec], str]
    layers: Callable[[ArchSpec], int]
    formula: Callable[[ArchSpec], str]
    depths: Callable[[ArchSpec, int], tuple[int, ...]]
    least: Callable[[ArchSpec], int]
    most: Callable[[ArchSpec], int] = lambda spec: UNLIMITED
    check: Callable[[ArchSpec], None] = lambda spec: None
    follows: Callable[[ArchSpec, Mapping[str, Any]], Mapping[str, Any]] = lambda spec, choices: {}
    channels: int = 3


def settle(spec: ArchSpec, **choices: Any) -> None:
    """Write choices that make no difference in the one way in which equal networks are equal specs."""
    for field, value in choices.items():
        object.__setattr__(spec, field, value)


def summed(depths: tuple[int, ...]) -> str:
    """Blocks of all stages, as a formula adds them up: "(3+4+6+3)"."""
    blocks = "+".join(map(str, depths))
    return f"({blocks})" if len(depths) > 1 else blocks


def classifier(c: int, classes: int, *before: Op, name: str = "fc", drop: Op | None = None) -> Stage:
    """The last stage of most: the mean of every map, and a fully connected layer."""
    between = (drop,) if drop else ()
    return Stage(
        "classifier",
        (
            chain(
                *before,
                Op("adaptivepool", "avgpool", c, c),
                Op("flatten", "flatten", c, c),
                *between,
                Op("linear", name, c, classes, bias=True),
            ),
        ),
    )


def only(spec: ArchSpec, layers: int, exactly: int) -> tuple[int, ...]:
    """The blocks per stage of a net that has one depth. Raises SpecError for another."""
    if layers != exactly:
        raise SpecError(f"There is one depth of this net: choose {exactly}.")
    return spec.depths
