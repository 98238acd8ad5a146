from __future__ import annotations

import pytest

from pibench import _native
from pibench.errors import EngineError, EngineMemoryError
from pibench.worker import kernels
from pibench.worker.client import Worker, WorkerFailedError
from pibench.worker.kernels import run_kernel
from pibench.worker.protocol import KernelSampled, RunKernel


@pytest.mark.parametrize("kernel", ["float32", "int8"])
def test_a_worker_tells_how_many_multiply_adds_a_sample_did_and_by_which_instructions(kernel: str) -> None:
    name, per_repetition = _native.roof_kernels(kernel)[0]
    with Worker() as worker:
        taken = worker.ask(RunKernel(kernel, samples=4, repetitions=50, threads=2), KernelSampled)  # type: ignore[arg-type]
    assert (taken.multiply_adds, taken.instructions) == (2 * 50 * per_repetition, name)
    assert len(taken.start_ns) == len(taken.duration_ns) == 4


def test_the_triads_multiply_adds_are_its_elements() -> None:
    taken = run_kernel(RunKernel("triad", samples=2, repetitions=3, threads=2, length=160))
    assert taken.multiply_adds == 2 * 3 * 160


def test_a_core_that_is_not_there_is_one_sentence_and_the_worker_lives_on() -> None:
    with Worker() as worker:
        with pytest.raises(WorkerFailedError, match="1 threads could not be started"):
            worker.ask(RunKernel("float32", 1, 1, cpus=(1000,)), KernelSampled)
        assert worker.ask(RunKernel("float32", 1, 1), KernelSampled)


def test_too_little_memory_is_one_sentence() -> None:
    with pytest.raises(EngineMemoryError, match="too little memory for three arrays"):
        run_kernel(RunKernel("triad", 1, 1, length=1 << 56))


def test_a_kernel_that_left_something_out_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels._native, "run_roof_kernel", lambda *_: 7)
    with pytest.raises(EngineError, match="did 7 multiply-adds in 2 samples"):
        run_kernel(RunKernel("float32", 2, 1))
