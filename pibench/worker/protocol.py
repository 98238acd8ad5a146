"""What a worker is asked and answers: one JSON object per line on stdin and stdout."""

from __future__ import annotations

from typing import Literal, Union

import msgspec

from pibench.engine.profile import EventKind
from pibench.engine.runtimes import KernelMode, RuntimeName
from pibench.report.model import FailureKind
from pibench.report.samples import ThreadRecord, Usage

KernelName = Literal["float32", "int8", "triad"]


class Prepare(msgspec.Struct, frozen=True, tag="prepare"):
    """Set the process up, before any model is loaded.

    ``cpus``: the cores it may use; empty leaves that as it is. ``realtime``: SCHED_FIFO.
    ``lock_memory``: mlockall. What the system does not permit is answered with Failed.
    """

    cpus: tuple[int, ...] = ()
    realtime: bool = False
    lock_memory: bool = False


class Load(msgspec.Struct, frozen=True, tag="load"):
    """Load a model (``path`` is absolute) beside those loaded, give it seeded inputs, run it once.

    ``cpus``: a core for each thread, the calling one's first; empty leaves them to the scheduler.
    The runtime's threads are those that appeared by the end of the first inference.
    ``profile``: with the runtime's own profiler at work.
    """

    path: str
    runtime: RuntimeName
    threads: int = 1
    kernels: KernelMode = "xnnpack"
    seed: int = 0
    cpus: tuple[int, ...] = ()
    profile: bool = False


class Run(msgspec.Struct, frozen=True, tag="run"):
    """Take samples of ``group`` invocations each of a loaded model.

    ``period_ns``: sample k begins k periods after the first, or as soon after that as the one
    before it has ended; 0: back to back. ``extra_chain``: so many steps of the fixed reference
    are added to each invocation, a slowdown of known length that shows what a comparison can find.
    """

    engine: int
    samples: int
    group: int = 1
    period_ns: int = 0
    extra_chain: int = 0


class Inspect(msgspec.Struct, frozen=True, tag="inspect"):
    """Tell a loaded model's threads as they were seen so far, and its outputs as they are now."""

    engine: int


class ReadProfile(msgspec.Struct, frozen=True, tag="read_profile"):
    """Tell what the runtime's profiler recorded of the latest Run of a model loaded with it."""

    engine: int


class Infer(msgspec.Struct, frozen=True, tag="infer"):
    """Run a loaded model once for each row of the array in a .npy file."""

    engine: int
    inputs: str


class Unload(msgspec.Struct, frozen=True, tag="unload"):
    """Release a loaded model and its memory."""

    engine: int


class RunReference(msgspec.Struct, frozen=True, tag="run_reference"):
    """Take samples of the fixed reference, where a loaded model's calling thread runs, if one is named."""

    samples: int
    engine: int | None = None


class ProbeClock(msgspec.Struct, frozen=True, tag="probe_clock"):
    """Measure the clock, without any model."""


class RunKernel(msgspec.Struct, frozen=True, tag="run_kernel"):
    """Take samples of one of the roof's kernels, which need no model, on so many native threads.

    ``cpus``: the core of each thread; empty leaves them to the scheduler. ``length``: elements in
    each of the triad's three arrays in each thread, a multiple of 16; 0 for the other kernels.
    """

    kernel: KernelName
    samples: int
    repetitions: int
    threads: int = 1
    cpus: tuple[int, ...] = ()
    length: int = 0


class Prepared(msgspec.Struct, frozen=True, tag="prepared"):
    """The process is set up as asked."""


class OutputSample(msgspec.Struct, frozen=True):
    """An output tensor: SHA-256 of its bytes, and up to 1024 of its elements, evenly spaced; None is not a number."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    digest: str
    values: tuple[float | None, ...]


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    """The model's number, and what setting it up took. Memory is resident memory of the worker, in bytes."""

    engine: int
    load_ns: int
    first_inference_ns: int
    baseline_memory_bytes: int
    peak_memory_bytes: int
    fully_delegated: bool


class Sampled(msgspec.Struct, frozen=True, tag="sampled"):
    """Samples in order; begin on CLOCK_MONOTONIC. ``usage`` is of a model's run, None of the reference."""

    start_ns: list[int]
    duration_ns: list[int]
    usage: Usage | None = None


class KernelSampled(msgspec.Struct, frozen=True, tag="kernel_sampled"):
    """Samples in order, each from the common start of all threads (CLOCK_MONOTONIC) to the end of the last.

    ``multiply_adds``: in each sample, of all threads, as their results count them.
    """

    start_ns: list[int]
    duration_ns: list[int]
    multiply_adds: int
    instructions: str


class Inspected(msgspec.Struct, frozen=True, tag="inspected"):
    """The calling thread first, then the runtime's own."""

    threads: tuple[ThreadRecord, ...]
    outputs: tuple[OutputSample, ...]


class ProfiledOp(msgspec.Struct, frozen=True):
    """An event of the runtime's profiler, which every inference has, by the runtime's name.

    ``node``: an operator's number in the file, or XNNPACK's own. ``ns``: for each inference.
    """

    name: str
    kind: EventKind
    node: int
    ns: list[int]


class Profiled(msgspec.Struct, frozen=True, tag="profiled"):
    """Events in order; those of ``dropped`` inferences found no room."""

    events: tuple[ProfiledOp, ...]
    dropped: int


class Inferred(msgspec.Struct, frozen=True, tag="inferred"):
    """The output for each row, flat; None is not a number."""

    outputs: tuple[tuple[float | None, ...], ...]


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


# typing.Union, since msgspec reads it on Python 3.10 to 3.13 alike.
Request = Union[  # noqa: UP007
    Prepare, Load, Run, Inspect, ReadProfile, Infer, Unload, RunReference, RunKernel, ProbeClock
]
Response = Union[  # noqa: UP007
    Prepared, Loaded, Sampled, KernelSampled, Inspected, Profiled, Inferred, Unloaded, Clock, Failed
]
