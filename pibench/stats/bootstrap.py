"""The hierarchical bootstrap of the median of nested samples."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pibench.stats._distributions import student_quantile
from pibench.stats.intervals import Interval, exponential
from pibench.stats.nested import Nested, NestedInterval, sample_groups

Floats = npt.NDArray[np.float64]


def bootstrap_median(
    nested: Nested, confidence: float = 0.95, *, resamples: int = 1000, seed: int = 0
) -> NestedInterval:
    """The median of all samples pooled, each unit with equal weight, and its interval.

    For the reader who wants the median inference of all rather than that of a typical process
    (``hierarchical_median``); the two agree unless processes are skewed. The units of the highest
    level with two or more are drawn with replacement and all below them is kept: drawing below as
    well would count the variance of the lower levels twice (Davison & Hinkley 1997, section 3.8).
    The spread of the replicates on the log scale, freed of its bias (k-1)/k, is multiplied by
    Student's quantile with k-1 degrees of freedom; percentiles of the replicates are far too
    narrow for the few units there are. One block has no bounds (NaN). Samples must be positive.
    """
    unit, groups = sample_groups(nested)
    units = len(groups)
    pool = _Pool(groups)
    centre = pool.median(np.ones(units))
    if units < 2:
        return NestedInterval(Interval(math.exp(centre), math.nan, math.nan), unit, units)
    spread = float(_replicates(pool, units, resamples, seed).std()) * math.sqrt(units / (units - 1))
    half = spread * student_quantile((1 + confidence) / 2, units - 1)
    return NestedInterval(exponential(Interval(centre, centre - half, centre + half)), unit, units)


class _Pool:
    """All samples in order, with the share of each unit's samples at or below each."""

    def __init__(self, groups: list[Floats]) -> None:
        values = np.log(np.concatenate(groups))
        order = np.argsort(values)
        owner = np.repeat(np.arange(len(groups)), [len(group) for group in groups])[order]
        weights = np.zeros((len(groups), len(values)))
        weights[owner, np.arange(len(values))] = 1 / np.array([len(group) for group in groups])[owner]
        self._ordered = values[order]
        self._shares = np.cumsum(weights, axis=1)

    def median(self, counts: Floats) -> float:
        """The median with each unit counted so many times."""
        # A hair under the half, so that rounding in the sums cannot push it to the next sample.
        at = int(np.searchsorted(counts @ self._shares, counts.sum() / 2 * (1 - 1e-9)))
        return float(self._ordered[at])


def _replicates(pool: _Pool, units: int, resamples: int, seed: int) -> Floats:
    counts = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=resamples)
    # Each distinct draw once: three units have ten, whatever the number of resamples.
    distinct, repeats = np.unique(counts, axis=0, return_counts=True)
    return np.repeat([pool.median(row.astype(float)) for row in distinct], repeats)
