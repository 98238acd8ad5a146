"""Confidence intervals at 95 %."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Values = npt.ArrayLike

# Two-sided 97.5 % quantiles of Student's t by degrees of freedom, from 1.
_T_975 = (
    *(12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281),
    *(2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860),
    *(2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423),
)
_Z_975 = 1.95996


class Interval(NamedTuple):
    """An estimate and its 95 % interval."""

    estimate: float
    low: float
    high: float

    @property
    def relative_half_width(self) -> float:
        """Half the width as a fraction of the estimate."""
        return (self.high - self.low) / 2 / self.estimate


def median_interval(values: Values) -> Interval:
    """The median with the distribution-free interval between two order statistics.

    The sign-test interval (Hahn & Meeker 1991, section 5.2): coverage is at least 95 % for
    independent values of any distribution. Fewer than six values cannot bound a median at
    that level; their whole range is returned.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    rank = _sign_test_rank(len(ordered))
    return Interval(float(np.median(ordered)), float(ordered[rank]), float(ordered[-1 - rank]))


def _sign_test_rank(n: int) -> int:
    """The largest rank r (from 0) with P(Binomial(n, ½) <= r) <= 2.5 %; 0 when there is none."""
    ranks = np.arange(n // 2 + 1)
    log_coefficients = math.lgamma(n + 1) - np.array([math.lgamma(k + 1) + math.lgamma(n - k + 1) for k in ranks])
    below = np.cumsum(np.exp(log_coefficients - n * math.log(2)))
    return max(int(np.searchsorted(below, 0.025, side="right")) - 1, 0)


def mean_interval(values: Values) -> Interval:
    """The mean with Student's interval; a single value has no bounds (NaN)."""
    array = np.asarray(values, dtype=float)
    mean = float(array.mean())
    if len(array) < 2:
        return Interval(mean, math.nan, math.nan)
    degrees = len(array) - 1
    t = _T_975[degrees - 1] if degrees <= len(_T_975) else _Z_975
    half = t * float(array.std(ddof=1)) / math.sqrt(len(array))
    return Interval(mean, mean - half, mean + half)
