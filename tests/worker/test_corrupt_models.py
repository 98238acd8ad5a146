"""Corrupt models really crash runtimes: the worker must contain whatever happens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pibench.engine import RuntimeName
from pibench.worker.client import Worker, WorkerFailedError
from pibench.worker.protocol import Load, Loaded, Run, Sampled


def corrupted(data: bytes, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    damaged = bytearray(data)
    for position in rng.integers(0, len(data), 20):
        damaged[position] = rng.integers(256)
    return bytes(damaged)


@pytest.mark.parametrize("seed", range(10))
def test_a_corrupt_model_is_measured_or_told_as_a_failure(
    runtime: RuntimeName, small_model: Path, tmp_path: Path, seed: int
) -> None:
    path = tmp_path / "corrupt.tflite"
    path.write_bytes(corrupted(small_model.read_bytes(), seed))
    with Worker(timeout_s=3) as worker:
        try:
            loaded = worker.ask(Load(str(path), runtime), Loaded)
            assert worker.ask(Run(loaded.engine, 3), Sampled)
        except WorkerFailedError as error:
            assert str(error)
            assert error.kind in {"crash", "timeout", "error", "unsupported", "invalid_model", "memory"}
