"""Native measurements as rounds of pytest-benchmark, through what it offers to everyone: a timer and ``pedantic``."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pibench.errors import PibenchError

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

_elapsed_s = [0.0]


def native_clock() -> float:
    """A timer that stands still but for what was measured natively; in s."""
    return _elapsed_s[0]


def hand_over(benchmark: BenchmarkFixture, latencies_s: Sequence[float]) -> None:
    """Let pytest-benchmark see these as rounds of its own; its timer is to be ``native_clock``."""
    following = iter(latencies_s)

    def invoke() -> None:
        # Profiling (--benchmark-cprofile) runs it once more.
        _elapsed_s[0] += next(following, 0.0)

    benchmark.pedantic(invoke, rounds=len(latencies_s))


def hand_over_failure(benchmark: BenchmarkFixture, error: PibenchError) -> None:
    """No figure, so that pytest-benchmark does not warn of a fixture that was not used."""

    def fail() -> None:
        raise error

    with contextlib.suppress(PibenchError):
        benchmark.pedantic(fail)
