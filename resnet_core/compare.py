"""What changed between two networks: totals side by side, one sentence a change, each op beside its counterpart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from . import units
from .alignment import OpPair, StagePair, align, op_pairs
from .changes import Change, changes
from .codec import amended, parse
from .describe import title
from .rows import Analysis, Totals, analyse
from .spec import ArchSpec
from .waterfall import Step, as_bars


class Total(NamedTuple):
    """A sum of `Totals` in words, and how it and a difference of two are written."""

    words: str
    write: Callable[[int], str]
    change: Callable[[int], str]


TOTALS: Mapping[str, Total] = MappingProxyType(
    {
        "layers": Total("Layers", units.exact, units.signed),
        "params": Total("Parameters", units.count, units.change),
        "macs": Total("Multiply-adds", units.count, units.change),
        "activation_bytes": Total("Activations", units.memory, units.memory_change),
        "peak_bytes": Total("Peak memory", units.memory, units.memory_change),
    }
)
SUMMED = ("params", "macs", "activation_bytes")
"""Of these, the totals that are sums over stages, and to which each change contributes its share."""


class Difference(NamedTuple):
    """A total of both networks as text; `change` and `share`, of the one's, are "" where it is the same."""

    words: str
    one: str
    other: str
    change: str
    share: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two networks held against each other."""

    one: Analysis
    other: Analysis
    changes: tuple[Change, ...]
    stages: tuple[StagePair, ...]

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called: their titles, or their texts where they share one."""
        one, other = title(self.one.spec), title(self.other.spec)
        return (one, other) if one != other or self.same else (str(self.one.spec), str(self.other.spec))

    @property
    def same(self) -> bool:
        """Whether they are one and the same network."""
        return self.one.spec == self.other.spec

    @property
    def sentences(self) -> tuple[str, ...]:
        """One a change, with what it costs."""
        return tuple(map(sentence, self.changes))

    @property
    def answer(self) -> str:
        """All of it in a line."""
        if self.same:
            return f"Nothing: both are {title(self.one.spec)}, layer for layer"
        number = len(self.changes)
        return f"{number} change{'s' if number != 1 else ''}: {cost(self.one.totals, self.other.totals)}"

    @property
    def totals(self) -> tuple[Difference, ...]:
        """Layers, parameters, multiply-adds, memory and receptive field of both."""
        fields = [_difference(words, *self._both(quantity)) for quantity, words in TOTALS.items()]
        one, other = (units.pixels(of.totals.receptive_field) for of in (self.one, self.other))
        wider = _wider(self.one.totals.receptive_field, self.other.totals.receptive_field)
        return (*fields, Difference("Receptive field", one, other, wider, ""))

    def _both(self, quantity: str) -> tuple[int, int]:
        return getattr(self.one.totals, quantity), getattr(self.other.totals, quantity)

    @property
    def differing(self) -> tuple[OpPair, ...]:
        """The ops that differ, and those that only one network has."""
        return tuple(pair for pair in op_pairs(self.stages) if pair.differing)

    def waterfall(self, quantity: str) -> tuple[Step, ...]:
        """How a total of `SUMMED` gets from the one network's to the other's: the changes' shares sum to all of it."""
        write, move = TOTALS[quantity].write, TOTALS[quantity].change
        begin, end = self._both(quantity)
        steps = [Step(self.names[0], begin, write(begin), "")]
        for change in self.changes:
            number = getattr(change.after.totals, quantity)
            steps.append(Step(change.label, number, write(number), move(share(change, quantity))))
        steps.append(Step(self.names[1], end, write(end), ""))
        return tuple(as_bars(steps))


def compare(one: ArchSpec, other: ArchSpec) -> Comparison:
    """Two networks held against each other, each at its own size."""
    of_one, of_other = analyse(one), analyse(other)
    return Comparison(of_one, of_other, changes(one, other), align(of_one, of_other))


def read_other(text: str, one: ArchSpec) -> ArchSpec:
    """The network that a text names beside `one`: in full, or by its changes alone, as in `shortcut=A,size=32`.

    Raises SpecError, with a sentence that says what to change.
    """
    parts = [part.strip() for part in text.strip().split(",")]
    return amended(one, *parts) if "=" in parts[0] else parse(text)


def share(change: Change, quantity: str) -> int:
    """What a change adds to a total."""
    return int(getattr(change.after.totals, quantity) - getattr(change.before.totals, quantity))


def sentence(change: Change) -> str:
    """What is done, and what it costs: "Stride moved from conv1 to conv2 in 3 blocks: +231.2 M multiply-adds, …"."""
    words = change.words
    return f"{words[:1].upper()}{words[1:]}: {cost(change.before.totals, change.after.totals)}."


def cost(before: Totals, after: Totals) -> str:
    """By how much two networks differ: "+231.2 M multiply-adds, parameters unchanged, receptive field 483 → 427"."""
    moved = {name: getattr(after, name) - getattr(before, name) for name in TOTALS}
    parts = [
        f"{TOTALS[name].change(moved[name])} {TOTALS[name].words.lower()}" for name in ("macs", "params") if moved[name]
    ]
    still = [TOTALS[name].words.lower() for name in ("macs", "params") if not moved[name]]
    if still:
        parts.append(f"{' and '.join(still)} unchanged")
    if not any(moved[name] for name in ("macs", "params")) and moved["activation_bytes"]:
        parts.append(f"{units.memory_change(moved['activation_bytes'])} of activations")
    if before.receptive_field != after.receptive_field:
        parts.append(f"receptive field {_seen(before.receptive_field)} → {_seen(after.receptive_field)}")
    return ", ".join(parts)


def _seen(size: int | None) -> str:
    return "whole picture" if size is None else units.exact(size)


def _difference(total: Total, one: int, other: int) -> Difference:
    move = other - one
    part = signed_share(move, one) if move and one else ""
    return Difference(total.words, total.write(one), total.write(other), total.change(move) if move else "", part)


def signed_share(move: int, whole: int) -> str:
    """A difference in percent of the whole, with its sign: "+6.0 %"; what only rounds to nothing is "<0.1 %"."""
    share = units.share(abs(move), whole)
    return share if share.startswith("<") or not move else f"{'+' if move > 0 else '−'}{share}"


def _wider(one: int | None, other: int | None) -> str:
    if one == other:
        return ""
    return "not alike" if one is None or other is None else f"{units.signed(other - one)} px"
