"""Frames of a video: decoded no finer than needed, and the part of them that a network sees."""

import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from resnet_core.frames import (
    HEADER,
    MOST_BYTES,
    MOST_SIDE,
    FrameError,
    Part,
    decode_frame,
    jpeg_of,
    number_of,
    seen_part,
    sent_side,
)
from resnet_core.pictures import PictureError, decode
from resnet_core.preprocessing import Preprocessing, prepare

HALVES = (0.5, 0.5, 0.5)
CIFAR = Preprocessing((32, 32), HALVES, HALVES)
OBLONG = Preprocessing((32, 64), HALVES, HALVES)
IMAGENET = Preprocessing((224, 224), HALVES, HALVES, resize=256)


def gradient(width: int, height: int, **options: object) -> bytes:
    """A JPEG in which red grows to the right and green downwards."""
    rows, columns = np.mgrid[0:height, 0:width]
    pixels = np.stack([255 * columns / (width - 1), 255 * rows / (height - 1), 0 * rows], -1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, subsampling=0, **options)
    return buffer.getvalue()


def test_a_number_of_four_bytes_stands_in_front() -> None:
    message = b"\x00\x00\x01\x02jpeg"
    assert (number_of(message), jpeg_of(message)) == (258, b"jpeg")
    with pytest.raises(FrameError):
        number_of(message[:HEADER])


def test_a_frame_that_is_too_large_is_refused_before_it_is_copied() -> None:
    assert len(jpeg_of(bytes(HEADER + MOST_BYTES))) == MOST_BYTES
    message = bytes(HEADER + MOST_BYTES + 1)
    tracemalloc.start()
    try:
        with pytest.raises(FrameError, match="larger than the 2 MB"):
            jpeg_of(message)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("preprocessing", "decoded"), [(CIFAR, (80, 60)), (IMAGENET, (640, 480)), (CIFAR.at((16, 16)), (80, 60))]
)
def test_a_frame_is_decoded_no_finer_than_twice_what_is_needed(
    preprocessing: Preprocessing, decoded: tuple[int, int]
) -> None:
    picture = decode_frame(gradient(640, 480), preprocessing)
    assert picture.size == (640, 480)
    assert min(picture.image.size) >= min(480, preprocessing.size[0])
    if preprocessing is IMAGENET:
        assert picture.image.size == decoded


@pytest.mark.parametrize("preprocessing", [CIFAR, OBLONG, IMAGENET])
def test_the_network_sees_of_a_frame_what_it_sees_of_the_same_picture(preprocessing: Preprocessing) -> None:
    data = gradient(640, 480)
    seen = prepare(decode_frame(data, preprocessing), preprocessing).pixels.astype(int)
    whole = prepare(decode(data), preprocessing).pixels.astype(int)
    assert np.abs(seen - whole).max() <= 6


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (100, 100), (1000, 100)])
@pytest.mark.parametrize("preprocessing", [CIFAR, OBLONG, IMAGENET])
def test_the_seen_part_is_where_the_pixels_come_from(preprocessing: Preprocessing, size: tuple[int, int]) -> None:
    part = seen_part(size, preprocessing)
    pixels = prepare(decode(gradient(*size)), preprocessing).pixels.astype(float) / 255
    middle_row, middle_column = pixels[pixels.shape[0] // 2], pixels[:, pixels.shape[1] // 2]
    near = pytest.approx
    assert middle_row[0, 0] == near(part.left + part.width / len(middle_row) / 2, abs=0.02)
    assert middle_row[-1, 0] == near(part.left + part.width - part.width / len(middle_row) / 2, abs=0.02)
    assert middle_column[0, 1] == near(part.top + part.height / len(middle_column) / 2, abs=0.02)
    assert middle_column[-1, 1] == near(part.top + part.height - part.height / len(middle_column) / 2, abs=0.02)


def test_a_square_is_seen_whole_without_a_margin() -> None:
    assert seen_part((50, 50), CIFAR) == Part(0, 0, 1, 1)


def test_frames_are_worth_sending_between_two_bounds() -> None:
    assert [sent_side(CIFAR), sent_side(IMAGENET), sent_side(IMAGENET.at((2048, 2048)))] == [96, 256, MOST_SIDE]


def test_a_jpeg_of_very_many_scans_is_refused() -> None:
    data = gradient(64, 48, progressive=True)
    scan = data[data.index(b"\xff\xda") : data.rindex(b"\xff\xd9")]
    with pytest.raises(PictureError, match="too many scans"):
        decode_frame(data[: data.rindex(b"\xff\xd9")] + 64 * scan + b"\xff\xd9", CIFAR)
