"""The concluded part of a report: what was measured how, the figures, and what is to be doubted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pibench.engine.runtimes import KernelMode, RuntimeName
from pibench.report.samples import Count, HardwareCounter, Measurement, Struct

DEFAULT_TIMEOUT_S = 60.0

ProtocolName = Literal["quick", "standard", "thorough", "thesis", "soak", "layers", "profile"]
Verdict = Literal["trusted", "untrusted"]
FailureKind = Literal[
    "subject",
    "unsupported",
    "invalid_model",
    "memory",
    "runtime_missing",
    "not_permitted",
    "throttled",
    "crash",
    "timeout",
    "error",
]
DoubtKind = Literal[
    "output_differs",
    "throttled",
    "misplaced_threads",
    "preempted",
    "process_lost",
    "did_not_settle",
    "wide_interval",
    "machine_changed",
    "not_cooled_down",
    "imprecise",
    "few_samples",
    "one_process",
    "processes_differ",
    "missing_threads",
    "drift",
    "heavy_tail",
    "grouped",
    "not_delegated",
    "oversubscribed",
    "busy_machine",
    "uncounted_ops",
    "unread_model",
    "sum_differs",
    "layers_missing",
    "layers_untrusted",
    "ways_differ",
    "profiler_costs",
    "unmapped_ops",
    "inferences_dropped",
    "way_failed",
    "roof_doubtful",
]


class Tool(Struct, frozen=True, kw_only=True):
    """What wrote the report."""

    name: str
    version: str


class RuntimeRecord(Struct, frozen=True, kw_only=True):
    """A runtime used, with the version of its distribution."""

    name: RuntimeName
    version: str


def threads_in_words(threads: int) -> str:
    """A count with its noun."""
    return f"{threads} thread{'s' if threads > 1 else ''}"


def cpus_in_words(cpus: Sequence[int]) -> str:
    """The cores of each thread, or none where that is left to the scheduler."""
    return ",".join(map(str, cpus)) or "none"


def cores_in_words(cpus: Sequence[int]) -> str:
    """The same with its noun."""
    return f"core{'s' if len(cpus) > 1 else ''} {cpus_in_words(cpus)}" if cpus else "any core"


class Condition(Struct, frozen=True, kw_only=True):
    """Under what a subject was measured.

    ``cpus``: the core of each thread, or nothing where that was left to the scheduler.
    """

    runtime: RuntimeName = "litert"
    threads: Annotated[int, Meta(ge=1)] = 1
    kernels: KernelMode = "xnnpack"
    cpus: tuple[Count, ...] = ()

    def __str__(self) -> str:
        kernels = "" if self.kernels == "xnnpack" else f", {self.kernels}"
        cores = f", {cores_in_words(self.cpus)}" if self.cpus else ""
        return f"{self.runtime}, {threads_in_words(self.threads)}{kernels}{cores}"


class Protocol(Struct, frozen=True, kw_only=True):
    """How samples were taken; the defaults are the standard protocol.

    In each fresh process all subjects under all conditions are loaded (``interleaved``; else
    each has processes of its own, in random order), ``instances`` times afresh, warmed up and
    sampled in short blocks, in rounds over all of them, each round in a new random order drawn
    from ``seed``.

    There are ``processes`` such processes at least, and ``most_processes`` at most: a subject is
    done when the 95 % interval of its figure is within ±``precision``. ``seconds`` is what a
    subject's sampling takes at most, in equal shares of all processes and instances, but for
    ``min_samples`` in each; no share has more than ``max_samples``.

    A warm-up lasts ``warm_up_s`` at least, then until the latency has settled, and
    ``warm_up_limit_s`` at most. Before each process the board cools down to within
    ``cool_down_c`` of the begin, for ``cool_down_limit_s`` at most; without a sensor there is a pause of
    ``pause_s``.

    ``statistic``: of what in each instance the figure is made. ``period_ns``: from the begin of
    one sample to that of the next, where a soak was paced; 0 for back to back.
    """

    name: ProtocolName = "standard"
    processes: Annotated[int, Meta(ge=1)] = 5
    most_processes: Annotated[int, Meta(ge=1)] = 15
    instances: Annotated[int, Meta(ge=1)] = 1
    interleaved: bool = True
    seconds: Annotated[float, Meta(gt=0)] = 3.0
    precision: Annotated[float, Meta(ge=0)] = 0.01
    statistic: Literal["median", "mean"] = "median"
    warm_up_s: Annotated[float, Meta(ge=0)] = 0.05
    warm_up_limit_s: Annotated[float, Meta(ge=0)] = 1.0
    min_samples: Annotated[int, Meta(ge=1)] = 10
    max_samples: Annotated[int, Meta(ge=1)] = 2000
    cool_down_c: Annotated[float, Meta(ge=0)] = 3.0
    cool_down_limit_s: Annotated[float, Meta(ge=0)] = 60.0
    pause_s: Annotated[float, Meta(ge=0)] = 0.1
    trace_hz: Annotated[float, Meta(gt=0)] = 10.0
    period_ns: Count = 0
    realtime: bool = False
    lock_memory: bool = False
    timeout_s: Annotated[float, Meta(gt=0)] = DEFAULT_TIMEOUT_S
    seed: int = 0

    @property
    def share_s(self) -> float:
        """Sampling time of one instance in one process."""
        return self.seconds / (self.most_processes * self.instances)


class ClockRecord(Struct, frozen=True, kw_only=True):
    """The clock's smallest step, the duration an empty sample shows, and what one costs in all.

    Stated, never subtracted.
    """

    step_ns: Count
    pair_ns: float
    sample_ns: float


class SubjectRecord(Struct, frozen=True, kw_only=True):
    """What was measured. ``digest`` is the SHA-256 of the model file that ran.

    ``macs`` and ``parameters`` are None where the model could not be read; with
    ``uncounted_ops``, operations that pibench does not know, ``macs`` is too small.
    """

    name: str
    kind: Literal["architecture", "file", "graph"]
    digest: str | None = None
    file_bytes: Count | None = None
    macs: Count | None = None
    parameters: Count | None = None
    uncounted_ops: tuple[str, ...] = ()


class Spread(Struct, frozen=True, kw_only=True):
    """By how much the latency differs from process to process, instance to instance within one,
    block to block, and sample to sample: relative standard deviations. None where a level was
    not repeated.
    """

    process: float | None
    instance: float | None
    block: float | None
    sample: float | None


class OutlierCounts(Struct, frozen=True, kw_only=True):
    """Samples beyond Tukey's fences of their process, by class. Counted, never dropped."""

    low_severe: Count
    low_mild: Count
    high_mild: Count
    high_severe: Count


