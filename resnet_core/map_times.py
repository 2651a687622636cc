"""What was measured of a network -> what the network map says of it."""

from typing import TYPE_CHECKING, Any

from . import units

if TYPE_CHECKING:
    from .op_times import OpTimes

TIME = "measured time"
"""The name of this measure, in the map and in links."""
UNIT = 1e-4
"""Milliseconds of which a time is a whole number, at least one: no device's clock is finer."""


def map_times(found: "OpTimes") -> dict[str, Any]:
    """The time of every op in units of `UNIT`, in the order of the rows, and a line on what was measured and how."""
    height, width = found.spec.size
    return {
        "net": str(found.spec),
        "ops": [max(round(op / UNIT), 1) for op in found.ops],
        "unit": UNIT,
        "said": (
            f"measured here: {len(found.ops)} ops take {units.milliseconds(found.sum)}, one pass that is not measured "
            f"op by op {units.milliseconds(found.whole)}; medians of {found.passes} passes, 1 picture of "
            f"{height}×{width}, float32, random weights, {found.device}"
        ),
    }


def measuring(done: float) -> str:
    """How far a measurement is."""
    return f"measuring the time of every op on this machine: {units.percent(done) if done else 'loading the network'}"
