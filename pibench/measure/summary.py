"""From raw samples to a figure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pibench.report.model import Measurement, Summary
from pibench.stats import Interval, mean_interval, median_interval
from pibench.stats.intervals import exponential

_SECOND_NS = 1e9


def latencies_ns(measurement: Measurement) -> npt.NDArray[np.float64]:
    """Time per inference of each sample."""
    return np.asarray(measurement.duration_ns, dtype=float) / measurement.group


def summarise(measurements: Sequence[Measurement]) -> Summary:
    """The figure of one subject under one condition; needs one measurement with samples or more."""
    per_process = [latencies_ns(measurement) for measurement in measurements]
    everything = np.concatenate(per_process)
    median = _median(per_process)
    return Summary(
        median_ns=median.estimate,
        low_ns=median.low,
        high_ns=median.high,
        p95_ns=float(np.quantile(everything, 0.95)),
        min_ns=float(everything.min()),
        mean_ns=float(everything.mean()),
        samples=len(everything),
        processes=len(per_process),
        inferences_per_second=_SECOND_NS / median.estimate,
    )


def _median(per_process: Sequence[npt.NDArray[np.float64]]) -> Interval:
    """Processes differ more than the samples within one (Kalibera & Jones 2013): they are the unit.

    On the log scale: processes differ by factors, and no bound falls below zero.
    """
    if len(per_process) == 1:
        return median_interval(per_process[0])
    logs = mean_interval([math.log(max(float(np.median(values)), 1.0)) for values in per_process])
    return exponential(logs)
