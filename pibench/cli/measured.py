"""Measuring for a command: a campaign with a progress bar, whose report grows on disk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from pibench.cli.progress import Progress
from pibench.graph import Graph
from pibench.measure.recorder import Recorder
from pibench.measure.run import look_around, measure
from pibench.report import Condition, Protocol, Report, check_writable
from pibench.subject import Subject


class Run(NamedTuple):
    """What is to be measured and where the report goes.

    ``named_cpus``: the cores that the user named. ``to_be_continued``: the report lacks more than the campaign
    gives, and so is incomplete on disk until the caller keeps it again.
    """

    subjects: Sequence[str | Graph | Subject]
    conditions: Sequence[Condition]
    protocol: Protocol
    path: Path
    command: Sequence[str]
    named_cpus: Sequence[int] = ()
    to_be_continued: bool = False


def report_path(output: Path | None) -> Path:
    """Where a run's report goes. Raises ReportError where it could not, before hours are spent on it."""
    # Milliseconds, since runs may start in the same second.
    path = output or Path("reports", f"{datetime.now():%Y%m%d-%H%M%S-%f}"[:-3] + ".json")
    check_writable(path)
    return path


def measured(run: Run) -> tuple[Recorder, Report]:
    """The report, complete unless Ctrl-C came in between."""
    # All that were named, also those that no thread needs: a core that does not exist is a mistake.
    cpus = {*run.named_cpus, *(cpu for condition in run.conditions for cpu in condition.cpus)}
    setting = look_around(run.protocol, sorted(cpus))
    with Progress() as progress:
        recorder = Recorder(run.path, run.command, setting.device, setting.clock, run.protocol, progress=progress.show)
        found = measure(list(product(run.subjects, run.conditions)), setting, recorder)
        report = recorder.finish(found.results, found.sessions, found.complete and not run.to_be_continued)
        return recorder, replace(report, complete=found.complete)
