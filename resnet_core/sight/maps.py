"""The channels of a tensor as one picture: the most energetic first, every cell a square of pixels."""

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .. import units
from .scale import GAP, indices, palette

if TYPE_CHECKING:
    from .scale import Pixels, Values

Scale = Literal["per channel", "common"]
SCALES: tuple[Scale, ...] = ("per channel", "common")
"""Whether the brightest place of each channel is as bright as can be, or that of them all."""
MOST_CHANNELS = 256
SIDE = 1152
"""Pixels of a grid's width and height, at most."""
LARGEST_TILE = 160
LARGEST_MAP = SIDE // 4
SPACE = 2


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Channels side by side. `indices` are rows of places in the palette of `scale`.

    `channels` are those of the tiles, row by row; `of` is how many the tensor has; `tile` the height and width of
    one in pixels, `step` from one to the next; `most` is the value at the end of the common scale, and `skipped`
    every which cell of a large map is drawn.
    """

    indices: "Pixels"
    channels: tuple[int, ...]
    of: int
    columns: int
    tile: tuple[int, int]
    most: float
    signed: bool
    skipped: int = 1

    @property
    def step(self) -> tuple[int, int]:
        """Pixels from tile to tile, down and across."""
        return self.tile[0] + SPACE, self.tile[1] + SPACE

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = self.indices.shape
        return height, width

    def channel_at(self, x: float, y: float) -> int | None:
        """The channel whose tile holds a pixel; None between tiles and behind the last."""
        (row, below), (column, right) = divmod(y, self.step[0]), divmod(x, self.step[1])
        place = int(row) * self.columns + int(column)
        inside = 0 <= column < self.columns and below < self.tile[0] and right < self.tile[1]
        return self.channels[place] if inside and 0 <= place < len(self.channels) else None

    def box(self, channel: int) -> tuple[int, int, int, int] | None:
        """Left, top, width and height of a channel's tile in pixels; None where it is not shown."""
        if channel not in self.channels:
            return None
        row, column = divmod(self.channels.index(channel), self.columns)
        return column * self.step[1], row * self.step[0], self.tile[1], self.tile[0]

    def png(self) -> bytes:
        """As a file, transparent between the tiles."""
        from PIL import Image

        image = Image.fromarray(self.indices, "P")
        image.putpalette(palette().tobytes())
        file = io.BytesIO()
        image.save(file, "PNG", transparency=GAP)
        return file.getvalue()

    @property
    def sentence(self) -> str:
        """How many are shown, and in which order."""
        shown = len(self.channels)
        if shown == 1 == self.of:
            return "Its only channel."
        which = (
            f"All {units.exact(shown)} channels, the most energetic first."
            if shown == self.of
            else f"The {units.exact(shown)} most energetic of {units.exact(self.of)} channels."
        )
        return which if self.skipped == 1 else f"{which} Every {self.skipped}th cell is drawn."


def as_maps(tensor: "Values") -> "Values":
    """Channels × height × width; the features of a vector as channels of one cell."""
    return tensor if tensor.ndim == 3 else tensor.reshape(-1, 1, 1)


def energy(tensor: "Values") -> "Values":
    """The mean square of each channel."""
    import numpy as np

    values: Values = np.square(as_maps(tensor), dtype=np.float64).mean((1, 2))
    return values


def strongest(tensor: "Values") -> tuple[int, ...]:
    """All channels, by falling energy; of like ones the first first."""
    import numpy as np

    return tuple(np.argsort(-energy(tensor), kind="stable").tolist())


def grid(
    tensor: "Values",
    scale: Scale = "per channel",
    *,
    channels: tuple[int, ...] | None = None,
    most: float | None = None,
    most_channels: int = MOST_CHANNELS,
    side: int = SIDE,
) -> Grid:
    """The grid of a tensor. `channels` in place of the most energetic; `most` in place of the end of the scale."""
    import numpy as np

    maps = as_maps(tensor)
    skipped = max(1, -(-max(maps.shape[1:]) // LARGEST_MAP))
    maps = maps[:, ::skipped, ::skipped]
    height, width = maps.shape[1:]
    fitting = max(1, side // (width + SPACE)) * max(1, side // (height + SPACE))
    shown = (strongest(tensor) if channels is None else channels)[: min(most_channels, fitting)]
    columns = min(len(shown), max(1, round(math.sqrt(len(shown) * height / width))), max(1, side // (width + SPACE)))
    rows = -(-len(shown) // columns)
    if rows * (height + SPACE) > side + SPACE:  # an oblong map: fewer rows of more tiles
        rows = max(1, side // (height + SPACE))
        columns = -(-len(shown) // rows)
    times = max(1, min((side // columns - SPACE) // width, (side // rows - SPACE) // height, LARGEST_TILE // width))
    chosen = maps[list(shown)]
    limit = float(np.nanmax(np.abs(chosen), initial=0.0)) if most is None else most
    limits = np.nanmax(np.abs(chosen), axis=(1, 2)) if scale == "per channel" else [limit] * len(shown)
    tile = (height * times, width * times)
    pixels = np.full((rows * (tile[0] + SPACE) - SPACE, columns * (tile[1] + SPACE) - SPACE), GAP, np.uint8)
    for place, (values, end) in enumerate(zip(chosen, limits, strict=True)):
        row, column = divmod(place, columns)
        top, left = row * (tile[0] + SPACE), column * (tile[1] + SPACE)
        block = indices(values, float(end)).repeat(times, 0).repeat(times, 1)
        pixels[top : top + tile[0], left : left + tile[1]] = block
    return Grid(pixels, shown, len(maps), columns, tile, limit, bool((maps < 0).any()), skipped)
