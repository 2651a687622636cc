"""Which network is it? From a number of parameters, of multiply-adds, or from the names in a state_dict."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from .codec import nearest, parse
from .describe import CHOICE, differences, listed, title
from .lattice import ROUND, TRUNCATE, Target
from .rows import analyse
from .solver import ReconcileError
from .spec import ArchSpec, SpecError
from .state_keys import Shapes, expected_keys
from .zoo import ZOO

CLOSEST = 5
_CHANGES: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {  # what people's networks differ in from the published ones
        "shortcut": ("A", "B", "C", "pool"),
        "stride_on": ("1x1", "3x3"),
        "order": ("post", "pre"),
        "classes": (10, 100, 1000),
        "aux": (False, True),
        "groups": (1, 2),
    }
)
_PREFIX = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_COUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.(\d{1,12}))?(?:e\+?(\d{1,2}))?\s*([kmgbt]?)", re.IGNORECASE)
_BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


class Count(NamedTuple):
    """A number as somebody wrote it: the digits, which say how exactly it is meant, and what they count."""

    printed: str
    unit: int

    @property
    def value(self) -> float:
        return float(self.printed) * self.unit


def read_count(text: str) -> Count:
    """ "4.12e9", "4.12 G", "25,557,032": a count with its precision. Raises ReconcileError for what is none."""
    match = _COUNT.fullmatch(text.strip())
    if match is None:
        raise ReconcileError(f"{text.strip()[:40]!r} is no count: write it like 4.12e9, 4.12 G or 25557032.")
    whole, fraction, exponent, prefix = match.groups()
    digits = whole.replace(",", "") + (f".{fraction}" if fraction else "")
    unit = 10 ** int(exponent or 0) * _PREFIX[prefix.lower()]
    if not 0 < float(digits) * unit < 10**18:
        raise ReconcileError(f"No network has {text.strip()[:40]} of anything: give a count from 1 to 10^18.")
    return Count(digits, unit)


@dataclass(frozen=True, slots=True)
class Match:
    """A network that fits, or nearly: the number it has, and by how much that is more than what was asked for."""

    spec: ArchSpec
    number: int
    away: int

    @property
    def words(self) -> str:
        """What it is: a network of the zoo, and what differs from it."""
        base = ZOO[nearest(self.spec)]
        differing = [CHOICE[choice](self.spec) for choice in differences(self.spec, base)]
        return f"{title(base)} with {listed(differing)}" if differing else title(self.spec)


@dataclass(frozen=True, slots=True)
class Found:
    """The networks that have a number, and the closest that do not."""

    quantity: str
    exact: tuple[Match, ...]
    closest: tuple[Match, ...]


def identify(quantity: str, count: Count, progress: Callable[[float], None] = lambda share: None) -> Found:
    """Every known network, published or with one or two usual changes, that has this many "params" or "macs".

    A number with few digits is meant to be rounded or truncated to them.
    """
    target = Target(ZOO["resnet-50"], quantity, *count)
    ranges = [target.range(cut) for cut in (ROUND, TRUNCATE)]
    exact: list[Match] = []
    others: list[Match] = []
    known = _known()
    for done, spec in enumerate(known):
        if done % 50 == 0:
            progress(done / len(known))
        number = _number(spec, quantity)
        match = Match(spec, number, number - round(count.value))
        (exact if any(low <= number < high for low, high in ranges) else others).append(match)
    progress(1.0)
    exact.sort(key=lambda match: (len(str(match.spec)), abs(match.away)))
    others.sort(key=lambda match: (abs(match.away), len(str(match.spec))))
    return Found(quantity, tuple(exact), tuple(_one_each(others, CLOSEST)))


def _one_each(matches: list[Match], most: int) -> Iterator[Match]:
    """The first of those with the same number."""
    seen: set[int] = set()
    for match in matches:
        if match.number not in seen:
            seen.add(match.number)
            yield match
        if len(seen) == most:
            return


@lru_cache(maxsize=8192)
def _number(spec: ArchSpec, quantity: str) -> int:
    totals = analyse(spec).totals
    return totals.params if quantity == "params" else totals.macs


@cache
def _known() -> tuple[ArchSpec, ...]:
    """The zoo, with each change alone and with another number of classes besides."""
    found: dict[ArchSpec, None] = dict.fromkeys(ZOO.values())
    for spec in ZOO.values():
        for name, values in _CHANGES.items():
            for value in values:
                if changed := _changed(spec, name, value):
                    found[changed] = None
                    for classes in _CHANGES["classes"]:
                        if other := _changed(changed, "classes", classes):
                            found[other] = None
    return tuple(found)


def _changed(spec: ArchSpec, name: str, value: Any) -> ArchSpec | None:
    if name not in spec.choices or (name == "shortcut" and spec.family == "plain"):
        return None
    try:
        return replace(spec, **{name: value})
    except SpecError:
        return None


@dataclass(frozen=True, slots=True)
class KeysMatch:
    """A network beside a state_dict: what the file lacks, has beyond it, and holds in other shapes."""

    spec: ArchSpec
    missing: tuple[str, ...]
    beyond: tuple[str, ...]
    reshaped: tuple[str, ...]

    @property
    def exact(self) -> bool:
        return not (self.missing or self.beyond or self.reshaped)

    @property
    def words(self) -> str:
        """What separates the two: "the file lacks 2 tensors (fc.bias, …), holds 1 in another shape (fc.weight)"."""
        parts = [
            f"{verb} {len(names):,} {what} ({', '.join(names[:2])}{', …' if len(names) > 2 else ''})"
            for verb, what, names in (
                ("lacks", "of its tensors", self.missing),
                ("has", "more", self.beyond),
                ("holds", "in another shape", self.reshaped),
            )
            if names
        ]
        return f"the file {listed(parts)}" if parts else "every name and every shape is the same"


def match_keys(given: Shapes) -> tuple[KeysMatch, ...]:
    """The networks nearest to a state_dict, nearest first. Where it names no shape, names alone are compared.

    The number of classes is taken from its last layer.
    """
    buffers = any(name.endswith(_BUFFERS) for name in given)
    matches = [_compared(spec, given, buffers) for spec in dict.fromkeys(_sized(spec, given) for spec in _known())]
    return tuple(sorted(matches, key=_rank)[:CLOSEST])


def _rank(match: KeysMatch) -> tuple[int, int, bool, int]:
    """What the file holds counts before what it lacks, for it may be a part; of equals, the residual one."""
    return (
        len(match.beyond) + len(match.reshaped),
        len(match.missing),
        match.spec.family == "plain",
        len(str(match.spec)),
    )


def _sized(spec: ArchSpec, given: Shapes) -> ArchSpec:
    last = next(row for row in reversed(analyse(spec).rows) if row.kind in ("linear", "rbf"))
    shape = given.get(f"{last.name}.weight")
    if shape and len(shape) == 2 and shape[0] != spec.classes:
        return _changed(spec, "classes", shape[0]) or spec
    return spec


@lru_cache(maxsize=4096)  # bounded: the number of classes is a stranger's
def _keys(spec: ArchSpec) -> Mapping[str, tuple[int, ...]]:
    return MappingProxyType(expected_keys(analyse(spec)))


def _compared(spec: ArchSpec, given: Shapes, buffers: bool) -> KeysMatch:
    expected = _keys(spec)
    return KeysMatch(
        spec,
        missing=tuple(name for name in expected if name not in given and (buffers or not name.endswith(_BUFFERS))),
        beyond=tuple(name for name in given if name not in expected),
        reshaped=tuple(
            name for name, shape in given.items() if shape is not None and name in expected and expected[name] != shape
        ),
    )


def target_of(text: str, quantity: str, count: str) -> Target:
    """A number that somebody asks about, of a network. Raises SpecError or ReconcileError."""
    return Target(parse(text), quantity, *read_count(count))
