"""Samples nested in blocks, instances and processes: intervals that know which of these was repeated.

Processes of one model differ by far more than the samples within one suggest (a coefficient of
variation of 7 % over twelve processes, against 1 % over eight instances in one process), so an
interval from pooled samples is several times too narrow (Kalibera & Jones 2013). Here the units
of the highest level that was repeated are the sample, and all below goes into one value of each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.stats._distributions import student_quantile
from pibench.stats.intervals import Interval, Values, exponential, mean_interval
from pibench.stats.traces import trace_median_interval

Unit = Literal["process", "instance", "block", "sample"]
# Processes of instances of blocks of samples; any count may differ from unit to unit.
Nested = Sequence[Sequence[Sequence[Values]]]
Centres = Sequence[Sequence[npt.NDArray[np.float64]]]


class NestedInterval(NamedTuple):
    """An interval, the level whose units were taken as the sample, and how many there were.

    ``unit`` says for what the interval speaks: "process" for any fresh process; "instance",
    "block" and "sample" only for further ones in the same single process, instance or block.
    """

    interval: Interval
    unit: Unit
    units: int


def hierarchical_median(nested: Nested, confidence: float = 0.95, unit: Unit | None = None) -> NestedInterval:
    """The overall median and its interval, in the unit of the samples, which must be positive.

    Medians where values are many and wild (samples of a block, blocks of an instance), means of
    logarithms where units are few and themselves what is averaged over (instances of a process,
    processes): with three processes a median of processes would be a single one of them.
    The bounds are Student's over the units of the highest level with two or more, or of ``unit``
    where given. That is the cluster bootstrap of the top level (Davison & Hinkley 1997, section
    3.8) in closed form, with Student's quantile for the few units: simulated, percentile
    intervals from resampling covered 76 % with 3 processes and 91 % with 10. A single block has
    the interval of its trace.
    """
    centre = log_centre(block_centres(nested), np.log(np.asarray(nested[0][0][0])), confidence, unit)
    return centre._replace(interval=exponential(centre.interval))


def hierarchical_quantile(nested: Nested, q: float, confidence: float = 0.95) -> NestedInterval:
    """The q-quantile of the samples of a typical process, and its interval, in the unit of the samples.

    The mean of the logs of the units' own quantiles, with Student's interval over the units of the
    highest level with two or more; a single block gives no bounds (NaN). Not the quantile of all
    samples pooled, whose 95th percentile is that of the slowest few processes and whose
    bootstrap interval covered 75 to 85 % of the time.
    """
    unit, groups = sample_groups(nested)
    logs = np.log([np.quantile(group, q) for group in groups])
    return NestedInterval(exponential(mean_interval(logs, confidence)), unit, len(groups))


def prediction_interval(nested: Nested, processes: int = 1, confidence: float = 0.95) -> Interval:
    """Where the overall median of so many fresh processes will lie (Hahn & Meeker 1991, section 4.7).

    Covers ``confidence`` on the average over runs and fresh runs; the processes' log medians are
    taken as normal. That is an average: at 95 %, 86 to 91 % of runs had at least 27 of 30 fresh
    runs of as many processes in their interval (simulated); for 95 % of runs ask for 98 %.
    One process cannot show how much processes differ: its bounds are 0 and ∞.
    """
    logs = unit_centres(block_centres(nested), "process")
    centre = float(logs.mean())
    if len(logs) < 2:
        return Interval(math.exp(centre), 0.0, math.inf)
    t = student_quantile((1 + confidence) / 2, len(logs) - 1)
    half = t * float(logs.std(ddof=1)) * math.sqrt(1 / len(logs) + 1 / processes)
    return exponential(Interval(centre, centre - half, centre + half))


def log_variance(log_half_width: float, units: int, confidence: float = 0.95) -> float:
    """The variance of a centre's logarithm that so wide a Student's interval over two units or more was made from."""
    return (log_half_width / student_quantile((1 + confidence) / 2, units - 1)) ** 2


def block_centres(nested: Nested) -> Centres:
    """The log of each block's median, as processes of instances of blocks."""
    return [
        [np.log([np.median(np.asarray(block)) for block in instance]) for instance in process] for process in nested
    ]


def unit_centres(centres: Centres, unit: Unit) -> npt.NDArray[np.float64]:
    """One log centre for each unit of a level, of all processes together."""
    if unit == "block":
        return np.concatenate([blocks for process in centres for blocks in process])
    instances = [np.array([np.median(blocks) for blocks in process]) for process in centres]
    if unit == "instance":
        return np.concatenate(instances)
    return np.array([values.mean() for values in instances])


def sample_groups(nested: Nested) -> tuple[Unit, list[npt.NDArray[np.float64]]]:
    """The highest level with two units or more (else "block"), and all samples of each unit."""
    instances = [instance for process in nested for instance in process]
    if len(nested) > 1:
        return "process", [_joined([block for instance in process for block in instance]) for process in nested]
    if len(instances) > 1:
        return "instance", [_joined(instance) for instance in instances]
    return "block", [_joined([block]) for block in instances[0]]


def _joined(blocks: Sequence[Values]) -> npt.NDArray[np.float64]:
    return np.concatenate([np.asarray(block, dtype=float) for block in blocks])


def repeated_unit(centres: Centres) -> Unit:
    """The highest level with at least two units."""
    levels: tuple[Unit, ...] = ("process", "instance", "block")
    return next((unit for unit in levels if len(unit_centres(centres, unit)) > 1), "sample")


def log_centre(centres: Centres, block: Values, confidence: float, unit: Unit | None) -> NestedInterval:
    """The interval on the log scale; ``block`` has the logs of the first block, for where there is no other."""
    level = unit or repeated_unit(centres)
    if level == "sample":
        return NestedInterval(trace_median_interval(block, confidence), level, np.size(block))
    values = unit_centres(centres, level)
    return NestedInterval(mean_interval(values, confidence), level, len(values))
