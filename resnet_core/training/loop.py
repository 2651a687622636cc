"""The training loop: one-cycle SGD with a checkpoint each epoch, resumable and repeatable."""

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..network import build
from ..spec import ArchSpec
from .data import MEAN, STD, Images, Sets

PAD = 4
CHECKPOINT = "checkpoint.pt"
LOG = "log.json"


@dataclass(frozen=True)
class Recipe:
    """What decides a run, besides data and machine. Weight decay spares biases and BN."""

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


@dataclass(frozen=True)
class Epoch:
    """One line of the log. Errors are shares of pictures, by test set; `steps` holds the loss of every step."""

    number: int
    seconds: float
    images_per_second: float
    lr: float
    loss: float
    train_error: float
    test_errors: dict[str, float]
    steps: list[float]


Progress = Callable[[int, int, float], None]
"""Called after every step with the step, the number of steps of the epoch, and the loss."""


class Run:
    """A training run that lives in a folder: start it, kill it, start it again, and it goes on."""

    def __init__(
        self, spec: ArchSpec, sets: Sets, recipe: Recipe, folder: Path, device: str = "cpu", compiled: bool = False
    ) -> None:
        self.spec, self.sets, self.recipe, self.folder = spec, sets, recipe, folder
        self.device = torch.device(device)
        self.log: list[Epoch] = []
        torch.manual_seed(recipe.seed)
        self.network = build(spec).to(self.device, memory_format=torch.channels_last)
        self.forward = torch.compile(self.network) if compiled else self.network
        self.optimizer = torch.optim.SGD(
            _groups(self.network, recipe.weight_decay), lr=0.0, momentum=recipe.momentum, nesterov=True
        )
        self.padded = functional.pad(sets.train.pixels, (PAD,) * 4, mode="reflect").to(self.device)
        self.labels = sets.train.labels.to(self.device)
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / CHECKPOINT).exists():
            self._resume()

    def epochs(self, progress: Progress | None = None) -> Iterator[Epoch]:
        """Train what is left, an epoch at a time; each has its checkpoint on disk before it is yielded."""
        for number in range(len(self.log), self.recipe.epochs):
            self.log.append(self._epoch(number, progress))
            self._save()
            yield self.log[-1]

    def _epoch(self, number: int, progress: Progress | None) -> Epoch:
        start = time.perf_counter()
        # its own stream of chance for every epoch, so that a resumed run draws what an unbroken one would
        chance = torch.Generator().manual_seed(self.recipe.seed * 100_003 + number)
        order = torch.randperm(len(self.labels), generator=chance)
        batches = order.split(self.recipe.batch)
        self.network.train()
        losses: list[float] = []
        wrong = 0
        lr = 0.0
        for step, chosen in enumerate(batches):
            lr = self.recipe.lr((number + step / len(batches)) / self.recipe.epochs)
            for group in self.optimizer.param_groups:
                group["lr"] = lr
            x, y = self._augmented(chosen, chance), self.labels[chosen]
            with torch.autocast(self.device.type, dtype=torch.bfloat16):
                logits = self.forward(x)
            loss = functional.cross_entropy(logits.float(), y)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            losses.append(round(loss.item(), 4))
            wrong += int((logits.argmax(1) != y).sum())
            if progress:
                progress(step + 1, len(batches), losses[-1])
        if not all(map(math.isfinite, losses)):
            raise FloatingPointError(f"the loss is no longer a number in epoch {number + 1}: lower the learning rate.")
        seconds = time.perf_counter() - start
        return Epoch(
            number=number + 1,
            seconds=round(seconds, 1),
            images_per_second=round(len(order) / seconds, 1),
            lr=lr,
            loss=round(sum(losses) / len(losses), 5),
            train_error=round(wrong / len(order), 5),
            test_errors={name: round(self.error(images), 5) for name, images in self.sets.tests.items()},
            steps=losses,
        )

    def _augmented(self, chosen: Tensor, chance: torch.Generator) -> Tensor:
        """Random crops of the padded pictures, half of them mirrored (He 2015, section 4.2)."""
        height, width = self.sets.train.pixels.shape[2:]
        top, left = torch.randint(0, 2 * PAD + 1, (2, len(chosen)), generator=chance)
        mirrored = torch.rand(len(chosen), generator=chance) < 0.5
        rows = top[:, None] + torch.arange(height)
        columns = left[:, None] + torch.arange(width)
        columns = torch.where(mirrored[:, None], columns.flip(1), columns)
        crops = self.padded[chosen[:, None, None], :, rows[:, :, None], columns[:, None, :]]  # N,H,W,3
        return normalised(crops.permute(0, 3, 1, 2))

    def error(self, images: Images) -> float:
        """Share of pictures whose likeliest class is wrong, in full precision."""
        self.network.eval()
        with torch.inference_mode():
            wrong = sum(
                int((self.network(normalised(x.to(self.device))).argmax(1).cpu() != y).sum())
                for x, y in zip(images.pixels.split(500), images.labels.split(500), strict=True)
            )
        return wrong / len(images)

    def _save(self) -> None:
        state = {
            "spec": str(self.spec),
            "recipe": asdict(self.recipe),
            "log": [asdict(epoch) for epoch in self.log],
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        unfinished = self.folder / f"{CHECKPOINT}.part"
        torch.save(state, unfinished)
        unfinished.replace(self.folder / CHECKPOINT)  # a kill leaves the old checkpoint or the new one, never half
        (self.folder / LOG).write_text(json.dumps({"spec": str(self.spec), **state_log(self)}))

    def _resume(self) -> None:
        state: dict[str, Any] = torch.load(self.folder / CHECKPOINT, map_location=self.device, weights_only=True)
        if (state["spec"], state["recipe"]) != (str(self.spec), asdict(self.recipe)):
            raise ValueError(
                f"{self.folder} holds a run of {state['spec']} with another recipe: give another --out, or remove it."
            )
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.log = [Epoch(**epoch) for epoch in state["log"]]


def state_log(run: Run) -> dict[str, Any]:
    """A run's recipe and epochs as plain values, for the log on disk."""
    return {"recipe": asdict(run.recipe), "data": run.sets.source, "epochs": [asdict(epoch) for epoch in run.log]}


def normalised(pixels: Tensor) -> Tensor:
    """uint8 N,3,H,W to what the net eats: each channel with mean 0 and deviation 1 over the training set."""
    mean, std = (torch.tensor(values, device=pixels.device).view(1, 3, 1, 1) for values in (MEAN, STD))
    return ((pixels.float() / 255 - mean) / std).contiguous(memory_format=torch.channels_last)


def shortened(recipe: Recipe, epochs: int | None) -> Recipe:
    """The recipe, with another number of epochs where one is given."""
    return recipe if epochs is None else replace(recipe, epochs=epochs)


def _groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    decayed = [p for p in network.parameters() if p.ndim > 1]
    spared = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": spared, "weight_decay": 0.0}]
