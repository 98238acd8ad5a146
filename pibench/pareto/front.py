"""The front of error against latency, with both uncertain. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.compare import RUN_SD
from pibench.pareto.model import Error, Latency, Placed, Point, Standing
from pibench.stats import student_quantile

SURE = 0.95
_DRAWS = 10_000
_KNOWN = 1e6  # degrees of freedom from which Student's t is the normal distribution
Draws = npt.NDArray[np.float64]


class Spread(NamedTuple):
    """By how much runs of one training differ: the standard deviation, and its degrees of freedom."""

    sd: float
    degrees: int


def placed(points: Sequence[Point], *, run_sd: float = RUN_SD, seed: int = 0) -> tuple[Placed, ...]:
    """The points in their order, each with the probability that another one dominates it.

    Errors and latencies are drawn together, some thousand times, from what their figures leave open: latencies
    as their intervals over processes say, on the log scale, those of one report shifted together by ``run_sd``,
    the relative standard deviation between runs; points with one latency (a network trained in two ways) keep
    one. Errors are means over runs, which differ by the standard deviation of all points' runs together, or
    by a point's own where that is larger; where none was run twice, by what so many images leave open.
    """
    if not points:
        return ()
    random = np.random.default_rng(seed)
    errors = _errors([point.error for point in points], random)
    latencies = _log_latencies([point.latency for point in points], run_sd, random)
    return tuple(_placed(points, index, errors, latencies) for index in range(len(points)))


def pooled(errors: Sequence[Error]) -> Spread | None:
    """Over all that were run more than once; None without such ones, and where their runs never differ."""
    repeated = [(error.sd, error.runs - 1) for error in errors if error.sd is not None and error.runs > 1]
    squares = math.fsum(sd**2 * degrees for sd, degrees in repeated)
    if not squares:
        return None
    degrees = sum(degrees for _, degrees in repeated)
    return Spread(math.sqrt(squares / degrees), degrees)


def _errors(errors: Sequence[Error], random: np.random.Generator) -> Draws:
    spread = pooled(errors)
    normal = random.standard_normal((len(errors), _DRAWS))
    means: Draws = np.array([error.mean for error in errors])
    uncertain: Draws = np.ones(_DRAWS)
    if spread is None:
        scales: Draws = np.array([math.sqrt(error.mean * (1 - error.mean) / error.images) for error in errors])
    else:
        # The spread is itself uncertain, and one for all: a multivariate t.
        uncertain = np.sqrt(spread.degrees / random.chisquare(spread.degrees, _DRAWS))
        scales = np.array([max(error.sd or 0.0, spread.sd) / math.sqrt(error.runs) for error in errors])
    drawn: Draws = means[:, None] + scales[:, None] * uncertain * normal
    return drawn


def _log_latencies(latencies: Sequence[Latency], run_sd: float, random: np.random.Generator) -> Draws:
    shifts = {
        report: run_sd * random.standard_normal(_DRAWS) for report in dict.fromkeys(one.report for one in latencies)
    }
    drawn = {latency: _log_latency(latency, random) + shifts[latency.report] for latency in dict.fromkeys(latencies)}
    stacked: Draws = np.stack([drawn[latency] for latency in latencies])
    return stacked


def _log_latency(latency: Latency, random: np.random.Generator) -> Draws:
    degrees = latency.processes - 1 or _KNOWN
    half = (math.log(latency.high_ns) - math.log(latency.low_ns)) / 2
    return math.log(latency.ns) + half / student_quantile(0.975, degrees) * random.standard_t(degrees, _DRAWS)


def _placed(points: Sequence[Point], index: int, errors: Draws, latencies: Draws) -> Placed:
    error, latency = errors[index], latencies[index]
    dominated = np.zeros(_DRAWS, bool)
    by, most = "", 0
    for other in range(len(points)):
        no_worse = (errors[other] <= error) & (latencies[other] <= latency)
        better = no_worse & ((errors[other] < error) | (latencies[other] < latency))
        dominated |= better
        if (times := int(better.sum())) > most:
            by, most = _name(points[other], points[index]), times
    probability = float(dominated.mean())
    return Placed(point=points[index], dominated=probability, standing=standing(probability), by=by)


def _name(other: Point, point: Point) -> str:
    """Of another point, which may be the same network trained in another way."""
    return other.network if other.network != point.network else f"{other.network} ({other.recipe})"


def standing(dominated: float) -> Standing:
    """What a probability of being dominated says."""
    if dominated >= SURE:
        return "dominated"
    return "front" if dominated <= 1 - SURE else "perhaps"
