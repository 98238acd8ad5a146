"""One model run for minutes in one process: as fast as it can, or frame by frame."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from pibench.errors import PibenchError
from pibench.measure.asks import Asks
from pibench.measure.instance import REFERENCE_SAMPLES, added, digest_of
from pibench.measure.loading import load, setup_of
from pibench.measure.settle import group_size, settle
from pibench.report.model import Condition, Protocol
from pibench.report.samples import Measurement, Reference, ThreadRecord, Usage, WarmUp
from pibench.worker.protocol import (
    Inspect,
    Inspected,
    Loaded,
    OutputSample,
    Prepare,
    Prepared,
    Run,
    RunReference,
    Sampled,
)

# In a report: some 6 MB.
MOST_SAMPLES = 250_000
# Of ten minutes a quarter of that.
SAMPLE_NS = 10_000_000
TRACE_HZ = 10.0
# Of the board: 10 Hz for almost three hours.
MOST_READINGS = 100_000
# What is planned of it, since the first inferences, which the plan is made from, may be the slowest.
_PLANNED_SAMPLES = MOST_SAMPLES // 4
# Of the exchange with the worker there is little, and of what Ctrl-C or a crash loses.
BLOCK_NS = 500_000_000
# Longer, since the beat of the frames begins anew with each.
PACED_BLOCK_NS = 1_000_000_000
_SECOND_NS = 1_000_000_000


class Plan(msgspec.Struct, frozen=True):
    """How long, and the time from frame to frame; 0: no pauses."""

    duration_ns: int
    period_ns: int = 0


class Moment(msgspec.Struct, frozen=True):
    """How far a soak is, and the median latency of its last block."""

    elapsed_ns: int
    latency_ns: float


def planned(minutes: float, fps: float | None) -> Plan:
    """Raises PibenchError for more frames than a report takes."""
    duration_ns = round(minutes * 60 * _SECOND_NS)
    if fps is None:
        return Plan(duration_ns)
    frames = math.ceil(minutes * 60 * fps)
    if frames > MOST_SAMPLES:
        raise PibenchError(
            f"{frames:,} frames are more than the {MOST_SAMPLES:,} that a report takes:"
            f" give {MOST_SAMPLES / fps / 60:.0f} minutes at the most, or fewer --fps"
        )
    return Plan(duration_ns, round(_SECOND_NS / fps))


def soak_protocol(plan: Plan, timeout_s: float, seed: int) -> Protocol:
    """The same in the report's words: one process, nothing before the samples, no cool-down."""
    return Protocol(
        name="soak",
        processes=1,
        most_processes=1,
        seconds=plan.duration_ns / _SECOND_NS,
        precision=0,
        warm_up_s=0,
        warm_up_limit_s=0,
        min_samples=1,
        max_samples=MOST_SAMPLES,
        cool_down_limit_s=0,
        pause_s=0,
        period_ns=plan.period_ns,
        trace_hz=min(TRACE_HZ, MOST_READINGS * _SECOND_NS / plan.duration_ns),
        timeout_s=timeout_s,
        seed=seed,
    )


def sleep_until(monotonic_ns: int) -> None:
    """Do nothing until then (CLOCK_MONOTONIC)."""
    time.sleep(max(0, monotonic_ns - time.monotonic_ns()) / _SECOND_NS)


