"""Which network is it? From a number of parameters, of multiply-adds, or from the names in a state_dict."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
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
    """A network that fits, or nearly: the number it has, and by how much that is more than what was asked for.

    `ties` are the other known networks with this very number, where one stands for all.
    """

    spec: ArchSpec
    number: int
    away: int
    ties: tuple[ArchSpec, ...] = ()

    @property
    def words(self) -> str:
        """What it is: a network of the zoo, and what differs from it."""
        base = ZOO[nearest(self.spec)]
        differing = [CHOICE[choice](self.spec) for choice in differences(self.spec, base)]
        words = f"{title(base)} with {listed(differing)}" if differing else title(self.spec)
        if not self.ties:
            return words
        have = "1 other has" if len(self.ties) == 1 else f"{len(self.ties)} others have"
        return f"{words}; {have} as many, such as {min(map(str, self.ties), key=len)}"


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
    exact.sort(key=lambda match: (_usual_first(match.spec), abs(match.away)))
    others.sort(key=lambda match: (abs(match.away), _usual_first(match.spec)))
    return Found(quantity, tuple(exact), tuple(_one_each(others, CLOSEST)))


def _one_each(matches: list[Match], most: int) -> Iterator[Match]:
    """One match for each number, with those that tie with it."""
    same: dict[int, list[Match]] = {}
    for match in matches:
        same.setdefault(match.number, []).append(match)
    for first, *others in list(same.values())[:most]:
        yield replace(first, ties=tuple(match.spec for match in others))


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
    """A network beside a state_dict: what the file lacks, has beyond it, and holds in other shapes.

    `shapes` is False where the file names no shape at all.
    """

    spec: ArchSpec
    missing: tuple[str, ...]
    beyond: tuple[str, ...]
    reshaped: tuple[str, ...]
    shapes: bool = True

    @property
    def exact(self) -> bool:
        return not (self.missing or self.beyond or self.reshaped)

    @property
    def words(self) -> str:
        """What separates the two: "the file lacks 2 tensors (fc.bias, …), holds 1 in another shape (fc.weight)"."""
        parts = [
            f"{verb} {len(names):,} {what} ({', '.join(names[:2])}{', …' if len(names) > 2 else ''})"
            for verb, what, names in (
                ("lacks", "of the network's tensors", self.missing),
                ("has", "more", self.beyond),
                ("holds", "in another shape", self.reshaped),
            )
            if names
        ]
        same = "every name and every shape is the same" if self.shapes else "every name is the same; no shape was given"
        return f"the file {listed(parts)}" if parts else same


def match_keys(given: Shapes, progress: Callable[[float], None] = lambda share: None) -> tuple[KeysMatch, ...]:
    """The networks with these names and shapes, then the nearest others. Where no shape is given, names are compared.

    The number of classes is taken from the last layer. BN statistics are missed only where there are some.
    """
    kept = [kind for kind in _BUFFERS if any(name.endswith(kind) for name in given)]
    known = _of_any_classes()
    distances: dict[ArchSpec, tuple[int, int]] = {}  # of those that have a name in common with it
    for done, spec in enumerate(known):
        if done % 50 == 0:
            progress(done / len(known))
        if (distance := _distance(_keys(spec), given, kept)) is not None:
            distances[spec] = distance
    progress(1.0)
    nearest_first = sorted(distances, key=lambda spec: (distances[spec], *_usual_first(spec)))
    exact = [spec for spec in nearest_first if distances[spec] == (0, 0)]
    sized = dict.fromkeys(_sized(spec, given) for spec in nearest_first[: len(exact) + CLOSEST])
    return tuple(_compared(spec, given, kept) for spec in sized)


def _usual_first(spec: ArchSpec) -> tuple[bool, int]:
    """Of networks that are alike, the residual one, and the one that is said in fewer words."""
    return spec.family == "plain", len(str(spec))


def _distance(keys: "_Keys", given: Shapes, kept: Collection[str]) -> tuple[int, int] | None:
    """What the file holds otherwise or beyond, then what it lacks: it may be a part of a network. None: all of it."""
    found = missing = reshaped = 0
    for name, shape in keys.shapes.items():
        if name in given:
            found += 1
            reshaped += not _alike(keys, name, shape, given[name])
        else:
            missing += _is_missed(name, kept)
    return (len(given) - found + reshaped, missing) if found else None


def _alike(keys: "_Keys", name: str, shape: tuple[int, ...], other: tuple[int, ...] | None) -> bool:
    """Whether two shapes are the same, but for the number of classes."""
    return other is None or shape == other or (name in keys.by_class and shape[1:] == other[1:])


def _is_missed(name: str, kept: Collection[str]) -> bool:
    return not name.endswith(_BUFFERS) or any(name.endswith(kind) for kind in kept)


def _sized(spec: ArchSpec, given: Shapes) -> ArchSpec:
    shapes = [given.get(name) for name in _keys(spec).by_class]
    sizes = {shape[0] for shape in shapes if shape}
    return (_changed(spec, "classes", sizes.pop()) or spec) if len(sizes) == 1 else spec


class _Keys(NamedTuple):
    """The state_dict of a network: names and shapes, and of which tensors the first side is the number of classes."""

    shapes: Mapping[str, tuple[int, ...]]
    by_class: frozenset[str]


@lru_cache(maxsize=2048)  # all that are known, and those of a stranger's number of classes
def _keys(spec: ArchSpec) -> _Keys:
    analysis = analyse(spec)
    shapes = expected_keys(analysis)
    last = [row.name for row in analysis.rows if row.kind in ("linear", "rbf") and row.out_shape == (spec.classes,)]
    by_class = (name for name in shapes if name.rpartition(".")[0] in last)
    return _Keys(MappingProxyType(shapes), frozenset(by_class))


@cache
def _of_any_classes() -> tuple[ArchSpec, ...]:
    """The known networks, whatever their number of classes, once."""
    own = {spec: ZOO[nearest(spec)].classes for spec in _known()}
    return tuple(dict.fromkeys(_changed(spec, "classes", classes) or spec for spec, classes in own.items()))


def _compared(spec: ArchSpec, given: Shapes, kept: Collection[str]) -> KeysMatch:
    expected = _keys(spec).shapes
    return KeysMatch(
        spec,
        missing=tuple(name for name in expected if name not in given and _is_missed(name, kept)),
        beyond=tuple(name for name in given if name not in expected),
        reshaped=tuple(
            name for name, shape in given.items() if shape is not None and name in expected and expected[name] != shape
        ),
        shapes=any(shape is not None for shape in given.values()),
    )


def target_of(text: str, quantity: str, count: str) -> Target:
    """A number that somebody asks about, of a network. Raises SpecError or ReconcileError."""
    return Target(parse(text), quantity, *read_count(count))
