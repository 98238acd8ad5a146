"""Results of a campaign that never ran: latencies by process and block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sample_report import sample_report

from pibench.measure.summary import summarise
from pibench.report import Condition, Measurement, Reference, Result, Setup, SubjectRecord, Usage, WarmUp

SETUP = Setup(load_ns=1, first_inference_ns=1, baseline_memory_bytes=1, peak_memory_bytes=2, fully_delegated=True)
SAMPLES_IN_BLOCK = 3


def timed(
    name: str,
    processes: Sequence[Sequence[int]],
    condition: Condition | None = None,
    kind: Literal["architecture", "file", "graph"] = "graph",
    statistic: str = "median",
) -> Result:
    """A trusted result with so many ns in each block of each process; without any, one that failed."""
    measurements = tuple(_measurement(number, blocks) for number, blocks in enumerate(processes))
    return Result(
        subject=SubjectRecord(name=name, kind=kind, digest="ab", macs=1, parameters=1),
        condition=condition or Condition(),
        measurements=measurements,
        summary=summarise(measurements, statistic=statistic),
        verdict="trusted" if processes else None,
        failure=None if processes else sample_report().results[1].failure,
    )


def _measurement(process: int, blocks: Sequence[int]) -> Measurement:
    durations = tuple(latency for latency in blocks for _ in range(SAMPLES_IN_BLOCK))
    return Measurement(
        process=process,
        setup=SETUP,
        warm_up=WarmUp(invocations=2, group=1, duration_ns=(1, 1), settling="settled"),
        group=1,
        blocks=(SAMPLES_IN_BLOCK,) * len(blocks),
        start_ns=tuple(range(len(durations))),
        duration_ns=durations,
        reference=Reference(start_ns=(0,), duration_ns=(20_000,)),
        usage=Usage(invocations=len(durations)),
    )
