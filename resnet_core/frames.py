"""Frames of a video: JPEGs with a number in front, decoded no finer than a network needs them."""

import time
from typing import NamedTuple

from .pictures import Picture, PictureError, check_scans, opened
from .preprocessing import Preprocessing

MOST_BYTES = 2 * 2**20
MOST_PIXELS = 4_000_000
HEADER = 4
"""Bytes in front of a JPEG: the frame's number, unsigned, the highest byte first."""
SPARE = 2
"""So many times the needed pixels are decoded, so that resizing has something to average over."""
LEAST_SIDE, MOST_SIDE = 96, 512
"""Of the frames that are sent: below, a JPEG's blocks show; above, they cost more than they bring."""
JPEG = ("JPEG", "MPO")


class FrameError(PictureError):
    """A message that holds no frame."""


class Part(NamedTuple):
    """A part of a picture, in shares of its width and height from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


def number_of(message: bytes) -> int:
    """The number in front of a frame. Raises FrameError."""
    if len(message) <= HEADER:
        raise FrameError("The message is too short for a frame: send its number in four bytes, then a JPEG.")
    return int.from_bytes(message[:HEADER], "big")


def jpeg_of(message: bytes) -> bytes:
    """The JPEG behind the number. Raises FrameError for one that is too large, before it is copied."""
    if len(message) > HEADER + MOST_BYTES:
        raise FrameError(f"The frame is larger than the {MOST_BYTES // 2**20} MB that can be read: send it smaller.")
    return message[HEADER:]


def decode_frame(data: bytes, preprocessing: Preprocessing) -> Picture:
    """The picture in a JPEG, at a half, a quarter or an eighth of its size where that is enough for `preprocessing`.

    Raises PictureError for bytes that hold none. EXIF data is not looked at: a video's frames are upright.
    """
    return decode_to(data, needed_side(preprocessing))


def decode_to(data: bytes, side: int) -> Picture:
    """As `decode_frame`, for a network that needs a shorter side of so many pixels. Raises PictureError."""
    start = time.perf_counter()
    image = opened(data)
    if image.format not in JPEG:
        raise FrameError("A frame must be a JPEG: send it as one.")
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise FrameError(
            f"The frame of {width:,} × {height:,} pixels is larger than the {MOST_PIXELS // 10**6} megapixels "
            "that can be read: send it smaller."
        )
    check_scans(data)
    image.draft(None, (SPARE * side,) * 2)
    try:
        rgb = image.convert("RGB")
    except Exception as error:  # Pillow's decoder raises whatever broken bytes lead it to
        raise FrameError("The frame is damaged or cut off: send the next one.") from error
    return Picture(rgb, (width, height), "JPEG", (), (time.perf_counter() - start) * 1e3)


def needed_side(preprocessing: Preprocessing) -> int:
    """The shorter side of a picture from which nothing is enlarged, in pixels."""
    return preprocessing.resize or max(preprocessing.size)


def sent_side(preprocessing: Preprocessing) -> int:
    """The shorter side at which frames are worth sending, in pixels."""
    return min(max(needed_side(preprocessing), LEAST_SIDE), MOST_SIDE)


def seen_part(size: tuple[int, int], preprocessing: Preprocessing) -> Part:
    """Which part of a picture of `size` (width, height) the network sees, as `prepare` crops it."""
    height, width = preprocessing.size
    resize = preprocessing.resize
    scale = min(size) / resize if resize else min(size[0] / width, size[1] / height)
    shares = tuple(min(1.0, side * scale / whole) for side, whole in zip((width, height), size, strict=True))
    return Part((1 - shares[0]) / 2, (1 - shares[1]) / 2, *shares)
