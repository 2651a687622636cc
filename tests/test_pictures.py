"""Uploads: every sound picture becomes upright RGB, everything else one sentence, and nothing else happens."""

import io
import logging
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from resnet_core.pictures import FORMATS, MOST_BYTES, MOST_JPEG_SCANS, Picture, PictureError, decode

SAMPLES = Path(__file__).parents[1] / "assets" / "samples"
CAT = (SAMPLES / "chelsea.jpg").read_bytes()
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG put together by hand, from the PNG specification: for what Pillow does not write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def colours(picture: Picture) -> np.ndarray:
    assert picture.image.mode == "RGB"
    return np.asarray(picture.image).astype(int)


def quarters(*four: object) -> Image.Image:
    """A 64×48 picture of four colours: left above, right above, left below, right below."""
    image = Image.new("RGB", (64, 48))
    for n, colour in enumerate(four):
        image.paste(colour, (n % 2 * 32, n // 2 * 24, n % 2 * 32 + 32, n // 2 * 24 + 24))  # type: ignore[arg-type]
    return image


# --- what is taken


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_of_every_format_is_taken_as_it_is(kind: str) -> None:
    image = quarters(RED, GREEN, BLUE, WHITE)
    picture = decode(saved(image, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert (picture.size, picture.format, picture.notes) == ((64, 48), kind, ())
    assert picture.milliseconds > 0
    loss = 4 if kind == "JPEG" else 0
    assert np.abs(colours(picture) - np.asarray(image).astype(int))[8:16, 8:24].max() <= loss


@pytest.mark.parametrize("kind", FORMATS)
def test_one_pixel_is_a_picture(kind: str) -> None:
    picture = decode(saved(Image.new("RGB", (1, 1), WHITE), kind))
    assert picture.size == (1, 1)
    assert colours(picture).min() >= 254


def test_printing_colours_become_rgb() -> None:
    picture = decode(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95))  # magenta and yellow
    red, green, blue = colours(picture)[4, 4]
    assert red > 245
    assert max(green, blue) < 12
    assert picture.notes == ("Its printing colours (CMYK) were turned into RGB without a colour profile.",)


def test_16_bit_grey_is_scaled_and_not_clipped_to_white() -> None:
    values = np.arange(2**16, dtype=np.uint16).reshape(256, 256)
    picture = decode(saved(Image.fromarray(values), "PNG"))
    grey = colours(picture)[..., 0]
    assert np.abs(grey - values / 65535 * 255).max() <= 0.5
    assert picture.notes == ("Its 16 bits a pixel were scaled to 8.",)


def test_16_bit_grey_with_a_transparent_value_has_white_there() -> None:
    rows = b"".join(b"\0" + struct.pack(">4H", 0, 20_000, 40_000, 20_000) for _ in range(2))
    picture = decode(png(4, 2, 16, 0, rows, (b"tRNS", struct.pack(">H", 20_000))))
    assert colours(picture)[0, :, 0].tolist() == [0, 255, round(40_000 / 257), 255]


def test_16_bit_colour_is_scaled_too() -> None:
    rows = b"".join(b"\0" + struct.pack(">HHH", 0, 32_896, 65_535) * 2 for _ in range(2))
    assert colours(decode(png(2, 2, 16, 2, rows)))[0, 0].tolist() == [0, 128, 255]


def test_a_palette_with_transparency_is_put_on_white() -> None:
    image = Image.new("P", (4, 1))
    image.putpalette([*RED, *GREEN, *BLUE])
    image.putdata([0, 1, 2, 1])
    picture = decode(saved(image, "PNG", transparency=1))
    assert colours(picture)[0].tolist() == [list(RED), list(WHITE), list(BLUE), list(WHITE)]
    assert picture.notes == ("Its transparent parts were put on white.",)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_half_transparent_black_on_white_is_grey(mode: str) -> None:
    black = Image.new(mode, (2, 2), (0, 128) if mode == "LA" else (0, 0, 0, 128))
    assert colours(decode(saved(black, "PNG")))[0, 0].tolist() == [127, 127, 127]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, GREEN, BLUE)]
    picture = decode(saved(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert colours(picture)[8, 8].tolist() == pytest.approx(RED, abs=4)
    assert picture.notes == ("The animation's first frame was taken.",)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_held_any_way_is_turned_upright(orientation: int) -> None:
    upright = quarters(RED, GREEN, BLUE, WHITE)
    # what a camera stores: the reverse of the turn that EXIF 2.3 asks of the viewer
    stored = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.rotate(180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.rotate(90, expand=True),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.rotate(-90, expand=True),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode(saved(stored, "JPEG", exif=exif, quality=95))
    assert picture.size == picture.image.size == (64, 48)
    for row, column, colour in ((8, 8, RED), (8, 56, GREEN), (40, 8, BLUE), (40, 56, WHITE)):
        assert colours(picture)[row, column].tolist() == pytest.approx(colour, abs=6)
    assert bool(picture.notes) == (orientation != 1)


def test_unreadable_exif_data_does_not_cost_its_owner_the_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(Image.open(io.BytesIO(CAT)), "PNG", exif=exif.tobytes()[:-12])
    assert decode(data).size == (451, 300)


def test_a_picture_behind_a_picture_is_no_animation() -> None:
    data = saved(quarters(RED, RED, RED, RED), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48), BLUE)])
    picture = decode(data)
    assert (picture.format, picture.notes) == ("JPEG", ())
    assert colours(picture)[8, 8].tolist() == pytest.approx(RED, abs=4)


# --- what is refused


def refused(data: bytes) -> str:
    with pytest.raises(PictureError) as caught:
        decode(data)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_an_empty_file_is_refused() -> None:
    assert refused(b"") == "The file is empty: choose another one."


@pytest.mark.parametrize("data", [b"no picture at all", b"\x89PNG but not really", b"<svg/>", b"%PDF-1.7", b"\0" * 999])
def test_text_named_png_is_refused(data: bytes) -> None:
    assert refused(data).startswith("This is not a JPEG, PNG, WebP, GIF or BMP picture")


def test_formats_with_a_history_of_holes_are_not_even_tried() -> None:
    for kind in ("TIFF", "PPM", "ICO", "TGA"):
        assert refused(saved(quarters(RED, GREEN, BLUE, WHITE), kind)).startswith("This is not a")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_jpeg_is_refused(share: float) -> None:
    assert "damaged" in refused(CAT[: int(share * len(CAT))])


def test_eleven_megabytes_are_refused() -> None:
    assert (
        refused(CAT + bytes(11 * 2**20 - len(CAT)))
        == "The file is larger than the 10 MB that can be read: save the picture smaller."
    )
    assert decode(CAT + bytes(MOST_BYTES - len(CAT))).size == (451, 300)


def test_a_refusal_is_logged_with_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="resnet_core"):
        refused(CAT[:5000])
    assert "5000 bytes" in caplog.text
    assert "OSError" in caplog.text


