"""The report of a pytest session: of one campaign after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pibench.errors import PibenchError
from pibench.measure.recorder import Recorder
from pibench.measure.run import Outcome, Setting
from pibench.report import Result, Session

NOTHING = Outcome((), (), True)


class GrowingReport:
    """Listens to campaigns, and saves what they and those before them gave."""

    def __init__(self, path: Path, command: Sequence[str], setting: Setting, tell: Callable[[str], None]) -> None:
        self._recorder = Recorder(path, command, setting.device, setting.clock, setting.protocol, tell=tell)
        self._before = NOTHING

    @property
    def problem(self) -> PibenchError | None:
        """Why the report is not where it should be."""
        return self._recorder.problem

    @property
    def withheld(self) -> str:
        """Why this session is not in the report although it could be written; nothing where it is."""
        return self._recorder.withheld

    def results_changed(self, results: Callable[[], Sequence[Result]], sessions: Sequence[Session]) -> None:
        """Save what is known of the campaign at work, too."""
        so_far = self._before.followed_by(Outcome(tuple(results()), tuple(sessions), False))
        self._recorder.results_changed(lambda: so_far.results, so_far.sessions)

    def add(self, outcome: Outcome) -> None:
        """A campaign is over."""
        self._before = self._before.followed_by(outcome)

    def finish(self, complete: bool) -> None:
        """Save it for good."""
        found = self._before
        self._recorder.finish(found.results, found.sessions, complete and found.complete)
