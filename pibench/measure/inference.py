"""What a model says of many inputs, in several worker processes at once."""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pibench.measure.loading import load
from pibench.report.model import DEFAULT_TIMEOUT_S, Condition
from pibench.worker.client import Worker
from pibench.worker.protocol import Infer, Inferred

ROWS_AT_ONCE = 20  # few enough for a slow model on a slow board to answer in time

Slices = queue.SimpleQueue[tuple[int, int]]


def outputs_of(
    model: Path,
    rows: npt.NDArray[Any],
    condition: Condition,
    workers: int,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    progress: Callable[[int], object] = lambda done: None,
) -> npt.NDArray[np.float64]:
    """The output for each row: the model has one input, which takes a row, and one output.

    ``progress`` is told how many rows are done. Raises WorkerFailedError.
    """
    slices: Slices = queue.SimpleQueue()
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        slices.put((begin, min(begin + ROWS_AT_ONCE, len(rows))))
    done: dict[int, tuple[tuple[float | None, ...], ...]] = {}
    stopped = threading.Event()

    def work(inputs: Path) -> None:
        try:
            with Worker(timeout_s) as worker:
                engine = load(worker, model, condition, seed=0).engine
                while not stopped.is_set() and (part := _next(slices)):
                    done[part[0]] = worker.ask(Infer(engine, str(inputs), *part), Inferred).outputs
                    progress(sum(map(len, list(done.values()))))
        finally:
            stopped.set()  # all is taken, or one has failed: the others need not begin another slice

    with tempfile.TemporaryDirectory() as folder:
        inputs = Path(folder, "inputs.npy")
        np.save(inputs, rows)
        with ThreadPoolExecutor(workers) as pool:
            try:
                for future in [pool.submit(work, inputs) for _ in range(workers)]:
                    future.result()
            finally:
                stopped.set()
    return np.array([output for begin in sorted(done) for output in done[begin]], np.float64)


def _next(slices: Slices) -> tuple[int, int] | None:
    try:
        return slices.get_nowait()
    except queue.Empty:
        return None
