from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest

from pibench.errors import TemporaryFilesError
from pibench.temporary import temporary_folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_is_where_temporary_files_belong_and_gone_afterwards(place: Path) -> None:
    with temporary_folder() as folder:
        (folder / "file").write_text("x")
        assert folder.parent == place
    assert not list(place.iterdir())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_one_sentence_with_the_place_and_the_variable(place: Path, number: int) -> None:
    sentence = f"no room for temporary files in {place}: .*TMPDIR"
    with pytest.raises(TemporaryFilesError, match=sentence), temporary_folder():
        raise OSError(number, os.strerror(number))
    assert not list(place.iterdir())


def test_no_usable_place_at_all_is_the_same_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_usable() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_get_default_tempdir", none_usable)
    with pytest.raises(TemporaryFilesError, match=r"in any of the usual folders: .*TMPDIR"), temporary_folder():
        pass


def test_other_errors_within_are_not_the_disks(place: Path) -> None:
    with pytest.raises(PermissionError), temporary_folder():
        raise PermissionError(errno.EACCES, "no")
