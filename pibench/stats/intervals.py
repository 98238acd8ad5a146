"""Confidence intervals of independent values."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.stats._distributions import binomial_cdf, student_quantile

Values = npt.ArrayLike


class Interval(NamedTuple):
    """An estimate and its interval, at 95 % where nothing else was asked for."""

    estimate: float
    low: float
    high: float

    @property
    def relative_half_width(self) -> float:
        """Half the width as a fraction of the estimate."""
        return (self.high - self.low) / 2 / self.estimate


def median_interval(values: Values) -> Interval:
    """The median with the distribution-free 95 % interval between two order statistics.

    The sign-test interval (Hahn & Meeker 1991, section 5.2): coverage is at least 95 % for
    independent values of any distribution. Fewer than six values cannot bound a median at
    that level; their whole range is returned.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    rank = _sign_test_rank(len(ordered))
    return Interval(float(np.median(ordered)), float(ordered[rank]), float(ordered[-1 - rank]))


def _sign_test_rank(n: int) -> int:
    """The largest rank r (from 0) with P(Binomial(n, ½) <= r) <= 2.5 %; 0 when there is none."""
    return max(int(np.searchsorted(binomial_cdf(n, 0.5), 0.025, side="right")) - 1, 0)


def mean_interval(values: Values, confidence: float = 0.95) -> Interval:
    """The mean with Student's interval; a single value has no bounds (NaN)."""
    array = np.asarray(values, dtype=float)
    mean = float(array.mean())
    if len(array) < 2:
        return Interval(mean, math.nan, math.nan)
    t = student_quantile((1 + confidence) / 2, len(array) - 1)
    half = t * float(array.std(ddof=1)) / math.sqrt(len(array))
    return Interval(mean, mean - half, mean + half)


def exponential(interval: Interval) -> Interval:
    """An interval on the log scale as one on the scale of the values."""
    return Interval(*(math.inf if bound == math.inf else math.exp(bound) for bound in interval))
