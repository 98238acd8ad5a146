from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pibench.engine import RuntimeName, open_engine
from pibench.errors import WorkerError
from pibench.measure.inference import ROWS_AT_ONCE, outputs_of
from pibench.report import Condition

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
