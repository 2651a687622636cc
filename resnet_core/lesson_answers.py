"""What somebody answers, held against what the core computes."""

import re
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
    }
)
_TYPED = re.compile(r"([+-]?)(\d[\d,  ']*(?:\.\d+)?|\.\d+)(?:e\+?(\d{1,2}))?\s*([a-z%]*)")


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


def judged(answer: Value, text: str, tolerance: Fraction | None = None) -> Judgement:
    """Whether what was typed is the answer: all of it, or cut to the digits that were typed, or within a tolerance.

    Raises AnswerRefusal for what cannot be read as a number where the answer is one.
    """
    if answer.number is None:
        same = _plain(text) == _plain(answer.text)
        return Judgement(same, f"Right: {answer.text}." if same else "Not this: look once more, or take a hint.")
    typed = read(text)
    off = typed.number - answer.number
    if tolerance is not None and abs(off) <= tolerance * abs(answer.number):
        return Judgement(True, _right(answer))
    # rounded and truncated alike; two digits at least, for with one nearly everything would be right
    fine = typed.last_digit * 10 <= abs(answer.number)
    if not off or (tolerance is None and fine and _is_cut(typed, answer.number)):
        return Judgement(True, _right(answer))
    if tolerance is None and not fine and _is_cut(typed, answer.number) and abs(off) < abs(answer.number):
        return Judgement(False, "Near: give two digits or more.")
    return Judgement(False, f"Not yet: that is too {'large' if off > 0 else 'small'}{_how_far(typed, answer.number)}.")


def read(text: str) -> Typed:
    """A number as people write it: 3.86 G, 3,857,973,248, 3.86e9, 23 %, or a product such as 9 × 64 × 64."""
    words = text.strip().lower()
    match = _TYPED.fullmatch(words)
    if len(words) <= LONGEST and match and match[4] in _UNITS:
        digits = Decimal(re.sub(r"[,  ']", "", match[2]))
        scale = _UNITS[match[4]] * 10 ** int(match[3] or 0) * (-1 if match[1] == "-" else 1)
        exponent = digits.as_tuple().exponent
        return Typed(Fraction(digits) * scale, abs(Fraction(Decimal(1).scaleb(int(exponent))) * scale))
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
