"""The subcommand `train`. Like `cli`, it reads arguments and prints."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from . import units
from .arguments import of_kind
from .codec import parse
from .commands_weights import measured
from .refusal import Refusal

if TYPE_CHECKING:
    from .training.loop import Epoch, Run
    from .training.recipe import Recipe

MOST = 10**6
"""Of epochs, and of seeds: far beyond use, and within what torch takes."""


def train_arguments(parser: argparse.ArgumentParser) -> None:
    """What `train` takes."""
    parser.add_argument("name", metavar="NAME", help="such as cifar-resnet-20")
    parser.add_argument(
        "--data", metavar="DIR", required=True, help="where cifar-10-python.tar.gz or the parquet files lie"
    )
    parser.add_argument("--epochs", metavar="N", type=of_kind(int), help="the recipe's own if not given")
    parser.add_argument("--seed", metavar="N", type=of_kind(int), default=0, help="%(default)s if not given")
    parser.add_argument("--out", metavar="DIR", help="for checkpoint, log, weights and card; runs/NAME if not given")
    parser.add_argument("--device", metavar="D", help="cuda, mps or cpu; the fastest that is there if not given")
    parser.add_argument(
        "--compile", action="store_true", help="with torch.compile: faster, after a slow start; on a GPU always"
    )


def train(options: argparse.Namespace) -> int:
    """Train a network, or what a killed run left of it, and write its weights with their card."""
    spec = parse(options.name)
    recipe = _recipe(options)
    if not options.data:
        raise Refusal("--data names no folder: give the one with the pictures of CIFAR-10, or . for this one.")
    from .devices import choose
    from .training.data import load
    from .training.loop import Run
    from .training.publish import publish

    device = choose(options.device)
    out = Path(options.out or Path("runs") / str(spec))
    run = Run(spec, load(Path(options.data)), recipe, out, str(device), options.compile or device.type == "cuda")
    try:
        _finish(run)
    except KeyboardInterrupt:
        done = f"{len(run.log)} of {recipe.epochs} epochs"
        raise KeyboardInterrupt(f"Stopped after {done}: the same command goes on from there.") from None
    card = publish(run, out)
    print(f"{card.file}: {measured(card)}")
    return 0


def _recipe(options: argparse.Namespace) -> "Recipe":
    from .training.recipe import Recipe

    epochs = Recipe.epochs if options.epochs is None else options.epochs
    if not (1 <= epochs <= MOST and 0 <= options.seed <= MOST):
        raise Refusal(f"--epochs goes from 1 and --seed from 0 to {MOST:,}: change what lies outside of that.")
    return Recipe(epochs=epochs, seed=options.seed)


def _finish(run: "Run") -> None:
    """Train the epochs that are left, under a bar that tells the time left, with a line for each."""
    from tqdm import tqdm

    def step(done: int, of: int, loss: float) -> None:
        bar.set_postfix_str(f"loss {loss:.3f}", refresh=False)
        bar.update()

    total = run.recipe.epochs * run.steps
    with tqdm(total=total, initial=len(run.log) * run.steps, unit="step", desc=str(run.spec), mininterval=0.5) as bar:
        for epoch in run.epochs(step):
            tqdm.write(_line(epoch, run.recipe.epochs))


def _line(epoch: "Epoch", epochs: int) -> str:
    errors = ", ".join(f"{units.percent(error)} on {name}" for name, error in epoch.test_errors.items())
    return f"Epoch {epoch.number} of {epochs}: loss {epoch.loss:.3f}, wrong {errors}; {epoch.seconds:.0f} s"
