from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from pibench.document import Document
from pibench.errors import PibenchError


class NotesError(PibenchError):
    pass


class Notes(msgspec.Struct, forbid_unknown_fields=True):
    """Some notes.

    On two lines.
    """

    notes_version: Literal[1] = 1
    lines: tuple[str, ...] = ()


NOTES = Document(Notes, "notes file", "notes_version", 1, NotesError)


def full_disk(descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_document_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "notes.json"
    NOTES.save(Notes(lines=("a", "b")), path)
    assert NOTES.load(path) == NOTES.load(str(path)) == Notes(lines=("a", "b"))
    assert [file.name for file in path.parent.iterdir()] == ["notes.json"]


def test_a_full_disk_leaves_the_old_document_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "notes.json"
    NOTES.save(Notes(), path)
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(NotesError, match=r"cannot write the notes file to .*: No space left on device; choose another"):
        NOTES.save(Notes(lines=("new",)), path)
    assert NOTES.load(path) == Notes()
    assert [file.name for file in tmp_path.iterdir()] == ["notes.json"]


def test_an_interrupted_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        NOTES.save(Notes(), tmp_path / "notes.json")
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "real.json")
    NOTES.save(Notes(), link)
    assert link.is_symlink()
    assert NOTES.load(tmp_path / "real.json") == Notes()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not a pibench notes file, or a damaged one"),
        (b"\xff", "is not a pibench notes file, or a damaged one"),
        (b"[]", "is not a pibench notes file: it has no notes_version"),
        (b"{}", "is not a pibench notes file: it has no notes_version"),
        (b'{"notes_version": "1"}', "is not a pibench notes file: it has no notes_version"),
        (b'{"notes_version": 1, "lines": 5}', r"or a damaged one: .*\$\.lines"),
        (b'{"notes_version": 1', "or a damaged one"),
        (b'{"notes_version": 7}', "has notes file version 7, this pibench reads 1: update pibench"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(NotesError, match=sentence):
        NOTES.load(tmp_path / "file")


@pytest.mark.parametrize(
    ("name", "reason"), [("none.json", "No such file"), (".", "Is a directory"), ("x" * 300, "too long")]
)
def test_what_is_not_there_is_told(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(NotesError, match=f"cannot read the notes file .*{reason}"):
        NOTES.load(tmp_path / name)


@pytest.mark.parametrize("content", [b"somebody else's", b"{}", b'{"notes_version"'])
def test_somebody_elses_file_would_not_be_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(NotesError, match="is there already and is no pibench notes file: give -o another name"):
        NOTES.check_writable(path)
    assert path.read_bytes() == content


def test_an_own_or_an_empty_file_may_be_replaced_and_is_left_alone_until_then(tmp_path: Path) -> None:
    NOTES.save(Notes(), tmp_path / "own.json")
    (tmp_path / "empty").touch()
    for name in ("own.json", "empty", "new.json"):
        NOTES.check_writable(tmp_path / name)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["empty", "own.json"]
    assert NOTES.load(tmp_path / "own.json") == Notes()


def test_places_that_hold_no_document_are_told_beforehand(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotesError, match="choose another place with -o"):
        NOTES.check_writable(tmp_path / "file" / "notes.json")
    with pytest.raises(NotesError, match="it is a directory; give -o a file name"):
        NOTES.check_writable(tmp_path)
    with pytest.raises(NotesError, match="it is no regular file"):
        NOTES.check_writable(Path("/dev/null"))


def test_the_schema_has_docstrings_without_their_indentation() -> None:
    schema = NOTES.json_schema()
    assert schema["title"] == "pibench notes file"
    assert schema["$defs"]["Notes"]["description"] == "Some notes.\n\nOn two lines."
