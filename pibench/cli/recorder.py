"""Keeping the report of a run on disk up to date while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from pibench import __version__
from pibench.cli.progress import Progress
from pibench.device import Device
from pibench.engine.runtimes import installed_runtimes
from pibench.errors import ReportError
from pibench.report import ClockRecord, Condition, Protocol, Report, Result, RuntimeRecord, Tool, save
from pibench.worker.protocol import Clock


class Recorder:
    """Listens to a campaign: shows progress, saves the report after each trial.

    A report that cannot be saved on the way (a full disk) does not end the run: the error is
    kept in ``problem``, and every later save tries again.
    """

    def __init__(
        self,
        path: Path,
        command: Sequence[str],
        device: Device,
        clock: Clock,
        protocol: Protocol,
        progress: Progress,
    ) -> None:
        self._path = path
        self._command = tuple(command)
        self._device = device
        self._clock = ClockRecord(step_ns=clock.step_ns, pair_ns=clock.pair_ns, sample_ns=clock.sample_ns)
        self._protocol = protocol
        self._progress = progress
        self._created = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.problem: ReportError | None = None

    def trial_begins(self, subject: str, condition: Condition, number: int, total: int) -> None:
        """Show what is being timed."""
        self._progress.show(f"{subject} ({condition})", number, total)

    def results_changed(self, results: Sequence[Result]) -> None:
        """Save what is known so far."""
        self._save(self._report(results, complete=False))

    def finish(self, results: Sequence[Result], complete: bool) -> Report:
        """Save the report for good and return it."""
        report = self._report(results, complete)
        self._save(report)
        return report

    def _save(self, report: Report) -> None:
        try:
            save(report, self._path)
            self.problem = None
        except ReportError as error:
            self.problem = error

    def _report(self, results: Sequence[Result], complete: bool) -> Report:
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
            complete=complete,
        )
