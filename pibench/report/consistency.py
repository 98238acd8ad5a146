"""Whether the parts of a report fit each other: a file that somebody edited may hold types, and still no run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timezone

from pibench.report.model import Result, Summary
from pibench.report.report import Report
from pibench.report.samples import Measurement, Session


def contradiction(report: Report) -> str:
    """The first thing that no run can have written, as half a sentence; nothing where all fits."""
    return next(_contradictions(report), "")


def _contradictions(report: Report) -> Iterator[str]:
    try:
        datetime.fromisoformat(report.created).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        yield f"its date of creation is {report.created!r}"
    if report.profile is not None and not report.results:
        yield "it has a profile of no result"
    for number, result in enumerate(report.results, 1):
        yield from (f"result {number} ({result.subject.name}) {what}" for what in _of_result(result))
    for session in report.sessions:
        yield from (f"process {session.process} {what}" for what in _of_session(session, len(report.results)))


def _of_result(result: Result) -> Iterator[str]:
    if result.summary is None:
        if result.verdict is not None:
            yield "has a verdict and no figure"
        if result.doubts:
            yield "has doubts about no figure"
    else:
        if result.verdict is None:
            yield "has a figure and no verdict"
        if not any(len(set(m.set_aside)) < len(m.duration_ns) for m in result.measurements):
            yield "has a figure and no samples that count"
        yield from _of_summary(result.summary)
    for measurement in result.measurements:
        yield from _of_measurement(measurement)


def _of_summary(summary: Summary) -> Iterator[str]:
    if not 0 < summary.low_ns <= summary.latency_ns <= summary.high_ns < math.inf:
        yield f"has a latency of {summary.latency_ns:g} ns between {summary.low_ns:g} and {summary.high_ns:g}"
    if not summary.inferences_per_second > 0:
        yield f"has a rate of {summary.inferences_per_second:g} inferences per second"
    if not 0 < summary.confidence < 1:
        yield f"has an interval at a confidence of {summary.confidence:g}"


def _of_measurement(measurement: Measurement) -> Iterator[str]:
    samples = len(measurement.duration_ns)
    where = f"in process {measurement.process}"
    if len(measurement.start_ns) != samples:
        yield f"has {samples} samples and {len(measurement.start_ns)} begins of samples {where}"
    if sum(measurement.blocks) != samples:
        yield f"has {samples} samples and {sum(measurement.blocks)} in blocks {where}"
    if any(index >= samples for index in measurement.set_aside):
        yield f"sets aside a sample that is not there {where}"
    if len(measurement.reference.start_ns) != len(measurement.reference.duration_ns):
        yield f"has more begins than samples of the reference, or fewer, {where}"


def _of_session(session: Session, results: int) -> Iterator[str]:
    if any(index >= results for order in session.rounds for index in order):
        yield "sampled a result that is not there"
    if not session.trace.period_ms > 0:
        yield f"read its sensors every {session.trace.period_ms:g} ms"
    if any(len(channel.values) != len(session.trace.start_ns) for channel in session.trace.channels):
        yield "has a sensor with more readings than there were, or fewer"
