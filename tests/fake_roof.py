"""A board whose limits are known, as a worker would measure it."""

from __future__ import annotations

from types import TracebackType
from typing import NamedTuple

from boards import PI_3

from pibench.device import Channel, Trace
from pibench.device.caches import Cache
from pibench.report import Tool
from pibench.roofline import Rate, Roof, Roofline
from pibench.roofline.model import Instructions, WorkingSets
from pibench.worker.client import WorkerFailedError
from pibench.worker.protocol import KernelSampled, Prepare, Prepared, Request, RunKernel

CACHES = (Cache(1, 32 << 10, (0,)), Cache(2, 512 << 10, (0, 1, 2, 3)))
AVAILABLE_BYTES = 1 << 30
# Of a board that is throttled all the time.
HELD_BACK = Trace(
    period_ms=100,
    reading_ns=1000,
    start_ns=(0, 10**12),
    channels=(Channel(name="firmware", quantity="throttle_flags", values=(4.0, 4.0)),),
)
# Multiply-adds of one repetition.
PER_REPETITION = {"float32": 48, "int8": 128}


class Limits(NamedTuple):
    """Per second and thread; memory is shared by all."""

    float32_flops: float = 9.6e9
    int8_ops: float = 40e9
    memory_bytes: float = 2e9
    cache_bytes: float = 8e9


LIMITS = Limits()


class FakeRoofWorker:
    """Takes exactly as long as the limits say; ``slower`` in a whole process, by this factor."""

    def __init__(self, limits: Limits = LIMITS, slower: float = 1.0, failure: WorkerFailedError | None = None) -> None:
        self._limits = limits
        self._slower = slower
        self._failure = failure
        self._now_ns = 0.0
        self.asked: list[Request] = []
        self.closed = False

    def __enter__(self) -> FakeRoofWorker:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.closed = True

    def ask(self, request: Request, expected: type) -> object:
        self.asked.append(request)
        if isinstance(request, Prepare):
            return Prepared()
        assert isinstance(request, RunKernel)
        if self._failure:
            raise self._failure
        duration_ns = round(self._took_ns(request))
        start_ns = [round(self._now_ns) + k * duration_ns for k in range(request.samples)]
        self._now_ns += request.samples * duration_ns
        return KernelSampled(
            start_ns, [duration_ns] * request.samples, self._multiply_adds(request), f"{request.kernel} by hand"
        )

    def _multiply_adds(self, request: RunKernel) -> int:
        return request.threads * request.repetitions * (PER_REPETITION.get(request.kernel) or request.length)

    def _took_ns(self, request: RunKernel) -> float:
        limits, done = self._limits, self._multiply_adds(request)
        if request.kernel != "triad":
            per_thread = limits.float32_flops if request.kernel == "float32" else limits.int8_ops
            seconds = 2 * done / (per_thread * request.threads)
        elif 12 * request.length * request.threads > CACHES[-1].size_bytes:
            seconds = 12 * done / limits.memory_bytes
        else:
            seconds = 12 * done / (limits.cache_bytes * request.threads)
        return self._slower * seconds * 1e9


def rate(median: float, half_width: float = 0.01) -> Rate:
    return Rate(median=median, low=median * (1 - half_width), high=median * (1 + half_width), best=median * 1.02)


def roof(threads: int = 1, *, scale: float | None = None, half_width: float = 0.01) -> Roof:
    by = threads if scale is None else scale
    return Roof(
        threads=threads,
        peak_float32=rate(10e9 * by, half_width),
        peak_int8=rate(40e9 * by),
        bandwidth=rate(2e9),
        cache_bandwidth=rate(8e9 * by),
    )


SETS = WorkingSets(
    memory_bytes=48 << 20, cache_bytes=64 << 10, second_level_bytes=256 << 10, last_level_bytes=512 << 10
)


def roofline(*roofs: Roof) -> Roofline:
    return Roofline(
        tool=Tool(name="pibench", version="0"),
        created="2026-01-01T00:00:00+00:00",
        device=PI_3,
        processes=5,
        instructions=Instructions(float32="NEON fmla", int8="NEON smull+smlal2+sadalp", triad="NEON"),
        working_sets=SETS,
        roofs=roofs or (roof(1), roof(4)),
    )
