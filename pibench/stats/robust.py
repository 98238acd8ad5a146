"""Spread and outliers that a few wild values cannot move."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.stats.intervals import Values

# 1 / Φ⁻¹(¾): makes the median absolute deviation estimate the standard deviation of normal values.
MAD_TO_SIGMA = 1.4826022185056018
MILD_FENCE = 1.5
SEVERE_FENCE = 3.0


def mad(values: Values) -> float:
    """Median absolute deviation from the median, in the unit of the values.

    Breaks down only when half the values are wild (Hampel 1974).
    """
    array = np.asarray(values, dtype=float)
    return float(np.median(np.abs(array - np.median(array))))


def mad_sigma(values: Values) -> float:
    """The standard deviation that normal values with this MAD have, in the unit of the values."""
    return MAD_TO_SIGMA * mad(values)


class Fences(NamedTuple):
    """Tukey's fences, in the unit of the values: beyond the inner ones mild, beyond the outer ones severe."""

    outer_low: float
    inner_low: float
    inner_high: float
    outer_high: float


class Outliers(NamedTuple):
    """How many values lie beyond the fences, by class. Counted, never dropped."""

    low_severe: int
    low_mild: int
    high_mild: int
    high_severe: int
    values: int

    @property
    def total(self) -> int:
        return self.low_severe + self.low_mild + self.high_mild + self.high_severe

    @property
    def share(self) -> float:
        """Outliers as a fraction of all values."""
        return self.total / self.values


def tukey_fences(values: Values) -> Fences:
    """Quartiles ± 1.5 and 3 interquartile ranges (Tukey 1977, Exploratory Data Analysis)."""
    low, high = (float(quartile) for quartile in np.quantile(np.asarray(values, dtype=float), (0.25, 0.75)))
    mild, severe = MILD_FENCE * (high - low), SEVERE_FENCE * (high - low)
    return Fences(low - severe, low - mild, high + mild, high + severe)


def outlier_classes(values: Values) -> npt.NDArray[np.int8]:
    """The class of each value: -2 low severe, -1 low mild, 0 inside, 1 high mild, 2 high severe."""
    array = np.asarray(values, dtype=float)
    fences = tukey_fences(array)
    below = (array < fences.inner_low).astype(np.int8) + (array < fences.outer_low)
    above = (array > fences.inner_high).astype(np.int8) + (array > fences.outer_high)
    return (above - below).astype(np.int8)


def tukey_outliers(values: Values) -> Outliers:
    """The outliers of each class, counted. Of normal values 0.7 % are mild, 0.0002 % severe."""
    classes = outlier_classes(values)
    low_severe, low_mild, _, high_mild, high_severe = np.bincount(classes + 2, minlength=5).tolist()
    return Outliers(low_severe, low_mild, high_mild, high_severe, len(classes))
