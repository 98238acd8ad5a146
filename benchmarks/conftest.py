from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from rounds import hand_over, latencies_s

from pibench.report import Condition
from pibench.subject import Subject


@pytest.fixture
def timed(benchmark: BenchmarkFixture, tmp_path: Path) -> Callable[[Subject, Condition], None]:
    """Measures a subject under a condition in a worker process, for the test's ``benchmark``.

    The test is to be marked with ``pytest.mark.benchmark(timer=native_clock)``. With benchmarks
    disabled one sample is taken, so that the test still tells whether the subject runs.
    """

    def measure(subject: Subject, condition: Condition) -> None:
        model = tmp_path / "model.tflite"
        model.write_bytes(subject.model)
        macs = subject.graph.total_macs if subject.graph else None
        benchmark.extra_info.update(subject=subject.name, condition=str(condition), macs=macs)
        hand_over(benchmark, latencies_s(model, condition, enough=benchmark.enabled))

    return measure
