"""What ``--tune`` has changed, kept on disk so that a killed run can be undone, and the lock of a running one."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pibench.doctor.change import Change
from pibench.doctor.errors import DoctorError
from pibench.doctor.host import Host

_BOOT_ID = "proc/sys/kernel/random/boot_id"


class Changed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The changes of one run, oldest first; a restart of the machine has undone them all."""

    boot_id: str | None
    changes: tuple[Change, ...]


class StateFile:
    """A file in a folder that only its owner, root as a rule, can write to."""

    def __init__(self, host: Host) -> None:
        run = host.root / "run"
        self.folder = run / "pibench" if run.is_dir() else Path(tempfile.gettempdir(), "pibench-doctor")
        self.path = self.folder / "tuned.json"
        self._lock_path = self.folder / "lock"
        self._boot_id = host.text(_BOOT_ID)

    def load(self) -> tuple[Change, ...]:
        """What is still changed; nothing if there is no file or the machine was restarted since."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise DoctorError(f"cannot read {self.path}: {error.strerror}.") from None
        _check_owner(self.folder)
        _check_owner(self.path)
        try:
            changed = msgspec.json.decode(data, type=Changed)
        except msgspec.DecodeError:
            raise DoctorError(
                f"{self.path} is damaged: restart the machine, or check the settings and delete it."
            ) from None
        if not all(change.is_plausible for change in changed.changes):
            raise DoctorError(f"{self.path} holds changes that pibench never makes: delete it.")
        return changed.changes if changed.boot_id == self._boot_id else ()

    def save(self, changes: Sequence[Change]) -> None:
        """On disk before it returns; without changes, no file."""
        if not changes:
            self.path.unlink(missing_ok=True)
            return
        draft = self.path.with_suffix(".new")
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(Changed(self._boot_id, tuple(changes))))
            file.flush()
            # Whatever root's umask is, any user's doctor may tell what is left over.
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        draft.replace(self.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone until the block ends or the process dies."""
        try:
            self.folder.mkdir(exist_ok=True)
            _check_owner(self.folder)
            self.folder.chmod(0o755)
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise DoctorError(f"cannot keep notes in {self.folder}: {error.strerror}; nothing was changed.") from None
        try:
            os.fchmod(descriptor, 0o644)
            if not _try_lock(descriptor, fcntl.LOCK_EX):
                raise DoctorError("another pibench doctor --tune is active: wait until it ends; nothing was changed.")
            yield
        finally:
            os.close(descriptor)

    def is_locked(self) -> bool:
        """Whether a run is active."""
        try:
            descriptor = os.open(self._lock_path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return not _try_lock(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _check_owner(path: Path) -> None:
    """Root must not carry out what somebody else may have written."""
    status = path.lstat()
    trusted = status.st_uid in (0, os.geteuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not trusted or stat.S_ISLNK(status.st_mode):
        raise DoctorError(f"{path} may have been written by others: check it and delete it.")
