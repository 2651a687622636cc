"""One number of a feature map, calculated before your eyes: its products, their sum, BN, the shortcut, ReLU.

Everything is in double precision, from the float32 tensors that the engine brings, so that what is left between the
last value and the engine's own is the engine's rounding.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from .. import units
from ..algebra import Op
from ..cards import Card
from ..spec import ArchSpec
from ..tensors import tensor
from .course import PICTURE, Applied, Course, Met, NoCourseError

if TYPE_CHECKING:
    from .scale import Values

MOST_CHANNELS = 8
MOST_NUMBERS = 40
"""Of the products, about as many are written out."""


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """What one input channel brings to the sum: inputs, weights and products, kernel × kernel."""

    channel: int
    inputs: "Values"
    weights: "Values"
    products: "Values"

    @property
    def sum(self) -> float:
        return float(self.products.sum())


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the number's way, and its value behind it. `words` say what is done, with the real numbers; where
    something is added, they say how much."""

    words: str
    role: str
    before: float
    value: float
    adds: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A tensor on the way: the value that we calculate, and the one that the engine has there."""

    tensor: str
    ours: float
    engine: float


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The number in a channel, row and column of a convolution's output, followed to the end of its course.

    `shares` are the input channels that the filter sees, those that bring most first; `inside`: which of the window's
    places lie in the map rather than in its padding. `notes` are the parameters of BN, written out.
    """

    course: Course
    cell: tuple[int, int, int]
    shares: tuple[Share, ...]
    inside: "Values"
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    notes: tuple[str, ...]

    @property
    def value(self) -> float:
        """The last value."""
        return self.steps[-1].value

    @property
    def engine(self) -> float:
        """The engine's own, in the tensor where the course ends."""
        return self.checks[-1].engine

    @property
    def products(self) -> int:
        """How many products there are, those with the padding's zeros included."""
        return sum(share.products.size for share in self.shares)

    @property
    def shown(self) -> tuple[Share, ...]:
        """The input channels whose products are written out."""
        return self.shares[: max(1, min(MOST_CHANNELS, MOST_NUMBERS // self.shares[0].products.size))]

    @property
    def sentence(self) -> str:
        """All of it in a line: "Σ of 144 products = 0.83; BN: × 1.27 = 1.05; …"."""
        return "; ".join(f"{step.words} = {units.measured(step.value)}" for step in self.steps) + "."


def parameters(card: Card, course: Course) -> "dict[str, Values]":
    """The trained tensors along a course, by their names in the file. Raises WeightsError."""
    from ..loading import read_weights

    state = read_weights(card)
    layers = (course.name, *(stop.tensor for stop in course.stops if isinstance(stop, Applied)))
    return {
        name: state[name].numpy()
        for layer in layers
        for name in (f"{layer}.{kind}" for kind in ("weight", "bias", "running_mean", "running_var"))
        if name in state
    }


def trace(
    spec: ArchSpec,
    course: Course,
    cell: tuple[int, int, int],
    picture: "Values",
    taps: "Mapping[str, Values]",
    state: "Mapping[str, Values]",
) -> Trace:
    """The number in `cell`: channel, row, column. `picture` is what the network got, `taps` the tensors that the
    course wants, `state` its `parameters`.

    Raises NoCourseError for a cell that the layer does not have.
    """
    shape = tensor(spec, course.name).shape
    if not all(0 <= place < size for place, size in zip(cell, shape, strict=True)):
        raise NoCourseError(f"{course.name} is {units.shape(shape)}: take a channel, a row and a column within.")
    source = picture if course.source == PICTURE else taps[course.source]
    shares, inside = _shares(course.op, cell, source, state[f"{course.name}.weight"])
    walk = _Walk(cell, taps, state)
    walk.convolve(course, shares)
    for stop in course.stops:
        if isinstance(stop, Applied):
            walk.apply(stop)
        else:
            walk.meet(stop)
    ordered = tuple(sorted(shares, key=lambda share: -abs(share.sum)))
    return Trace(course, cell, ordered, inside, tuple(walk.steps), tuple(walk.checks), tuple(walk.notes))


def _shares(op: Op, cell: tuple[int, int, int], source: "Values", weight: "Values") -> "tuple[list[Share], Values]":
    """What each channel of the filter's group brings; beyond the edge the map is zero."""
    import numpy as np

    channel, row, column = cell
    top, left = row * op.stride - op.padding, column * op.stride - op.padding
    first = channel // (op.c_out // op.groups) * (op.c_in // op.groups)
    filters = weight[channel].astype(np.float64)
    patch, inside = np.zeros_like(filters), np.zeros(filters.shape[1:], bool)
    down, across = (slice(max(0, at), max(0, at + op.kernel)) for at in (top, left))
    seen = source[first : first + len(filters), down, across]
    high, wide = seen.shape[1:]
    begin = (max(0, -top), max(0, -left))
    window = (slice(begin[0], begin[0] + high), slice(begin[1], begin[1] + wide))
    patch[:, *window] = seen
    inside[window] = True
    places = zip(patch, filters, patch * filters, strict=True)
    return [Share(first + number, *arrays) for number, arrays in enumerate(places)], inside


class _Walk:
    """A number on its way. Its channel changes where channels are put one behind the other."""

    def __init__(self, cell: tuple[int, int, int], taps: "Mapping[str, Values]", state: "Mapping[str, Values]") -> None:
        self.channel, self.row, self.column = cell
        self.taps, self.state = taps, state
        self.value = 0.0
        self.steps: list[Step] = []
        self.checks: list[Check] = []
        self.notes: list[str] = []

    def convolve(self, course: Course, shares: list[Share]) -> None:
        number = sum(share.products.size for share in shares)
        self._step(f"Σ of {units.exact(number)} products", "residual", math.fsum(share.sum for share in shares))
        if course.op.bias:
            bias = self._of(f"{course.name}.bias")
            self._step(f"+ its bias {units.measured(bias)}", "residual", self.value + bias, adds=True)
        self._check(course.name)

    def apply(self, stop: Applied) -> None:
        if stop.op.kind == "bn":
            self._normalise(stop)
        else:
            words, function = FUNCTIONS[stop.op.kind](stop.op)
            self._step(words, "plain", function(self.value))
        self._check(stop.tensor)

    def meet(self, stop: Met) -> None:
        if stop.survival < 1 and stop.roles[stop.own] == "residual":
            self._step(f"× its survival {units.measured(stop.survival)}", "residual", self.value * stop.survival)
        MEETINGS[stop.join](self, stop)
        self.channel += stop.offset
        self._check(stop.tensor)

    def add(self, stop: Met) -> None:
        others = [role for place, role in enumerate(stop.roles) if place != stop.own]
        brought = [
            self._at(end) * (stop.survival if role == "residual" else 1)
            for role, end in zip(others, stop.others, strict=True)
        ]
        total = math.fsum(brought)
        what = f"the other {len(others)} paths" if len(others) > 1 else ADDED.get(others[0], "the other path")
        role = others[0] if others[0] in ADDED else "residual"
        self._step(f"+ {what} {units.measured(total)}", role, self.value + total, adds=True)

    def gate(self, stop: Met) -> None:
        """T·H + (1−T)·x, whichever of the three the number is."""
        known = {role: self._at(end) for role, end in zip(stop.roles, stop.ends, strict=True)}
        known[stop.roles[stop.own]] = self.value
        h, t, x = (known[role] for role in ("residual", "gate", "shortcut"))
        told = ", ".join(f"{name} = {units.measured(value)}" for name, value in (("T", t), ("H", h), ("x", x)))
        self._step(f"T·H + (1−T)·x with {told}", "shortcut", t * h + (1 - t) * x)

    def carry(self, stop: Met) -> None:
        """(1−T)·x, whichever of the two the number is."""
        known = {role: self._at(end) for role, end in zip(stop.roles, stop.ends, strict=True)}
        known[stop.roles[stop.own]] = self.value
        t, x = known["gate"], known["shortcut"]
        self._step(f"(1−T)·x with T = {units.measured(t)}, x = {units.measured(x)}", "shortcut", (1 - t) * x)

    def _normalise(self, stop: Applied) -> None:
        """BN at test time as the two numbers that it is: a factor and a summand. Ioffe 2015, algorithm 2."""
        gamma, beta, mean, variance = (
            self._of(f"{stop.tensor}.{name}") for name in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / math.sqrt(variance + stop.op.eps)
        shift = beta - mean * scale
        self.notes.append(
            f"{stop.tensor}: γ = {units.measured(gamma)}, β = {units.measured(beta)}, μ = {units.measured(mean)}, "
            f"σ² = {units.measured(variance)}, ε = {stop.op.eps:g}; γ/√(σ² + ε) = {units.measured(scale)}, "
            f"β − μ·γ/√(σ² + ε) = {units.measured(shift)}."
        )
        self._step(f"BN: × {units.measured(scale)}", "plain", self.value * scale)
        self._step(f"BN: {units.measured_change(shift)}", "plain", self.value + shift, adds=True)

    def _of(self, name: str) -> float:
        """A layer's own number for the channel."""
        return float(self.state[name][self.channel])

    def _at(self, name: str) -> float:
        """What a tensor has in the cell."""
        return float(self.taps[name][self.channel, self.row, self.column])

    def _step(self, words: str, role: str, value: float, adds: bool = False) -> None:
        self.steps.append(Step(words, role, self.value, value, adds))
        self.value = value

    def _check(self, name: str) -> None:
        self.checks.append(Check(name, self.value, self._at(name)))


ADDED: Mapping[str, str] = MappingProxyType({"shortcut": "the shortcut", "residual": "the residual path"})
FUNCTIONS: Mapping[str, Callable[[Op], tuple[str, Callable[[float], float]]]] = MappingProxyType(
    {
        "relu": lambda op: ("ReLU", lambda value: max(value, 0.0)),
        "sigmoid": lambda op: ("σ", lambda value: 1 / (1 + math.exp(-value))),
        "tanh": lambda op: ("tanh", math.tanh),
        "scale": lambda op: (f"× {op.factor:g}", lambda value: value * op.factor),
        "dropout": lambda op: ("dropout, which at test time drops nothing,", lambda value: value),
    }
)
MEETINGS: Mapping[str, Callable[[_Walk, Met], None]] = MappingProxyType(
    {
        "add": _Walk.add,
        "gate": _Walk.gate,
        "carry": _Walk.carry,
        "concat": lambda walk, stop: None,
    }
)
