from __future__ import annotations

import math

import pytest

from pibench.words.numbers import count, duration, kibibytes, magnitude, milliseconds, percent, rate, shape


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0"),
        (999, "999"),
        (1000, "1.00 k"),
        (116_138, "116 k"),
        (999_949, "1.00 M"),
        (16_921_856, "16.9 M"),
        (327_599_360, "328 M"),
        (12_345_678_901, "12.3 G"),
    ],
)
def test_magnitudes_have_three_digits(value: int | None, text: str) -> None:
    assert magnitude(value) == text


@pytest.mark.parametrize(
    ("value_ns", "width_ns", "text"),
    [
        (1_234_567, 100_000, "1.23"),
        (1_234_567, 1_000, "1.2346"),
        (212_345, 2_000, "0.2123"),
        (52_345_678, 10_000_000, "52"),
        (1_234_567, math.nan, "1.235"),
        (850, 0, "0.000850"),
        (0, math.nan, "0.000"),
    ],
)
def test_milliseconds_show_the_digits_that_the_interval_supports(value_ns: float, width_ns: float, text: str) -> None:
    assert milliseconds(value_ns, width_ns) == text


@pytest.mark.parametrize(("fraction", "text"), [(0.0043, "0.4 %"), (0.067, "6.7 %"), (0.134, "13 %"), (2, "200 %")])
def test_percentages_are_short(fraction: float, text: str) -> None:
    assert percent(fraction) == text


@pytest.mark.parametrize(
    ("per_second", "text"),
    [(1_234_567, "1,230,000"), (4711, "4,710"), (35.44, "35.4"), (1.005, "1.00"), (0.0312, "0.0312")],
)
def test_rates_have_three_digits(per_second: float, text: str) -> None:
    assert rate(per_second) == text


def test_counts_shapes_and_kibibytes() -> None:
    assert (count(1_234_567), count(None)) == ("1,234,567", "–")
    assert (shape((1, 8, 8, 3)), shape(())) == ("1×8×8×3", "scalar")
    assert kibibytes(2_048_000) == "2,000.0"


@pytest.mark.parametrize(
    ("value_ns", "text"),
    [(43.21, "43.21 ns"), (633.4, "633.4 ns"), (71_180, "71.18 µs"), (27_200_000, "27.2 ms"), (1.5e9, "1.5 s")],
)
def test_durations_choose_their_unit(value_ns: float, text: str) -> None:
    assert duration(value_ns) == text
