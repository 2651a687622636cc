"""Plain and residual nets trained side by side: does depth help? He 2015, arXiv:1512.03385, section 4.2.

All nets take their steps in turn, on the same batches in the same order, with one recipe and from one seed. A run of
minutes shows a trend, not the paper's errors.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..algebra import WEIGHTED
from ..network import Network, build
from ..rows import analyse
from ..spec import ArchSpec
from ..training.images import Images
from ..training.inputs import augmented, normalised, padded
from ..training.recipe import Recipe

NETWORKS = ("cifar-plain-20", "cifar-plain-56", "cifar-resnet-20", "cifar-resnet-56")
TEST_EVERY = 20
"""Rounds from one test to the next."""
SMOOTH = 0.95


@dataclass(frozen=True, slots=True)
class Curve:
    """Of one net: after each of its steps the loss in nats and the training error, both as a running mean, and the
    test error as (step, error); `gradients` are the norms of the loss's gradient at every weighted layer's weights,
    relative to the weights', at the start and at the last test, first layer to last."""

    spec: ArchSpec
    losses: tuple[float, ...] = ()
    errors: tuple[float, ...] = ()
    tests: tuple[tuple[int, float], ...] = ()
    gradients_at_start: tuple[float, ...] = ()
    gradients: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Race:
    """So far: every net has taken `steps` steps of `batch` pictures; `seconds` of `whole` have passed."""

    curves: tuple[Curve, ...]
    steps: int
    batch: int
    seconds: float
    whole: float


@dataclass
class _Runner:
    spec: ArchSpec
    network: Network
    optimizer: torch.optim.Optimizer
    layers: tuple[nn.Parameter, ...]
    losses: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    tests: list[tuple[int, float]] = field(default_factory=list)
    gradients: list[tuple[float, ...]] = field(default_factory=list)

    @classmethod
    def of(cls, spec: ArchSpec, recipe: Recipe) -> "_Runner":
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(recipe.seed)
            network = build(spec).train()
        weights = dict(network.named_parameters())
        names = [f"{row.name}.weight" for row in analyse(spec).rows if row.kind in WEIGHTED and row.role != "shortcut"]
        optimizer = torch.optim.SGD(
            network.parameters(), lr=0.0, momentum=recipe.momentum, weight_decay=recipe.weight_decay, nesterov=True
        )
        return cls(spec, network, optimizer, tuple(weights[name] for name in names if name in weights))

    def step(self, x: Tensor, y: Tensor, lr: float, measures: bool) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        with torch.enable_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.network(x).float()
        loss = cross_entropy(logits, y)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        if measures:
            self.gradients.append(tuple(_relative(weight) for weight in self.layers))
        self.optimizer.step()
        self.losses.append(_running(self.losses, float(loss.detach())))
        self.errors.append(_running(self.errors, float((logits.argmax(1) != y).double().mean())))

    def test(self, pictures: Tensor, labels: Tensor) -> None:
        self.network.eval()
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            wrong = (self.network(pictures).argmax(1) != labels).double().mean()
        self.network.train()
        self.tests.append((len(self.losses), float(wrong)))

    @property
    def curve(self) -> Curve:
        return Curve(
            self.spec,
            tuple(self.losses),
            tuple(self.errors),
            tuple(self.tests),
            self.gradients[0] if self.gradients else (),
            self.gradients[-1] if self.gradients else (),
        )


def _relative(weight: nn.Parameter) -> float:
    assert weight.grad is not None
    return float(weight.grad.norm() / weight.detach().norm())


def _running(before: Sequence[float], new: float) -> float:
    """An exponential mean that begins as the plain mean of what there is."""
    keep = min(SMOOTH, len(before) / (len(before) + 1))
    return new if not before else keep * before[-1] + (1 - keep) * new


def race(
    specs: Sequence[ArchSpec], learn: Images, test: Images, seconds: float, recipe: Recipe | None = None
) -> Iterator[Race]:
    """Train some nets for so many seconds together; one step is one batch through one of them.

    The learning rate follows the recipe over the time instead of over epochs. At the end all have had as many steps.
    """
    recipe = recipe or Recipe(epochs=1, batch=64, peak_lr=0.1)
    runners = [_Runner.of(spec, recipe) for spec in specs]
    margined, judged = padded(learn.pixels), normalised(test.pixels)
    chance = torch.Generator().manual_seed(recipe.seed)
    spent = 0.0
    steps = 0

    def so_far() -> Race:
        return Race(tuple(runner.curve for runner in runners), steps, recipe.batch, spent, seconds)

    while spent < seconds:
        chosen = torch.randint(len(learn), (recipe.batch,), generator=chance)
        x, y = augmented(margined, chosen, chance), learn.labels[chosen]
        tests = steps % TEST_EVERY == 0
        lr = recipe.lr(min(spent / seconds, 1.0))
        for runner in runners:
            start = time.perf_counter()  # others' steps between ours are no part of our time
            runner.step(x, y, lr, measures=tests)
            if tests:
                runner.test(judged, test.labels)
            spent += time.perf_counter() - start
            if not math.isfinite(runner.losses[-1]):
                raise ArithmeticError(f"The loss of {runner.spec} is no longer a number.")
            yield so_far()
        steps += 1
    for runner in runners:
        runner.test(judged, test.labels)
        yield so_far()
