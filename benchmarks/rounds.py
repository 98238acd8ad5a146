"""Native measurements as rounds of pytest-benchmark, through what it offers to everyone: a timer and ``pedantic``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from pibench.measure.loading import load
from pibench.measure.settle import group_size, settle
from pibench.report import Condition
from pibench.worker.client import Worker
from pibench.worker.protocol import Clock, Prepare, Prepared, ProbeClock, Run, Sampled

TIMEOUT_S = 60
WARM_UP_S = 0.05
WARM_UP_LIMIT_S = 1.0
SAMPLING_NS = 100_000_000
FEWEST, MOST = 10, 2000

_elapsed_s = [0.0]


def native_clock() -> float:
    """A timer that stands still but for what was measured natively; in s."""
    return _elapsed_s[0]


def hand_over(benchmark: BenchmarkFixture, latencies_s: Sequence[float]) -> None:
    """Let pytest-benchmark see these as rounds of its own; its timer is to be ``native_clock``."""
    following = iter(latencies_s)

    def invoke() -> None:
        _elapsed_s[0] += next(following)

    benchmark.pedantic(invoke, rounds=len(latencies_s))


def latencies_s(model: Path, condition: Condition, *, enough: bool = True) -> list[float]:
    """Of one instance, warmed up, in a fresh process; a single one unless ``enough`` are wanted."""
    with Worker(TIMEOUT_S) as worker:
        worker.ask(Prepare(condition.cpus), Prepared)
        step_ns = worker.ask(ProbeClock(), Clock).step_ns
        engine = load(worker, model, condition, seed=0).engine
        invocation_ns = settle(worker, engine, WARM_UP_S, WARM_UP_LIMIT_S if enough else 0, step_ns).invocation_ns
        group = group_size(invocation_ns, step_ns)
        fitting = int(SAMPLING_NS / (invocation_ns * group))
        sampled = worker.ask(Run(engine, min(max(fitting, FEWEST), MOST) if enough else 1, group), Sampled)
    return [duration_ns / group / 1e9 for duration_ns in sampled.duration_ns]
