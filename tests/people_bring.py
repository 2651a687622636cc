"""Files that people bring as pictures: what is refused and in which words, and what is taken and what is said of it."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image
from served import ROOT

CHELSEA = (ROOT / "assets" / "samples" / "chelsea.jpg").read_bytes()
NAMES = ("<img src=x onerror=alert(1)>.png", '"><script>alert(1)</script>.jpg', "a&b.png")
"""Of files, with markup in them."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A file, made when it is asked for; what the page says of it, and how its caption goes on after the name."""

    name: str
    data: Callable[[], bytes]
    said: str
    caption: str = ""


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _bomb() -> bytes:
    """A PNG that declares 50,000 × 50,000 pixels in a hundred bytes."""
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _sideways() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(Image.new("RGB", (64, 48), "red"), "JPEG", exif=exif)


def _animation() -> bytes:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue")]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


def _palette() -> bytes:
    image = Image.new("P", (8, 8))
    image.putpalette([255, 0, 0, 0, 255, 0])
    return saved(image, "PNG", transparency=1)


REFUSED = {
    "empty": Brought("empty.png", bytes, "The file is empty"),
    "text": Brought("text.png", lambda: b"not a picture at all", "This is not a JPEG, PNG, WebP, GIF or BMP picture"),
    "truncated": Brought("cut.jpg", lambda: CHELSEA[:12_000], "damaged or cut off"),
    "bomb": Brought("bomb.png", _bomb, "larger than the 25 megapixels"),
    "11 MB": Brought("big.jpg", lambda: CHELSEA + bytes(11 * 2**20), "larger than the 10 MB"),
}
TAKEN = {
    "60 megapixels": Brought(
        "huge.jpg", lambda: saved(Image.new("L", (9000, 6667)), "JPEG"), "at half its width", "9,000×6,667 JPEG"
    ),
    "CMYK": Brought(
        "print.jpg", lambda: saved(Image.new("CMYK", (40, 30)), "JPEG"), "(CMYK) were turned into RGB", "40×30 JPEG"
    ),
    "16 bits": Brought(
        "deep.png", lambda: saved(Image.new("I;16", (40, 30), 999), "PNG"), "16 bits a pixel were scaled", "40×30 PNG"
    ),
    "palette": Brought("palette.png", _palette, "transparent parts were put on white", "8×8 PNG"),
    "animation": Brought("film.gif", _animation, "first frame was taken", "16×16 GIF"),
    "sideways": Brought("held.jpg", _sideways, "turned upright", "48×64 JPEG"),
    "one pixel": Brought("one.png", lambda: saved(Image.new("RGB", (1, 1)), "PNG"), "", "1×1 PNG"),
}
