from __future__ import annotations

from pathlib import Path

import pytest
from cifar_files import SMALL10, files, write_archive

from pibench.errors import DataError
from pibench.models.data.archive import is_whole, unpacked


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_archive(tmp_path, SMALL10)


def test_the_files_asked_for_come_out_as_they_were_packed(archive: Path) -> None:
    names = ["test_batch", "data_batch_3"]
    assert unpacked(archive, names) == {name: files(SMALL10)[name] for name in names}
    assert is_whole(archive)


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.98, 0.9999])
def test_an_archive_that_was_cut_is_one_sentence(archive: Path, kept: float) -> None:
    data = archive.read_bytes()
    archive.write_bytes(data[: int(kept * len(data)) if kept < 1 else int(kept)])
    with pytest.raises(DataError, match=r"is damaged or no archive .*: copy or download it again"):
        unpacked(archive, files(SMALL10))
    assert not is_whole(archive)


@pytest.mark.parametrize("place", [0, 0.25, 0.5, 0.75, 0.99, 0.9999])
def test_a_byte_that_changed_anywhere_is_one_sentence(archive: Path, place: float) -> None:
    data = bytearray(archive.read_bytes())
    data[int(place * len(data))] ^= 1
    archive.write_bytes(data)
    with pytest.raises(DataError, match="is damaged or no archive"):
        unpacked(archive, files(SMALL10))
    assert not is_whole(archive)