class Summary(Struct, frozen=True, kw_only=True):
    """Latency of one inference, in ns.

    ``latency_ns`` is the geometric mean over processes of each one's median (or mean, where the
    protocol's ``statistic`` says so), ``low_ns`` to ``high_ns`` its 95 % interval over processes
    (of one process: over what was repeated in it). A fresh run of as many processes would land between
    ``fresh_low_ns`` and ``fresh_high_ns`` with 98 % probability if the machine stayed as it was in this
    one; None from one process, and of means.
    ``confidence`` is the one that the interval was computed at: higher where its width ended the
    sampling, so that it covers 95 % all the same.
    The other figures are of all samples together. ``set_aside`` samples are in none of them.
    ``hardware`` has counts per inference, of all that were run in blocks.
    """

    latency_ns: float
    low_ns: float
    high_ns: float
    fresh_low_ns: float | None
    fresh_high_ns: float | None
    p95_ns: float
    min_ns: float
    mean_ns: float
    samples: Count
    set_aside: Count
    processes: Count
    inferences_per_second: float
    confidence: float = 0.95
    spread: Spread
    outliers: OutlierCounts
    hardware: dict[HardwareCounter, float] = msgspec.field(default_factory=dict)

    @property
    def relative_half_width(self) -> float:
        return (self.high_ns - self.low_ns) / 2 / self.latency_ns


class Doubt(Struct, frozen=True, kw_only=True):
    """Something a reader of a figure should know: what it is, and a sentence for people.

    A ``grave`` one makes the figure untrusted.
    """

    kind: DoubtKind
    message: str
    grave: bool = False


class Failure(Struct, frozen=True, kw_only=True):
    """Why there is no figure: a sentence for people, and the end of what the runtime printed."""

    kind: FailureKind
    message: str
    detail: str = ""


class Result(Struct, frozen=True, kw_only=True):
    """One subject under one condition; ``verdict`` is None where there is no figure."""

    subject: SubjectRecord
    condition: Condition
    measurements: tuple[Measurement, ...] = ()
    summary: Summary | None = None
    verdict: Verdict | None = None
    doubts: tuple[Doubt, ...] = ()
    failure: Failure | None = None

    @property
    def name(self) -> str:
        """What was measured and under what, for people."""
        return f"{self.subject.name} ({self.condition})"
