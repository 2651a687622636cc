"""What can be painted over a video: one map of a network, as bytes that a browser stretches over the part it saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

from . import tensors
from .backend import Answer, EngineError
from .rows import Analysis
from .shapes import Shape

if TYPE_CHECKING:
    import numpy as np

    from .backend import Array

Paint = Literal["none", "cam", "energy", "channel"]
PAINTS: tuple[Paint, ...] = get_args(Paint)
WORDS: Mapping[str, Paint] = MappingProxyType(
    {"nothing": "none", "Grad-CAM": "cam", "energy": "energy", "one channel": "channel"}
)
MEANING: Mapping[Paint, str] = MappingProxyType(
    {
        "none": "The video as it is.",
        "cam": "Grad-CAM: where the likeliest class has its reasons, as far as this stage shows them.",
        "energy": "Energy: the root mean square over all channels of what this stage puts out.",
        "channel": "One channel of what this stage puts out, from its lowest value to its highest.",
    }
)
MOST_SIDE = 112
"""A larger map is thinned out before it travels: no screen shows more of it over a moving picture."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A tensor to paint: what a stage puts out. `shape` is channels, height, width."""

    tensor: str
    shape: Shape


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A map: 8-bit rows, 0 for `low` and 255 for `high`; a flat map is all 0."""

    low: float
    high: float
    values: "np.ndarray[Any, np.dtype[np.uint8]]"


def layers(analysis: Analysis) -> dict[str, Layer]:
    """What each stage puts out, by the stage's title, as far as it is a map and not a row of features."""
    last = {row.stage: row for row in analysis.rows}  # of several rows the later one stays
    return {
        stage.title: Layer(last[stage.title].block or last[stage.title].name, stage.out_shape)
        for stage in analysis.stages
        if len(stage.out_shape) == 3 and stage.out_shape[1] > 1
    }


def check(analysis: Analysis, paint: Paint, tensor: str, channel: int) -> None:
    """Raises EngineError for what cannot be painted: no such tensor, no map, no such channel."""
    if paint == "none":
        return
    found = tensors.tensor(analysis.spec, tensor)
    if not found.is_map:
        raise EngineError(f"{tensor} puts out features, not maps: choose an earlier layer.")
    if paint == "channel" and channel >= found.shape[0]:
        raise EngineError(f"{tensor} has channels 0 to {found.shape[0] - 1}: choose one of them.")


def asked(paint: Paint, tensor: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The taps and the maps of Grad-CAM that a request needs for it."""
    if paint == "none":
        return (), ()
    return ((), (tensor,)) if paint == "cam" else ((tensor,), ())


def painted(answer: Answer, paint: Paint, tensor: str, channel: int) -> Painted | None:
    """The map that was asked for and checked; Grad-CAM begins at 0."""
    import numpy as np

    match paint:
        case "none":
            return None
        case "cam":
            return _scaled(answer.cams[tensor], from_zero=True)
        case "energy":
            return _scaled(np.sqrt(np.mean(np.square(answer.taps[tensor]), axis=0)))
        case "channel":
            return _scaled(answer.taps[tensor][channel])


def _scaled(values: "Array", from_zero: bool = False) -> Painted:
    import numpy as np

    step = -(-max(values.shape) // MOST_SIDE)
    values = np.nan_to_num(values[::step, ::step])
    low, high = 0.0 if from_zero else float(values.min()), float(values.max())
    span = high - low
    scaled = np.rint((values - low) * (255 / span)) if span > 0 else np.zeros_like(values)
    return Painted(low, high, scaled.astype(np.uint8))
