"""Latency as a function of channel counts, learned from scattered measurements.

Universal kriging (Cressie 1993, section 3.4): a trend of few terms (``terms.py``), chosen by
their leave-one-out error, plus a Gaussian process for what they leave over, so that a
prediction passes close to what was measured, has a standard deviation, and the error of
leaving any point out is known in closed form (Dubrule 1983). All errors are relative ones.
"""

from __future__ import annotations

import math
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.table.terms import AxisTerm, Channels, Floats, Term, candidate_terms, columns, multilinear, tilings

# A further term must lessen the squared leave-one-out error by so much, and has so many points to itself.
LEAST_GAIN = 0.2
POINTS_PER_TERM = 3
# Relative; a trend that errs less is good enough: the rest is noise, and the Gaussian process takes it.
GOOD_ERROR = 0.004
MOST_TERMS = 12
# Errors are relative, but a latency below this share of the largest counts as much as one at it:
# a layer of two channels is no part of any network that one would notice.
SMALL_SHARE = 0.03
# Prior of the trend's coefficients beside columns of about 1: practically flat, yet not so wide that the
# differences of large numbers, which variances are, drown in rounding.
TREND_VARIANCE = 100.0
# Relative: the spread of what the trend leaves over, how far it reaches (in octaves of a channel
# count), and what repeats of a model differ by beyond their intervals.
SPREADS = (0.01, 0.03, 0.1, 0.3)
REACHES = (0.25, 1.0, 4.0)
NUGGETS = (0.002, 0.005, 0.01, 0.03)
# More axes than this, the parts of a large concatenation, would have too many products; there it is
# the channels in all that count.
MOST_AXES = 3

Tiling = tuple[AxisTerm, ...]


class Prediction(NamedTuple):
    """Mean and standard deviation in ns, one per point."""

    mean_ns: Floats
    sd_ns: Floats


class Surface:
    """Fitted to measured points.

    ``points``: (n, axes) channel counts; ``ns``: n latencies; ``relative_sd``: n, of the measurements.
    """

    def __init__(
        self,
        points: npt.ArrayLike,
        ns: npt.ArrayLike,
        relative_sd: npt.ArrayLike,
    ) -> None:
        given: Channels = np.asarray(points, np.int64)
        self._varied = varied_axes(given)
        self._points = self._coordinates(given)
        self._ns: Floats = np.asarray(ns, float)
        self._least_ns = SMALL_SHARE * float(self._ns.max())
        weight = self.weigh(self._ns)
        self._measured_sd: Floats = np.asarray(relative_sd, float)
        self.tiling = choose_tiling(self._points, self._ns, weight)
        self.terms = choose_terms(self.tiling, self._points, self._ns, weight)
        self._coefficients = _least_squares(columns(self.terms, self._points), self._ns, weight)
        self._floor_ns = 0.5 * float(self._ns.min())
        base = self._base_ns(self._points)
        self._scaled = columns(self.terms, self._points) / base[:, None]
        self._scale = np.abs(self._scaled).max(axis=0) + 1e-12
        self._observed = self._ns / base
        self._spread, self._reach, self._nugget = self._likeliest()
        self._inverse = np.linalg.inv(self._covariance(self._spread, self._reach, self._nugget))
        self._alpha = self._inverse @ self._observed

    def predict(self, points: npt.ArrayLike) -> Prediction:
        """What these points take; ``points`` is (m, axes)."""
        at = self._coordinates(np.asarray(points, np.int64))
        base = self._base_ns(at)
        trend = columns(self.terms, at) / base[:, None]
        shared = TREND_VARIANCE * (trend / self._scale) @ (self._scaled / self._scale).T
        shared += self._spread**2 * _correlation(self._octaves(at), self._octaves(self._points), self._reach)
        own = TREND_VARIANCE * ((trend / self._scale) ** 2).sum(axis=1) + self._spread**2
        variance = own - ((shared @ self._inverse) * shared).sum(axis=1)
        mean = np.maximum(base * (shared @ self._alpha), self._floor_ns)
        return Prediction(mean, base * np.sqrt(np.maximum(variance, 0) + self._nugget**2))

    def left_out(self) -> Floats:
        """For each measured point, the error of predicting it from the others, relative as ``weigh`` says.

        NaN at the corners of the range: without them, they would be extrapolated.
        """
        error = self._alpha / np.diag(self._inverse) * self._base_ns(self._points) / self.weigh(self._ns)
        edges = (self._points == self._points.min(axis=0)) | (self._points == self._points.max(axis=0))
        return np.where(edges.all(axis=1), np.nan, error)

    def left_out_error(self) -> float:
        """Root mean square of ``left_out``; NaN of corners alone."""
        error = self.left_out()
        inner = error[~np.isnan(error)]
        return float(np.sqrt(np.mean(inner**2))) if len(inner) else math.nan

    def _coordinates(self, points: Channels) -> Channels:
        """What the latency is a function of: the axes that were varied, or how many channels they have in all."""
        varied = points[:, self._varied]
        return varied if len(self._varied) <= MOST_AXES else varied.sum(axis=1, keepdims=True)

    def _base_ns(self, points: Channels) -> Floats:
        return self.weigh(np.maximum(columns(self.terms, points) @ self._coefficients, 0))

    def weigh(self, ns: Floats) -> Floats:
        """What errors are held against: the latency itself, or more where it is tiny."""
        return np.hypot(ns, self._least_ns)

    def _octaves(self, points: Channels) -> Floats:
        """Coordinates in which points of the same tiles coincide."""
        tiled = np.empty(points.shape)
        for axis, tile in enumerate(self.tiling):
            tiled[:, axis] = tile(points[:, axis])
        return np.log2(tiled)

    def _covariance(self, spread: float, reach: float, nugget: float) -> Floats:
        scaled = self._scaled / self._scale
        covariance: Floats = TREND_VARIANCE * scaled @ scaled.T
        covariance += spread**2 * _correlation(self._octaves(self._points), self._octaves(self._points), reach)
        covariance[np.diag_indices(len(self._ns))] += self._measured_sd**2 + nugget**2
        return covariance

    def _likeliest(self) -> tuple[float, float, float]:
        choices = [(s, r, n) for s in SPREADS for r in REACHES for n in NUGGETS]
        return max(choices, key=lambda choice: self._likelihood(*choice))

    def _likelihood(self, spread: float, reach: float, nugget: float) -> float:
        root = np.linalg.cholesky(self._covariance(spread, reach, nugget))
        white = np.linalg.solve(root, self._observed)
        return float(-0.5 * white @ white - np.log(np.diag(root)).sum())


