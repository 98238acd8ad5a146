"""Whether a trace stands still: trend, shift of level, autocorrelation, each with the size of its effect."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.stats._distributions import normal_cdf
from pibench.stats.intervals import Values

Floats = npt.NDArray[np.float64]
# Enough blocks for the test's power, few enough that the slopes of all pairs cost nothing.
_TREND_BLOCKS = 40
_SHORTEST_BLOCK = 5
_SHORTEST_FOR_SHIFT = 100


class Trend(NamedTuple):
    """Relative change from the first sample to the last (0.05 = 5 % slower), and its p-value."""

    change: float
    p_value: float


class Shift(NamedTuple):
    """The index of the first sample on the new level, the relative change to it, and its p-value."""

    at: int
    change: float
    p_value: float


class Stationarity(NamedTuple):
    """All that tells whether the samples may be taken as one population."""

    trend: Trend
    shift: Shift
    autocorrelation: float
    effective_samples: float


def stationarity(values: Values) -> Stationarity:
    """Trend, level shift, autocorrelation at lag 1 and effective sample size of positive samples."""
    return Stationarity(trend(values), level_shift(values), autocorrelation(values), effective_sample_size(values))


def trend(values: Values) -> Trend:
    """The Theil–Sen slope over the trace's length, and the Mann–Kendall test of it (Sen 1968).

    On logs of medians of at most 40 blocks, so that spikes do not count and correlation within
    a block cannot pass for a trend. Fewer than 4 samples give no trend (p = 1).
    """
    medians = _block_medians(np.log(np.asarray(values, dtype=float)))
    k = len(medians)
    if k < 4:
        return Trend(0.0, 1.0)
    earlier, later = np.triu_indices(k, 1)
    rises = medians[later] - medians[earlier]
    slope = float(np.median(rises / (later - earlier)))
    score = float(np.sum(np.sign(rises)))
    sigma = math.sqrt(k * (k - 1) * (2 * k + 5) / 18)
    # The score moves in steps of 2: the continuity correction of Kendall 1975.
    z = max(abs(score) - 1, 0.0) / sigma
    return Trend(math.expm1(slope * k), 2 * normal_cdf(-z))


def _block_medians(array: Floats) -> Floats:
    length = 1 if len(array) < 10 * _SHORTEST_BLOCK else max(_SHORTEST_BLOCK, -(-len(array) // _TREND_BLOCKS))
    count = len(array) // length
    medians: Floats = np.median(array[len(array) - count * length :].reshape(count, length), axis=1)
    return medians


def level_shift(values: Values) -> Shift:
    """The likeliest single change of level, by Pettitt's rank test (Pettitt 1979).

    Tested on the medians of the same blocks as the trend, for the same reasons, and placed by the
    samples. A trend also shows as a shift: compare both. Fewer than 100 samples make
    too few blocks to show one (p = 1).
    """
    array = np.asarray(values, dtype=float)
    if len(array) < _SHORTEST_FOR_SHIFT:
        return Shift(0, 0.0, 1.0)
    at = int(np.argmax(np.abs(_rank_sums(array)))) + 1
    medians = _block_medians(array)
    k, most = len(medians), float(np.max(np.abs(_rank_sums(medians))))
    p_value = 2 * math.exp(-6 * most**2 / (k * k * (k + 1)))
    return Shift(at, float(np.median(array[at:]) / np.median(array[:at]) - 1), min(p_value, 1.0))


def _rank_sums(array: Floats) -> Floats:
    """Pettitt's U for a change after each value but the last."""
    sums: Floats = np.cumsum(2 * _ranks(array) - (len(array) + 1))[:-1]
    return sums


def autocorrelation(values: Values, lag: int = 1) -> float:
    """Correlation of the ranks of samples ``lag`` apart, from -1 to 1; spikes count as one rank each.

    0 where nothing varies or there are not more than ``lag`` samples.
    """
    correlations = _rank_autocorrelations(np.asarray(values, dtype=float))
    return float(correlations[lag]) if lag < len(correlations) else 0.0


def effective_sample_size(values: Values) -> float:
    """How many independent samples tell as much about the level as these, from 1 to their number.

    n / (1 + 2 Σ ρ_k) of the ranks, summed over pairs of lags while a pair is positive
    (initial positive sequence, Geyer 1992).
    """
    correlations = _rank_autocorrelations(np.asarray(values, dtype=float))
    n = len(correlations)
    pairs = correlations[: n - n % 2].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs <= 0)
    time = 2 * float(pairs[: negative[0] if len(negative) else len(pairs)].sum()) - 1
    return float(np.clip(n / max(time, 1.0), 1.0, n))


def _rank_autocorrelations(array: Floats) -> Floats:
    """Autocorrelations of the ranks at lags 0 … n-1, by the Fourier transform."""
    n = len(array)
    ranks = _ranks(array) - (n + 1) / 2
    power = np.abs(np.fft.rfft(ranks, 2 * n)) ** 2
    covariances = np.fft.irfft(power, 2 * n)[:n]
    if covariances[0] <= 0:
        return np.concatenate(([1.0], np.zeros(n - 1)))
    correlations: Floats = covariances / covariances[0]
    return correlations


def _ranks(array: Floats) -> Floats:
    """Ranks from 1, the mean rank for ties (a coarse clock makes many)."""
    _, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts - 1) / 2)[np.asarray(inverse).reshape(-1)]
    return ranks
