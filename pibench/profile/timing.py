"""Times of several processes as one figure with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pibench.report import Ratio, Timing
from pibench.stats import Interval, mean_interval
from pibench.stats.intervals import exponential


def timing(interval: Interval) -> Timing:
    """An interval in ns as the report has it."""
    return Timing(ns=interval.estimate, low_ns=_known(interval.low), high_ns=_known(interval.high))


def timing_over(by_process_ns: Sequence[float]) -> Timing:
    """The geometric mean of positive times of processes."""
    return timing(_over(by_process_ns))


def ratio_over(by_process: Sequence[float]) -> Ratio:
    """The geometric mean of ratios of processes."""
    interval = _over(by_process)
    return Ratio(ratio=interval.estimate, low=_known(interval.low), high=_known(interval.high))


def summed(timings: Sequence[Timing]) -> Timing:
    """Of layers measured in the same processes, which move together: widths add up, none cancels."""
    bounds = [(one.low_ns, one.high_ns) for one in timings]
    lows = [low for low, _ in bounds if low is not None]
    highs = [high for _, high in bounds if high is not None]
    return Timing(
        ns=sum(one.ns for one in timings),
        low_ns=sum(lows) if len(lows) == len(timings) else None,
        high_ns=sum(highs) if len(highs) == len(timings) else None,
    )


def _over(values: Sequence[float]) -> Interval:
    return exponential(mean_interval(np.log(values)))


def _known(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None
