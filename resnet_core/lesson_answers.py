"""What somebody answers, held against what the core computes."""

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from . import units
from .computations import Value
from .lesson_terms import ValueRefusal
from .lesson_values import value
from .refusal import Refusal
from .spec import quoted

LONGEST = 80
TWICE = Fraction(2, 100)
_UNITS = MappingProxyType(
    {
        "": Fraction(1),
        "k": Fraction(10**3),
        "m": Fraction(10**6),
        "g": Fraction(10**9),
        "b": Fraction(10**9),
        "t": Fraction(10**12),
        "thousand": Fraction(10**3),
        "million": Fraction(10**6),
        "billion": Fraction(10**9),
        "%": Fraction(1, 100),
        "px": Fraction(1),
        "pixels": Fraction(1),
        "percent": Fraction(1, 100),
        "points": Fraction(1, 100),
        "point": Fraction(1, 100),
    }
)
_TYPED = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>[1-9]\d{0,2}(?:[,'\s]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)"
    r"(?:e\+?(?P<ten>\d{1,2}))?\s*(?P<unit>[a-z%]*)"
)
_COMMA = re.compile(r"\d{1,3},\d{3}")
"""A comma that groups thousands in English, and stands for a point elsewhere."""


class AnswerRefusal(Refusal):
    """An answer that cannot be read. The message is one sentence that says how to write it."""


class Judgement(NamedTuple):
    """Whether an answer is right, and a sentence about it that does not give the right one away."""

    right: bool
    sentence: str


class Typed(NamedTuple):
    """A number as somebody wrote it, and what one unit of its last digit is worth; 0 for one that was computed."""

    number: Fraction
    last_digit: Fraction

    def times(self, scale: Fraction) -> "Typed":
        return Typed(self.number * scale, abs(self.last_digit * scale))


def judged(answer: Value, text: str, tolerance: Fraction | None = None) -> Judgement:
    """Whether what was typed is the answer: all of it, or cut to the digits that were typed, or within a tolerance.

    Raises AnswerRefusal for what cannot be read as a number where the answer is one.
    """
    if answer.number is None:
        same = _plain(text) == _plain(answer.text)
        return Judgement(same, f"Right: {answer.text}." if same else "Not this: look once more, or take a hint.")
    number = answer.number
    nearest = sorted(
        readings(text, of_percent=answer.text.endswith(("%", "points"))), key=lambda typed: abs(typed.number - number)
    )
    found = [_judged(answer, number, typed, tolerance) for typed in nearest]
    return next((judgement for judgement in found if judgement.right), found[0])


def _judged(answer: Value, number: Fraction, typed: Typed, tolerance: Fraction | None) -> Judgement:
    off = typed.number - number
    if tolerance is not None and abs(off) <= tolerance * abs(number):
        return Judgement(True, _right(answer))
    # rounded and truncated alike; two digits at least, for with one nearly everything would be right
    fine = typed.last_digit * 10 <= abs(number)
    if not off or (tolerance is None and fine and _is_cut(typed, number)):
        return Judgement(True, _right(answer))
    if tolerance is None and not fine and _is_cut(typed, number) and abs(off) < abs(number):
        return Judgement(False, "Near: give two digits or more.")
    return Judgement(False, f"Not yet: that is too {'large' if off > 0 else 'small'}{_how_far(typed, number)}.")


def readings(text: str, of_percent: bool = False) -> tuple[Typed, ...]:
    """What may be meant by a number as people write it: 3.86 G, 3,857,973,248, 3.86e9, 23 %, or 9 × 64 × 64.

    Without a unit 23 may be 23 % where the answer is written in percent or in points of it; 3,858 may be 3.858.
    Raises AnswerRefusal, with a sentence that says how to write it, for what is no number.
    """
    words = text.strip().lower().replace("percentage point", "point")
    match = _TYPED.fullmatch(words)
    if len(words) <= LONGEST and match and match["unit"] in _UNITS:
        scale = _UNITS[match["unit"]] * 10 ** int(match["ten"] or 0) * (-1 if match["sign"] == "-" else 1)
        found = tuple(_digits(digits).times(scale) for digits in _with_points(match["digits"]))
        plain = not match["unit"]
    else:
        found, plain = (_computed(text),), True
    return (*found, *(typed.times(_UNITS["%"]) for typed in found)) if of_percent and plain else found


def _with_points(digits: str) -> Iterator[str]:
    """Digits as Python writes them, with a point if any, in each way in which they can be read."""
    grouped = re.sub(r"(?<=\d)[,'\s](?=\d{3}(?!\d))", "", digits) if digits[0] != "0" else digits
    yield grouped.replace(",", ".")
    if _COMMA.fullmatch(digits) and grouped != digits:
        yield digits.replace(",", ".")


def _digits(digits: str) -> Typed:
    number = Decimal(digits)
    return Typed(Fraction(number), Fraction(Decimal(1).scaleb(int(number.as_tuple().exponent))))


def _computed(text: str) -> Typed:
    words = text.strip().lower()
    try:
        if len(words) > LONGEST or re.search(r"[a-z]", words):
            raise ValueRefusal("no number")
        spaced = re.sub(r"\s*([-+−*×/()])\s*", r" \1 ", words)
        return Typed(value(spaced).number or Fraction(0), Fraction(0))
    except ValueRefusal as error:
        raise AnswerRefusal(
            f"{quoted(text)} cannot be read as a number: write such as 3.86 G, 231 M, 12,345, 5 % or 9 × 64 × 64."
        ) from error


def _is_cut(typed: Typed, number: Fraction) -> bool:
    """Whether the typed digits are those of the number, rounded or truncated."""
    return abs(typed.number - number) < typed.last_digit


def _right(answer: Value) -> str:
    number = answer.number
    if number is not None and number.denominator == 1 and abs(number) >= 1000:
        return f"Right: {answer.text}, exactly {units.exact(number.numerator)}."
    return f"Right: {answer.text}."


def _how_far(typed: Typed, number: Fraction) -> str:
    """By orders of magnitude where it is that far off."""
    if typed.number > 0 and number > 0:
        ratio = max(typed.number / number, number / typed.number)
        if ratio >= 10:
            return f", by a factor of more than {10 ** (len(str(int(ratio))) - 1):,}"
        if abs(ratio - 2) < TWICE:
            return ", by a factor of 2"
    return ""


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text.casefold().replace("*", "×").replace("x", "×"))
