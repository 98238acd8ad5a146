"""Report version 1: everything one run found out."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pibench.device import Device
from pibench.engine.runtimes import KernelMode, RuntimeName

SCHEMA_VERSION = 1
DEFAULT_TIMEOUT_S = 60.0

Count = Annotated[int, Meta(ge=0)]
FailureKind = Literal[
    "subject", "unsupported", "invalid_model", "memory", "runtime_missing", "crash", "timeout", "error"
]
DoubtKind = Literal[
    "wide_interval",
    "few_samples",
    "one_process",
    "processes_differ",
    "process_lost",
    "machine_changed",
    "drift",
    "heavy_tail",
    "grouped",
    "not_delegated",
    "oversubscribed",
    "busy_machine",
    "uncounted_ops",
    "unread_model",
]


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the report's parts: immutable, and strict about what is in a file."""


class Tool(Struct, frozen=True, kw_only=True):
    """What wrote the report."""

    name: str
    version: str


class RuntimeRecord(Struct, frozen=True, kw_only=True):
    """A runtime used, with the version of its distribution."""

    name: RuntimeName
    version: str


class Condition(Struct, frozen=True, kw_only=True):
    """Under what a subject was measured."""

    runtime: RuntimeName = "litert"
    threads: Annotated[int, Meta(ge=1)] = 1
    kernels: KernelMode = "xnnpack"

    def __str__(self) -> str:
        threads = f"{self.threads} thread{'s' if self.threads > 1 else ''}"
        return f"{self.runtime}, {threads}" + ("" if self.kernels == "xnnpack" else f", {self.kernels}")


class Protocol(Struct, frozen=True, kw_only=True):
    """How samples were taken.

    Each subject under each condition is measured in ``processes`` fresh processes, in rounds
    over all of them, each round in a new random order drawn from ``seed``. Each process warms
    up for ``warm_up_s``, then samples for its share of ``seconds``: at least ``min_samples``,
    at most ``max_samples``.
    """

    processes: Annotated[int, Meta(ge=1)] = 5
    seconds: Annotated[float, Meta(gt=0)] = 1.0
    warm_up_s: Annotated[float, Meta(ge=0)] = 0.2
    min_samples: Annotated[int, Meta(ge=1)] = 10
    max_samples: Annotated[int, Meta(ge=1)] = 2000
    timeout_s: Annotated[float, Meta(gt=0)] = DEFAULT_TIMEOUT_S
    seed: int = 0


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
    kind: Literal["architecture", "file"]
    digest: str | None = None
    file_bytes: Count | None = None
    macs: Count | None = None
    parameters: Count | None = None
    uncounted_ops: tuple[str, ...] = ()


class Setup(Struct, frozen=True, kw_only=True):
    """What it took until the first result.

    ``load_ns`` includes loading the runtime's library. Memory is resident memory of the worker
    process, before loading and at its peak until after the first inference.
    """

    load_ns: Count
    first_inference_ns: Count
    baseline_memory_bytes: Count
    peak_memory_bytes: Count
    fully_delegated: bool


class Reference(Struct, frozen=True, kw_only=True):
    """Samples of a fixed chain of dependent operations, taken between those of the model.

    Its time follows the core's clock and what else runs on the core: when it moves, the machine
    did, not the model. Begin is on CLOCK_MONOTONIC.
    """

    start_ns: tuple[int, ...]
    duration_ns: tuple[Count, ...]


class Measurement(Struct, frozen=True, kw_only=True):
    """The raw samples of one process.

    A sample is ``group`` invocations back to back; its begin is on CLOCK_MONOTONIC.
    """

    process: Count
    setup: Setup
    warm_up_invocations: Count
    group: Annotated[int, Meta(ge=1)]
    start_ns: tuple[int, ...]
    duration_ns: tuple[Count, ...]
    reference: Reference
    temperatures_c: tuple[float, ...] = ()


class Summary(Struct, frozen=True, kw_only=True):
    """Latency of one inference, in ns.

    ``median_ns`` is the geometric mean of the processes' medians, ``low_ns`` to ``high_ns`` its
    95 % interval over processes (one process: of its median over samples). The other figures are
    of all samples together.
    """

    median_ns: float
    low_ns: float
    high_ns: float
    p95_ns: float
    min_ns: float
    mean_ns: float
    samples: Count
    processes: Count
    inferences_per_second: float

    @property
    def relative_half_width(self) -> float:
        return (self.high_ns - self.low_ns) / 2 / self.median_ns


class Doubt(Struct, frozen=True, kw_only=True):
    """Something that makes a figure doubtful: what it is, and a sentence for people."""

    kind: DoubtKind
    message: str


class Failure(Struct, frozen=True, kw_only=True):
    """Why there is no figure: a sentence for people, and the end of what the runtime printed."""

    kind: FailureKind
    message: str
    detail: str = ""


class Result(Struct, frozen=True, kw_only=True):
    """One subject under one condition."""

    subject: SubjectRecord
    condition: Condition
    measurements: tuple[Measurement, ...] = ()
    summary: Summary | None = None
    doubts: tuple[Doubt, ...] = ()
    failure: Failure | None = None


class Report(Struct, frozen=True, kw_only=True):
    """One run. ``complete`` is false in what was saved on the way."""

    schema_version: Literal[1] = 1
    tool: Tool
    created: str
    command: tuple[str, ...]
    device: Device
    clock: ClockRecord
    protocol: Protocol
    runtimes: tuple[RuntimeRecord, ...]
    results: tuple[Result, ...]
    complete: bool
