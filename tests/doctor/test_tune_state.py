from __future__ import annotations

import os
from pathlib import Path

import pytest
from fake_host import fake_host

from pibench.doctor.change import FileChange
from pibench.doctor.errors import DoctorError
from pibench.doctor.host import Host
from pibench.doctor.state import StateFile

BOOT_ID = "proc/sys/kernel/random/boot_id"
CHANGE = FileChange("sys/x", "0", "1")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return fake_host(tmp_path, {"run/keep": "", BOOT_ID: "first\n"})


def saved(host: Host, *changes: FileChange) -> StateFile:
    state = StateFile(host)
    with state.locked():
        state.save(changes)
    return state


def test_changes_survive_on_disk(host: Host) -> None:
    saved(host, CHANGE)
    assert StateFile(host).load() == (CHANGE,)
    saved(host)
    assert StateFile(host).load() == ()
    assert not StateFile(host).path.exists()


def test_a_restart_has_undone_everything(host: Host) -> None:
    saved(host, CHANGE)
    (host.root / BOOT_ID).write_text("second\n")
    assert StateFile(host).load() == ()


def test_every_user_may_read_what_was_changed(host: Host) -> None:
    before = os.umask(0o077)
    try:
        state = saved(host, CHANGE)
    finally:
        os.umask(before)
    assert state.path.stat().st_mode & 0o777 == 0o644
    assert state.folder.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("text", ["", "{", "[]", '{"boot_id": "first", "changes": [{"kind": "odd"}]}'])
def test_a_damaged_file_is_an_error(host: Host, text: str) -> None:
    state = saved(host, CHANGE)
    state.path.write_text(text)
    with pytest.raises(DoctorError, match="is damaged"):
        state.load()


def test_changes_that_pibench_never_makes_are_not_carried_out(host: Host) -> None:
    state = saved(host, FileChange("etc/shadow", "root::", ""))
    with pytest.raises(DoctorError, match="never makes"):
        state.load()


@pytest.mark.parametrize("which", ["path", "folder"])
def test_what_others_may_have_written_is_not_trusted(host: Host, which: str) -> None:
    state = saved(host, CHANGE)
    getattr(state, which).chmod(0o777)
    with pytest.raises(DoctorError, match="may have been written by others"):
        state.load()


def test_a_folder_of_others_is_not_used(host: Host) -> None:
    elsewhere = host.root / "elsewhere"
    elsewhere.mkdir()
    StateFile(host).folder.symlink_to(elsewhere)
    with pytest.raises(DoctorError, match="may have been written by others"), StateFile(host).locked():
        pass


def test_a_file_that_cannot_be_read_is_an_error(host: Host) -> None:
    state = saved(host)
    state.path.mkdir()
    with pytest.raises(DoctorError, match="cannot read"):
        state.load()


def test_without_a_run_folder_the_temporary_one_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    state = StateFile(fake_host(tmp_path / "root", {}))
    assert state.folder == tmp_path / "pibench-doctor"


def test_a_folder_that_cannot_be_made_is_an_error(host: Host) -> None:
    StateFile(host).folder.write_text("a file")
    with pytest.raises(DoctorError, match="nothing was changed"), StateFile(host).locked():
        pass


def test_a_lock_is_seen_by_others_and_ends_with_its_block(host: Host) -> None:
    state = StateFile(host)
    assert not state.is_locked()
    with state.locked():
        assert StateFile(host).is_locked()
    assert not state.is_locked()
    with state.locked():
        pass
