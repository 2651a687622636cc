"""The training loop: one-cycle SGD with a checkpoint each epoch, resumable and repeatable."""

import json
import math
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ..network import build
from ..refusal import Refusal
from ..spec import ArchSpec
from ..weights import RUN_LOG
from .data import CLASSES
from .images import DataError, Images, Sets
from .inputs import augmented, normalised, padded
from .recipe import Recipe

CHECKPOINT = "checkpoint.pt"
READ_EVERY = 10
"""Steps from one loss that is shown to the next."""


@dataclass(frozen=True)
class Epoch:
    """One line of the log. Errors are shares of pictures, by test set; `steps` holds the loss of every step.

    `planned` is how many epochs the schedule had that gave this one its learning rates.
    """

    number: int
    planned: int
    seconds: float
    images_per_second: float
    lr: float
    loss: float
    train_error: float
    test_errors: dict[str, float]
    steps: list[float]


Progress = Callable[[int, int, float], None]
"""Called after every step with the step, the number of steps of the epoch, and the loss as it was last read."""


class RunError(Refusal):
    """A run that cannot go on."""


class Run:
    """A training run that lives in a folder: start it, kill it, start it again, and it goes on.

    Raises DataError where the network does not fit the pictures, RunError where the folder holds another run.
    """

    def __init__(
        self, spec: ArchSpec, sets: Sets, recipe: Recipe, folder: Path, device: str = "cpu", compiled: bool = False
    ) -> None:
        _check_fit(spec, sets)
        self.spec, self.sets, self.recipe, self.folder, self.compiled = spec, sets, recipe, folder, compiled
        self.device = torch.device(device)
        self.log: list[Epoch] = []
        torch.manual_seed(recipe.seed)
        self.network = build(spec)
        self.network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
        self.forward = torch.compile(self.network) if compiled else self.network
        self.optimizer = torch.optim.SGD(
            _groups(self.network, recipe.weight_decay), lr=0.0, momentum=recipe.momentum, nesterov=True
        )
        self.padded = padded(sets.train.pixels).to(self.device)
        self.labels = sets.train.labels.to(self.device)
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / CHECKPOINT).exists():
            self._resume()

    @property
    def schedules(self) -> tuple[tuple[int, int], ...]:
        """The schedules that were followed, first to last: the last epoch under each, and how many it had planned."""
        return tuple(
            ([epoch.number for epoch in run][-1], planned)
            for planned, run in groupby(self.log, key=lambda epoch: epoch.planned)
        )

    @property
    def steps(self) -> int:
        """Steps of one epoch."""
        return math.ceil(len(self.sets.train) / self.recipe.batch)

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
        batches = torch.split(order, self.recipe.batch)
        self.network.train()
        losses = torch.zeros(len(batches), device=self.device)
        wrong = torch.zeros((), dtype=torch.int64, device=self.device)
        lr = shown = 0.0
        for step, chosen in enumerate(batches):
            lr = self.recipe.lr((number + step / len(batches)) / self.recipe.epochs)
            for group in self.optimizer.param_groups:
                group["lr"] = lr
            chosen = chosen.to(self.device, non_blocking=True)
            x, y = augmented(self.padded, chosen, chance), self.labels[chosen]
            with torch.autocast(self.device.type, dtype=torch.bfloat16):
                logits = self.forward(x)
            loss = functional.cross_entropy(logits.float(), y)
            self.optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            self.optimizer.step()
            # both stay on the device: reading a number there makes the processor wait for it
            losses[step] = loss.detach()
            wrong += (logits.argmax(1) != y).sum()
            if step % READ_EVERY == 0:
                shown = losses[step].item()
            if progress:
                progress(step + 1, len(batches), shown)
        if not losses.isfinite().all():
            raise RunError(f"The loss is no longer a number in epoch {number + 1}: lower the learning rate.")
        seconds = time.perf_counter() - start
        steps = [round(loss, 4) for loss in losses.tolist()]
        return Epoch(
            number=number + 1,
            planned=self.recipe.epochs,
            seconds=round(seconds, 1),
            images_per_second=round(len(order) / seconds, 1),
            lr=lr,
            loss=round(sum(steps) / len(steps), 5),
            train_error=round(int(wrong) / len(order), 5),
            test_errors={name: round(self.error(images), 5) for name, images in self.sets.tests.items()},
            steps=steps,
        )

    def error(self, images: Images) -> float:
        """Share of pictures whose likeliest class is wrong."""
        return self.wrong(images) / len(images)

    def wrong(self, images: Images) -> int:
        """Number of pictures whose likeliest class is wrong, in full precision."""
        self.network.eval()
        wrong = 0
        with torch.inference_mode():
            for x, y in zip(torch.split(images.pixels, 500), torch.split(images.labels, 500), strict=True):
                wrong += int((self.network(normalised(x.to(self.device))).argmax(1).cpu() != y).sum())
        return wrong

    def _save(self) -> None:
        state = {
            "spec": str(self.spec),
            "recipe": asdict(self.recipe),
            "data": self.sets.source,
            "log": [asdict(epoch) for epoch in self.log],
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        unfinished = self.folder / f"{CHECKPOINT}.part"
        torch.save(state, unfinished)
        unfinished.replace(self.folder / CHECKPOINT)  # a kill leaves the old checkpoint or the new one, never half
        (self.folder / RUN_LOG).write_text(json.dumps(self._readable_log()))

    def _readable_log(self) -> dict[str, Any]:
        return {
            "spec": str(self.spec),
            "recipe": asdict(self.recipe),
            "data": self.sets.source,
            "epochs": [asdict(epoch) for epoch in self.log],
        }

    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        try:
            state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        except (RuntimeError, OSError, EOFError, pickle.UnpicklingError) as error:
            raise RunError(f"{path} is damaged: remove it, and the run begins anew.") from error
        # another number of epochs is welcome: from here on, the learning rates are those of the new schedule
        found, asked = ({**recipe, "epochs": None} for recipe in (state["recipe"], asdict(self.recipe)))
        if (state["spec"], found) != (str(self.spec), asked):
            raise RunError(
                f"{self.folder} holds a run of {state['spec']} with another recipe: give another --out, or remove it."
            )
        if state.get("data") != self.sets.source:
            raise RunError(
                f"{self.folder} holds a run on other pictures ({state.get('data', 'it does not say which')}): "
                "name their folder with --data, or give another --out."
            )
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.log = [Epoch(**epoch) for epoch in state["log"]]
        if len(self.log) > self.recipe.epochs:
            raise RunError(
                f"{self.folder} holds {len(self.log)} epochs already: give --epochs {len(self.log)} or more."
            )


def _check_fit(spec: ArchSpec, sets: Sets) -> None:
    size = tuple(sets.train.pixels.shape[2:])
    if (spec.size, spec.classes) != (size, len(CLASSES)):
        fitting = spec.changed(size=size, classes=len(CLASSES))
        raise DataError(
            f"{spec} takes other pictures than these of {size[0]}×{size[1]} pixels in {len(CLASSES)} classes: "
            f"write {fitting}."
        )


def _groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    decayed = [p for p in network.parameters() if p.ndim > 1]
    spared = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": spared, "weight_decay": 0.0}]
