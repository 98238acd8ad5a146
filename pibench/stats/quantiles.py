"""Any quantile of independent values, with an interval that assumes no distribution."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pibench.stats._distributions import binomial_cdf
from pibench.stats.intervals import Interval, Values


def quantile_interval(values: Values, q: float, confidence: float = 0.95, *, interpolate: bool = False) -> Interval:
    """The q-quantile and its distribution-free interval, in the unit of the values.

    The bounds are order statistics (Hahn & Meeker 1991, section 5.2): coverage is at least
    ``confidence`` for independent values of any distribution, and a bound is infinite where
    there are too few values to give one (the 99th percentile at 95 % has an upper bound from
    368 values on). Order statistics come in steps, so with few values coverage exceeds what
    was asked; ``interpolate`` takes a point between two of them (Nyblom 1992; for the median
    Hettmansperger & Sheather 1986), which covers closely what was asked.

    Raises ValueError unless there are values, 0 < q < 1 and 0 < confidence < 1.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    if not (len(ordered) and 0 < q < 1 and 0 < confidence < 1):
        raise ValueError(
            f"no {q}-quantile at {confidence} of {len(ordered)} values: give values, 0 < q, confidence < 1"
        )
    side = (1 + confidence) / 2
    low = _lower_bound(ordered, q, side, interpolate)
    high = -_lower_bound(-ordered[::-1], 1 - q, side, interpolate)
    return Interval(float(np.quantile(ordered, q)), low, high)


def _lower_bound(ordered: npt.NDArray[np.float64], q: float, side: float, interpolate: bool) -> float:
    """The bound that lies below the q-quantile with probability ``side``."""
    n = len(ordered)
    # above[r - 1]: probability that the r-th smallest value lies at or below the quantile.
    above = np.concatenate(([1.0], 1 - binomial_cdf(n, q)[:-1]))[1:]
    rank = int(np.count_nonzero(above >= side))
    if rank == 0:
        return -math.inf
    weight = _nyblom_weight(above, rank, q, side) if interpolate and rank < n else 0.0
    return float((1 - weight) * ordered[rank - 1] + weight * ordered[min(rank, n - 1)])


def _nyblom_weight(above: npt.NDArray[np.float64], rank: int, q: float, side: float) -> float:
    """How far from the rank-th to the next order statistic the bound lies, from 0 to 1."""
    spare, lacking = above[rank - 1] - side, side - above[rank]
    inside = (len(above) - rank) * q * spare
    return float(inside / (inside + rank * (1 - q) * lacking))
