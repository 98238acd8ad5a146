from __future__ import annotations

import math

import numpy as np
import pytest

from pibench.stats import Interval, mean_interval, median_interval


@pytest.mark.parametrize(
    ("n", "rank"),
    # Ranks from 1 of the lower bound, from tables of the sign-test interval at 95 %.
    [(6, 1), (9, 2), (10, 2), (20, 6), (50, 18), (100, 40)],
)
def test_median_bounds_are_the_tabulated_order_statistics(n: int, rank: int) -> None:
    interval = median_interval(np.arange(1, n + 1))
    assert (interval.low, interval.high) == (rank, n + 1 - rank)


@pytest.mark.parametrize("n", [1, 3, 5])
def test_too_few_values_for_a_median_interval_give_their_whole_range(n: int) -> None:
    values = np.arange(n)
    assert median_interval(values)[1:] == (0, n - 1)


@pytest.mark.parametrize("draw", ["lognormal", "exponential", "standard_cauchy"])
def test_median_interval_covers_the_true_median_95_times_in_100(draw: str) -> None:
    rng = np.random.default_rng(1)
    true_median = {"lognormal": 1.0, "exponential": math.log(2), "standard_cauchy": 0.0}[draw]
    traces = getattr(rng, draw)(size=(2000, 41))
    covered = np.mean([low <= true_median <= high for _, low, high in map(median_interval, traces)])
    assert 0.94 <= covered <= 0.98


@pytest.mark.parametrize("n", [2, 3, 5, 12, 40])
def test_mean_interval_covers_the_true_mean_95_times_in_100(n: int) -> None:
    traces = np.random.default_rng(n).normal(10, 2, size=(4000, n))
    covered = np.mean([low <= 10 <= high for _, low, high in map(mean_interval, traces)])
    assert 0.935 <= covered <= 0.965


def test_one_value_has_a_mean_but_no_interval() -> None:
    estimate, low, high = mean_interval([3.0])
    assert estimate == 3
    assert math.isnan(low)
    assert math.isnan(high)


def test_relative_half_width_is_half_the_width_over_the_estimate() -> None:
    assert Interval(10, 9, 13).relative_half_width == pytest.approx(0.2)


def test_order_of_the_values_does_not_matter() -> None:
    values = np.random.default_rng(0).random(100)
    assert median_interval(values) == median_interval(np.sort(values)[::-1])
