"""One network under every kind of condition: runtimes, kernels, threads, element types.

    pytest benchmarks/test_conditions.py
    pytest benchmarks/test_conditions.py --pibench-report=conditions.json && pibench report conditions.json

What a test measures is declared by its marker ``latency`` and by its parameters named subject, runtime, threads,
kernels and cpus. Tests of one pytest-benchmark group are sampled together; what several of them measure, once.
"""

from __future__ import annotations

import os

import pytest

from pibench.engine import KERNEL_MODES, installed_runtimes
from pibench.testing import Latency

NETWORK = "mobilenet_v2:depth=9,width=16,expansion=4"
RUNTIMES = [info.name for info in installed_runtimes()]
# One core, and all that may be used.
THREADS = sorted({1, len(os.sched_getaffinity(0))})

pytestmark = [pytest.mark.benchmark(group="conditions"), pytest.mark.latency(NETWORK)]


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("kernels", KERNEL_MODES)
def test_kernels(latency: Latency, runtime: str, kernels: str) -> None:
    latency()


@pytest.mark.parametrize("threads", THREADS)
def test_threads(latency: Latency, threads: int) -> None:
    latency()


@pytest.mark.parametrize("subject", [f"{NETWORK},dtype={dtype}" for dtype in ("float32", "int8")])
def test_element_type(latency: Latency, subject: str) -> None:
    latency()
