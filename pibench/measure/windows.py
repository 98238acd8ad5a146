"""A soak in windows of time: latency, temperature and clock side by side. Pure."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.device import Quantity, Trace
from pibench.report.samples import Measurement

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Some ten seconds each of ten minutes, and about as many as a terminal has room for.
WINDOWS = 60
FEWEST_IN_WINDOW = 5
_SECOND_NS = 1e9


class Samples(NamedTuple):
    """All samples of a soak as arrays, in ns.

    ``due``: when a frame was to begin. ``taken``: from its begin to the next one's, or as long as
    it took and at least a period, before a pause between blocks. ``latency`` is per inference.
    """

    start: Integers
    end: Integers
    due: Integers
    taken: Floats
    latency: Floats
    group: int

    @property
    def elapsed_ns(self) -> int:
        return int(self.end[-1] - self.start[0])

    def rate(self, which: Mask) -> float:
        """Inferences per second while these samples were taken."""
        return float(self.group * np.count_nonzero(which) * _SECOND_NS / self.taken[which].sum())


class Window(NamedTuple):
    """What happened from ``begin_s`` to ``end_s`` after the begin of the soak; None: no sensor told.

    The temperature is the hottest sensor's, the clock the fastest core's (that which works),
    both in the median over time, as is the fixed reference's duration.
    """

    begin_s: float
    end_s: float
    latency_ns: float
    p95_ns: float
    inferences_per_second: float
    reference_ns: float | None
    temperature_c: float | None
    frequency_khz: float | None


def samples_of(measurement: Measurement, period_ns: int = 0) -> Samples:
    """The samples as arrays. There must be some."""
    start = np.array(measurement.start_ns, np.int64)
    duration = np.maximum(np.array(measurement.duration_ns, np.int64), 1)
    lengths = np.array([length for length in measurement.blocks if length], np.int64)
    ends = np.cumsum(lengths)
    begins = ends - lengths
    within = np.arange(len(start)) - np.repeat(begins, lengths)
    taken = np.append(np.diff(start), 0).astype(float)
    taken[ends - 1] = np.maximum(duration[ends - 1], period_ns)
    return Samples(
        start=start,
        end=start + duration,
        due=np.repeat(start[begins], lengths) + within * period_ns,
        taken=np.maximum(taken, 1),
        latency=duration / measurement.group,
        group=measurement.group,
    )


def windows_of(measurement: Measurement, samples: Samples, trace: Trace) -> tuple[Window, ...]:
    """Up to 60 windows of equal length; those in which no sample began are left out."""
    count = max(1, min(WINDOWS, len(samples.start) // FEWEST_IN_WINDOW))
    edges = np.linspace(samples.start[0], samples.end[-1], count + 1)
    beside = (
        (np.array(measurement.reference.start_ns, np.int64), np.array(measurement.reference.duration_ns, float)),
        (np.array(trace.start_ns, np.int64), highest(trace, "temperature_c")),
        (np.array(trace.start_ns, np.int64), highest(trace, "frequency_khz")),
    )
    windows = []
    for begin, end in pairwise(edges.tolist()):
        which = (samples.start >= begin) & (samples.start < end)
        if which.any():
            latency = samples.latency[which]
            windows.append(
                Window(
                    (begin - edges[0]) / _SECOND_NS,
                    (end - edges[0]) / _SECOND_NS,
                    float(np.median(latency)),
                    float(np.quantile(latency, 0.95)),
                    samples.rate(which),
                    *(_median(values[(times >= begin) & (times < end)]) for times, values in beside),
                )
            )
    return tuple(windows)


def highest(trace: Trace, quantity: Quantity) -> Floats:
    """The highest of all sensors of this kind at each reading; NaN where none told."""
    told = [channel.values for channel in trace.channels if channel.quantity == quantity]
    nothing = np.full(len(trace.start_ns), np.nan)
    values: Floats = np.fmax.reduce([nothing, *(np.array(values, dtype=float) for values in told)])
    return values


def last_known(values: Floats) -> float | None:
    """The latest value that is one."""
    known = values[~np.isnan(values)]
    return float(known[-1]) if len(known) else None


def _median(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else None
