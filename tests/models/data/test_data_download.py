from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from cifar_files import SMALL10, write_archive, write_folder

pytest.importorskip("keras")

from pibench.errors import DataError
from pibench.models.data import Dataset, load_dataset, sources
from pibench.models.data.cifar import Layout
from pibench.models.data.download import download


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """The only data set there is, whose site is a folder here."""
    (tmp_path / "site").mkdir()
    archive = write_archive(tmp_path / "site", SMALL10)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    layout = SMALL10._replace(url=archive.as_uri(), sha256=digest)
    monkeypatch.setattr(sources, "LAYOUTS", (layout,))
    return layout


@pytest.fixture
def gone(published: Layout, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """The same where its site does not answer."""
    layout = published._replace(url=published.url + ".gone")
    monkeypatch.setattr(sources, "LAYOUTS", (layout,))
    return layout


def loaded(place: Path) -> Dataset:
    return load_dataset(str(place), 10, download=True)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("named", ["new/data", f"new/data/{SMALL10.archive}"], ids=["folder", "archive"])
def test_the_archive_comes_into_the_folder_that_was_named(tmp_path: Path, published: Layout, named: str) -> None:
    assert len(loaded(tmp_path / named).test) == published.test_images
    assert names(tmp_path / "new" / "data") == [published.archive]


def test_a_folder_may_be_writable_in_one_that_is_not(
    tmp_path: Path, published: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) == folder)
    download(published, folder)
    assert names(folder) == [published.archive]


def test_a_folder_that_cannot_be_written_gets_nothing_fetched_elsewhere(
    tmp_path: Path, published: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr("keras.utils.get_file", lambda *_, **__: pytest.fail("fetched"))
    with pytest.raises(DataError, match=r"could not be downloaded to .*Permission denied.*give --data another folder"):
        download(published, tmp_path / "own")


@pytest.mark.parametrize("name", [SMALL10.archive, f"{SMALL10.archive}.part"])
def test_what_a_kill_left_of_an_archive_is_fetched_again(tmp_path: Path, published: Layout, name: str) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / name).write_bytes((tmp_path / "site" / published.archive).read_bytes()[:1000])
    assert loaded(folder).origin == loaded(tmp_path / "site").origin
    assert names(folder) == [published.archive]


def test_data_that_is_there_is_kept(tmp_path: Path, gone: Layout) -> None:
    (tmp_path / "archive").mkdir()
    write_archive(tmp_path / "archive", gone)
    write_folder(tmp_path / "folder", gone)
    for place in ("archive", "folder"):
        assert len(loaded(tmp_path / place).test) == gone.test_images


def test_a_failed_transfer_is_one_sentence_and_takes_nothing_away(tmp_path: Path, gone: Layout) -> None:
    damaged = tmp_path / gone.archive
    damaged.write_bytes(b"half")
    with pytest.raises(DataError, match=r"CIFAR-10 could not be downloaded to .*: copy cifar-10-python.tar.gz there"):
        loaded(tmp_path)
    assert damaged.read_bytes() == b"half"


def test_another_archive_than_the_official_one_is_refused(tmp_path: Path, published: Layout) -> None:
    with pytest.raises(DataError, match="could not be downloaded"):
        download(published._replace(sha256="0" * 64), tmp_path / "own")
    assert not (tmp_path / "own" / published.archive).exists()


def test_a_damaged_archive_of_another_name_is_left_alone(tmp_path: Path, published: Layout) -> None:
    mine = tmp_path / "mine.tar.gz"
    mine.write_bytes(b"half")
    with pytest.raises(DataError, match=r"mine.tar.gz is damaged or no archive"):
        loaded(mine)
    assert mine.read_bytes() == b"half"
