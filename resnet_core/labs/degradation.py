"""Plain and residual nets trained side by side: does depth help? He 2015, arXiv:1512.03385, section 4.2.

All nets take their steps in turn, on the same batches in the same order, with one recipe and from one seed. A run of
minutes shows a trend, not the paper's errors. A net whose loss is no longer a number takes no further step.
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
RECIPE = Recipe(epochs=1, batch=64, peak_lr=0.1)
TEST_EVERY = 20
"""Rounds from one test to the next."""
MEASURED_EVERY = 5
"""Rounds from one look at the gradients to the next."""
JUDGED_AT_ONCE = 125
"""Pictures of a test that go through together, so that no step keeps others waiting."""
SMOOTH = 0.95
DONE = object()


@dataclass(frozen=True, slots=True)
class Entrant:
    """A net that takes part, as it is or, not `normalised`, without its batch norms."""

    spec: ArchSpec
    normalised: bool = True


@dataclass(frozen=True, slots=True)
class Curve:
    """Of one net: after each of its steps the loss in nats and the training error, both as a running mean, and the
    test error as (step, error); `gradients` are, at the start and every few steps, the norms of the loss's gradient at
    every weighted layer's weights, relative to the weights', first layer to last."""

    entrant: Entrant
    losses: tuple[float, ...] = ()
    errors: tuple[float, ...] = ()
    tests: tuple[tuple[int, float], ...] = ()
    gradients: tuple[tuple[float, ...], ...] = ()

    @property
    def spec(self) -> ArchSpec:
        return self.entrant.spec

    @property
    def gradients_half_way(self) -> tuple[float, ...]:
        """Those in the middle of what has been trained."""
        return self.gradients[len(self.gradients) // 2]


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
    entrant: Entrant
    network: Network
    optimizer: torch.optim.Optimizer
    layers: tuple[nn.Parameter, ...]
    losses: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    tests: list[tuple[int, float]] = field(default_factory=list)
    gradients: list[tuple[float, ...]] = field(default_factory=list)
    diverged: bool = False

    @classmethod
    def of(cls, entrant: Entrant, recipe: Recipe) -> "_Runner":
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(recipe.seed)
            network = build(entrant.spec).train()
        if not entrant.normalised:
            _without_norms(network)
        weights = dict(network.named_parameters())
        rows = analyse(entrant.spec).rows
        names = [f"{row.name}.weight" for row in rows if row.kind in WEIGHTED and row.role != "shortcut"]
        optimizer = torch.optim.SGD(
            network.parameters(), lr=0.0, momentum=recipe.momentum, weight_decay=recipe.weight_decay, nesterov=True
        )
        return cls(entrant, network, optimizer, tuple(weights[name] for name in names if name in weights))

    def step(self, x: Tensor, y: Tensor, lr: float, measures: bool) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        with torch.enable_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.network(x).float()
        loss = cross_entropy(logits, y)
        self.diverged = not math.isfinite(float(loss.detach()))
        if self.diverged:
            return
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        if measures:
            self.gradients.append(tuple(_relative(weight) for weight in self.layers))
        self.optimizer.step()
        self.losses.append(_running(self.losses, float(loss.detach())))
        self.errors.append(_running(self.errors, float((logits.argmax(1) != y).double().mean())))

    def test(self, pictures: Tensor, labels: Tensor) -> Iterator[None]:
        """Some pictures a step; the error is noted in the last."""
        wrong = seen = 0
        for some, told in zip(*(torch.split(both, JUDGED_AT_ONCE) for both in (pictures, labels)), strict=True):
            self.network.eval()
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                wrong += int((self.network(some).argmax(1) != told).sum())
            self.network.train()
            seen += len(told)
            if seen == len(labels):
                self.tests.append((len(self.losses), wrong / seen))
            yield

    @property
    def is_tested(self) -> bool:
        """Whether nothing was learned since the last test."""
        return bool(self.tests) and self.tests[-1][0] == len(self.losses)

    @property
    def curve(self) -> Curve:
        return Curve(self.entrant, tuple(self.losses), tuple(self.errors), tuple(self.tests), tuple(self.gradients))


def _without_norms(network: Network) -> None:
    for module in [*network.modules()]:
        for name, child in [*module.named_children()]:
            if isinstance(child, nn.BatchNorm2d):
                module.add_module(name, nn.Identity())


def _relative(weight: nn.Parameter) -> float:
    assert weight.grad is not None
    return float(weight.grad.norm() / weight.detach().norm())


def _running(before: Sequence[float], new: float) -> float:
    """An exponential mean that begins as the plain mean of what there is."""
    keep = min(SMOOTH, len(before) / (len(before) + 1))
    return new if not before else keep * before[-1] + (1 - keep) * new


def race(
    entrants: Sequence[Entrant], learn: Images, test: Images, seconds: float, recipe: Recipe = RECIPE
) -> Iterator[Race]:
    """Train some nets for so many seconds together; a step of this is a batch through one of them, or a part of a test.

    The learning rate follows the recipe over the time instead of over epochs. At the end all have had as many steps,
    but those that diverged.
    """
    runners = [_Runner.of(entrant, recipe) for entrant in entrants]
    margined, judged = padded(learn.pixels), normalised(test.pixels)
    chance = torch.Generator().manual_seed(recipe.seed)
    spent = 0.0
    steps = 0

    def so_far() -> Race:
        return Race(tuple(runner.curve for runner in runners), steps, recipe.batch, spent, seconds)

    while spent < seconds and not all(runner.diverged for runner in runners):
        chosen = torch.randint(len(learn), (recipe.batch,), generator=chance)
        x, y = augmented(margined, chosen, chance), learn.labels[chosen]
        tests, measures = steps % TEST_EVERY == 0, steps % MEASURED_EVERY == 0
        lr = recipe.lr(min(spent / seconds, 1.0))
        for runner in runners:
            if not runner.diverged:
                for duration in _timed(_turn(runner, x, y, lr, measures, (judged, test.labels) if tests else None)):
                    spent += duration
                    yield so_far()
        steps += 1
    for runner in (one for one in runners if not one.is_tested):
        for _ in runner.test(judged, test.labels):
            yield so_far()
    yield so_far()


def _turn(
    runner: _Runner, x: Tensor, y: Tensor, lr: float, measures: bool, test: tuple[Tensor, Tensor] | None
) -> Iterator[None]:
    """One step of training, and the test behind it where there is one."""
    runner.step(x, y, lr, measures)
    yield
    if test and not runner.diverged:
        yield from runner.test(*test)


def _timed(steps: Iterator[None]) -> Iterator[float]:
    """How long each step took, in seconds: what others do between two of them is no part of it."""
    while True:
        start = time.perf_counter()
        if next(steps, DONE) is DONE:
            return
        yield time.perf_counter() - start