class Soak:
    """Takes the samples of a soak; what it has can be taken at any time, also after a failure.

    Only the first inference and the few after it that tell how many make a sample are left out:
    the warm-up is a part of a soak.
    """

    def __init__(
        self,
        worker: Asks,
        model: Path,
        condition: Condition,
        protocol: Protocol,
        plan: Plan,
        clock_step_ns: int,
        *,
        wait_until: Callable[[int], None] = sleep_until,
    ) -> None:
        self._worker = worker
        self._model = model
        self._condition = condition
        self._protocol = protocol
        self._plan = plan
        self._clock_step_ns = clock_step_ns
        self._wait_until = wait_until
        # A worker shows that it lives once per block.
        self._block_ns = min(PACED_BLOCK_NS if plan.period_ns else BLOCK_NS, protocol.timeout_s * _SECOND_NS / 4)
        self._group = 1
        self._loaded: Loaded | None = None
        self._outputs: tuple[OutputSample, ...] = ()
        # Known at the end: what was seen before proves nothing.
        self._threads: tuple[ThreadRecord, ...] = ()
        self._warm_up = WarmUp(invocations=1, group=1, duration_ns=(), settling="not_asked")
        self._start_ns: list[int] = []
        self._duration_ns: list[int] = []
        self._blocks: list[int] = []
        self._reference = Sampled([], [])
        self._usage = Usage(invocations=0)

    @property
    def elapsed_ns(self) -> int:
        """From the begin of the first sample to the end of the last, or of its period."""
        if not self._start_ns:
            return 0
        return self._start_ns[-1] - self._start_ns[0] + max(self._duration_ns[-1], self._plan.period_ns)

    def run(self, progress: Callable[[Moment], None] = lambda moment: None) -> None:
        """Take all samples. Raises WorkerFailedError when the worker does not survive it."""
        engine = self._load()
        while wanted := self._block_length():
            self._block(engine, wanted)
            progress(Moment(self.elapsed_ns, self._latency_ns()))
        inspected = self._worker.ask(Inspect(engine), Inspected)
        self._threads, self._outputs = inspected.threads, inspected.outputs

    def _load(self) -> int:
        condition, protocol = self._condition, self._protocol
        preparation = Prepare(tuple(sorted(condition.cpus)), protocol.realtime, protocol.lock_memory)
        self._worker.ask(preparation, Prepared)
        self._loaded = load(self._worker, self._model, condition, protocol.seed)
        engine = self._loaded.engine
        self._outputs = self._worker.ask(Inspect(engine), Inspected).outputs
        settled = settle(self._worker, engine, 0, 0, self._clock_step_ns)
        self._warm_up = settled.warm_up
        if not self._plan.period_ns:
            sample_ns = max(SAMPLE_NS, self._plan.duration_ns / _PLANNED_SAMPLES)
            self._group = max(
                group_size(settled.invocation_ns, self._clock_step_ns), math.ceil(sample_ns / settled.invocation_ns)
            )
        self._sample_ns = settled.invocation_ns * self._group
        return engine

    def _block(self, engine: int, wanted: int) -> None:
        """Samples in a row, each frame a period after the one before, then the fixed reference."""
        sampled = self._worker.ask(Run(engine, wanted, self._group, self._plan.period_ns), Sampled)
        self._start_ns += sampled.start_ns
        self._duration_ns += sampled.duration_ns
        self._blocks.append(wanted)
        if sampled.usage is not None:
            self._usage = added(self._usage, sampled.usage)
        self._sample_ns = max(float(np.median(sampled.duration_ns)), 1.0)
        reference = self._worker.ask(RunReference(REFERENCE_SAMPLES, engine), Sampled)
        self._reference.start_ns.extend(reference.start_ns)
        self._reference.duration_ns.extend(reference.duration_ns)
        if self._plan.period_ns:
            self._wait_until(sampled.start_ns[0] + wanted * self._plan.period_ns)

    def _block_length(self) -> int:
        """Of the next block, 0 when all is done: one sample at the least, half a sample short or over at the end."""
        pace_ns = max(self._sample_ns, self._plan.period_ns)
        lacking = max(0, round((self._plan.duration_ns - self.elapsed_ns) / pace_ns))
        fitting = max(1, round(self._block_ns / pace_ns))
        return min(fitting, lacking if self._start_ns else max(1, lacking), MOST_SAMPLES - len(self._start_ns))

    def _latency_ns(self) -> float:
        return float(np.median(self._duration_ns[-self._blocks[-1] :])) / self._group

    def measurement(self) -> Measurement | None:
        """What there is so far; None without any sample."""
        if self._loaded is None or not self._start_ns:
            return None
        return Measurement(
            process=0,
            setup=setup_of(self._loaded),
            warm_up=self._warm_up,
            group=self._group,
            blocks=tuple(self._blocks),
            start_ns=tuple(self._start_ns),
            duration_ns=tuple(self._duration_ns),
            reference=Reference(
                start_ns=tuple(self._reference.start_ns), duration_ns=tuple(self._reference.duration_ns)
            ),
            usage=self._usage,
            threads=self._threads,
            output_digest=digest_of(self._outputs),
        )
