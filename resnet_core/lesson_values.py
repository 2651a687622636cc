"""Numbers of lessons: "{parameters of resnet-34 conv4_x}" in a text -> what comes out, and where quotations stand.

A term is one of `lesson_terms`, or a number; terms are joined by + - × / and parentheses with spaces around them;
" as percent" at the end, or " as points" of a difference of percentages, says how the result is written. Nothing is
executed.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from . import lesson_terms, units
from .computations import Value
from .lesson_terms import ValueRefusal
from .spec import either, quoted

MOST_TERMS = 40
_APART = re.compile(r"(\$\$[^$]*\$\$|\$[^$]*\$|`[^`]*`)|\{([^{}]*)\}")
"""Formulas and code keep their braces; what stands in others is computed."""


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
    return tuple(dict.fromkeys(source for term in _terms(expression) for source in lesson_terms.sources_of(term)))


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


WRITERS: Mapping[str, Callable[[Fraction], str]] = MappingProxyType(
    {
        "count": lambda number: units.count(round(number)),
        "exact": lambda number: units.exact(round(number)).replace("-", "−"),
        "signed": lambda number: f"{'+' if number > 0 else ''}{units.count(round(number))}",
        "decimal": units.decimal,
        "percent": lambda number: units.percent(float(number)).replace("-", "−"),
        "points": units.points,
    }
)
"""How a result may be written."""


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
        return lesson_terms.term(token)


def _number(result: Value, words: str) -> Fraction:
    if result.number is None:
        raise ValueRefusal(f"{quoted(words)} gives the text {quoted(result.text)}, and no number to compute with.")
    return result.number


def _written(number: Fraction) -> Value:
    return Value(units.count(number.numerator) if number.denominator == 1 else units.decimal(number), number)
