from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
from cifar_files import SMALL10, SMALL100, batch, files, write_archive, write_folder

from pibench.errors import DataError
from pibench.models.data.cifar import Layout, read_cifar


@pytest.mark.parametrize("layout", [SMALL10, SMALL100], ids=["10", "100"])
def test_folder_archive_and_the_folder_with_either_hold_the_same_images(tmp_path: Path, layout: Layout) -> None:
    inner, archive = write_folder(tmp_path / "a", layout), write_archive(tmp_path, layout)
    read = [read_cifar(place, layout) for place in (inner, tmp_path / "a", archive, tmp_path)]
    assert len({dataset.origin for dataset in read}) == 1
    assert (len(read[0].train), len(read[0].test)) == (layout.train_images, layout.test_images)
    assert read[0].image_shape == (32, 32, 3)


def test_channels_come_last_and_rows_before_columns(tmp_path: Path) -> None:
    write_folder(tmp_path, SMALL10)
    dataset = read_cifar(tmp_path, SMALL10)
    raw = batch(SMALL10, 20, seed=1)[b"data"]
    assert dataset.train.pixels[20, 3, 5, 1] == raw[0, 1024 + 3 * 32 + 5]


def test_images_are_official_when_their_files_are(tmp_path: Path) -> None:
    content = files(SMALL10)

    def md5(names: object) -> dict[str, str]:
        return {name: hashlib.md5(content[name]).hexdigest() for name in names}  # type: ignore[attr-defined]

    known = SMALL10._replace(train=md5(SMALL10.train), test=md5(SMALL10.test))
    write_archive(tmp_path, known)
    assert read_cifar(tmp_path, known).origin.images == "official"
    assert read_cifar(tmp_path, SMALL10).origin.images == "other"


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("harm"),)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (pickle.dumps({b"data": Harmful(), b"labels": []}), "which a data set does not need"),
        (pickle.dumps(batch(SMALL10, 20))[:-500], "is damaged"),
        (b"", "is damaged"),
        (pickle.dumps([1]), "is damaged or no batch"),
        (pickle.dumps(batch(SMALL10, 19)), "CIFAR-10 has 20 images"),
        (pickle.dumps({b"data": np.zeros((20, 3072), np.uint8)}), "it has no 'labels'"),
        (pickle.dumps({b"data": np.zeros((20, 3072)), b"labels": [0] * 20}), "has float64"),
        (pickle.dumps({**batch(SMALL10, 20), b"labels": [[0], [1, 2]]}), "is damaged .'labels' is no array"),
        (pickle.dumps({**batch(SMALL10, 20), b"data": [[0], [1, 2]]}), "is damaged .'data' is no array"),
        (pickle.dumps({**batch(SMALL10, 20), b"labels": [10] * 20}), "labels other than 0 to 9"),
        (pickle.dumps({**batch(SMALL10, 20), b"labels": [1] * 20}), "class 0 has 8 images, each of CIFAR-10 has 10"),
    ],
    ids=[
        "harmful",
        "cut",
        "empty",
        "list",
        "few",
        "labels",
        "floats",
        "ragged labels",
        "ragged data",
        "range",
        "classes",
    ],
)
def test_a_batch_that_is_not_what_it_should_be_is_told_in_one_sentence(
    tmp_path: Path, content: bytes, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path, SMALL10, {"data_batch_2": content})
    with pytest.raises(DataError, match=sentence):
        read_cifar(tmp_path, SMALL10)
    assert not Path("harm").exists()


def test_a_missing_file_and_an_empty_folder_are_one_sentence_each(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no CIFAR-10: give --data"):
        read_cifar(tmp_path, SMALL10)
    (write_folder(tmp_path, SMALL10) / "test_batch").unlink()
    with pytest.raises(DataError, match="test_batch is missing"):
        read_cifar(tmp_path, SMALL10)
