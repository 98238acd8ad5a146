"""A board in a script of time: its heat, its clock, its flags, and a worker whose latency follows them."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from pibench.device import Channel, Span, Trace
from pibench.measure.soak import Plan, Soak, soak_protocol
from pibench.report import Condition, Measurement, Usage
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
)

MS = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
# Of CLOCK_MONOTONIC, which does not begin with the soak.
BOOTED = 7 * MINUTE
REFERENCE_NS = 20_000
MODEL = Path("/model.tflite")
CONDITION = Condition(threads=2, cpus=(3, 2))


class World:
    """Time in ns since ``BOOTED``; nothing takes any but the model, the reference and waiting."""

    def __init__(
        self,
        latency_ns: Callable[[int], float] = lambda t: 4 * MS,
        temperature_c: Callable[[int], float | None] = lambda t: 50.0,
        frequency_khz: Callable[[int], float | None] = lambda t: 1.4e6,
        throttled_from: int | None = None,
        noise: float = 0.005,
    ) -> None:
        self._latency_ns = latency_ns
        self._temperature_c = temperature_c
        self._frequency_khz = frequency_khz
        self.throttled_from = throttled_from
        self._random = random.Random(1)
        self._noise = noise
        self.now = BOOTED

    @property
    def t(self) -> int:
        return self.now - BOOTED

    def invoke(self) -> int:
        """Let one inference pass."""
        took = max(1, round(self._latency_ns(self.t) * (1 + self._noise * self._random.random())))
        self.now += took
        return took

    def wait_until(self, monotonic_ns: int) -> None:
        """Let time pass."""
        self.now = max(self.now, monotonic_ns)

    def trace(self, period: int = SECOND) -> Trace:
        """What a recorder saw so far."""
        times = list(range(0, self.t, period))
        return Trace(
            period_ms=period / MS,
            reading_ns=1000.0,
            start_ns=tuple(BOOTED + t for t in times),
            channels=(
                Channel(name="cpu", quantity="temperature_c", values=tuple(map(self._temperature_c, times))),
                Channel(name="cpu0", quantity="frequency_khz", values=tuple(map(self._frequency_khz, times))),
                Channel(name="firmware", quantity="throttle_flags", values=tuple(map(self._flags, times))),
            ),
        )

    def _flags(self, t: int) -> float:
        return 0.0 if self.throttled_from is None or t < self.throttled_from else float(0x40004)

    def spans(self) -> tuple[Span, ...]:
        """When the board held back so far."""
        if self.throttled_from is None or self.t <= self.throttled_from:
            return ()
        return (Span(kind="throttled", begin_ns=BOOTED + self.throttled_from, end_ns=self.now),)

    # As a board and its recorder

    def recording(self) -> World:
        """This."""
        return self

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def so_far(self) -> Trace:
        """The trace."""
        return self.trace()

    def stop(self) -> Trace:
        """The trace."""
        return self.trace()


def hot_board(noise: float = 0.005) -> World:
    """Heats up to 82 °C in three minutes, then throttles from 1.4 to 1.0 GHz."""
    return World(
        latency_ns=lambda t: (4 if t < 3 * MINUTE else 5.6) * MS,
        temperature_c=lambda t: min(82.0, 50 + 32 * t / (3 * MINUTE)),
        frequency_khz=lambda t: 1.4e6 if t < 3 * MINUTE else 1.0e6,
        throttled_from=3 * MINUTE,
        noise=noise,
    )


class ScriptedWorker:
    """Answers as a worker does; ``fails_at``: raises this from so many ns on."""

    def __init__(self, world: World, fails_at: int | None = None, failure: BaseException | None = None) -> None:
        self._world = world
        self._fails_at = fails_at
        self._failure = failure
        self.asked: list[Request] = []

    def __enter__(self) -> ScriptedWorker:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ask(self, request: Request, expected: type) -> object:
        """The answer."""
        self.asked.append(request)
        if self._failure and self._fails_at is not None and self._world.t >= self._fails_at:
            raise self._failure
        if isinstance(request, Prepare):
            return Prepared()
        if isinstance(request, Load):
            return Loaded(1, 1_000_000, self._world.invoke(), 10, 20, True)
        if isinstance(request, Inspect):
            return Inspected((), (OutputSample("out", "float32", (1,), "ab", (1.0,)),))
        if isinstance(request, RunReference):
            return self._reference(request.samples)
        assert isinstance(request, Run)
        return self._run(request)

    def _run(self, request: Run) -> Sampled:
        start_ns, duration_ns = [], []
        begin = self._world.now
        for k in range(request.samples):
            self._world.wait_until(begin + k * request.period_ns)
            start_ns.append(self._world.now)
            duration_ns.append(sum(self._world.invoke() for _ in range(request.group)))
        return Sampled(start_ns, duration_ns, Usage(invocations=request.samples * request.group))

    def _reference(self, samples: int) -> Sampled:
        begin = self._world.now
        self._world.now += samples * REFERENCE_NS
        return Sampled([begin + k * REFERENCE_NS for k in range(samples)], [REFERENCE_NS] * samples)


def soak_of(world: World, plan: Plan, worker: ScriptedWorker | None = None, timeout_s: float = 60) -> Soak:
    """A soak that has not begun."""
    return Soak(
        worker or ScriptedWorker(world),
        MODEL,
        CONDITION,
        soak_protocol(plan, timeout_s, seed=7),
        plan,
        20,
        wait_until=world.wait_until,
    )


def taken(world: World, plan: Plan, worker: ScriptedWorker | None = None) -> Measurement:
    """All samples of a soak."""
    soak = soak_of(world, plan, worker)
    soak.run()
    measurement = soak.measurement()
    assert measurement is not None
    return measurement
