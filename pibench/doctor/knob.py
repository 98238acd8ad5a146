"""A setting that disturbs timing: how it is read, judged and changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal

import msgspec

from pibench.doctor.change import Change, change_commands, undo_commands
from pibench.doctor.host import Host

Verdict = Literal["fine", "disturbs", "unknown", "information"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found; ``change`` and ``undo`` are shell commands, ``tunable`` if ``--tune`` runs them."""

    name: str
    title: str
    verdict: Verdict
    now: str
    why: str
    note: str | None = None
    change: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    tunable: bool = False


class Knob(ABC):
    """One setting. What cannot be read is unknown, never guessed."""

    name: ClassVar[str]
    title: ClassVar[str]
    why: ClassVar[str]

    def available(self, host: Host) -> bool:
        """Whether machines of this kind have the setting at all."""
        return True

    @abstractmethod
    def read(self, host: Host) -> Finding:
        """What it is now and whether that is fine."""

    def changes(self, host: Host) -> Sequence[Change]:
        """What ``--tune`` does about it now; nothing where that would be unsafe or needless."""
        return ()

    def fine(self, now: str, note: str | None = None) -> Finding:
        return self._finding("fine", now, note)

    def unknown(self, note: str, now: str = "unknown") -> Finding:
        return self._finding("unknown", now, note)

    def information(
        self, now: str, note: str | None = None, change: Sequence[str] = (), undo: Sequence[str] = ()
    ) -> Finding:
        return self._finding("information", now, note, change, undo)

    def disturbs(
        self, now: str, note: str | None = None, change: Sequence[str] = (), undo: Sequence[str] = ()
    ) -> Finding:
        return self._finding("disturbs", now, note, change, undo)

    def disturbs_tunably(self, host: Host, now: str, note: str | None = None) -> Finding:
        """Disturbing, with the commands of what ``--tune`` would do."""
        changes = self.changes(host)
        finding = self._finding("disturbs", now, note, change_commands(changes), undo_commands(changes))
        return msgspec.structs.replace(finding, tunable=bool(changes))

    def _finding(
        self, verdict: Verdict, now: str, note: str | None, change: Sequence[str] = (), undo: Sequence[str] = ()
    ) -> Finding:
        return Finding(
            name=self.name,
            title=self.title,
            verdict=verdict,
            now=now,
            why=self.why,
            note=note,
            change=tuple(change),
            undo=tuple(undo),
        )
