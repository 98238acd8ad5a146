"""A worker whose latencies follow a script, a board that does as told, and the report's parts around them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType

from boards import PI_3

from pibench.device import Channel, CoolDown, Trace
from pibench.report import Condition, Measurement, Reference, Setup, SubjectRecord, ThreadRecord, Usage, WarmUp
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import (
    Inspect,
    Inspected,
    Load,
    Loaded,
    OutputSample,
    Prepare,
    Prepared,
    Request,
    Run,
    RunReference,
    Sampled,
    Unload,
    Unloaded,
)

DEVICE = PI_3
SETUP = Setup(load_ns=1, first_inference_ns=1, baseline_memory_bytes=1, peak_memory_bytes=2, fully_delegated=True)
SUBJECT = SubjectRecord(name="net", kind="file", digest="ab", macs=1, parameters=1)
CONDITION = Condition()
WARM_UP = WarmUp(invocations=2, group=1, duration_ns=(1, 1), settling="settled")
REFERENCE_NS = 20_000
MET = CoolDown(outcome="met", waited_s=0, target_c=50, temperature_c=48)


def measurement(
    durations: Sequence[int],
    *,
    process: int = 0,
    instance: int = 0,
    group: int = 1,
    setup: Setup = SETUP,
    warm_up: WarmUp = WARM_UP,
    reference_ns: int = REFERENCE_NS,
    blocks: Sequence[int] = (),
    set_aside: Sequence[int] = (),
    threads: Sequence[ThreadRecord] = (),
    usage: Usage | None = None,
) -> Measurement:
    return Measurement(
        process=process,
        instance=instance,
        setup=setup,
        warm_up=warm_up,
        group=group,
        blocks=tuple(blocks) or (len(durations),),
        start_ns=tuple(range(len(durations))),
        duration_ns=tuple(durations),
        set_aside=tuple(set_aside),
        reference=Reference(start_ns=(0, 1), duration_ns=(reference_ns, reference_ns)),
        usage=usage or Usage(invocations=len(durations)),
        threads=tuple(threads),
    )


def output(*values: float | None, dtype: str = "float32", name: str = "out") -> tuple[OutputSample, ...]:
    return (OutputSample(name=name, dtype=dtype, shape=(len(values),), digest=str(values), values=values),)


class FakeWorker:
    """Runs models whose k-th invocation takes ``latency_ns(k)``; time passes only there.

    ``latency_of`` gives each model file's latency instead.
    """

    def __init__(
        self,
        latency_ns: Callable[[int], int] = lambda k: 1_000_000,
        fails_at: dict[int, WorkerFailedError] | None = None,
        *,
        latency_of: Callable[[str], int] | None = None,
        outputs: Callable[[Load], tuple[OutputSample, ...]] = lambda load: output(1.0, 2.0),
        threads: tuple[ThreadRecord, ...] = (),
    ) -> None:
        self._threads = threads
        self._latency_ns = latency_ns
        self._latency_of = latency_of
        self._outputs = outputs
        self._fails_at = fails_at or {}
        self.asked: list[Request] = []
        self.loads: dict[int, Load] = {}
        self.invocations = 0
        self.now_ns = 0
        self.closed = False

    def __enter__(self) -> FakeWorker:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.closed = True

    def ask(self, request: Request, expected: type) -> object:
        self.asked.append(request)
        if len(self.asked) in self._fails_at:
            raise self._fails_at[len(self.asked)]
        if isinstance(request, Prepare):
            return Prepared()
        if isinstance(request, Load):
            return self._load(request)
        if isinstance(request, Inspect):
            return Inspected(self._threads, self._outputs(self.loads[request.engine]))
        if isinstance(request, Unload):
            del self.loads[request.engine]
            return Unloaded()
        if isinstance(request, RunReference):
            return self._reference(request.samples)
        assert isinstance(request, Run)
        return self._run(request)

    def _load(self, request: Load) -> Loaded:
        engine = len(self.asked)
        self.loads[engine] = request
        return Loaded(
            engine=engine,
            load_ns=1_000_000,
            first_inference_ns=self._invoke(request),
            baseline_memory_bytes=10,
            peak_memory_bytes=20,
            fully_delegated=True,
        )

    def _run(self, request: Run) -> Sampled:
        start_ns, duration_ns = [], []
        for _ in range(request.samples):
            start_ns.append(self.now_ns)
            duration_ns.append(sum(self._invoke(self.loads[request.engine]) for _ in range(request.group)))
        return Sampled(start_ns, duration_ns, Usage(invocations=request.samples * request.group))

    def _reference(self, samples: int) -> Sampled:
        begin, self.now_ns = self.now_ns, self.now_ns + samples * REFERENCE_NS
        return Sampled([begin + k * REFERENCE_NS for k in range(samples)], [REFERENCE_NS] * samples)

    def _invoke(self, load: Load) -> int:
        latency = self._latency_of(load.path) if self._latency_of else self._latency_ns(self.invocations)
        self.invocations += 1
        self.now_ns += latency
        return latency


NO_SENSORS = Trace(period_ms=100, reading_ns=None, start_ns=(), channels=())


def flags_trace(*readings: tuple[int, int]) -> Trace:
    """Pairs of time in ns and the firmware's throttle flags."""
    channel = Channel(name="firmware", quantity="throttle_flags", values=tuple(flags for _, flags in readings))
    return Trace(period_ms=100, reading_ns=1000, start_ns=tuple(t for t, _ in readings), channels=(channel,))


class FakeBoard:
    """Cools down as told, and has the given trace beside every session."""

    def __init__(self, cool_down: CoolDown = MET, trace: Trace = NO_SENSORS) -> None:
        self._cool_down = cool_down
        self._trace = trace
        self.waits = 0

    def cool_down(self) -> CoolDown:
        self.waits += 1
        return self._cool_down

    @contextlib.contextmanager
    def recording(self) -> Iterator[FakeBoard]:
        yield self

    def stop(self) -> Trace:
        return self._trace
