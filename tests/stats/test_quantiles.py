from __future__ import annotations

import math

import numpy as np
import pytest

from pibench.stats import median_interval, quantile_interval


@pytest.mark.parametrize(
    ("n", "q", "confidence", "low", "high"),
    # Ranks from 1, from the binomial sums: P(low <= Binomial(n, q) < high) is just above the confidence.
    [(20, 0.5, 0.95, 6, 15), (100, 0.5, 0.95, 40, 61), (100, 0.9, 0.95, 84, 96), (10, 0.5, 0.99, 1, 10)],
)
def test_bounds_are_order_statistics(n: int, q: float, confidence: float, low: int, high: int) -> None:
    interval = quantile_interval(np.arange(1, n + 1), q, confidence)
    assert interval[1:] == (low, high)
    inside = sum(math.comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(low, high))
    assert inside >= confidence


def test_the_median_has_the_sign_test_interval() -> None:
    values = np.random.default_rng(0).random(73)
    assert quantile_interval(values, 0.5) == median_interval(values)


def test_a_high_quantile_of_few_values_has_no_upper_bound() -> None:
    assert quantile_interval(np.arange(367), 0.99).high == math.inf
    assert quantile_interval(np.arange(368), 0.99).high == 367
    assert quantile_interval(np.arange(367), 0.01).low == -math.inf


@pytest.mark.parametrize("interpolate", [False, True])
@pytest.mark.parametrize(("n", "q"), [(12, 0.5), (25, 0.5), (60, 0.25), (200, 0.95), (2000, 0.99)])
@pytest.mark.parametrize("draw", ["lognormal", "exponential", "standard_cauchy"])
def test_coverage(draw: str, n: int, q: float, interpolate: bool) -> None:
    rng = np.random.default_rng(n)
    truth = {"lognormal": _normal_power(q), "exponential": -math.log(1 - q), "standard_cauchy": _cauchy(q)}[draw]
    samples = getattr(rng, draw)(size=(1500, n))
    intervals = [quantile_interval(row, q, interpolate=interpolate) for row in samples]
    covered = np.mean([low <= truth <= high for _, low, high in intervals])
    # Between order statistics coverage is 95 % at least, and more by what the next step would cost.
    assert (0.93 <= covered <= 0.97) if interpolate else covered >= 0.938


def _normal_power(q: float) -> float:
    return math.exp({0.25: -0.674490, 0.5: 0.0, 0.95: 1.644854, 0.99: 2.326348}[q])


def _cauchy(q: float) -> float:
    return math.tan(math.pi * (q - 0.5))


def test_interpolated_bounds_lie_between_the_order_statistics_around_them() -> None:
    values = np.sort(np.random.default_rng(3).random(20))
    _, low, high = quantile_interval(values, 0.5, interpolate=True)
    assert values[5] < low < values[6]
    assert values[13] < high < values[14]


@pytest.mark.parametrize(("values", "q", "confidence"), [([], 0.5, 0.95), ([1.0], 0, 0.95), ([1.0], 0.5, 1)])
def test_what_has_no_answer_is_refused(values: list[float], q: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="give values"):
        quantile_interval(values, q, confidence)
