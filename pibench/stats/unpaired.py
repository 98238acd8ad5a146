"""Two runs compared that share no process: the ratio of their centres, each over its own processes."""

from __future__ import annotations

import math

import numpy as np

from pibench.stats._distributions import student_quantile
from pibench.stats.intervals import Interval, Values, exponential

# Trusted runs of two shared machines with two cores differed by 0.1 to 0.5 % (README, "Figures that repeat").
RUN_SD = 0.004


def unpaired_ratio(a: Values, b: Values, confidence: float = 0.95, *, run_sd: float = 0.0) -> Interval:
    """How many times as long b takes as a: the ratio of geometric means, with Welch's interval on the log scale.

    One positive value per process of each run; they may be of different numbers and spreads (Welch 1947).
    ``run_sd``: the relative standard deviation by which whole runs differ beyond what their processes
    show, which two runs cannot tell and the caller must know. It enters each side's variance as a known one,
    and the degrees of freedom are Satterthwaite's (1946) for the sum of all three.
    A single value on either side shows no spread: no bounds (NaN).
    """
    logs = [np.log(np.asarray(values, dtype=float)) for values in (a, b)]
    centre = float(logs[1].mean() - logs[0].mean())
    if min(map(len, logs)) < 2:
        return Interval(math.exp(centre), math.nan, math.nan)
    variances = [float(values.var(ddof=1)) / len(values) for values in logs]
    variance = sum(variances) + 2 * run_sd**2
    uncertain = sum(v**2 / (len(values) - 1) for v, values in zip(variances, logs, strict=True))
    if uncertain == 0 and variance == 0:
        return exponential(Interval(centre, centre, centre))
    degrees = min(variance**2 / uncertain, _KNOWN) if uncertain else _KNOWN
    half = student_quantile((1 + confidence) / 2, degrees) * math.sqrt(variance)
    return exponential(Interval(centre, centre - half, centre + half))


# Degrees of freedom from which Student's t is the normal distribution.
_KNOWN = 1e6
