"""How whole networks relate to the sums of their layers. Pure.

Beside its neighbours a layer is a little slower than in a row of copies of itself: its code and
its input are in other caches. So a network takes a factor times the sum, and a little more for
each of its layers. Both are fitted to networks of many sizes, by least absolute relative errors,
since some networks are always measured while something else runs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from pibench.stats import Interval, mad_sigma, student_quantile
from pibench.table.terms import Floats

# With fewer networks, or such as are all of a size, a term per layer could not be told from the factor.
LEAST_NETWORKS = 6
LEAST_SPREAD = 1.5
# Iteratively reweighted least squares (Schlossmacher 1973): weights of residuals below this do not grow further.
_ITERATIONS = 50
_SMALL_RESIDUAL = 1e-4


class Additivity(NamedTuple):
    """``factor`` with its 95 % interval, ns per layer, and the relative standard deviation of what remains."""

    factor: Interval
    per_layer_ns: float
    residual_sd: float


def fit_additivity(sum_ns: Floats, layers: Floats, measured_ns: Floats) -> Additivity:
    """From two networks or more: sums of their layers and the fixed time, numbers of layers, measured latencies."""
    ratio = measured_ns / sum_ns
    share = layers / sum_ns
    several = len(ratio) >= LEAST_NETWORKS and share.max() > LEAST_SPREAD * share.min()
    columns = np.stack([np.ones_like(share), share], axis=1) if several else np.ones((len(ratio), 1))
    found = _least_absolute(columns, ratio)
    if several and found[1] < 0:
        # No layer takes less than nothing.
        columns, found = columns[:, :1], _least_absolute(columns[:, :1], ratio)
    residual = ratio / (columns @ found) - 1
    spread = mad_sigma(residual)
    factor = float(found[0])
    # Of least absolute errors, where they are normal (Bassett & Koenker 1978): π/2 times that of least squares.
    sd = spread * math.sqrt(math.pi / 2 * np.linalg.inv(columns.T @ columns)[0, 0])
    half = student_quantile(0.975, max(1, len(ratio) - len(found))) * sd
    return Additivity(
        factor=Interval(factor, factor * (1 - min(half, 0.99)), factor * (1 + half)),
        per_layer_ns=float(found[1]) if len(found) > 1 else 0.0,
        residual_sd=spread,
    )


def _least_absolute(columns: Floats, ratio: Floats) -> Floats:
    weights = np.ones(len(ratio))
    found = np.zeros(columns.shape[1])
    for _ in range(_ITERATIONS):
        root = np.sqrt(weights)[:, None]
        found = np.linalg.lstsq(columns * root, ratio * root[:, 0], rcond=None)[0]
        weights = 1 / np.maximum(np.abs(ratio - columns @ found), _SMALL_RESIDUAL)
    return found
