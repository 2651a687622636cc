"""Numbers of lessons: "{parameters of resnet-34 conv4_x}" in a text -> what comes out, and where quotations stand.

A term is a named computation of `computations`, one of those here, or a number; terms are joined by + - × / and
parentheses with spaces around them; " as percent" at the end says how the result is written. Nothing is executed.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from . import units
from .codec import parse
from .computations import COMPUTATIONS, Value, compute
from .conventions import operations
from .curves import curve
from .published import Figure, figures
from .refusal import Refusal
from .rows import Analysis, Row, analyse
from .spec import either, quoted
from .tools import NAMED

MOST_TERMS = 40
MEASURED_HERE = "measured here: CIFAR-10, the training that the bundled weights come from"
_PLAIN = re.compile(r"[0-9][0-9,]*(\.[0-9]+)?")
_PRINTED = re.compile(
    r"(?P<what>.+) of (?P<net>\S+) printed in (?P<source>\S+) (?P<table>.+?)(?: by (?P<protocol>.+))?"
)
_APART = re.compile(r"(\$\$[^$]*\$\$|\$[^$]*\$|`[^`]*`)|\{([^{}]*)\}")
"""Formulas and code keep their braces; what stands in others is computed."""


class ValueRefusal(Refusal):
    """Words that nothing can be computed from. The message is one sentence that says what to write."""


class Filled(NamedTuple):
    """A text with its numbers in place, and where those that are quoted stand."""

    text: str
    sources: tuple[str, ...]


def filled(text: str) -> Filled:
    """A line of a lesson with everything in braces computed. Raises ValueRefusal for words that name nothing."""
    sources: list[str] = []

    def put(found: re.Match[str]) -> str:
        if found[1]:
            return found[0]
        sources.extend(sources_of(found[2]))
        return value(found[2]).text

    return Filled(_APART.sub(put, text), tuple(dict.fromkeys(sources)))


def sources_of(expression: str) -> tuple[str, ...]:
    """Where the quoted and measured numbers of an expression stand."""
    return tuple(dict.fromkeys(source for term in _terms(expression) for source in _source(term)))


@lru_cache(maxsize=4096)  # among them what visitors type
def value(expression: str) -> Value:
    """What an expression gives. Raises Refusal, with a sentence that says what to write, where it gives nothing."""
    words, _, unit = expression.strip().partition(" as ")
    if unit and unit not in WRITERS:
        raise ValueRefusal(f"A number cannot be written as {quoted(unit)}: write as {either(WRITERS)}.")
    tokens = list(_tokens(words))
    if len(tokens) > MOST_TERMS:
        raise ValueRefusal(f"An expression has {MOST_TERMS} terms and signs at most: compute it in two steps.")
    result = _Reader(tokens).all()
    if unit:
        return Value(WRITERS[unit](_number(result, words)), result.number)
    return result


def _tokens(expression: str) -> Iterator[str]:
    """Signs, parentheses, and the words between them as one term."""
    words: list[str] = []
    for word in re.sub(r"(?<!\S)\(|\)(?!\S)|(?<=\))\)", r" \g<0> ", expression).split():
        if word in _SIGNS or word in "()":
            if words:
                yield " ".join(words)
            words = []
            yield word
        else:
            words.append(word)
    if words:
        yield " ".join(words)


def _terms(expression: str) -> Iterator[str]:
    words, _, _ = expression.strip().partition(" as ")
    yield from (token for token in _tokens(words) if token not in _SIGNS and token not in "()")


_SIGNS: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = MappingProxyType(
    {
        "+": lambda one, other: one + other,
        "-": lambda one, other: one - other,
        "−": lambda one, other: one - other,
        "×": lambda one, other: one * other,
        "*": lambda one, other: one * other,
        "/": lambda one, other: one / other,
    }
)
_SUMS, _PRODUCTS = ("+", "-", "−"), ("×", "*", "/")


class _Reader:
    """Sums of products of terms, by recursive descent."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def all(self) -> Value:
        result = self.sum()
        if self.tokens:
            raise ValueRefusal(f"There is a sign missing before {quoted(self.tokens[0])}: write + - × or /.")
        return result

    def sum(self) -> Value:
        return self._joined(self.product, _SUMS)

    def product(self) -> Value:
        return self._joined(self.term, _PRODUCTS)

    def _joined(self, part: Callable[[], Value], signs: tuple[str, ...]) -> Value:
        result = part()
        while self.tokens and self.tokens[0] in signs:
            sign = self.tokens.pop(0)
            left, right = _number(result, "the left side"), _number(part(), "the right side")
            if sign == "/" and not right:
                raise ValueRefusal("Nothing can be divided by 0: look at what stands behind the /.")
            result = _written(_SIGNS[sign](left, right))
        return result

    def term(self) -> Value:
        token = self.tokens.pop(0) if self.tokens else ""
        if token == "(":
            result = self.sum()
            if not self.tokens or self.tokens.pop(0) != ")":
                raise ValueRefusal("A parenthesis is opened and not closed: write ) with a space around it.")
            return result
        if not token or token in _SIGNS or token == ")":
            raise ValueRefusal("A term is missing: write for example parameters of resnet-34.")
        return _term(token)


def _number(result: Value, words: str) -> Fraction:
    if result.number is None:
        raise ValueRefusal(f"{quoted(words)} gives the text {quoted(result.text)}, and no number to compute with.")
    return result.number


def _written(number: Fraction) -> Value:
    return Value(units.count(number.numerator) if number.denominator == 1 else units.decimal(number), number)


def _term(words: str) -> Value:
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
        if detail and name in VOCABULARY and name not in _DETAILED:
            raise ValueRefusal(f"{quoted(name)} takes a name and no more: leave out {quoted(detail)}.")
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
_DETAILED = frozenset(
    {
        *("parameters", "weights", "multiply-adds", "elementwise operations", "receptive field"),
        *("operations", "parameters by kind", "fully connected parameters", "kernels", "widths", "residual path"),
        *("shortcut", "after the addition", "meeting", "branches", "different branches", "output", "input channels"),
        *("output channels", "stride", "multiply-adds in", "path share"),
    }
)
"""Computations that take a word behind the network: a place, a kind, how many, which lengths."""
VOCABULARY = (*dict.fromkeys((*_OF_PLACES, *COMPUTATIONS, *_MEASURED)),)
"""The names of everything that can be computed; figures that were printed are named as `published.toml` does."""
WRITERS: Mapping[str, Callable[[Fraction], str]] = MappingProxyType(
    {
        "count": lambda number: units.count(round(number)),
        "exact": lambda number: units.exact(round(number)).replace("-", "−"),
        "signed": lambda number: f"{'+' if number > 0 else ''}{units.count(round(number))}",
        "decimal": units.decimal,
        "percent": lambda number: units.percent(float(number)).replace("-", "−"),
    }
)
"""How a result may be written."""


def _source(term: str) -> Iterator[str]:
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
