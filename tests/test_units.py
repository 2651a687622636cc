"""Units: what people read is the exact number, rounded once."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core import units

FACTOR = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (512, "512"),
        (999, "999"),
        (1000, "1.000 k"),
        (1728, "1.728 k"),
        (64_000, "64.00 k"),
        (999_949, "999.9 k"),
        (999_950, "1.000 M"),  # one unit up rather than "1000 k"
        (25_557_032, "25.56 M"),
        (3_857_973_248, "3.858 G"),
        (11_513_626_624, "11.51 G"),
        (99_995_000, "100.0 M"),
        (10**15, "1,000 T"),
        (-4_500, "−4.500 k"),
    ],
)
def test_a_count_has_four_significant_digits(number: int, text: str) -> None:
    assert units.count(number) == text


@given(st.integers(min_value=1000, max_value=10**14))
def test_a_count_is_never_further_off_than_half_its_last_digit(number: int) -> None:
    digits, unit = units.count(number).split(" ")
    decimals = len(digits.partition(".")[2])
    error = abs(Fraction(digits.replace(",", "")) * FACTOR[unit] - number)
    assert error <= Fraction(FACTOR[unit], 10**decimals) / 2
    assert sum(c.isdigit() for c in digits) == units.SIGNIFICANT


def test_exact_numbers_keep_every_digit() -> None:
    assert units.exact(25_557_032) == "25,557,032"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (8, "8 B"), (208_896, "208.9 kB"), (11_038_720, "11.04 MB"), (1_048_576, "1.049 MB")],
)
def test_a_megabyte_is_a_million_bytes(size: int, text: str) -> None:
    assert units.memory(size) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (123, 1000, "12.3 %"),
        (1, 3, "33.3 %"),
        (0, 5, "0.0 %"),
        (5, 5, "100.0 %"),
        (1, 10_000, "<0.1 %"),
        (9_999, 10_000, ">99.9 %"),
        (0, 0, "–"),
    ],
)
def test_a_share_has_one_decimal_and_never_hides_what_is_there(part: int, whole: int, text: str) -> None:
    assert units.share(part, whole) == text


@pytest.mark.parametrize(
    ("dimensions", "text"), [((256, 56, 56), "56×56×256"), ((64, 7, 9), "7×9×64"), ((1000,), "1000")]
)
def test_shapes_are_written_height_width_channels(dimensions: tuple[int, ...], text: str) -> None:
    assert units.shape(dimensions) == text


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (11.9, "11.9 ms"),
        (3, "3.0 ms"),
        (0.01, "<0.1 ms"),
        (0, "0.0 ms"),
        (99.96, "100 ms"),
        (1234.5, "1,235 ms"),
    ],
)
def test_durations_are_in_milliseconds(duration: float, text: str) -> None:
    assert units.milliseconds(duration) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        *((246.81, "247"), (-0.01234, "−0.0123"), (0.0, "0"), (-0.0, "0"), (1.0, "1"), (999.96, "1,000")),
        *((123456.0, "123,000"), (22.41, "22.4"), (float("nan"), "–"), (float("inf"), "–")),
    ],
)
def test_what_was_measured_has_three_digits(number: float, text: str) -> None:
    assert units.measured(number) == text


def test_a_change_that_was_measured_has_its_sign() -> None:
    assert [units.measured_change(number) for number in (0.1234, -0.5, 0.0, float("nan"))] == [
        *("+0.123", "−0.5", "+0", "–")
    ]


@pytest.mark.parametrize(
    ("number", "most", "text"),
    [
        *((0.0146, 0.172, "0.015"), (-0.0146, 0.172, "−0.015"), (2.3, 3.41, "2.30"), (0.0, 3.41, "0")),
        *((12.34, 456.7, "12"), (0.00001, 0.172, "0.000"), (1.0, 0.0, "1"), (float("nan"), 2.0, "–")),
    ],
)
def test_numbers_beside_each_other_have_as_many_decimals_as_the_largest(number: float, most: float, text: str) -> None:
    assert units.beside(number, most) == text


def test_a_receptive_field_without_size_is_the_whole_picture() -> None:
    assert units.pixels(483) == "483 px"
    assert units.pixels(1507) == "1,507 px"
    assert units.pixels(None) == "whole picture"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.6213, "62.1 %"),
        (1.0, "100.0 %"),
        (0.99999982, ">99.9 %"),
        (0.0, "0.0 %"),
        (0.0004, "<0.1 %"),
        (3e-9, "<0.1 %"),
    ],
)
def test_a_probability_is_in_percent(fraction: float, text: str) -> None:
    assert units.percent(fraction) == text


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (Fraction("0.2854") - Fraction("0.2503"), "3.51 percentage points"),
        (Fraction("0.0492") - Fraction("0.0761"), "−2.69 percentage points"),
        (Fraction(-1, 10**6), "0.00 percentage points"),
    ],
)
def test_a_difference_of_percentages_is_in_points_with_the_digits_that_papers_print(
    difference: Fraction, text: str
) -> None:
    assert units.points(difference) == text
