"""A finished run -> weights and their card, measured once more."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ..cards import Accuracy, Card
from ..devices import machine_in_words
from ..loading import write_weights
from ..preprocessing import Preprocessing
from .data import CLASSES, MEAN, STD
from .loop import Run, RunError

KEPT_IN_HALF = "; weights of convolutions and fully connected layers kept in float16"
MOST_LOST = 0.001
"""The share of right answers that half the file may cost."""


def publish(run: Run, folder: Path) -> Card:
    """Write a finished run's weights and card into a folder, the accuracies measured now.

    In float16 where that costs no accuracy worth the name; the accuracies are those of what is written.
    """
    if len(run.log) < run.recipe.epochs:
        raise RunError(f"The run has {len(run.log)} of its {run.recipe.epochs} epochs: let it finish first.")
    whole = {name: tensor.clone() for name, tensor in run.network.state_dict().items()}
    accuracy = _measured(run)
    state = halved(whole)
    run.network.load_state_dict(state)
    shorter = _measured(run)
    run.network.load_state_dict(whole)
    if kept := all(half.share >= full.share - MOST_LOST for half, full in zip(shorter, accuracy, strict=True)):
        accuracy = shorter
    card = Card(
        file=folder / f"{run.spec}.safetensors",
        spec=run.spec,
        data=run.sets.source,
        recipe=f"{_recipe(run)}{KEPT_IN_HALF if kept else ''}",
        epochs=run.recipe.epochs,
        seconds=round(sum(epoch.seconds for epoch in run.log), 1),
        machine=machine_in_words(run.device),
        accuracy=accuracy,
        classes=CLASSES,
        preprocessing=Preprocessing(run.spec.size, MEAN, STD),
        reproduce=_command(run),
    )
    return write_weights(state if kept else whole, card)


def halved(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of convolutions and fully connected layers in float16; biases and BN, which are few, stay whole."""
    return {name: tensor.half() if tensor.ndim > 1 else tensor for name, tensor in state.items()}


def _measured(run: Run) -> tuple[Accuracy, ...]:
    return tuple(
        Accuracy(name, len(images), len(images) - run.wrong(images)) for name, images in run.sets.tests.items()
    )


def _recipe(run: Run) -> str:
    """The recipe in words; of a run whose number of epochs was changed on the way, which schedule held how long."""
    *earlier, _ = run.schedules
    firsts = [1, *(last + 1 for last, _ in earlier)]
    changed = "".join(
        f"; epochs {first} to {last} had the learning rates of a run of {of} epochs"
        for first, (last, of) in zip(firsts, earlier, strict=False)  # the final schedule is the recipe's own
    )
    return f"{run.recipe}{changed}"


def _command(run: Run) -> str:
    compiled = " --compile" if run.compiled else ""
    start = (
        f"python -m resnet_core train {run.spec} --data FOLDER --seed {run.recipe.seed} --device {run.device}{compiled}"
    )
    *earlier, (_, final) = run.schedules
    stopped = "".join(f"{start} --epochs {of}, stopped after epoch {last}; then " for last, of in earlier)
    return f"{stopped}{start} --epochs {final}"
