"""How much an experiment may take: known before it runs, so that nothing is offered that would be refused."""

from ..codec import parse
from ..demand import MOST_BYTES
from ..rows import analyse
from ..spec import ArchSpec
from ..units import memory
from .lab import SETTINGS, Lab, SettingError
from .variants import variants

MOST_SAVED = MOST_BYTES // 2
"""What the activations that a gradient needs may take: weighed and parted paths keep some besides."""
TOGETHER = ("beginnings",)
"""Experiments in which all pictures go through at once, for batch norm counts with their statistics."""


def most_pictures(lab: Lab) -> int:
    """How many test pictures can be offered: all there are, unless they have to go through together."""
    most = int(SETTINGS["pictures"].most)
    if lab.name not in TOGETHER:
        return most
    return min(most, *(MOST_SAVED // saved_bytes(parse(variant.arch)) for variant in variants()))


def check_gradient(spec: ArchSpec, together: int = 1) -> None:
    """Raises SettingError where the gradient of so many pictures at once needs more memory than it may take."""
    each = saved_bytes(spec)
    if together * each > MOST_SAVED:
        most = MOST_SAVED // each
        instead = f"take {most} pictures or fewer" if most else "choose a smaller input size"
        raise SettingError(
            f"A gradient through {spec} needs {memory(each)} for each picture, and {memory(MOST_SAVED)} may be taken: "
            f"{instead}."
        )


def saved_bytes(spec: ArchSpec) -> int:
    """What autograd keeps of one picture."""
    return analyse(spec).totals.saved_bytes
