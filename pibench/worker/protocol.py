"""What a worker is asked and answers: one JSON object per line on stdin and stdout."""

from __future__ import annotations

from typing import Union

import msgspec

from pibench.engine.runtimes import KernelMode, RuntimeName
from pibench.report.model import FailureKind


class Load(msgspec.Struct, frozen=True, tag="load"):
    """Load a model (``path`` is absolute) beside those loaded, give it seeded inputs, run it once."""

    path: str
    runtime: RuntimeName
    threads: int = 1
    kernels: KernelMode = "xnnpack"
    seed: int = 0


class Run(msgspec.Struct, frozen=True, tag="run"):
    """Take samples of ``group`` invocations each of a loaded model."""

    engine: int
    samples: int
    group: int = 1


class Unload(msgspec.Struct, frozen=True, tag="unload"):
    """Release a loaded model and its memory."""

    engine: int


class RunReference(msgspec.Struct, frozen=True, tag="run_reference"):
    """Take samples of the fixed reference, without any model."""

    samples: int


class ProbeClock(msgspec.Struct, frozen=True, tag="probe_clock"):
    """Measure the clock, without any model."""


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    """The model's number, and what setting it up took. Memory is resident memory of the worker, in bytes."""

    engine: int
    load_ns: int
    first_inference_ns: int
    baseline_memory_bytes: int
    peak_memory_bytes: int
    fully_delegated: bool


class Sampled(msgspec.Struct, frozen=True, tag="sampled"):
    """Samples in order; begin on CLOCK_MONOTONIC."""

    start_ns: list[int]
    duration_ns: list[int]


class Unloaded(msgspec.Struct, frozen=True, tag="unloaded"):
    """The model is gone."""


class Clock(msgspec.Struct, frozen=True, tag="clock"):
    """The clock's smallest step, and the cost of the loop around nothing.

    ``pair_ns``: what an empty start/stop pair shows as duration. ``sample_ns``: from one empty
    sample to the next, the loop's whole cost. Both are medians over means of 100 samples, and
    never subtracted.
    """

    step_ns: int
    pair_ns: float
    sample_ns: float


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A request that could not be carried out; the worker lives on."""

    kind: FailureKind
    message: str


Request = Union[Load, Run, Unload, RunReference, ProbeClock]  # noqa: UP007  (msgspec reads it on every Python)
Response = Union[Loaded, Sampled, Unloaded, Clock, Failed]  # noqa: UP007
