"""The raw part of a report: what each process measured, and how the board fared beside it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pibench.device import CoolDown, Span, Trace

Count = Annotated[int, Meta(ge=0)]
HardwareCounter = Literal["cycles", "instructions", "l1d_misses", "llc_misses", "branch_misses"]
Settling = Literal["settled", "too_short", "warming", "drifting", "switching", "spreading", "not_asked"]


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the report's parts: immutable, and strict about what is in a file."""


class Setup(Struct, frozen=True, kw_only=True):
    """What it took until the first result.

    ``load_ns`` includes loading the runtime's library where the process had not loaded it yet.
    Memory is resident memory of the worker process, before loading and at its peak until after
    the first inference.
    """

    load_ns: Count
    first_inference_ns: Count
    baseline_memory_bytes: Count
    peak_memory_bytes: Count
    fully_delegated: bool


class WarmUp(Struct, frozen=True, kw_only=True):
    """What ran before the samples that count.

    ``duration_ns`` is the warm-up curve: samples of ``group`` invocations each, after the first
    inference. ``settling`` says whether they came to rest (``pibench.stats.steadiness``),
    "too_short" that there were too few to tell, "not_asked" that the warm-up was a fixed time.
    """

    invocations: Count
    group: Annotated[int, Meta(ge=1)]
    duration_ns: tuple[Count, ...]
    settling: Settling


class Reference(Struct, frozen=True, kw_only=True):
    """Samples of a fixed chain of dependent operations, taken between those of the model.

    Its time follows the core's clock and what else runs on the core: when it moves, the machine
    did, not the model. Begin is on CLOCK_MONOTONIC. What was taken while the board was throttled is
    left out.
    """

    start_ns: tuple[int, ...]
    duration_ns: tuple[Count, ...]


class ThreadRecord(Struct, frozen=True, kw_only=True):
    """A thread of a model: the cores it may use, and those it was seen on after its blocks.

    ``asked`` is the one core it was to stay on, None where that is left to the scheduler.
    """

    thread: int
    asked: int | None
    allowed: tuple[int, ...]
    seen: tuple[int, ...]


class Usage(Struct, frozen=True, kw_only=True):
    """What the kernel counted during a number of invocations, in the process or a model's threads.

    ``migrations`` is None where the kernel does not tell; a hardware counter that it does not
    give is absent from ``hardware``.
    """

    invocations: Count
    voluntary_switches: Count = 0
    involuntary_switches: Count = 0
    minor_faults: Count = 0
    major_faults: Count = 0
    migrations: Count | None = None
    hardware: dict[HardwareCounter, Count] = msgspec.field(default_factory=dict)


class Measurement(Struct, frozen=True, kw_only=True):
    """The raw samples of one instance of a model in one process.

    A sample is ``group`` invocations back to back; its begin is on CLOCK_MONOTONIC. ``blocks``
    are the numbers of samples taken in a row, in order; other models ran in between.
    ``set_aside`` are the indices of samples during which the board was throttled, capped or
    under-voltage: kept here, left out of the figure. ``output_digest`` is the SHA-256 over the
    outputs for the seeded input.
    """

    process: Count
    instance: Count = 0
    setup: Setup
    warm_up: WarmUp
    group: Annotated[int, Meta(ge=1)]
    blocks: tuple[Count, ...]
    start_ns: tuple[int, ...]
    duration_ns: tuple[Count, ...]
    set_aside: tuple[Count, ...] = ()
    reference: Reference
    usage: Usage
    threads: tuple[ThreadRecord, ...] = ()
    output_digest: str = ""


class Session(Struct, frozen=True, kw_only=True):
    """One worker process: the order of its blocks, and the board beside it.

    ``rounds`` has for each round the indices of results (in the report's order) whose blocks
    were taken, in that order.
    """

    process: Count
    cool_down: CoolDown
    rounds: tuple[tuple[Count, ...], ...]
    trace: Trace
    spans: tuple[Span, ...]
