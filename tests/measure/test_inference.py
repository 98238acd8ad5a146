from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pibench.engine import RuntimeName, open_engine
from pibench.errors import TemporaryFilesError, WorkerError
from pibench.graph import Graph, GraphBuilder
from pibench.measure import inference
from pibench.measure.inference import ROWS_AT_ONCE, outputs_of
from pibench.report import Condition
from pibench.temporary import temporary_folder
from pibench.tflite import write
from pibench.worker.client import Worker
from pibench.worker.protocol import Infer

ROWS = np.random.default_rng(0).standard_normal((2 * ROWS_AT_ONCE + 3, 8, 8, 3), np.float32)


def test_every_row_has_its_output_in_its_place(small_model: Path, runtime: RuntimeName) -> None:
    told: list[int] = []
    outputs = outputs_of(small_model, ROWS, Condition(runtime=runtime), 2, progress=told.append)
    assert outputs.shape == (len(ROWS), 10)
    assert max(told) == len(ROWS)
    with open_engine(runtime, str(small_model)) as engine:
        for row, output in zip(ROWS, outputs, strict=True):
            engine.write_input(0, row[np.newaxis])
            engine.run(1)
            np.testing.assert_allclose(engine.read_output(0)[0], output, rtol=1e-6)


@pytest.mark.parametrize("rows", [ROWS[:, :4], ROWS.astype(np.float64)], ids=["shape", "type"])
def test_rows_that_the_model_does_not_take_are_one_sentence(small_model: Path, rows: np.ndarray) -> None:
    with pytest.raises(WorkerError, match="the model takes float32 of shape"):
        outputs_of(small_model, rows, Condition(), 2)


def test_a_file_that_is_no_model_is_the_workers_failure(tmp_path: Path) -> None:
    path = tmp_path / "bad.tflite"
    path.write_bytes(b"nothing")
    with pytest.raises(WorkerError):
        outputs_of(path, ROWS, Condition(), 2)


def several(inputs: int, outputs: int) -> Graph:
    net = GraphBuilder("several")
    given = [net.input((1, 8, 8, 3), name=f"in{number}") for number in range(inputs)]
    x = net.add_tensors(*given) if inputs > 1 else given[0]
    return net.build(*(net.activation(x, "relu", name=f"out{number}") for number in range(outputs)))


@pytest.mark.parametrize(("inputs", "outputs"), [(2, 1), (1, 2)])
def test_a_model_with_several_inputs_or_outputs_is_one_sentence(tmp_path: Path, inputs: int, outputs: int) -> None:
    path = tmp_path / "several.tflite"
    path.write_bytes(write(several(inputs, outputs)))
    with pytest.raises(WorkerError, match=f"the model has {inputs} inputs and {outputs} outputs: only models with one"):
        outputs_of(path, ROWS, Condition(), 2)


def test_what_is_not_finite_is_nan_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "same.tflite"
    path.write_bytes(write(several(1, 1)))
    rows = np.abs(ROWS[:3])
    rows[1, 0, 0, 1] = np.inf
    outputs = outputs_of(path, rows, Condition(), 1).reshape(rows.shape)
    assert np.isnan(outputs[1, 0, 0, 1])
    rows[1, 0, 0, 1] = np.nan
    np.testing.assert_allclose(outputs, rows)


def test_rows_are_prepared_a_few_at_a_time(small_model: Path) -> None:
    counts: list[int] = []

    def doubled(rows: np.ndarray) -> np.ndarray:
        counts.append(len(rows))
        return 2 * rows

    outputs = outputs_of(small_model, ROWS, Condition(), 2, prepared=doubled)
    np.testing.assert_allclose(outputs, outputs_of(small_model, 2 * ROWS, Condition(), 1), rtol=1e-6)
    assert sorted(counts) == [3, ROWS_AT_ONCE, ROWS_AT_ONCE]


def test_a_worker_that_dies_midway_ends_it_all_with_its_sentence(
    small_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Infer] = []
    gone = threading.Event()

    class Mortal(Worker):
        def ask(self, request: Any, expected: Any) -> Any:
            if isinstance(request, Infer):
                asked.append(request)
                if len(asked) == 3:
                    os.kill(self._process.pid, signal.SIGSEGV)
                elif len(asked) > 3:
                    gone.wait(60)
            return super().ask(request, expected)

        def close(self) -> None:
            super().close()
            gone.set()

    monkeypatch.setattr(inference, "Worker", Mortal)
    rows = np.tile(ROWS, (20, 1, 1, 1))
    with pytest.raises(WorkerError, match="the runtime crashed: its process was ended by SIGSEGV"):
        outputs_of(small_model, rows, Condition(), 2)
    assert len(asked) < len(rows) / ROWS_AT_ONCE / 2  # the other one stopped too


def test_a_full_disk_is_one_sentence(small_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def full() -> Iterator[Path]:
        with temporary_folder() as folder:
            (folder / "0.npy").symlink_to("/dev/full")
            yield folder

    monkeypatch.setattr(inference, "temporary_folder", full)
    with pytest.raises(TemporaryFilesError, match="TMPDIR"):
        outputs_of(small_model, ROWS, Condition(), 1)


def test_a_model_too_slow_for_the_time_limit_is_one_sentence(
    small_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(Worker):
        def ask(self, request: Any, expected: Any) -> Any:
            if isinstance(request, Infer):
                os.kill(self._process.pid, signal.SIGSTOP)
                self._timeout_s = 0.01
            return super().ask(request, expected)

    monkeypatch.setattr(inference, "Worker", Stopped)
    with pytest.raises(WorkerError, match=r"no answer within .* give --timeout more seconds"):
        outputs_of(small_model, ROWS, Condition(), 1)
