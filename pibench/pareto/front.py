"""The front of error against latency, with both uncertain. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.compare import RUN_SD
from pibench.pareto.draws import Draws, drawn
from pibench.pareto.model import Placed, Point, Standing

SURE = 0.95
Draw = npt.NDArray[np.bool_]


class Dominance(NamedTuple):
    """In which draws one point dominates another: by the figures, and at least and at most if a latency is untrusted.

    ``at_least``: whatever an untrusted latency truly is; ``at_most``: for some value of it.
    """

    figures: Draw
    at_least: Draw
    at_most: Draw


def placed(points: Sequence[Point], *, run_sd: float = RUN_SD, seed: int = 0) -> tuple[Placed, ...]:
    """The points in their order, each with the probability that another one dominates it.

    Errors and latencies are drawn together, some thousand times, from what their figures leave open: latencies
    as their intervals over processes say, on the log scale, those of one report shifted together by ``run_sd``,
    the relative standard deviation between runs; points with one latency (a network trained in two ways) keep
    one. Errors are means over runs, which differ by the standard deviation of all points' runs together, or
    by a point's own where that is larger; between errors found on different images (test and validation, two
    data sets) there is what so many images leave open, too. Where none was run twice, that is all.

    The probability takes untrusted latencies as they are. How a point stands does not: what is sure is so
    whatever the untrusted latencies truly are, its own as well as those of others. Thus the network that surely errs
    least is on the front though it was throttled; others are so perhaps.
    """
    if not points:
        return ()
    draws = drawn(points, run_sd, seed)
    return tuple(_placed(points, index, draws) for index in range(len(points)))


def standing(at_least: float, at_most: float) -> Standing:
    """What says that the probability of being dominated is somewhere between these."""
    if at_least >= SURE:
        return "dominated"
    return "front" if at_most <= 1 - SURE else "perhaps"


def _placed(points: Sequence[Point], index: int, draws: Draws) -> Placed:
    others = {other: _dominance(points, other, index, draws) for other in range(len(points)) if other != index}
    probability, at_least, at_most = (
        float(np.any([pair[which] for pair in others.values()], axis=0).mean()) if others else 0.0 for which in range(3)
    )
    found = standing(at_least, at_most)
    return Placed(
        point=points[index],
        dominated=probability,
        standing=found,
        by=_most_probable(points, others, sure=found == "dominated"),
        doubtful=found != standing(probability, probability),
    )


def _most_probable(points: Sequence[Point], others: Mapping[int, Dominance], *, sure: bool) -> str:
    """The label of the other one that dominates, in most draws: whatever latencies truly are, or for some value."""
    times = {
        other: (int((pair.at_least if sure else pair.at_most).sum()), int(pair.figures.sum()))
        for other, pair in others.items()
    }
    best = max(times, key=times.__getitem__, default=None)
    return points[best].label if best is not None and any(times[best]) else ""


def _dominance(points: Sequence[Point], other: int, index: int, draws: Draws) -> Dominance:
    """Of one point over another."""
    a, b = points[other], points[index]
    errors = draws.errors if a.error.found_on == b.error.found_on else draws.sampled
    latencies = draws.log_latencies
    no_more_errors, fewer = errors[other] <= errors[index], errors[other] < errors[index]
    no_slower, faster = latencies[other] <= latencies[index], latencies[other] < latencies[index]
    figures = no_more_errors & no_slower & (fewer | faster)
    # One and the same latency is no slower than itself, whatever it truly is.
    if a.latency == b.latency or not (a.latency.untrusted or b.latency.untrusted):
        return Dominance(figures, figures, figures)
    return Dominance(figures, np.zeros_like(figures), no_more_errors)
