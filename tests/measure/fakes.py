"""A worker whose latencies follow a script, and the report's parts around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType

from boards import PI_3

from pibench.report import Condition, Measurement, Reference, Setup, SubjectRecord
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import Load, Loaded, Request, Run, RunReference, Sampled

DEVICE = PI_3
SETUP = Setup(load_ns=1, first_inference_ns=1, baseline_memory_bytes=1, peak_memory_bytes=2, fully_delegated=True)
SUBJECT = SubjectRecord(name="net", kind="file", macs=1, parameters=1)
CONDITION = Condition()


REFERENCE_NS = 20_000


def measurement(
    durations: Sequence[int],
    *,
    process: int = 0,
    group: int = 1,
    setup: Setup = SETUP,
    reference_ns: int = REFERENCE_NS,
) -> Measurement:
    return Measurement(
        process=process,
        setup=setup,
        warm_up_invocations=1,
        group=group,
        start_ns=tuple(range(len(durations))),
        duration_ns=tuple(durations),
        reference=Reference(start_ns=(0, 1), duration_ns=(reference_ns, reference_ns)),
    )


class FakeWorker:
    """Runs a model whose k-th invocation takes ``latency_ns(k)``; time passes only there."""

    def __init__(self, latency_ns: Callable[[int], int], fails_at: dict[int, WorkerFailedError] | None = None) -> None:
        self._latency_ns = latency_ns
        self._fails_at = fails_at or {}
        self.asked: list[Request] = []
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
        if isinstance(request, Load):
            return Loaded(
                engine=1,
                load_ns=1_000_000,
                first_inference_ns=self._invoke(),
                baseline_memory_bytes=10,
                peak_memory_bytes=20,
                fully_delegated=True,
            )
        if isinstance(request, RunReference):
            return self._reference(request.samples)
        assert isinstance(request, Run)
        start_ns, duration_ns = [], []
        for _ in range(request.samples):
            start_ns.append(self.now_ns)
            duration_ns.append(sum(self._invoke() for _ in range(request.group)))
        return Sampled(start_ns, duration_ns)

    def _reference(self, samples: int) -> Sampled:
        begin, self.now_ns = self.now_ns, self.now_ns + samples * REFERENCE_NS
        return Sampled([begin + k * REFERENCE_NS for k in range(samples)], [REFERENCE_NS] * samples)

    def _invoke(self) -> int:
        latency = self._latency_ns(self.invocations)
        self.invocations += 1
        self.now_ns += latency
        return latency
