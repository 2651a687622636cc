"""One map over the very pixels that the network saw: the further from zero, the more of its colour."""

import io
from typing import TYPE_CHECKING

from .scale import coloured

if TYPE_CHECKING:
    from .scale import Pixels, Values

SHOWN = 448
"""Pixels of the longer side of what is drawn, at least; larger pictures keep their size up to twice as much."""
FAINTEST, STRONGEST = 0.1, 0.85
"""The share of the map's colour at zero, and at the most."""


def shown_size(pixels: "Pixels") -> tuple[int, int]:
    """The height and width at which a picture is drawn."""
    height, width = pixels.shape[:2]
    longer = max(height, width)
    if longer > 2 * SHOWN:
        return max(1, height * 2 * SHOWN // longer), max(1, width * 2 * SHOWN // longer)
    times = -(-SHOWN // longer)
    return height * times, width * times


def enlarged(pixels: "Pixels") -> "Pixels":
    """The pixels at the size at which they are drawn, each a square; of very many, their means."""
    import numpy as np
    from PIL import Image

    height, width = shown_size(pixels)
    if height % pixels.shape[0] == 0 and width % pixels.shape[1] == 0:
        return pixels.repeat(height // pixels.shape[0], 0).repeat(width // pixels.shape[1], 1)
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))


def overlay(pixels: "Pixels", values: "Values") -> "Pixels":
    """A map, height × width, spread bilinearly over the picture; its largest value is the end of its scale."""
    import numpy as np
    from PIL import Image

    ground = enlarged(pixels)
    height, width = ground.shape[:2]
    clean = np.nan_to_num(values.astype(np.float32))
    spread = np.asarray(Image.fromarray(clean).resize((width, height), Image.Resampling.BILINEAR))
    end = float(np.abs(clean).max(initial=0.0))
    far = np.clip(np.abs(spread) / end, 0, 1) if end > 0 else np.zeros_like(spread)
    share = np.rint(255 * (FAINTEST + (STRONGEST - FAINTEST) * far)).astype(np.uint8)
    colour = Image.fromarray(coloured(spread, end))
    return np.asarray(Image.composite(colour, Image.fromarray(ground), Image.fromarray(share)))


def png(pixels: "Pixels") -> bytes:
    """Pixels as a file."""
    return _file(pixels, "PNG", compress_level=3)


def jpeg(pixels: "Pixels") -> bytes:
    """Pixels as a file that is smaller and sooner made, and nearly the same."""
    return _file(pixels, "JPEG", quality=92, subsampling=0)


def _file(pixels: "Pixels", kind: str, **how: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **how)
    return file.getvalue()
