"""From raw samples to a figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt

from pibench.report.model import OutlierCounts, Spread, Summary
from pibench.report.samples import HardwareCounter, Measurement
from pibench.stats import (
    Interval,
    hierarchical_median,
    mean_interval,
    prediction_interval,
    tukey_outliers,
    variance_components,
)
from pibench.stats.intervals import exponential
from pibench.stats.nested import Nested, block_centres, unit_centres

Floats = npt.NDArray[np.float64]

_SECOND_NS = 1e9
# A fresh run is expected within its interval "at least 90 % of 30 times": at 98 % that held for 95 % of
# runs, at 95 % only on the average (simulated, see pibench.stats.prediction_interval).
FRESH_CONFIDENCE = 0.98


def latencies_ns(measurement: Measurement) -> Floats:
    """Time per inference of each sample, 1 ns at the least: a coarse clock may show none."""
    return np.maximum(np.asarray(measurement.duration_ns, dtype=float), 1.0) / measurement.group


def rounds_ns(measurement: Measurement) -> list[Floats]:
    """The same by block, without the samples that were set aside; empty where all of a block were."""
    kept = np.ones(len(measurement.duration_ns), bool)
    kept[list(measurement.set_aside)] = False
    ends = np.cumsum(measurement.blocks)[:-1]
    pairs = zip(np.split(latencies_ns(measurement), ends), np.split(kept, ends), strict=True)
    return [block[mask] for block, mask in pairs]


def blocks_ns(measurement: Measurement) -> list[Floats]:
    """The same, and no empty block."""
    return [block for block in rounds_ns(measurement) if block.size]


def kept_ns(measurement: Measurement) -> Floats:
    """The same in one row."""
    return np.concatenate([np.empty(0), *blocks_ns(measurement)])


def nested_ns(measurements: Sequence[Measurement]) -> Nested:
    """Processes of instances of blocks, without what is set aside; empty instances and processes left out."""
    ordered = sorted(measurements, key=lambda measurement: (measurement.process, measurement.instance))
    processes = [
        [blocks for measurement in group if (blocks := blocks_ns(measurement))]
        for _, group in groupby(ordered, key=lambda measurement: measurement.process)
    ]
    return [instances for instances in processes if instances]


def summarise(
    measurements: Sequence[Measurement], *, statistic: str = "median", confidence: float = 0.95
) -> Summary | None:
    """The figure of one subject under one condition; None when no sample is left to make one of."""
    nested = nested_ns(measurements)
    if not nested:
        return None
    interval = figure(nested, statistic, confidence)
    everything = np.concatenate([block for process in nested for instance in process for block in instance])
    # Of means nothing of the kind is promised: one wild sample moves them.
    foreseen = len(nested) > 1 and statistic == "median"
    fresh = prediction_interval(nested, len(nested), FRESH_CONFIDENCE) if foreseen else None
    return Summary(
        latency_ns=interval.estimate,
        low_ns=interval.low,
        high_ns=interval.high,
        fresh_low_ns=fresh.low if fresh else None,
        fresh_high_ns=fresh.high if fresh else None,
        p95_ns=float(np.quantile(everything, 0.95)),
        min_ns=float(everything.min()),
        mean_ns=float(everything.mean()),
        samples=len(everything),
        set_aside=sum(len(measurement.set_aside) for measurement in measurements),
        processes=len(nested),
        inferences_per_second=_SECOND_NS / interval.estimate,
        confidence=confidence,
        spread=_spread(nested),
        outliers=_outliers(nested),
        hardware=_hardware(measurements),
    )


def figure(nested: Nested, statistic: str = "median", confidence: float = 0.95) -> Interval:
    """The latency and its interval over the highest level that was repeated."""
    if statistic == "median":
        return _bounded(hierarchical_median(nested, confidence).interval, nested)
    logs = np.log(process_latencies_ns(nested, statistic))
    return _bounded(exponential(mean_interval(logs, confidence)), nested)


def process_latencies_ns(nested: Nested, statistic: str = "median") -> Floats:
    """What each process found, of which the figure is the geometric mean."""
    if statistic == "median":
        return np.exp(unit_centres(block_centres(nested), "process"))
    return np.array([np.mean([np.concatenate(instance).mean() for instance in process]) for process in nested])


def _bounded(interval: Interval, nested: Nested) -> Interval:
    """A single value that nothing bounds has the range of its samples."""
    if not math.isnan(interval.low):
        return interval
    everything = np.concatenate([block for process in nested for instance in process for block in instance])
    return Interval(interval.estimate, float(everything.min()), float(everything.max()))


def _spread(nested: Nested) -> Spread:
    process, instance, block, sample = (
        None if math.isnan(value) else value for value in variance_components(nested).relative_sd()
    )
    return Spread(process=process, instance=instance, block=block, sample=sample)


def _outliers(nested: Nested) -> OutlierCounts:
    counts = [tukey_outliers(np.concatenate(instance)) for process in nested for instance in process]
    return OutlierCounts(
        low_severe=sum(count.low_severe for count in counts),
        low_mild=sum(count.low_mild for count in counts),
        high_mild=sum(count.high_mild for count in counts),
        high_severe=sum(count.high_severe for count in counts),
    )


def _hardware(measurements: Sequence[Measurement]) -> dict[HardwareCounter, float]:
    """Counts per inference of what every process could count."""
    usages = [measurement.usage for measurement in measurements]
    invocations = sum(usage.invocations for usage in usages)
    names = set.intersection(*(set(usage.hardware) for usage in usages))
    return {name: sum(usage.hardware[name] for usage in usages) / invocations for name in sorted(names) if invocations}
