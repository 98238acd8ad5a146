"""Errors and latencies drawn from what their figures leave open. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.pareto.model import Error, Latency, Point
from pibench.stats import log_variance, normal_quantile

DRAWS = 10_000
Drawn = npt.NDArray[np.float64]


class Spread(NamedTuple):
    """By how much runs of one training differ: the standard deviation, and its degrees of freedom."""

    sd: float
    degrees: int


class Draws(NamedTuple):
    """Each points × draws. ``errors``: on the images that they were found on; ``sampled``: on any such images."""

    errors: Drawn
    sampled: Drawn
    log_latencies: Drawn


def drawn(points: Sequence[Point], run_sd: float, seed: int) -> Draws:
    random = np.random.default_rng(seed)
    errors, sampled = _errors([point.error for point in points], random)
    return Draws(errors, sampled, _log_latencies([point.latency for point in points], run_sd, random))


def pooled(errors: Sequence[Error]) -> Spread | None:
    """Over all that were run more than once; None without such ones, and where their runs never differ."""
    repeated = [(error.sd, error.runs - 1) for error in errors if error.sd is not None and error.runs > 1]
    squares = math.fsum(sd**2 * degrees for sd, degrees in repeated)
    if not squares:
        return None
    degrees = sum(degrees for _, degrees in repeated)
    return Spread(math.sqrt(squares / degrees), degrees)


def _errors(errors: Sequence[Error], random: np.random.Generator) -> tuple[Drawn, Drawn]:
    """On the same images, and on others: runs differ by chance, and other images are harder or easier by chance.

    The latter is binomial. Networks that were tried on the same images share it, so that it is left out between them;
    without a spread of runs it is all that is known, and stands in for it.
    """
    spread = pooled(errors)
    normal = random.standard_normal((2, len(errors), DRAWS))
    means: Drawn = np.array([error.mean for error in errors])[:, None]
    binomial: Drawn = np.array([math.sqrt(error.mean * (1 - error.mean) / error.images) for error in errors])[:, None]
    if spread is None:
        alone: Drawn = means + binomial * normal[0]
        return alone, alone
    # The spread is itself uncertain, and one for all: a multivariate t.
    uncertain = np.sqrt(spread.degrees / random.chisquare(spread.degrees, DRAWS))
    scales = np.array([max(error.sd or 0.0, spread.sd) / math.sqrt(error.runs) for error in errors])[:, None]
    found: Drawn = means + scales * uncertain * normal[0]
    return found, found + binomial * normal[1]


def _log_latencies(latencies: Sequence[Latency], run_sd: float, random: np.random.Generator) -> Drawn:
    shifts = {
        report: run_sd * random.standard_normal(DRAWS) for report in dict.fromkeys(one.report for one in latencies)
    }
    each = {latency: _log_latency(latency, random) + shifts[latency.report] for latency in dict.fromkeys(latencies)}
    stacked: Drawn = np.stack([each[latency] for latency in latencies])
    return stacked


def _log_latency(latency: Latency, random: np.random.Generator) -> Drawn:
    """Student's t about the figure, of the variance that its interval was made from.

    So the interval is read at the confidence that it was computed at. Where its width ended the sampling that is
    97.5 %, and the variance is that of a sample chosen for being small: simulated, 5 to 15 processes stopped at ±1 %,
    such draws hold the truth within their 95 % in 93 to 95 % of cases. What runs differ by comes on top of it.
    One process has no variance over processes: its interval is read as a normal distribution's.
    """
    half = math.log(latency.high_ns / latency.low_ns) / 2
    if latency.processes < 2:
        sd = half / normal_quantile((1 + latency.confidence) / 2)
        return math.log(latency.ns) + sd * random.standard_normal(DRAWS)
    sd = math.sqrt(log_variance(half, latency.processes, latency.confidence))
    return math.log(latency.ns) + sd * random.standard_t(latency.processes - 1, DRAWS)
