"""Numbers as people read them: text from exact integers, rounded half up, with the unit after a plain space."""

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from .shapes import Shape

SIGNIFICANT = 4
MEASURED = 3
_COUNTS = ("", "k", "M", "G", "T")
_BYTES = ("B", "kB", "MB", "GB", "TB")


def exact(number: int) -> str:
    """Every digit: 25557032 -> "25,557,032"."""
    return f"{number:,}"


def count(number: int) -> str:
    """Four significant digits: 25557032 -> "25.56 M"; numbers under a thousand exactly."""
    return _scaled(number, _COUNTS)


def signed(number: int) -> str:
    """A difference with every digit and its sign: -2752 -> "−2,752", 3098 -> "+3,098"."""
    return f"{number:+,}".replace("-", "−")


def change(number: int) -> str:
    """A difference with four significant digits and its sign: 231211008 -> "+231.2 M"; none at all is "±0"."""
    return f"{'+' if number > 0 else '' if number else '±'}{count(number)}"


def memory_change(size: int) -> str:
    """A difference of bytes with its sign: -802816 -> "−802.8 kB"."""
    return f"{'+' if size > 0 else '' if size else '±'}{memory(size)}"


def decimal(number: Fraction | int) -> str:
    """A number that is no count, four significant digits: 40.25, 0.4537, 98.02."""
    value = Context(SIGNIFICANT, ROUND_HALF_UP).divide(Decimal(number.numerator), Decimal(number.denominator))
    return f"{value.normalize():f}"


def measured(number: float) -> str:
    """A number that was measured, three significant digits: 246.81 -> "247", -0.01234 -> "−0.0123"."""
    if not math.isfinite(number):
        return "–"
    value = Context(MEASURED, ROUND_HALF_UP).create_decimal_from_float(number) + 0
    digits = f"{value:,.0f}" if value.adjusted() >= MEASURED else f"{value.normalize():f}"
    return digits.replace("-", "−")


def measured_change(number: float) -> str:
    """As `measured`, with its sign: 0.1234 -> "+0.123"; what changes nothing is "+0"."""
    text = measured(number)
    return text if text[0] in "−–" else f"+{text}"


def beside(number: float, most: float) -> str:
    """A number of several that stand beside each other: as many decimals as the largest of them, `most`, has in three
    significant digits; zero itself is "0"."""
    if not number or not most or not math.isfinite(number):
        return measured(number)
    decimals = max(0, MEASURED - 1 - math.floor(math.log10(abs(most))))
    return f"{number:.{decimals}f}".replace("-", "−")


def memory(size: int) -> str:
    """Bytes in decimal units, one megabyte being 1,000,000 of them: 11038720 -> "11.04 MB"."""
    return _scaled(size, _BYTES)


def share(part: int, whole: int) -> str:
    """A part in percent of the whole, one decimal; neither nothing nor all is said of what only rounds to it."""
    return _percents(Decimal(100 * part) / whole) if whole else "–"


def percent(fraction: float) -> str:
    """A probability, 0.6213 -> "62.1 %"; what only rounds to nothing is "<0.1 %", what only rounds to 1 ">99.9 %"."""
    return _percents(100 * Decimal(repr(fraction)))


def points(difference: Fraction) -> str:
    """A difference of two percentages, two decimals as papers print them: 0.0351 -> "3.51 percentage points"."""
    value = Decimal(100 * difference.numerator) / Decimal(difference.denominator)
    return f"{_rounded(value, 2) + 0} percentage points".replace("-", "−")


def shape(dimensions: Shape) -> str:
    """Height×width×channels, as the field writes it: (256, 56, 56) -> "56×56×256"; vectors are "1000"."""
    channels, *sides = dimensions
    return "×".join(map(str, (*sides, channels)))


def milliseconds(duration: float) -> str:
    """A duration, 11.93 -> "11.9 ms"; from 100 ms on without the decimal."""
    value = Decimal(repr(duration))
    tenths = _rounded(value, 1)
    if value and not tenths:
        return "<0.1 ms"
    return f"{tenths} ms" if tenths < 100 else f"{_rounded(value, 0):,} ms"


def per_second(rate: float) -> str:
    """How often in a second, 23.42 -> "23.4"; from 100 on without the decimal."""
    value = Decimal(repr(rate))
    tenths = _rounded(value, 1)
    return f"{tenths}" if tenths < 100 else f"{_rounded(value, 0):,}"


def pixels(size: int | None) -> str:
    """A width in pixels of the input: 483 -> "483 px"; None is the whole picture."""
    return "whole picture" if size is None else f"{size:,} px"


def _scaled(number: int, units: tuple[str, ...]) -> str:
    sign, number = ("−" if number < 0 else ""), abs(number)
    rounded = Context(SIGNIFICANT, ROUND_HALF_UP).create_decimal(
        number
    )  # before the unit is chosen: 999,950 is 1.000 M, not 1000 k
    power = min(max(rounded.adjusted(), 0) // 3, len(units) - 1)
    digits = f"{rounded.scaleb(-3 * power):,f}" if power else str(number)
    return f"{sign}{digits} {units[power]}".rstrip()


def _percents(value: Decimal) -> str:
    rounded = _rounded(value, 1)
    if value and not rounded:
        return "<0.1 %"
    return ">99.9 %" if rounded == 100 and value < 100 else f"{rounded} %"


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
