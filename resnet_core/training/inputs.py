"""Training pictures -> what the network eats: shifted, mirrored, normalised."""

import torch
from torch import Tensor
from torch.nn import functional

from .data import MEAN, STD
from .recipe import PAD


def padded(pixels: Tensor) -> Tensor:
    """Pictures with a reflected margin, for `augmented` to crop."""
    return functional.pad(pixels, (PAD,) * 4, mode="reflect")


def augmented(margined: Tensor, chosen: Tensor, chance: torch.Generator) -> Tensor:
    """Random crops of the chosen padded pictures, half of them mirrored (He 2015, section 4.2), normalised."""
    height, width = (side - 2 * PAD for side in margined.shape[2:])
    top, left = torch.randint(0, 2 * PAD + 1, (2, len(chosen)), generator=chance)
    mirrored = torch.rand(len(chosen), generator=chance) < 0.5
    rows = top[:, None] + torch.arange(height)
    columns = left[:, None] + torch.arange(width)
    columns = torch.where(mirrored[:, None], columns.flip(1), columns)
    # chance is drawn on the CPU, alike for every device; only these small numbers travel
    chosen, rows, columns = (index.to(margined.device, non_blocking=True) for index in (chosen, rows, columns))
    crops = margined[chosen[:, None, None], :, rows[:, :, None], columns[:, None, :]]  # N,H,W,3
    return normalised(crops.permute(0, 3, 1, 2))


def normalised(pixels: Tensor) -> Tensor:
    """uint8 N,3,H,W to each channel with mean 0 and deviation 1 over the training set, channels last."""
    mean, std = (torch.tensor(values, device=pixels.device).view(1, 3, 1, 1) for values in (MEAN, STD))
    return ((pixels.float() / 255 - mean) / std).contiguous(memory_format=torch.channels_last)
