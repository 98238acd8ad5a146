from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from pibench.errors import PibenchError
from pibench.testing.rounds import hand_over, hand_over_failure, native_clock


@pytest.mark.benchmark(timer=native_clock)
def test_rounds_are_handed_over_as_they_were_measured(benchmark: BenchmarkFixture) -> None:
    before_s = native_clock()
    hand_over(benchmark, [0.25, 0.5, 0.125])
    # With benchmarks disabled pytest-benchmark asks for one round only.
    assert native_clock() - before_s == (0.25 if benchmark.disabled else 0.875)


def test_a_failure_that_is_handed_over_does_not_come_back(benchmark: BenchmarkFixture) -> None:
    hand_over_failure(benchmark, PibenchError("no"))
    assert benchmark.has_error
