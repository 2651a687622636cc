"""Where a detector's anchors stand: one centre for each cell of a level, drawn over the picture.

Lin et al. 2017, arXiv:1612.03144, section 4.1. A centre stands in the middle of the pixels that its cell has to
itself; torchvision's detectors put it at their first pixel, half a stride further up and left.
"""

from typing import TYPE_CHECKING

from .overlay import enlarged
from .pyramid import ANCHOR_RATIOS, Level

if TYPE_CHECKING:
    from .scale import Pixels

DOT = (0xD5, 0x5E, 0x00)
EDGE = (0x00, 0x72, 0xB2)
HALO = (255, 255, 255)


def centres(level: Level) -> tuple[tuple[float, float], ...]:
    """Rows and columns in pixels of the input, row by row."""
    _, height, width = level.shape
    return tuple(
        ((row + 0.5) * level.stride, (column + 0.5) * level.stride) for row in range(height) for column in range(width)
    )


def anchor_boxes(level: Level, row: float, column: float) -> tuple[tuple[float, float, float, float], ...]:
    """Left, top, right and bottom of the anchors at a centre: equal areas, of all ANCHOR_RATIOS."""
    boxes = []
    for ratio in ANCHOR_RATIOS.values():
        height, width = level.anchor * ratio**0.5, level.anchor / ratio**0.5
        boxes.append((column - width / 2, row - height / 2, column + width / 2, row + height / 2))
    return tuple(boxes)


def anchor_picture(pixels: "Pixels", level: Level) -> "Pixels":
    """The picture with every centre of a level as a dot, and the anchors of the middle one."""
    import numpy as np
    from PIL import Image, ImageDraw

    ground = enlarged(pixels)
    down, across = ground.shape[0] / pixels.shape[0], ground.shape[1] / pixels.shape[1]
    image = Image.fromarray(ground)
    draw = ImageDraw.Draw(image)
    radius = max(0.5, min(4.0, level.stride * min(down, across) / 6))
    for row, column in centres(level):
        y, x = row * down, column * across
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=DOT, outline=HALO if radius > 2 else None)
    _, height, width = level.shape
    middle = centres(level)[height // 2 * width + width // 2]
    for left, top, right, bottom in anchor_boxes(level, *middle):
        box = (left * across, top * down, right * across, bottom * down)
        draw.rectangle(box, outline=HALO, width=5)
        draw.rectangle((box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1), outline=EDGE, width=3)
    return np.asarray(image)
