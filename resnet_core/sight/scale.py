"""Numbers as colours: zero is dark, what is above shines orange, what is below blue; brighter is further from zero.

The two hues are the project's pair for the residual path and the identity, which a colour-blind eye tells apart, and
brightness alone says how far. The scale stands for itself on a light page as on a dark one.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray[Any, np.dtype[np.float32]]
    Pixels = np.ndarray[Any, np.dtype[np.uint8]]

ZERO = (16, 20, 26)
ABOVE = ((0x7A, 0x35, 0x00), (0xD5, 0x5E, 0x00), (0xF5, 0xA6, 0x4B), (0xFF, 0xF1, 0xDC))
BELOW = ((0x00, 0x3E, 0x61), (0x00, 0x72, 0xB2), (0x56, 0xB4, 0xE9), (0xDF, 0xF2, 0xFF))
"""A quarter, half, three quarters and all of the way from zero to the most."""
LEVELS = 127
GAP = 255
"""The index that stands for no value."""
MIDDLE = 127


def indices(values: "Values", most: float) -> "Pixels":
    """Values as places in `palette`: 0 is −most, 127 zero, 254 most. What lies beyond is clipped; NaN is zero."""
    import numpy as np

    scaled = np.nan_to_num(values / most, nan=0.0, posinf=1.0, neginf=-1.0) if most > 0 else np.zeros_like(values)
    clipped: Pixels = (np.rint(np.clip(scaled, -1, 1) * LEVELS) + MIDDLE).astype(np.uint8)
    return clipped


@cache
def palette() -> "Pixels":
    """256 colours in red, green and blue; the last is that of gaps, which are transparent. It cannot be written to."""
    import numpy as np

    colours = np.zeros((256, 3), np.uint8)
    way = np.abs(np.arange(255) - MIDDLE) / LEVELS
    for side, stops in ((np.arange(255) >= MIDDLE, ABOVE), (np.arange(255) < MIDDLE, BELOW)):
        for channel in range(3):
            known = [ZERO[channel], *(stop[channel] for stop in stops)]
            colours[:255, channel][side] = np.rint(np.interp(way[side], np.linspace(0, 1, len(known)), known))
    colours.setflags(write=False)
    return colours


def coloured(values: "Values", most: float) -> "Pixels":
    """Values as pixels, rows of red, green and blue."""
    return palette()[indices(values, most)]


def css(signed: bool) -> str:
    """The scale as a gradient of CSS, from −most or from zero to the most."""
    below = tuple(reversed(BELOW)) if signed else ()
    return f"linear-gradient(to right, {', '.join(f'rgb{colour}' for colour in (*below, ZERO, *ABOVE))})"
