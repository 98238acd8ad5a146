from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cifar_files import SMALL10, SMALL100, write_folder

from pibench.errors import DataError
from pibench.models.data import load_dataset, sources


def test_the_number_of_classes_tells_which_cifar_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "LAYOUTS", (SMALL10, SMALL100))
    for layout in (SMALL10, SMALL100):
        write_folder(tmp_path, layout)
    names = [load_dataset(str(tmp_path), classes).origin.name for classes in (10, 100)]
    assert names == ["CIFAR-10", "CIFAR-100"]


def test_what_there_is_no_data_for_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="tells 7 classes apart"):
        load_dataset(str(tmp_path), 7)
    with pytest.raises(DataError, match="nowhere does not exist"):
        load_dataset(str(tmp_path / "nowhere"), 10)
    with pytest.raises(DataError, match="has no CIFAR-10: give --data the folder with cifar-10-batches-py"):
        load_dataset(str(tmp_path), 10)


def test_generated_images_are_the_same_every_time_and_of_every_class() -> None:
    one, same = load_dataset("generated", 10), load_dataset("generated", 10)
    assert one.origin == same.origin
    assert one.origin.images == "generated"
    assert set(np.bincount(one.train.labels)) == {100}
    assert len(load_dataset("generated", 7).test) == 140
