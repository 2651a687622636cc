"""What decides a training run, besides its data and its machine."""

import math
from dataclasses import dataclass

PAD = 4


@dataclass(frozen=True)
class Recipe:
    """One-cycle SGD with Nesterov momentum. Weight decay spares biases and BN."""

    epochs: int = 60
    batch: int = 128
    peak_lr: float = 0.2
    warmup: float = 0.15
    momentum: float = 0.9
    weight_decay: float = 5e-4
    seed: int = 0

    def lr(self, progress: float) -> float:
        """Learning rate after a share `progress` of all steps: a straight way up, then half a cosine down to zero."""
        if progress < self.warmup:
            return self.peak_lr * progress / self.warmup
        return self.peak_lr * (1 + math.cos(math.pi * (progress - self.warmup) / (1 - self.warmup))) / 2

    def __str__(self) -> str:
        return (
            f"{self.epochs} epochs of SGD in batches of {self.batch}, Nesterov momentum {self.momentum:g}, "
            f"weight decay {self.weight_decay:g} on all but biases and BN; learning rate straight up to "
            f"{self.peak_lr:g} over the first {self.warmup:.0%}, then down half a cosine to 0; random crops of "
            f"pictures padded by {PAD}, half of them mirrored; bf16 autocast; seed {self.seed}"
        )
