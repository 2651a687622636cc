"""Maps as pictures: what is bright, where each channel stands, and what a click on it means. By hand."""

import io

import numpy as np
import pytest
from PIL import Image

from resnet_core.sight.maps import MOST_CHANNELS, SCALES, SIDE, SPACE, as_maps, energy, grid, strongest
from resnet_core.sight.overlay import SHOWN, enlarged, jpeg, overlay, shown_size
from resnet_core.sight.scale import ABOVE, BELOW, GAP, MIDDLE, ZERO, coloured, indices, palette

THREE = np.array([[[0, 0], [0, 1]], [[2, 2], [2, 2]], [[-4, 0], [0, 0]]], np.float32)
"""Mean squares 1/4, 4 and 4."""


def test_energy_is_the_mean_square_and_like_channels_keep_their_order() -> None:
    assert energy(THREE).tolist() == [0.25, 4, 4]
    assert strongest(THREE) == (1, 2, 0)
    assert strongest(np.array([1, -3, 2], np.float32)) == (1, 2, 0)  # features of a vector


def test_zero_is_dark_and_both_ends_are_bright_in_hues_of_their_own() -> None:
    values = np.array([-2, -1, 0, 1, 2], np.float32)
    assert indices(values, 2).tolist() == [0, 63, MIDDLE, 191, 254]
    colours = coloured(values, 2).tolist()
    assert colours[2] == list(ZERO)
    assert (colours[0], colours[4]) == (list(BELOW[-1]), list(ABOVE[-1]))
    brightness = palette()[:GAP].astype(int).sum(1)
    assert (np.diff(brightness[MIDDLE:]) >= 0).all()
    assert (np.diff(brightness[: MIDDLE + 1]) <= 0).all()


def test_the_projects_pair_stands_half_way() -> None:
    half = coloured(np.array([-1, 1], np.float32), 2)
    assert np.abs(half[0].astype(int) - (0x00, 0x72, 0xB2)).max() <= 1
    assert np.abs(half[1].astype(int) - (0xD5, 0x5E, 0x00)).max() <= 2


def test_values_that_are_no_numbers_or_beyond_the_scale_have_a_colour() -> None:
    values = np.array([np.nan, np.inf, -np.inf, 9], np.float32)
    assert indices(values, 1).tolist() == [MIDDLE, 254, 0, 254]
    assert indices(np.zeros(2, np.float32), 0).tolist() == [MIDDLE, MIDDLE]


def test_each_tile_is_its_channel_and_brightness_is_its_own_or_common() -> None:
    for scale, ends in (("per channel", (254, 0, 254)), ("common", (127 + 64, 0, 127 + 32))):
        assert scale in SCALES
        drawn = grid(THREE, scale)  # type: ignore[arg-type]
        assert drawn.channels == (1, 2, 0)
        for channel, end in zip(drawn.channels, ends, strict=True):
            box = drawn.box(channel)
            assert box
            left, top, wide, high = box
            tile = drawn.indices[top : top + high, left : left + wide]
            corner = tile[0, 0] if channel == 2 else tile[-1, -1]
            assert abs(int(corner) - end) <= 1
            assert len(np.unique(tile[: high // 2, : wide // 2])) == 1  # a cell is a square of one colour
    assert grid(THREE).signed
    assert not grid(THREE[:2]).signed


@pytest.mark.parametrize("shape", [(16, 32, 32), (64, 8, 8), (256, 7, 7), (9, 5, 40), (9, 40, 5), (3, 1, 1), (10,)])
def test_a_click_on_a_tile_is_its_channel_and_between_tiles_none(shape: tuple[int, ...]) -> None:
    tensor = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    drawn = grid(tensor)
    assert len(drawn.channels) == drawn.of == shape[0]
    for channel in drawn.channels:
        box = drawn.box(channel)
        assert box
        left, top, wide, high = box
        for x, y in ((left, top), (left + wide - 0.1, top + high - 0.1), (left + wide / 2, top + high / 2)):
            assert drawn.channel_at(x, y) == channel
        assert drawn.channel_at(left + wide + SPACE / 2, top) is None
        assert drawn.channel_at(left, top + high + SPACE / 2) is None
    assert drawn.channel_at(-1, 0) is None
    assert drawn.channel_at(0, 10_000) is None
    assert drawn.box(shape[0]) is None


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((2048, 7, 7), MOST_CHANNELS),
        ((64, 112, 112), 64),
        ((64, 224, 224), 25),
        ((8, 700, 20), 8),
        ((2, 2000, 2000), 2),
    ],
)
def test_a_large_tensor_keeps_within_the_side_and_says_how_many_are_shown(shape: tuple[int, ...], shown: int) -> None:
    tensor = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    drawn = grid(tensor)
    assert len(drawn.channels) == shown
    assert drawn.channels == strongest(tensor)[:shown]
    assert max(drawn.size) <= SIDE
    assert ("All" if shown == shape[0] else f"The {shown} most energetic of {shape[0]:,}") in drawn.sentence
    image = Image.open(io.BytesIO(drawn.png()))
    assert image.size == drawn.size[::-1]


def test_the_file_is_transparent_between_tiles_only() -> None:
    drawn = grid(THREE)
    pixels = np.asarray(Image.open(io.BytesIO(drawn.png())).convert("RGBA"))
    assert ((pixels[..., 3] == 0) == (drawn.indices == GAP)).all()


def test_chosen_channels_on_a_chosen_scale_are_drawn_as_asked() -> None:
    drawn = grid(THREE, "common", channels=(0, 2), most=8)
    assert (drawn.channels, drawn.most) == ((0, 2), 8)
    box = drawn.box(2)
    assert box
    assert drawn.indices[box[1], box[0]] == MIDDLE - 64  # −4 of 8, half of the way


def test_a_map_lies_over_the_picture_and_leaves_it_where_there_is_nothing() -> None:
    pixels = np.full((32, 32, 3), 200, np.uint8)
    values = np.zeros((2, 2), np.float32)
    values[0, 1] = 5
    drawn = overlay(pixels, values)
    assert drawn.shape[:2] == shown_size(pixels) == (SHOWN, SHOWN)
    left, right = drawn[20, 20].astype(int), drawn[20, -20].astype(int)
    assert np.abs(left - 200).max() < 25
    assert right[0] - right[2] > 20  # towards the warm end
    bare = overlay(pixels, np.zeros((2, 2), np.float32))
    assert len(np.unique(bare.reshape(-1, 3), axis=0)) == 1


def test_a_map_as_a_small_file_is_nearly_the_same() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    drawn = overlay(pixels, np.arange(16, dtype=np.float32).reshape(4, 4))
    small = np.asarray(Image.open(io.BytesIO(jpeg(drawn))), int)
    assert np.abs(small - drawn).mean() < 4


@pytest.mark.parametrize("shape", [(32, 32), (224, 224), (48, 64), (1, 1), (700, 1400), (30, 900), (3000, 2)])
def test_a_picture_of_any_shape_is_drawn_in_its_proportions(shape: tuple[int, int]) -> None:
    pixels = np.zeros((*shape, 3), np.uint8)
    height, width = shown_size(pixels)
    assert enlarged(pixels).shape == (height, width, 3)
    assert SHOWN <= max(height, width) <= 2 * SHOWN
    assert min(height, width) >= 1


def test_a_vector_is_channels_of_one_cell() -> None:
    assert as_maps(np.arange(4, dtype=np.float32)).shape == (4, 1, 1)
