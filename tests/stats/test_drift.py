from __future__ import annotations

import numpy as np
import pytest
from synthetic import ar1

from pibench.stats import autocorrelation, effective_sample_size, level_shift, stationarity, trend

SIGMA = 0.05


def _rows(kind: str, n: int, count: int = 1000) -> np.ndarray:
    rng = np.random.default_rng(n)
    if kind == "ar1":
        return SIGMA * ar1(rng, (count, n), 0.3)
    rows = rng.normal(0, SIGMA, (count, n))
    return np.where(rng.random(rows.shape) < 0.01, rows + 1, rows) if kind == "spikes" else rows


@pytest.mark.parametrize("kind", ["lognormal", "ar1", "spikes"])
@pytest.mark.parametrize("n", [50, 400])
def test_a_steady_trace_is_accused_at_most_as_often_as_the_p_value_says(kind: str, n: int) -> None:
    found = [stationarity(np.exp(row)) for row in _rows(kind, n)]
    # Blocks of five leave a little correlation between them: AR(1) is accused of a trend 7 % of the time.
    assert np.mean([flags.trend.p_value < 0.05 for flags in found]) <= (0.08 if kind == "ar1" else 0.065)
    assert np.mean([flags.shift.p_value < 0.05 for flags in found]) <= 0.065


@pytest.mark.parametrize("kind", ["lognormal", "ar1", "spikes"])
def test_a_drift_is_found_with_its_size(kind: str) -> None:
    drift = np.log(np.linspace(1, 1.1, 400))
    found = [trend(np.exp(row + drift)) for row in _rows(kind, 400, 300)]
    assert np.mean([each.p_value < 0.01 for each in found]) >= 0.95
    assert np.median([each.change for each in found]) == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("kind", ["lognormal", "ar1", "spikes"])
def test_a_shift_is_found_with_its_place_and_size(kind: str) -> None:
    levels = np.where(np.arange(400) < 250, 0.0, np.log(0.9))
    found = [level_shift(np.exp(row + levels)) for row in _rows(kind, 400, 300)]
    assert np.mean([each.p_value < 0.01 for each in found]) >= 0.95
    assert np.mean([abs(each.at - 250) <= 10 for each in found]) >= 0.9
    assert np.median([each.change for each in found]) == pytest.approx(-0.1, abs=0.01)


def test_an_exact_trend_has_its_exact_size() -> None:
    assert trend(np.exp(0.001 * np.arange(40))).change == pytest.approx(np.expm1(0.04))


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], [4.0] * 100])
def test_too_short_or_constant_a_trace_shows_nothing(values: list[float]) -> None:
    flags = stationarity(values)
    assert flags.trend == (0, 1)
    assert flags.shift[1:] == (0, 1)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6])
def test_autocorrelation_and_effective_samples_are_those_of_the_process(rho: float) -> None:
    rows = ar1(np.random.default_rng(1), (300, 1000), rho)
    # Ranks of normal values correlate by (6/π) asin(ρ/2).
    assert np.mean([autocorrelation(row) for row in rows]) == pytest.approx(6 / np.pi * np.arcsin(rho / 2), abs=0.01)
    assert np.mean([autocorrelation(row, 2) for row in rows]) == pytest.approx(
        6 / np.pi * np.arcsin(rho**2 / 2), abs=0.01
    )
    expected = 1000 * (1 - rho) / (1 + rho)
    assert np.median([effective_sample_size(row) for row in rows]) == pytest.approx(expected, rel=0.15)


def test_alternating_samples_correlate_negatively_and_count_at_most_as_many() -> None:
    values = np.tile([1.0, 2.0], 50)
    assert autocorrelation(values) < -0.95
    assert effective_sample_size(values) == 100


def test_spikes_do_not_hide_autocorrelation() -> None:
    row = ar1(np.random.default_rng(0), (1, 2000), 0.6)[0]
    row[::100] += 1000
    assert autocorrelation(row) == pytest.approx(0.57, abs=0.05)


def test_constant_samples_and_lags_beyond_the_end_do_not_correlate() -> None:
    assert autocorrelation([2.0] * 10) == 0
    assert autocorrelation([1.0, 2.0], lag=5) == 0
    assert effective_sample_size([2.0] * 10) == 10