MEGABYTES_OF = """
import re, sys
from pathlib import Path
from resnet_core.pictures import PictureError, decode

def most() -> int:
    # not getrusage, whose maximum begins with that of the process that started this one
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024

data = sys.stdin.buffer.read()
before = most()
try:
    picture = decode(data)
    print(*picture.image.size, *picture.notes, sep="|")
except PictureError as refused:
    print(refused)
print(most() - before)
"""
needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux alone tells a process's memory")


def in_a_fresh_process(data: bytes) -> tuple[str, int]:
    """What decoding says, and the megabytes it took."""
    done = subprocess.run([sys.executable, "-c", MEGABYTES_OF], input=data, capture_output=True, check=True)
    said, megabytes = done.stdout.decode().splitlines()
    return said, int(megabytes)


@needs_proc
def test_a_png_bomb_is_refused_before_it_is_unpacked() -> None:
    said, megabytes = in_a_fresh_process(png(50_000, 50_000, 8, 2, bytes(1000)))
    assert said == "The picture is larger than the 25 megapixels that can be read: save it smaller."
    assert megabytes < 30


@needs_proc
def test_a_photograph_of_60_megapixels_is_read_at_half_its_size_in_bounded_memory() -> None:
    data = saved(Image.open(io.BytesIO(CAT)).resize((9000, 6667)), "JPEG", quality=40)
    said, megabytes = in_a_fresh_process(data)
    assert said == "4500|3334|The picture of 60 megapixels was read at half its width and height."
    assert megabytes < 180  # at full size the pixels alone take 172, and a second copy as much


