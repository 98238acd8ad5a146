"""Changing what disturbs for a while, and putting everything back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pibench.doctor.change import Change
from pibench.doctor.errors import ChangeError, DoctorError
from pibench.doctor.host import Host
from pibench.doctor.knob import Knob
from pibench.doctor.state import StateFile

Tell = Callable[[str], None]


class Tuning:
    """The changes in force. Each is on disk before it is made and leaves the disk once it is undone."""

    def __init__(self, host: Host, state: StateFile, tell: Tell) -> None:
        self._host = host
        self._state = state
        self._tell = tell
        self._changes: list[Change] = list(state.load())

    @property
    def changes(self) -> Sequence[Change]:
        return tuple(self._changes)

    def apply(self, knobs: Sequence[Knob]) -> None:
        """Change what the knobs ask for; one that fails is told and the others go on."""
        for knob in knobs:
            for change in knob.changes(self._host) if knob.available(self._host) else ():
                self._apply(knob, change)

    def _apply(self, knob: Knob, change: Change) -> None:
        try:
            self._state.save([*self._changes, change])
        except OSError as error:
            raise DoctorError(f"cannot write {self._state.path}: {error.strerror}; all was put back.") from None
        self._changes.append(change)
        try:
            change.apply(self._host)
        except ChangeError as error:
            self._tell(f"{knob.title} was not changed: {error}")
            if not error.is_uncertain:
                self._changes.pop()
                self._save(self._changes)

    def restore(self) -> bool:
        """Undo everything, the last change first; whether all of it worked. What failed stays on disk."""
        failed: list[Change] = []
        while self._changes:
            change = self._changes.pop()
            try:
                change.restore(self._host)
            except (ChangeError, OSError) as error:
                failed.insert(0, change)
                self._tell(f"not restored: {error}; restore it by hand: {change.undo_command}")
            self._save([*self._changes, *failed])
        self._changes = failed
        return not failed

    def _save(self, changes: Sequence[Change]) -> None:
        # A full disk must not keep the other settings from being restored.
        try:
            self._state.save(changes)
        except OSError as error:
            self._tell(f"cannot write {self._state.path}: {error.strerror}")


@contextmanager
def tuned(host: Host, knobs: Sequence[Knob], tell: Tell) -> Iterator[Tuning]:
    """Settings changed within the block and restored after it, however it ends.

    What a killed run left behind is restored first, so that "before" means before both.
    """
    state = StateFile(host)
    with state.locked():
        tuning = Tuning(host, state, tell)
        if tuning.changes:
            tell("restoring what an earlier --tune left behind")
            tuning.restore()
        try:
            tuning.apply(knobs)
            yield tuning
        finally:
            tuning.restore()


def restore_left_over(host: Host, tell: Tell) -> tuple[int, bool]:
    """Undo what a killed run left behind: how many changes there were, and whether all were undone."""
    state = StateFile(host)
    with state.locked():
        tuning = Tuning(host, state, tell)
        count = len(tuning.changes)
        restored = tuning.restore()
        if restored:
            state.save(())
        return count, restored
