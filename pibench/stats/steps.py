"""Where a series of runs moved to another level, told from runs that merely stand out."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.stats._distributions import normal_quantile, student_quantile
from pibench.stats.intervals import Interval, Values, exponential
from pibench.stats.robust import MAD_TO_SIGMA

Floats = npt.NDArray[np.float64]
FEWEST_RUNS = 4
_RISK = 0.05
# What one run may count at the most, of what a step costs. Below 1, so that one run is never a step; above
# 1/2, so that two at the end can be one; above 2/3, so that three can be an episode, which takes two steps.
_MOST_OF_ONE = 0.75


class Step(NamedTuple):
    """``at``: the first value on the new level. ``ratio``: of the levels, with its 95 % interval."""

    at: int
    ratio: Interval


class Levels(NamedTuple):
    """``steps`` in order, the ``centres`` of the levels that they part, and which values are ``apart`` from theirs."""

    steps: list[Step]
    centres: list[float]
    apart: npt.NDArray[np.bool_]


def levels(values: Values, variances: Values) -> Levels:
    """The levels of positive values in the order of time, each known with such a variance of its logarithm.

    The segmentation of the least penalised cost, found exactly by dynamic programming over levels. The cost of
    a value is its squared distance from its level in standard deviations, but bounded, so that single wild
    ones make no step (Fearnhead & Rigaill 2019); the penalty is that at which a series without steps has none
    with 95 % probability where the variances are right (with estimated ones 92 to 100 %, simulated). Steps whose
    interval holds 1 are no steps. Fewer than four values have one level.
    """
    logs = np.log(np.asarray(values, dtype=float))
    spread = np.asarray(variances, dtype=float)
    count = len(logs)
    if count < FEWEST_RUNS:
        return Levels([], [math.exp(float(np.median(logs)))], np.zeros(count, bool))
    penalty = normal_quantile(1 - _RISK / (2 * (count - 1))) ** 2
    most = _MOST_OF_ONE * penalty
    begins = [0, *_begins(logs, spread, penalty, most)]
    while True:
        found = _described(logs, spread, begins, most)
        doubtful = [step.at for step in found.steps if step.ratio.low <= 1 <= step.ratio.high]
        if not doubtful:
            return found
        begins.remove(doubtful[0])


def between_runs_sd(values: Values, variances: Values) -> float:
    """The relative standard deviation by which runs differ beyond their variances; 0 where these explain all.

    From the differences of successive runs, by their median: neither steps nor wild runs make it.
    """
    gaps = np.abs(np.diff(np.log(np.asarray(values, dtype=float))))
    total = (MAD_TO_SIGMA * float(np.median(gaps))) ** 2 / 2
    return math.sqrt(max(total - float(np.mean(np.asarray(variances, dtype=float))), 0.0))


def _begins(logs: Floats, variances: Floats, penalty: float, most: float) -> list[int]:
    """Where levels after the first one begin; every value is a candidate for a level."""
    candidates = np.unique(logs)
    losses = np.minimum((logs[:, None] - candidates) ** 2 / variances[:, None], most)
    costs = losses[0]
    cheapest: list[int] = []
    moved: list[npt.NDArray[np.bool_]] = []
    for loss in losses[1:]:
        cheapest.append(int(np.argmin(costs)))
        fresh = costs[cheapest[-1]] + penalty
        moved.append(costs > fresh)
        costs = np.minimum(costs, fresh) + loss
    level = int(np.argmin(costs))
    begins = []
    for at in range(len(logs) - 1, 0, -1):
        if moved[at - 1][level]:
            begins.append(at)
            level = cheapest[at - 1]
    return begins[::-1]


def _described(logs: Floats, variances: Floats, begins: list[int], most: float) -> Levels:
    ends = [*begins[1:], len(logs)]
    apart = np.zeros(len(logs), bool)
    centres: list[float] = []
    errors: list[float] = []
    for begin, end in zip(begins, ends, strict=True):
        part, weights = logs[begin:end], 1 / variances[begin:end]
        apart[begin:end] = (part - np.median(part)) ** 2 * weights > most
        # Two runs far from each other are both apart from their median.
        kept = ~apart[begin:end] if not apart[begin:end].all() else np.ones(end - begin, bool)
        centres.append(float(np.average(part[kept], weights=weights[kept])))
        errors.append(1 / float(weights[kept].sum()))
    t = student_quantile(0.975, len(logs) - len(begins))
    steps = []
    for k, begin in enumerate(begins[1:], start=1):
        change, half = centres[k] - centres[k - 1], t * math.sqrt(errors[k] + errors[k - 1])
        steps.append(Step(begin, exponential(Interval(change, change - half, change + half))))
    return Levels(steps, [math.exp(centre) for centre in centres], apart)
