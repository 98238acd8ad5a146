"""A model that a worker holds, with its threads and what is counted of them."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from typing import NamedTuple

from pibench.engine import open_engine
from pibench.engine.base import Engine, Samples, seeded_input
from pibench.memory import peak_memory_bytes, restart_peak_memory
from pibench.worker.outputs import output_samples
from pibench.worker.privileges import use_cpus
from pibench.worker.protocol import Inspected, Load, Profiled, ProfiledOp, Run, Sampled
from pibench.worker.tasks import thread_ids
from pibench.worker.threads import EngineThreads
from pibench.worker.usage import UsageMeter


class Loading(NamedTuple):
    """What it took: times in ns, resident memory before and at its peak in bytes."""

    load_ns: int
    first_inference_ns: int
    baseline_memory_bytes: int
    peak_memory_bytes: int


class LoadedModel:
    """An engine with seeded inputs that has run once. Raises NotPermittedError, EngineError and its kinds.

    ``home``: the cores of the calling thread where the request names none.
    """

    def __init__(self, request: Load, home: Collection[int]) -> None:
        restart_peak_memory()
        baseline = peak_memory_bytes()
        # All of them until the threads are known: a thread starts on its maker's cores, and those
        # of tflite-runtime's builtin kernels are made in the first inference.
        be_on(request.cpus or home)
        others = thread_ids()
        begin = time.monotonic_ns()
        self.engine = open_engine(request.runtime, request.path, request.threads, request.kernels, request.profile)
        load_ns = time.monotonic_ns() - begin
        try:
            first = _run_once(self.engine, request.seed)
            self._threads = EngineThreads(thread_ids() - others, request.cpus, home)
            self._threads.pin()
        except BaseException:
            self.engine.close()
            raise
        self.loading = Loading(load_ns, int(first.duration_ns[0]), baseline, peak_memory_bytes())
        self._meter = UsageMeter(self._threads.ids)

    def run(self, request: Run) -> Sampled:
        """Take samples, each thread on its core."""
        self.take_the_core()
        samples = self.engine.run(
            request.samples, request.group, request.period_ns, request.extra_chain, watch=self._meter
        )
        self._threads.look()
        usage = self._meter.usage(request.samples * request.group)
        return Sampled(samples.start_ns.tolist(), samples.duration_ns.tolist(), usage)

    def take_the_core(self) -> None:
        """Move the calling thread to where it runs this model."""
        be_on(self._threads.calling_cpus)

    def inspect(self) -> Inspected:
        """The threads as seen so far, the outputs as they are."""
        self.take_the_core()
        return Inspected(self._threads.records(), output_samples(self.engine))

    def profile(self) -> Profiled:
        """What the runtime's profiler told of the latest run. Raises EngineError."""
        profile = self.engine.profile()
        events = tuple(ProfiledOp(event.name, event.kind, event.node, event.ns.tolist()) for event in profile.events)
        return Profiled(events, profile.dropped)

    def close(self) -> None:
        """Release the model and its counters."""
        self._meter.close()
        self.engine.close()


def be_on(cpus: Collection[int]) -> None:
    """Move the calling thread to these cores, unless it is there: another model may have had it elsewhere."""
    if os.sched_getaffinity(0) != set(cpus):
        use_cpus(cpus)


def _run_once(engine: Engine, seed: int) -> Samples:
    for index, tensor in enumerate(engine.inputs):
        engine.write_input(index, seeded_input(tensor.spec, seed + index))
    return engine.run(1)
