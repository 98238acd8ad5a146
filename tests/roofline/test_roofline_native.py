"""The native kernels: every set of instructions that this processor has must do exactly what it claims."""

from __future__ import annotations

import os

import numpy as np
import pytest

from pibench import _native

SETS = [
    pytest.param(kernel, index, per_repetition, id=f"{kernel}, {name}")
    for kernel in ("float32", "int8", "triad")
    for index, (name, per_repetition) in enumerate(_native.roof_kernels(kernel))
]
LENGTH = 4096


def counted(kernel: str, samples: int = 3, repetitions: int = 10, **options: object) -> int:
    start_ns, duration_ns = np.empty(samples, np.int64), np.empty(samples, np.int64)
    length = LENGTH if kernel == "triad" else 0
    return _native.run_roof_kernel(kernel, start_ns, duration_ns, repetitions, length=length, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kernel", "instructions", "per_repetition"), SETS)
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("repetitions", [1, 2, 1001])
def test_results_count_every_multiply_add(
    kernel: str, instructions: int, per_repetition: int, threads: int, repetitions: int
) -> None:
    elements = LENGTH if kernel == "triad" else 1
    expected = 3 * threads * repetitions * per_repetition * elements
    assert counted(kernel, 3, repetitions, threads=threads, instructions=instructions) == expected


@pytest.mark.parametrize("kernel", ["float32", "int8"])
def test_the_count_is_exact_up_to_the_most_repetitions(kernel: str) -> None:
    most = _native.MOST_REPETITIONS
    for instructions, (_, per_repetition) in enumerate(_native.roof_kernels(kernel)):
        assert counted(kernel, 1, most, instructions=instructions) == most * per_repetition


@pytest.mark.parametrize("kernel", ["float32", "int8", "triad"])
def test_samples_follow_each_other_from_start_to_last_end(kernel: str) -> None:
    start_ns, duration_ns = np.empty(20, np.int64), np.empty(20, np.int64)
    length = LENGTH if kernel == "triad" else 0
    _native.run_roof_kernel(kernel, start_ns, duration_ns, 100, threads=2, length=length)
    assert np.all(duration_ns > 0)
    assert np.all(start_ns[1:] >= (start_ns + duration_ns)[:-1])


@pytest.mark.parametrize("kernel", ["float32", "int8"])
def test_twice_the_work_takes_longer(kernel: str) -> None:
    medians = []
    for repetitions in (20_000, 200_000):
        start_ns, duration_ns = np.empty(15, np.int64), np.empty(15, np.int64)
        _native.run_roof_kernel(kernel, start_ns, duration_ns, repetitions)
        medians.append(np.min(duration_ns))
    assert medians[1] > 3 * medians[0]


def test_wider_instructions_come_first_and_any_processor_has_the_scalar_ones() -> None:
    for kernel in ("float32", "int8"):
        names, per_repetition = zip(*_native.roof_kernels(kernel), strict=True)
        assert names[-1] == "scalar"
        assert len(set(names)) == len(names)
        assert list(per_repetition) == sorted(per_repetition, reverse=True)


def test_threads_are_put_on_their_cores() -> None:
    cpu = max(os.sched_getaffinity(0))
    assert counted("float32", threads=2, cpus=(cpu, cpu)) > 0


def test_a_core_that_is_not_there_is_refused_and_nobody_waits_for_it() -> None:
    cpu = min(os.sched_getaffinity(0))
    with pytest.raises(OSError, match="errno 22"):
        counted("float32", threads=2, cpus=(cpu, 1000))


@pytest.mark.parametrize(
    ("kernel", "options"),
    [
        ("float64", {}),
        ("float32", {"repetitions": 0}),
        ("float32", {"repetitions": _native.MOST_REPETITIONS + 1}),
        ("float32", {"threads": 0}),
        ("float32", {"threads": 2, "cpus": (0,)}),
        ("triad", {"samples": 3, "repetitions": _native.MOST_REPETITIONS // 2}),
    ],
)
def test_the_impossible_is_refused(kernel: str, options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        counted(kernel, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kernel", "length"), [("triad", 0), ("triad", 17), ("triad", -16), ("int8", 16)])
def test_arrays_that_no_vector_fits_are_refused(kernel: str, length: int) -> None:
    times_ns = np.empty(1, np.int64)
    with pytest.raises(ValueError, match="elements"):
        _native.run_roof_kernel(kernel, times_ns, times_ns.copy(), 1, length=length)


def test_a_set_of_instructions_that_is_not_there_is_refused() -> None:
    with pytest.raises(IndexError):
        counted("float32", instructions=99)


def test_arrays_beyond_all_memory_are_a_memory_error() -> None:
    times_ns = np.empty(1, np.int64)
    with pytest.raises(MemoryError):
        _native.run_roof_kernel("triad", times_ns, times_ns.copy(), 1, length=1 << 56)
