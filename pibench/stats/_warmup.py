"""Fitting the shapes of warm-ups to the begin of a trace."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.stats.robust import MAD_TO_SIGMA
from pibench.stats.traces import long_run_variance

Floats = npt.NDArray[np.float64]

# Lengths tried differ by 4 %: well within the ±10 % promised.
_GRID_STEP = 1.04
# What a warm-up must explain, in long-run variances of the residuals; calibrated on traces
# without one (see tests/stats/test_steady.py for the false alarms).
_EVIDENCE = 16.0
# The variance is itself uncertain where the trace is short: 7 degrees of freedom at 60 samples.
_EVIDENCE_DOUBT = 4.0
_SMOOTHING = 7
_CLIP = 4.0
_UNCLIPPED = 3
_LEAST_REST = 5
LONGEST = 1000
_LOWEST_LEVEL = 0.01
_NO_SPREAD = 1e-9


class _Fit(NamedTuple):
    """A shape (0 step, 1 ramp, 2 exponential), its length, its relative excess at the begin, and what is left.

    ``gain`` is how much the shape takes off the sum of squares, ``line_gain`` how much a straight line does.
    """

    shape: int
    length: int
    excess: float
    residuals: Floats
    gain: float
    line_gain: float


class _Sums(NamedTuple):
    """Weighted sums of curves: regressed on one, the values have this slope, gain and mean of the curve."""

    slope: Floats
    gain: Floats
    mean: Floats


def warm_up_length(values: Floats, tolerance: float, least: float) -> int:
    """Samples until the fitted warm-up is within ``tolerance`` of the level; 0 without evidence of one.

    All samples when a straight line from the first to the last explains as much: no end is in sight.
    ``least`` is the smallest excess at the begin, relative to the level, that counts as one.
    At most ``LONGEST`` values.
    """
    fit = _best(values)
    noise = long_run_variance(fit.residuals)
    required = _EVIDENCE * (1 + _EVIDENCE_DOUBT / noise.degrees) * noise.variance
    if abs(fit.excess) < least or fit.gain < required:
        return 0
    if fit.gain - fit.line_gain < required / 2:
        return len(values)
    return min(_end(fit, tolerance), len(values))


def _end(fit: _Fit, tolerance: float) -> int:
    """Where the shape comes within tolerance."""
    share = tolerance / abs(fit.excess)
    if share >= 1:
        return 0
    return math.ceil(fit.length * (1.0, 1 - share, math.log(1 / share))[fit.shape])


def _best(values: Floats) -> _Fit:
    """The shape with the least squares of *relative* residuals: noise grows with the latency."""
    n = len(values)
    weights = 1 / smooth(values) ** 2
    level = float(np.average(values, weights=weights))
    lengths, curves, squares = _shapes()
    tried = int(np.searchsorted(lengths, n - _LEAST_REST, side="right"))
    sums = _regress(curves[:, :tried, :n], squares[:, :tried, :n], weights, values - level)
    line = np.arange(n, dtype=float)
    line_gain = float(_regress(line, line * line, weights, values - level).gain)
    shape, row = (int(index) for index in np.unravel_index(np.argmax(sums.gain), sums.gain.shape))
    slope, mean = float(sums.slope[shape, row]), float(sums.mean[shape, row])
    residuals = (values - level - slope * (curves[shape, row, :n] - mean)) * np.sqrt(weights)
    # Extrapolating a decline that has hardly begun may give a level below nothing.
    excess = slope / max(level - slope * mean, _LOWEST_LEVEL * level)
    return _Fit(shape, int(lengths[row]), excess, residuals, float(sums.gain[shape, row]), line_gain)


def _regress(curves: Floats, squares: Floats, weights: Floats, deviations: Floats) -> _Sums:
    total = weights.sum()
    mean = curves @ weights / total
    spread = np.maximum(squares @ weights - total * mean**2, _NO_SPREAD * total)
    product = curves @ (weights * deviations)
    return _Sums(product / spread, product**2 / spread, mean)


@lru_cache(maxsize=1)
def _shapes() -> tuple[Floats, Floats, Floats]:
    """The lengths tried; excess over the steady level as time goes on, by shape and length; its squares."""
    count = math.ceil(math.log(LONGEST) / math.log(_GRID_STEP))
    lengths = np.unique(np.round(_GRID_STEP ** np.arange(count)))
    time, rows = np.arange(LONGEST), lengths[:, None]
    curves = np.stack((1.0 * (time < rows), np.maximum(1 - time / rows, 0), np.exp(-time / rows)))
    return lengths, curves, curves**2


def smooth(values: Floats) -> Floats:
    """Running median over seven samples."""
    padded = np.pad(values, _SMOOTHING // 2, mode="reflect")
    medians: Floats = np.median(np.lib.stride_tricks.sliding_window_view(padded, _SMOOTHING), axis=1)
    return medians


def clip_spikes(logs: Floats) -> Floats:
    """Samples beyond 4 σ from the running median drawn in to there, but for the first three.

    A slow first call is no spike.
    """
    centre = smooth(logs)
    limit = _CLIP * MAD_TO_SIGMA * float(np.median(np.abs(logs - centre)))
    clipped: Floats = np.clip(logs, centre - limit, centre + limit)
    clipped[:_UNCLIPPED] = logs[:_UNCLIPPED]
    return clipped