def test_its_size_is_told_as_it_is_in_the_file() -> None:
    data = saved(Image.new("L", (6000, 5001)), "JPEG")
    assert decode(data).size == (6000, 5001)


@pytest.mark.parametrize(
    ("kind", "options", "megapixels"),
    [("PNG", {}, 25), ("JPEG", {"progressive": True}, 25), ("WEBP", {"quality": 1, "method": 0}, 25), ("JPEG", {}, 80)],
)
def test_more_megapixels_than_fit_in_memory_are_refused(kind: str, options: dict[str, object], megapixels: int) -> None:
    side = int((megapixels * 1e6) ** 0.5)
    assert refused(saved(Image.new("L", (side + 9, side)), kind, **options)) == (
        f"The picture of {side + 9:,} × {side:,} pixels is larger than the {megapixels} megapixels that can be read: "
        "save it smaller."
    )


def test_a_jpeg_of_thousands_of_scans_is_refused_before_it_costs_minutes() -> None:
    data = saved(Image.new("RGB", (5000, 5000), GREEN), "JPEG", progressive=True)
    last_scan = data[data.rfind(b"\xff\xda") : -2]
    bomb = data[:-2] + last_scan * 5000 + data[-2:]
    assert "too many scans" in refused(bomb)
    assert "too many scans" in refused(bomb + FILM)


FILM = np.random.default_rng(0).bytes(5 * 2**20)


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_a_photograph_with_a_film_behind_it_is_taken(options: dict[str, bool]) -> None:
    """As telephones save them: the bytes of the film say "scan" by chance some eighty times."""
    data = saved(Image.open(io.BytesIO(CAT)), "JPEG", **options)
    assert FILM.count(b"\xff\xda") > MOST_JPEG_SCANS
    assert np.array_equal(colours(decode(data + FILM)), colours(decode(data)))


# --- whatever the bytes


def survives(data: bytes) -> None:
    try:
        picture = decode(data)
    except PictureError:
        return
    assert picture.image.mode == "RGB"


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_the_sentence(data: bytes) -> None:
    survives(data)


def seeds() -> dict[str, bytes]:
    small = Image.open(io.BytesIO(CAT)).resize((24, 18))
    palette = small.convert("P")
    grey = Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8) * 999)
    exif = Image.Exif()
    exif[0x0112] = 6
    return {
        "jpeg": saved(small, "JPEG", exif=exif),
        "progressive": saved(small, "JPEG", progressive=True),
        "cmyk": saved(small.convert("CMYK"), "JPEG"),
        "png": saved(small, "PNG", exif=exif),
        "palette": saved(palette, "PNG", transparency=3),
        "grey": saved(grey, "PNG"),
        "gif": saved(palette, "GIF", save_all=True, append_images=[palette.rotate(90)]),
        "webp": saved(small, "WEBP", exif=exif),
        "lossless": saved(small.convert("RGBA"), "WEBP", lossless=True),
        "bmp": saved(small, "BMP"),
    }


@pytest.mark.parametrize("seed", seeds().values(), ids=seeds())
@settings(max_examples=150)
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12), end=st.floats(0, 2))
def test_damaged_files_raise_nothing_but_the_sentence(
    seed: bytes, changes: list[tuple[float, int]], end: float
) -> None:
    data = bytearray(seed)
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    survives(bytes(data[: int(end * len(data)) + 1]))


def test_the_same_holds_when_warnings_are_errors_and_when_they_are_not() -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from test_pictures import seeds, survives\n"
        "for data in seeds().values():\n"
        "    for n in range(0, len(data), 7):\n"
        "        survives(data[:n] + bytes([data[n] ^ 0xFF]) + data[n + 1 :])\n"
    )
    for strictness in ("error", "ignore"):
        subprocess.run([sys.executable, "-W", strictness, "-c", script], check=True, capture_output=True)
