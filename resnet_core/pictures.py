"""The bytes of a file -> an upright RGB picture, or one sentence that says why not."""

import io
import logging
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .refusal import Refusal

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MOST_BYTES = 10 * 2**20
MOST_PIXELS = 25_000_000
MOST_JPEG_PIXELS = 80_000_000
"""A JPEG of one scan is decoded strip by strip at half its size, so this many take no more memory than MOST_PIXELS."""
MOST_JPEG_SCANS = 64
"""Ordinary progressive files have about ten; each scan walks the whole picture again, so thousands take minutes."""

# ITU-T T.81, table B.1, without what has no segment behind it: stuffed zeros, restarts and the reserved markers
_MARKER = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
_END_OF_IMAGE, _START_OF_SCAN = b"\xd9", b"\xda"
_START = 2  # the marker that every JPEG begins with
_ORIENTATION = 0x0112  # EXIF 2.3, section 4.6.4
_SIDEWAYS = (5, 6, 7, 8)
_log = logging.getLogger(__name__)


class PictureError(Refusal):
    """A file that cannot be used as a picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An upright RGB picture. `size` is the file's width and height, upright; `notes` tell its owner what was done."""

    image: "Image.Image"
    size: tuple[int, int]
    format: str
    notes: tuple[str, ...]
    milliseconds: float


def decode(data: bytes) -> Picture:
    """The picture in the bytes of a file. Raises PictureError, and nothing else, for bytes that hold none."""
    from PIL import Image

    Image.preinit()  # loading the readers is no part of this picture's time
    start = time.perf_counter()
    try:
        image, size, kind, notes = _decoded(data)
    except PictureError as refused:
        _log.warning("Refused a picture of %d bytes: %s Cause: %r", len(data), refused, refused.__cause__)
        raise
    return Picture(image, size, kind, tuple(notes), (time.perf_counter() - start) * 1e3)


def _decoded(data: bytes) -> tuple["Image.Image", tuple[int, int], str, list[str]]:
    if not data:
        raise PictureError("The file is empty: choose another one.")
    if len(data) > MOST_BYTES:
        raise PictureError(
            f"The file is larger than the {MOST_BYTES / 2**20:.0f} MB that can be read: save the picture smaller."
        )
    image = opened(data)
    kind = "JPEG" if image.format == "MPO" else image.format or ""  # MPO: a JPEG with more JPEGs behind it
    width, height = image.size
    notes = _fitted(image, kind, data)
    orientation = _orientation(image)
    try:
        if kind != "JPEG" and getattr(image, "is_animated", False):
            notes.append("The animation's first frame was taken.")
        image = _upright(_rgb(image, notes), orientation, notes)
    except Exception as error:  # Pillow's decoders raise whatever broken bytes lead them to
        raise PictureError("The picture is damaged or cut off: choose another file, or save it again.") from error
    return image, (height, width) if orientation in _SIDEWAYS else (width, height), kind, notes


def opened(data: bytes) -> "Image.Image":
    """The picture with its header read and nothing decoded. Raises PictureError."""
    from PIL import Image

    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(_too_large("The picture", MOST_PIXELS)) from error
    except Exception as error:  # as above, for headers
        raise PictureError(
            "This is not a JPEG, PNG, WebP, GIF or BMP picture, or it is damaged: choose another file."
        ) from error


def _fitted(image: "Image.Image", kind: str, data: bytes) -> list[str]:
    """Refuse more pixels than may be decoded; set a big JPEG to be decoded at half its size, and say so."""
    width, height = image.size
    most = MOST_JPEG_PIXELS if kind == "JPEG" and not image.info.get("progressive") else MOST_PIXELS
    if width * height > most:
        raise PictureError(_too_large(f"The picture of {width:,} × {height:,} pixels", most))
    if kind == "JPEG":
        check_scans(data)
    if width * height <= MOST_PIXELS:
        return []
    image.draft(None, (width // 2, height // 2))
    return [f"The picture of {width * height / 1e6:.0f} megapixels was read at half its width and height."]


def check_scans(data: bytes) -> None:
    """Raises PictureError for a JPEG that would be walked through too often."""
    if _scans(data) > MOST_JPEG_SCANS:
        raise PictureError("The picture is a JPEG of too many scans: save it again as an ordinary one.")


def _scans(data: bytes) -> int:
    """The scans of a JPEG file's first picture. What telephones put behind its end, films too, is not looked at."""
    scans, place = 0, _START
    while (found := _MARKER.search(data, place)) and found[1] != _END_OF_IMAGE:
        scans += found[1] == _START_OF_SCAN
        place = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return scans


def _too_large(subject: str, most: int) -> str:
    return f"{subject} is larger than the {most / 1e6:.0f} megapixels that can be read: save it smaller."


def _rgb(image: "Image.Image", notes: list[str]) -> "Image.Image":
    """The decoded picture in RGB: 16 bits scaled to 8, transparency over white."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        notes.append("Its 16 bits a pixel were scaled to 8.")
        return _scaled(image).convert("RGB")
    if image.mode == "CMYK":
        notes.append("Its printing colours (CMYK) were turned into RGB without a colour profile.")
    if not image.has_transparency_data:
        return image.convert("RGB")
    notes.append("Its transparent parts were put on white.")
    layer = image.convert("RGBA")
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _scaled(image: "Image.Image") -> "Image.Image":
    """16-bit grey to 8-bit grey. Pillow's own conversion clips, so that all but the darkest becomes white."""
    import numpy as np
    from PIL import Image

    values = np.asarray(image)
    table = np.rint(np.arange(2**16) / 257).astype(np.uint8)
    if (transparent := image.info.get("transparency")) is not None:
        table[transparent] = 255
    return Image.fromarray(table[values])


def _orientation(image: "Image.Image") -> int:
    """How the camera was held, 1 to 8 as EXIF counts; 1, upright, where that cannot be read."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception as error:  # damaged EXIF data must not cost its owner the picture
        _log.info("Ignored EXIF data: %r", error)
        return 1


def _upright(image: "Image.Image", orientation: int, notes: list[str]) -> "Image.Image":
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    if orientation not in turns:
        return image
    notes.append("The picture was turned upright, as its EXIF data says.")
    return image.transpose(turns[orientation])
