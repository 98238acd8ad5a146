"""The median of a trace: samples in the order of time, which need not be independent."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.stats._distributions import student_quantile
from pibench.stats.intervals import Interval, Values
from pibench.stats.robust import MAD_TO_SIGMA

# Batches of 0.6 √n: shorter ones miss correlation (AR(1) with ρ = 0.3 and 100 samples: 92.6 % covered
# at 0.3 √n, 94.8 % here), longer ones take a level shift for noise (98.8 % at 0.8 √n, 98.0 % here).
_BATCH_FACTOR = 0.6
# A step between batches beyond 4 σ is a change of level, not noise. Kept, one shift in 300 samples
# widened the interval until it covered 97.5 %.
_STEP_LIMIT = 4.0
MIN_TRACE = 20


class LongRunVariance(NamedTuple):
    """Variance of a mean times the number of values it is of, and the degrees of freedom of that estimate."""

    variance: float
    degrees: float


def trace_median_interval(values: Values, confidence: float = 0.95) -> Interval:
    """The median of a trace and its interval, in the unit of the values.

    The estimand is the median of the distribution averaged over the time that the trace spans:
    for a steady trace the median as usual, for one that drifts or shifts the median latency of
    this stretch of time (of which half the inferences are faster), not of any other stretch.

    Distribution-free as the sign test, whose count of values below the median has the binomial
    variance n/4 only when values are independent. Here that variance is estimated from the trace
    (see ``long_run_variance``), so the interval widens with autocorrelation, and spikes count as
    one value each. Fewer than 20 values cannot show their correlation: they are taken as
    independent.
    """
    array = np.asarray(values, dtype=float)
    n = len(array)
    median = float(np.median(array))
    below = (array < median) + 0.5 * (array == median)
    variance, degrees = long_run_variance(below) if n >= MIN_TRACE else LongRunVariance(0.25, math.inf)
    z = student_quantile((1 + confidence) / 2, min(degrees, 1e6))
    half = max(z * math.sqrt(n * variance), 0.5)
    low, high = np.interp((n / 2 - half, n / 2 + half), np.arange(n) + 0.5, np.sort(array))
    return Interval(median, float(low), float(high))


def long_run_variance(values: npt.NDArray[np.float64]) -> LongRunVariance:
    """Variance of the mean of serially correlated values, times their number.

    From the squared differences of successive batch means (von Neumann 1941 on batches in place
    of values): what is correlated within a batch counts, what moves slowly over many batches
    cancels. At least two batches, so at least four values, are needed.
    """
    means = batch_means(values)
    steps = np.abs(np.diff(means))
    limit = _STEP_LIMIT * MAD_TO_SIGMA * float(np.median(steps))
    noise = steps[steps <= limit] if limit > 0 else steps
    length, count = len(values) // len(means), len(means)
    degrees = 2 * (count - 1) ** 2 / (3 * count - 4)
    return LongRunVariance(length * float(np.mean(noise**2)) / 2, degrees)


def batch_means(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Means of successive batches of 0.6 √n values; what is left over at the begin is not used."""
    length = max(1, round(_BATCH_FACTOR * math.sqrt(len(values))))
    count = len(values) // length
    means: npt.NDArray[np.float64] = values[len(values) - count * length :].reshape(count, length).mean(axis=1)
    return means
