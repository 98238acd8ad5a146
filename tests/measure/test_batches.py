from __future__ import annotations

from pathlib import Path

from pibench.measure.batches import FILE_SIZES, LEAST_BYTES, USABLE_SHARE, expected_bytes, in_batches
from pibench.measure.instance import Model
from pibench.report import Condition

MIB = 1 << 20


def models(*sizes_mib: int) -> list[Model]:
    return [Model(index, Path("unused"), Condition(), size * MIB) for index, size in enumerate(sizes_mib)]


def batched(sizes_mib: list[int], room_mib: int) -> list[list[int]]:
    found = in_batches(models(*sizes_mib), int(room_mib * MIB / USABLE_SHARE))
    return [[model.index for model in batch] for batch in found]


def test_what_fits_is_one_batch() -> None:
    assert batched([10, 20, 30], 60) == [[0, 1, 2]]


def test_what_does_not_fit_begins_the_next_batch_in_order() -> None:
    assert batched([30, 20, 30, 10], 50) == [[0, 1], [2, 3]]


def test_a_model_that_fits_nowhere_is_tried_alone() -> None:
    assert batched([10, 900, 10], 50) == [[0], [1], [2]]


def test_no_models_are_no_batch() -> None:
    assert batched([], 50) == []


def test_before_it_was_ever_loaded_the_file_tells(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(bytes(4 * MIB))
    assert expected_bytes(Model(0, path, Condition())) == FILE_SIZES * 4 * MIB
    path.write_bytes(b"small")
    assert expected_bytes(Model(0, path, Condition())) == LEAST_BYTES
