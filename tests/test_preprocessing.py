"""What the net sees: the pixels that torchvision would show it, antialiased, normalised as in training."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from resnet_core.pictures import Picture, decode
from resnet_core.preprocessing import Prepared, Preprocessing, prepare
from resnet_core.samples import samples

CIFAR = Preprocessing(size=(32, 32), mean=(0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616))
IMAGENET = Preprocessing(size=(224, 224), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), resize=256)
CAT = next(sample for sample in samples() if sample.file == "chelsea.jpg")


def shown(image: Image.Image) -> Picture:
    return Picture(image, image.size, "PNG", (), 0.0)


def checkers(width: int, height: int) -> Picture:
    """Black and white by turns, pixel by pixel: grey from afar, noise to a filter that skips pixels."""
    return shown(Image.fromarray(np.indices((height, width)).sum(0).astype(np.uint8) % 2 * 255).convert("RGB"))


def by_torch(picture: Picture, size: tuple[int, int], mode: str = "bilinear") -> np.ndarray:
    """Torch's own antialiased resizing of 8-bit pixels, to height and width."""
    pixels = torch.from_numpy(np.array(picture.image)).permute(2, 0, 1)[None]
    return functional.interpolate(pixels, size, mode=mode, antialias=True)[0].permute(1, 2, 0).numpy().astype(int)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_for_224_the_short_side_becomes_256_and_the_centre_is_cut_out(mode: str) -> None:
    picture = decode(CAT.path.read_bytes())  # 451×300
    wide = int(256 * 451 / 300)
    left = round((wide - 224) / 2)
    expected = by_torch(picture, (256, wide), mode)[16:240, left : left + 224]
    seen = prepare(picture, Preprocessing((224, 224), (0, 0, 0), (1, 1, 1), 256, mode)).pixels  # type: ignore[arg-type]
    assert seen.shape == (224, 224, 3)
    assert np.abs(seen.astype(int) - expected).max() <= 1


def test_an_upright_photograph_is_cut_above_and_below() -> None:
    picture = shown(decode(CAT.path.read_bytes()).image.transpose(Image.Transpose.TRANSPOSE))
    seen = prepare(picture, IMAGENET).pixels
    lying = prepare(decode(CAT.path.read_bytes()), IMAGENET).pixels
    assert np.abs(seen.astype(int) - lying.transpose(1, 0, 2)).max() <= 1  # Pillow rounds between its two passes


def test_for_32_the_central_square_is_reduced_with_antialiasing() -> None:
    picture = decode(CAT.path.read_bytes())  # 451×300
    seen = prepare(picture, CIFAR).pixels
    assert seen.shape == (32, 32, 3)
    left = round((451 - 300) / 2)
    assert np.abs(seen - by_torch(shown(picture.image.crop((left, 0, left + 300, 300))), (32, 32))).max() <= 1
    assert np.abs(prepare(checkers(321, 320), CIFAR).pixels.astype(int) - 127.5).max() < 8


def test_only_the_centre_of_an_oblong_picture_is_seen() -> None:
    image = Image.new("RGB", (300, 100), "red")
    image.paste("blue", (100, 0, 200, 100))
    for preprocessing in (CIFAR, IMAGENET):
        assert {tuple(pixel) for row in prepare(shown(image), preprocessing).pixels for pixel in row} == {(0, 0, 255)}


def test_an_oblong_input_sees_the_middle_stripe_of_a_square_picture() -> None:
    image = Image.new("RGB", (80, 80), "red")
    image.paste("blue", (0, 20, 80, 60))
    assert np.array_equal(np.unique(prepare(shown(image), CIFAR.at((16, 32))).pixels[..., 0]), [0])
    upright = shown(image.transpose(Image.Transpose.TRANSPOSE))
    assert np.array_equal(np.unique(prepare(upright, CIFAR.at((32, 16))).pixels[..., 0]), [0])


def test_a_picture_of_the_nets_own_size_is_not_touched() -> None:
    for sample in samples()[:10]:
        picture = decode(sample.path.read_bytes())
        assert np.array_equal(prepare(picture, CIFAR).pixels, np.asarray(picture.image))


def test_the_numbers_are_those_of_training_to_the_last_bit() -> None:
    from resnet_core.training.inputs import normalised

    picture = decode(samples()[3].path.read_bytes())
    trained_on = normalised(torch.from_numpy(np.array(picture.image)).permute(2, 0, 1)[None])[0]
    assert torch.equal(torch.from_numpy(prepare(picture, CIFAR).array), trained_on)


def test_torch_takes_the_array_as_channels_last_without_a_copy() -> None:
    array = prepare(checkers(40, 30), CIFAR).array
    batch = torch.from_numpy(array)[None]
    assert (batch.dtype, batch.shape) == (torch.float32, (1, 3, 32, 32))
    assert batch.is_contiguous(memory_format=torch.channels_last)
    assert batch.data_ptr() == array.__array_interface__["data"][0]


@pytest.mark.parametrize("size", [(1, 1), (1, 1_000_000), (1_000_000, 1), (33, 32), (2, 7)])
@pytest.mark.parametrize("preprocessing", [CIFAR, IMAGENET, CIFAR.at((48, 20)), CIFAR.at((20, 48))])
def test_every_shape_of_picture_fills_the_input(size: tuple[int, int], preprocessing: Preprocessing) -> None:
    prepared: Prepared = prepare(shown(Image.new("RGB", size, "white")), preprocessing)
    assert prepared.array.shape == (3, *preprocessing.size)
    assert prepared.pixels.shape == (*preprocessing.size, 3)
    assert prepared.pixels.min() == 255


def test_another_input_size_keeps_the_margin_in_proportion() -> None:
    assert IMAGENET.at((112, 112)).resize == 128
    assert IMAGENET.at((224, 224)) == IMAGENET
    assert IMAGENET.at((224, 320)).resize is None
    assert CIFAR.at((97, 97)) == Preprocessing((97, 97), CIFAR.mean, CIFAR.std)
