"""Every form of ``pibench ops`` at its defaults, under every kind of condition, for pytest-benchmark.

    pytest benchmarks/test_ops.py --benchmark-enable
    pytest benchmarks/test_ops.py --benchmark-enable -k "litert-xnnpack-1-float32"

The times are native ones, taken in a worker process; pytest-benchmark makes its table, files and
comparisons of them (``--benchmark-autosave``, ``--benchmark-compare``). One process each: to tell two
forms apart use ``pibench ops``, which interleaves them over several.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import get_args

import pytest
from rounds import native_clock

from pibench.engine import KERNEL_MODES, KernelMode, RuntimeName, installed_runtimes
from pibench.forms import forms, get
from pibench.forms.parameters import Dtype
from pibench.report import Condition
from pibench.subject import Subject, subject_of

RUNTIMES = [info.name for info in installed_runtimes()]
# One core, and all that may be used.
THREADS = sorted({1, len(os.sched_getaffinity(0))})


@pytest.mark.benchmark(timer=native_clock)
@pytest.mark.parametrize("name", forms())
@pytest.mark.parametrize("dtype", get_args(Dtype))
@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("kernels", KERNEL_MODES)
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_latency(
    timed: Callable[[Subject, Condition], None],
    runtime: RuntimeName,
    kernels: KernelMode,
    threads: int,
    dtype: Dtype,
    name: str,
) -> None:
    timed(subject_of(get(name)(dtype=dtype)), Condition(runtime=runtime, kernels=kernels, threads=threads))
