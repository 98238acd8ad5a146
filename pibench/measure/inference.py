"""What a model says of many inputs, in several worker processes at once."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pibench.measure.loading import load
from pibench.report.model import DEFAULT_TIMEOUT_S, Condition
from pibench.temporary import temporary_folder
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
    prepared: Callable[[npt.NDArray[Any]], npt.NDArray[Any]] = lambda rows: rows,
) -> npt.NDArray[np.float64]:
    """The output for each row, NaN in it for what is not finite: the model has one input and one output.

    ``prepared`` makes of a few rows what the model takes, so that there are never many of them in that form.
    ``progress`` is told how many rows are done. Raises WorkerFailedError and TemporaryFilesError.
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
                    inputs.write_bytes(_as_npy(prepared(rows[slice(*part)])))
                    done[part[0]] = worker.ask(Infer(engine, str(inputs)), Inferred).outputs
                    progress(sum(map(len, list(done.values()))))
        finally:
            stopped.set()  # all is taken, or one has failed: the others need not begin another slice

    with temporary_folder() as folder, ThreadPoolExecutor(workers) as pool:
        try:
            for future in [pool.submit(work, folder / f"{number}.npy") for number in range(workers)]:
                future.result()
        finally:
            stopped.set()
    return np.array([output for begin in sorted(done) for output in done[begin]], np.float64)


def _as_npy(rows: npt.NDArray[Any]) -> bytes:
    """Not written by NumPy itself, which does not tell that a disk is full but how many bytes it missed."""
    buffer = io.BytesIO()
    np.save(buffer, rows)
    return buffer.getvalue()


def _next(slices: Slices) -> tuple[int, int] | None:
    try:
        return slices.get_nowait()
    except queue.Empty:
        return None
