"""benchmarks/test_ops.py, run as its users run it; and what it hands to pytest-benchmark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from rounds import hand_over, native_clock

from pibench.engine import KERNEL_MODES

ROOT = Path(__file__).parents[1]


@pytest.mark.benchmark(timer=native_clock)
def test_rounds_are_handed_over_as_they_were_measured(benchmark: BenchmarkFixture) -> None:
    before_s = native_clock()
    hand_over(benchmark, [0.25, 0.5, 0.125])
    # With benchmarks disabled pytest-benchmark asks for one round only.
    assert native_clock() - before_s == (0.25 if benchmark.disabled else 0.875)


def pytest_in_clone(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "benchmarks/test_ops.py", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_suite_runs_with_benchmarks_enabled(tmp_path: Path) -> None:
    path = tmp_path / "times.json"
    chosen = "xnnpack-1-float32 and (add or dense)"
    done = pytest_in_clone("--benchmark-enable", f"--benchmark-json={path}", "-k", chosen)
    assert done.returncode == 0, done.stdout
    found = json.loads(path.read_text())["benchmarks"]
    assert {one["params"]["name"] for one in found} == {"add", "dense"}
    for one in found:
        assert one["stats"]["rounds"] >= 10
        assert 0 < one["stats"]["min"] <= one["stats"]["median"]
        assert one["extra_info"]["subject"].startswith(one["params"]["name"])


def test_without_it_each_form_still_runs_once() -> None:
    done = pytest_in_clone("-k", "xnnpack-1-int8 and add")
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


def test_every_kernel_mode_and_one_thread_and_all_have_their_rows() -> None:
    done = pytest_in_clone("--collect-only", "-k", "float32 and dense")
    assert done.returncode == 0, done.stdout
    cores = len(os.sched_getaffinity(0))
    for kernels in KERNEL_MODES:
        for threads in (1, cores):
            assert f"{kernels}-{threads}-float32-dense]" in done.stdout
