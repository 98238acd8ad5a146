"""Keeping the report of a run on disk up to date while it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from pibench import __version__
from pibench.device import Device
from pibench.engine.runtimes import installed_runtimes
from pibench.errors import PibenchError
from pibench.keeper import Keeper, tell_on_stderr
from pibench.report import ClockRecord, Protocol, Report, Result, RuntimeRecord, Session, Tool, save
from pibench.worker.protocol import Clock


def nothing_in(path: Path) -> str:
    """Where a run that measured nothing did not write its report."""
    older = "; it holds an older run" if path.exists() else ""
    return f"no report in {path}: nothing was measured{older}"


class Recorder:
    """Listens to a campaign: shows progress, saves the report after each session (see ``Keeper``)."""

    def __init__(
        self,
        path: Path,
        command: Sequence[str],
        device: Device,
        clock: Clock,
        protocol: Protocol,
        *,
        progress: Callable[[str, float, float], None] = lambda what, done, total: None,
        tell: Callable[[str], None] = tell_on_stderr,
    ) -> None:
        self._path = path
        self._command = tuple(command)
        self._device = device
        self._clock = ClockRecord(step_ns=clock.step_ns, pair_ns=clock.pair_ns, sample_ns=clock.sample_ns)
        self._protocol = protocol
        self._progress = progress
        self._created = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self._keeper = Keeper(save, path, tell)
        self._is_kept = False

    @property
    def problem(self) -> PibenchError | None:
        """Why the report is not where it should be."""
        return self._keeper.problem

    @property
    def withheld(self) -> str:
        """Why this run is not in its file although it could be written; nothing where it is."""
        return "" if self._is_kept else nothing_in(self._path)

    def progress(self, what: str, done: float, total: float) -> None:
        """Hear what is being timed."""
        self._progress(what, done, total)

    def results_changed(self, results: Callable[[], Sequence[Result]], sessions: Sequence[Session]) -> None:
        """Save what is known so far."""
        report = self._report(results(), sessions, complete=False)
        if self._may_replace(report):
            self._keeper.keep(report)

    def finish(self, results: Sequence[Result], sessions: Sequence[Session], complete: bool) -> Report:
        """Save what was found for good and return it."""
        return self.keep(self._report(results, sessions, complete))

    def keep(self, report: Report) -> Report:
        """Save a report that more was added to for good, and return it."""
        if self._may_replace(report):
            self._keeper.finish(report)
        return report

    def _may_replace(self, report: Report) -> bool:
        """An older run is worth more than one that measured nothing; an earlier state of this one is not."""
        measured = any(result.measurements for result in report.results)
        self._is_kept = self._is_kept or measured or not self._path.exists()
        return self._is_kept

    def _report(self, results: Sequence[Result], sessions: Sequence[Session], complete: bool) -> Report:
        used = {result.condition.runtime for result in results}
        return Report(
            tool=Tool(name="pibench", version=__version__),
            created=self._created,
            command=self._command,
            device=self._device,
            clock=self._clock,
            protocol=self._protocol,
            runtimes=tuple(
                RuntimeRecord(name=info.name, version=info.version)
                for info in installed_runtimes()
                if info.name in used
            ),
            results=tuple(results),
            sessions=tuple(sessions),
            complete=complete,
        )
