"""What makes a figure doubtful. Pure: measurements in, doubts out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pibench.device import Device
from pibench.measure.summary import latencies_ns
from pibench.report.model import Condition, Doubt, Measurement, SubjectRecord, Summary

WIDE_INTERVAL = 0.05
FEW_SAMPLES = 50
PROCESS_SPREAD = 0.10
DRIFT = 0.05
REFERENCE_SPREAD = 0.03
HEAVY_TAIL = 1.5
BUSY_CORES = 0.3


def doubts_about(
    subject: SubjectRecord,
    condition: Condition,
    measurements: Sequence[Measurement],
    summary: Summary,
    device: Device,
    *,
    unread_because: str = "",
) -> tuple[Doubt, ...]:
    """Everything that a reader of this figure should know, the gravest first."""
    return (
        *_of_sampling(measurements, summary),
        *_of_setting(condition, measurements, device),
        *_of_subject(subject, unread_because),
    )


def _of_sampling(measurements: Sequence[Measurement], summary: Summary) -> Iterator[Doubt]:
    medians = [float(np.median(latencies_ns(measurement))) for measurement in measurements]
    if summary.relative_half_width > WIDE_INTERVAL:
        yield Doubt(
            kind="wide_interval",
            message=f"the 95 % interval is ±{summary.relative_half_width:.0%}: give it more --processes",
        )
    if len(medians) == 1:
        yield Doubt(kind="one_process", message="one process only: the interval ignores how much processes differ")
    elif max(medians) / min(medians) > 1 + PROCESS_SPREAD:
        spread = max(medians) / min(medians) - 1
        yield Doubt(kind="processes_differ", message=f"the medians of {len(medians)} processes differ by {spread:.0%}")
    moved = _reference_spread(measurements)
    if moved > REFERENCE_SPREAD:
        yield Doubt(
            kind="machine_changed",
            message=f"a fixed reference differed by {moved:.0%} between processes: the machine changed, not the model",
        )
    drift = max((abs(_drift(measurement)) for measurement in measurements), default=0.0)
    if drift > DRIFT:
        yield Doubt(kind="drift", message=f"the latency moved by {drift:.0%} while a process was sampled")
    if summary.p95_ns > HEAVY_TAIL * summary.median_ns:
        ratio = summary.p95_ns / summary.median_ns
        yield Doubt(kind="heavy_tail", message=f"the 95th percentile is {ratio:.1f} times the median: interruptions")
    if summary.samples < FEW_SAMPLES:
        yield Doubt(kind="few_samples", message=f"{summary.samples} samples only: give it more --seconds")
    group = max(measurement.group for measurement in measurements)
    if group > 1:
        yield Doubt(
            kind="grouped",
            message=f"too short for the clock: a sample is the mean of up to {group} inferences, so p95 is of means",
        )


def _reference_spread(measurements: Sequence[Measurement]) -> float:
    """By how much the slowest process' fixed reference exceeds the fastest's."""
    medians = [float(np.median(measurement.reference.duration_ns)) for measurement in measurements]
    return max(medians) / max(min(medians), 1.0) - 1


def _drift(measurement: Measurement) -> float:
    """Relative change from the first third of the samples to the last; 0 for fewer than 15."""
    values = latencies_ns(measurement)
    third = len(values) // 3
    if third < 5:
        return 0.0
    return float(np.median(values[-third:]) / np.median(values[:third]) - 1)


def _of_setting(condition: Condition, measurements: Sequence[Measurement], device: Device) -> Iterator[Doubt]:
    if condition.threads > device.usable_cores:
        yield Doubt(
            kind="oversubscribed",
            message=f"{condition.threads} threads on {device.usable_cores} cores: ask for fewer",
        )
    if device.busy_cores > BUSY_CORES:
        yield Doubt(
            kind="busy_machine",
            message=f"other work kept {device.busy_cores:.1f} of {device.cores} cores busy before the run: stop it",
        )
    if condition.kernels == "xnnpack" and not all(m.setup.fully_delegated for m in measurements):
        yield Doubt(kind="not_delegated", message="some operations ran outside XNNPACK, on slower kernels")


def _of_subject(subject: SubjectRecord, unread_because: str) -> Iterator[Doubt]:
    if unread_because:
        yield Doubt(kind="unread_model", message=f"MACs and parameters are unknown: {unread_because}")
    if subject.uncounted_ops:
        names = ", ".join(subject.uncounted_ops)
        yield Doubt(kind="uncounted_ops", message=f"MACs lack operations that pibench does not know: {names}")
