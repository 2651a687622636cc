"""The terms that lessons compute with: a name, "of", and what of: "parameters of resnet-34 conv4_x".

A named computation of `computations`, one that names a place in a network, a figure that was printed, or a training
that is bundled.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from fractions import Fraction
from types import MappingProxyType

from . import units
from .codec import parse
from .computations import COMPUTATIONS, Value, compute, no_more
from .conventions import operations
from .curves import curve
from .published import Figure, figures
from .refusal import Refusal
from .rows import Analysis, Row, analyse
from .spec import either, quoted
from .tools import NAMED

MEASURED_HERE = "measured here: CIFAR-10, the training that the bundled weights come from"
_PLAIN = re.compile(r"([0-9]+|[1-9][0-9]{0,2}(,[0-9]{3})+)(\.[0-9]+)?")
_PRINTED = re.compile(
    r"(?P<what>.+) of (?P<net>\S+) printed in (?P<source>\S+) (?P<table>.+?)(?: by (?P<protocol>.+))?"
)


class ValueRefusal(Refusal):
    """Words that nothing can be computed from. The message is one sentence that says what to write."""


def term(words: str) -> Value:
    """What a term gives. Raises Refusal, with a sentence that says what to write, where it names nothing."""
    if _PLAIN.fullmatch(words):
        return Value(words, Fraction(words.replace(",", "")))
    name, of, rest = words.partition(" of ")
    if not of:
        raise ValueRefusal(f"{quoted(words)} is no number: write one, or a name of something, {_example()}.")
    try:
        if match := _PRINTED.fullmatch(words):
            return _quotation(_figure(match))
        if name in _MEASURED:
            return _fraction(_MEASURED[name](rest))
        what, _, detail = rest.partition(" ")
        if detail and name in _OF_WHOLE:
            raise no_more(name, detail)
        if name in _OF_PLACES and (detail or name not in COMPUTATIONS):
            return _OF_PLACES[name](analyse(parse(what)), detail)
        if name in COMPUTATIONS:
            return compute(words)
    except Refusal:
        raise
    except (ValueError, KeyError, StopIteration) as error:
        raise ValueRefusal(f"{quoted(words)} cannot be computed ({error}): look at its last words.") from error
    close = get_close_matches(name, VOCABULARY, n=1, cutoff=0.5)
    hint = f"did you mean {quoted(close[0])}?" if close else f"write for example {_example()}."
    raise ValueRefusal(f"There is no computation {quoted(name)}: {hint}")


def _example() -> str:
    return "such as parameters of resnet-34"


def _fraction(number: Fraction) -> Value:
    return Value(units.percent(float(number)), number)


def _rows(analysis: Analysis, place: str) -> list[Row]:
    """The rows of a stage, a block or a layer; of a whole network, if no place is named."""
    rows = [row for row in analysis.rows if not place or place in (row.stage, row.block, row.name)]
    if not rows:
        stages = either(stage.title for stage in analysis.stages)
        raise ValueRefusal(
            f"{analysis.spec} has no stage, block or layer {quoted(place)}: choose {stages}, or a name from its table."
        )
    return rows


def _macs(analysis: Analysis, place: str) -> Value:
    """Multiply-adds of a place, or of the whole network as a tool counts: "by fvcore"."""
    if place.startswith("by "):
        tool = place.removeprefix("by ")
        if tool not in NAMED:
            raise ValueRefusal(f"There is no tool {quoted(tool)}: choose {either(NAMED)}.")
        number = operations(analysis, NAMED[tool].convention)
    else:
        number = sum(row.macs for row in _rows(analysis, place))
    return Value(units.count(number), Fraction(number))


def _sum_of(field: str, write: Callable[[int], str]) -> Callable[[Analysis, str], Value]:
    def value_of(analysis: Analysis, place: str) -> Value:
        number = sum(getattr(row, field) for row in _rows(analysis, place))
        return Value(write(number), Fraction(number))

    return value_of


def _field(analysis: Analysis, place: str) -> Value:
    size = _rows(analysis, place)[-1].receptive_field if place else analysis.totals.receptive_field
    return Value(units.pixels(size), None if size is None else Fraction(size))


def _bytes(field: str) -> Callable[[Analysis, str], Value]:
    def value_of(analysis: Analysis, _: str) -> Value:
        number = getattr(analysis.totals, field)
        return Value(units.memory(number), Fraction(number))

    return value_of


_OF_PLACES: Mapping[str, Callable[[Analysis, str], Value]] = MappingProxyType(
    {
        "parameters": _sum_of("params", units.count),
        "weights": _sum_of("weights", units.count),
        "multiply-adds": _macs,
        "elementwise operations": _sum_of("elementwise", units.count),
        "receptive field": _field,
        "peak memory": _bytes("peak_bytes"),
        "kept memory": _bytes("saved_bytes"),
    }
)
"""Computations that name a stage, a block or a layer behind the network, or none for all of it."""
_MEASURED: Mapping[str, Callable[[str], Fraction]] = MappingProxyType(
    {
        "measured training error": lambda name: curve(name).last_training,
        "measured test error": lambda name: curve(name).last_test,
    }
)
_OF_WHOLE = frozenset({"peak memory", "kept memory"})
"""Those that are of a whole network only."""
VOCABULARY = (*dict.fromkeys((*_OF_PLACES, *COMPUTATIONS, *_MEASURED)),)
"""The names of everything that can be computed; figures that were printed are named as `published.toml` does."""


def sources_of(term: str) -> Iterator[str]:
    """Where the number of a term stands, if it is quoted, or that it was measured here."""
    name, _, _ = term.partition(" of ")
    if match := _PRINTED.fullmatch(term):
        figure = _figure(match)
        yield f"{figure.cited}; {figure.protocol}" if figure.protocol else figure.cited
    elif name in _MEASURED:
        yield MEASURED_HERE


def _figure(found: re.Match[str]) -> Figure:
    """The one published figure that is meant."""
    quantity, place, protocol = found["what"], f"{found['source']} {found['table']}", found["protocol"] or ""
    of_net = [figure for figure in figures() if (figure.arch, figure.quantity) == (found["net"], quantity)]
    meant = [one for one in of_net if one.key.endswith(place) and protocol in (one.protocol or "")]
    if len(meant) == 1:
        return meant[0]
    known = [f"{one.source}{f' ({one.protocol})' if one.protocol else ''}" for one in meant or of_net]
    if not known:
        raise ValueRefusal(f"No {quantity} of {quoted(found['net'])} is quoted here: look for it on the page Verify.")
    what = "Several are" if meant else f"None is in {quoted(place)}, but"
    raise ValueRefusal(f"{what} quoted: {'; '.join(known)}. Name the table, and the protocol behind the word by.")


def _quotation(figure: Figure) -> Value:
    if not re.fullmatch(r"[0-9.]+", figure.printed):
        return Value(figure.shown)
    percent = Fraction(1, 100) if figure.shown.endswith("%") else 1
    return Value(figure.shown, Fraction(figure.printed) * figure.unit * percent)
