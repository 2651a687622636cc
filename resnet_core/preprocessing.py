"""A picture -> what a network eats: cropped, resized with antialiasing, normalised as the weights' card says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from .pictures import Picture
from .spec import Size

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

MOST_ASPECT = 4
"""A longer picture loses its ends before it is resized: 1×25,000,000 pixels would fill the memory at 256 high."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How pictures become inputs of `size` (height, width).

    With `resize`, for square inputs, the shorter side is resized to it and the centre cropped, as torchvision does;
    without, the centre is cropped to the shape of the input and resized. `mean` and `std` are per channel, of
    pixels from 0 to 1.
    """

    size: Size
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize: int | None = None
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"

    def at(self, size: Size) -> "Preprocessing":
        """The same for another input size, with the margin around the crop in proportion; an oblong has none."""
        if size == self.size:
            return self
        resize = round(self.resize * size[0] / self.size[0]) if self.resize and size[0] == size[1] else None
        return replace(self, size=size, resize=resize)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """`array` is float32, channels × height × width; `pixels` are the very pixels behind it, as 8-bit RGB rows."""

    array: "np.ndarray[Any, np.dtype[np.float32]]"
    pixels: "np.ndarray[Any, np.dtype[np.uint8]]"


def prepare(picture: Picture, preprocessing: Preprocessing) -> Prepared:
    """What the network sees of a picture."""
    import numpy as np

    pixels = np.asarray(_framed(picture.image, preprocessing))
    return Prepared(normalised(pixels, preprocessing), pixels)


def normalised(
    pixels: "np.ndarray[Any, np.dtype[np.uint8]]", preprocessing: Preprocessing
) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """The numbers that the network gets for some pixels, height × width × 3, as 3 × height × width."""
    import numpy as np

    values = pixels.astype(np.float32)
    values /= 255
    values -= np.array(preprocessing.mean, np.float32)
    values /= np.array(preprocessing.std, np.float32)
    return values.transpose(2, 0, 1)  # a view: channels-last without a copy


def _framed(image: "Image.Image", preprocessing: Preprocessing) -> "Image.Image":
    from PIL.Image import Resampling

    filters = {"bilinear": Resampling.BILINEAR, "bicubic": Resampling.BICUBIC}
    chosen = filters[preprocessing.interpolation]  # Pillow's filters widen as they reduce, which is the antialiasing
    height, width = preprocessing.size
    if preprocessing.resize is None:
        wide, high = min(image.width, image.height * width / height), min(image.height, image.width * height / width)
        # cropped first: with resize's own `box` the filter would mix in what lies outside of it
        return _cropped(image, (max(1, round(wide)), max(1, round(high)))).resize((width, height), chosen)
    shortest = min(image.size)
    image = _cropped(image, [min(side, MOST_ASPECT * shortest) for side in image.size])
    # the rounding of torchvision's Resize, and below of its CenterCrop
    scaled = [int(preprocessing.resize * side / shortest) for side in image.size]
    return _cropped(image.resize((scaled[0], scaled[1]), chosen), (width, height))


def _cropped(image: "Image.Image", size: Sequence[int]) -> "Image.Image":
    """The centre of a picture."""
    left, top = (round((whole - part) / 2) for whole, part in zip(image.size, size, strict=True))
    return image.crop((left, top, left + size[0], top + size[1]))