def varied_axes(points: Channels) -> npt.NDArray[np.int64]:
    """Numbers of the axes on which anything was varied: the others tell nothing. ``points`` is (n, axes)."""
    return np.flatnonzero(points.min(axis=0) < points.max(axis=0))


def choose_tiling(points: Channels, ns: Floats, weight: Floats) -> Tiling:
    """How each axis is tiled, as the leave-one-out error of the multilinear trend tells."""
    choices = list(product(*(tilings(int(most)) for most in points.max(axis=0))))
    errors = [_left_out_error(multilinear(tiling), points, ns, weight) for tiling in choices]
    return choices[int(np.argmin(errors))]


def choose_terms(tiling: Tiling, points: Channels, ns: Floats, weight: Floats) -> list[Term]:
    """The trend: multilinear in tiles, with terms added and dropped as the leave-one-out error wants it."""
    chosen = multilinear(tiling)
    candidates = candidate_terms(tuple(points.max(axis=0)))
    error = _left_out_error(chosen, points, ns, weight)
    while len(chosen) < min(MOST_TERMS, len(ns) // POINTS_PER_TERM):
        grown = [[*chosen, term] for term in candidates if term not in chosen]
        if not grown:
            break
        errors = [_left_out_error(terms, points, ns, weight) for terms in grown]
        best = int(np.argmin(errors))
        if errors[best] + GOOD_ERROR**2 > (1 - LEAST_GAIN) * (error + GOOD_ERROR**2):
            break
        error, chosen = _shrunk(grown[best], errors[best], points, ns, weight)
    return chosen


def _shrunk(chosen: list[Term], error: float, points: Channels, ns: Floats, weight: Floats) -> tuple[float, list[Term]]:
    """Without terms that have become superfluous; the constant stays, and the newest."""
    for term in chosen[1:-1]:
        rest = [other for other in chosen if other != term]
        rest_error = _left_out_error(rest, points, ns, weight)
        if rest_error <= error:
            error, chosen = rest_error, rest
    return error, chosen


def _left_out_error(terms: list[Term], points: Channels, ns: Floats, weight: Floats) -> float:
    """Mean square of the relative leave-one-out errors of the trend alone."""
    scaled = columns(terms, points) / weight[:, None]
    q, r = np.linalg.qr(scaled / (np.abs(scaled).max(axis=0) + 1e-300))
    if np.abs(np.diag(r)).min() < 1e-9:
        return np.inf
    leverage = (q**2).sum(axis=1)
    observed = ns / weight
    residual = observed - q @ (q.T @ observed)
    return float(np.mean((residual / np.maximum(1 - leverage, 1e-6)) ** 2))


def _least_squares(terms: Floats, ns: Floats, weight: Floats) -> Floats:
    scaled = terms / weight[:, None]
    scale = np.abs(scaled).max(axis=0) + 1e-300
    return np.linalg.lstsq(scaled / scale, ns / weight, rcond=None)[0] / scale  # type: ignore[no-any-return]


def _correlation(left: Floats, right: Floats, reach: float) -> Floats:
    """Falls off exponentially with the distance in octaves, summed over axes."""
    distance = np.abs(left[:, None, :] - right[None, :, :]).sum(axis=2)
    return np.exp(-distance / reach)  # type: ignore[no-any-return]
