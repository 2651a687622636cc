"""How much memory the gradient of an experiment may take."""

from ..rows import totals
from ..spec import ArchSpec
from ..units import memory
from .lab import SettingError, Settings


def checked(spec: ArchSpec, settings: Settings) -> None:
    """Raises SettingError where a gradient of so many pictures needs more memory than it may take: half of what a
    batch may, for weighed and parted paths keep some besides, and whoever waits for an answer waits for the step."""
    from ..engine import MOST_BYTES  # imports torch

    may, each = MOST_BYTES // 2, totals(spec).saved_bytes
    pictures = 1 if settings.picture else settings.pictures
    if pictures * each > may:
        most = may // each
        instead = f"take {most} pictures or fewer" if most else "choose a smaller input size"
        raise SettingError(
            f"A gradient through {spec} needs {memory(each)} for each picture, and {memory(may)} may be taken: "
            f"{instead}."
        )
