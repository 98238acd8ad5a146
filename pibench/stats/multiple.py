"""Many comparisons at once: p-values and confidence corrected so that chance finds are no likelier than with one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pibench.stats.intervals import Values


def bonferroni(p_values: Values) -> npt.NDArray[np.float64]:
    """Each p-value times their number, at most 1: holds whatever the comparisons have in common."""
    p = np.asarray(p_values, dtype=float)
    return np.minimum(p * len(p), 1.0)


def holm(p_values: Values) -> npt.NDArray[np.float64]:
    """Adjusted p-values in the given order (Holm 1979): as safe as Bonferroni's, never larger."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)
    steps = np.minimum(p[order] * np.arange(len(p), 0, -1), 1.0)
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted


def simultaneous_confidence(comparisons: int, confidence: float = 0.95) -> float:
    """The confidence each of so many intervals needs for all to hold together (Bonferroni)."""
    return 1 - (1 - confidence) / comparisons
