"""How a campaign's command ends: what is told after the table, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import click

from pibench.cli.measured import Run
from pibench.errors import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK, EXIT_SLOWER, EXIT_UNTRUSTED
from pibench.measure.recorder import Recorder
from pibench.report import Report, Result


def concluded(run: Run, recorder: Recorder, report: Report, *, quiet: bool, limit_ms: float | None = None) -> int:
    """The exit code, after telling where the report is (unless ``quiet``) and what failed.

    Raises ReportError when the report could not be saved.
    """
    if recorder.problem:
        raise recorder.problem
    if not report.complete:
        figures = sum(result.summary is not None for result in report.results)
        kept = recorder.withheld or f"{figures} of {len(report.results)} rows are in {run.path}"
        click.echo(f"pibench: interrupted; {kept}", err=True)
        return EXIT_INTERRUPTED
    if recorder.withheld:
        click.echo(f"pibench: {recorder.withheld}", err=True)
    elif not quiet:
        click.echo(f"Report: {run.path}")
    for message in dict.fromkeys(result.failure.message for result in report.results if result.failure):
        click.echo(f"pibench: {message}", err=True)
    return exit_code(report.results, limit_ms)


def exit_code(results: Sequence[Result], limit_ms: float | None = None) -> int:
    """What a script may conclude: no figure comes before slower, slower before untrusted."""
    if any(result.summary is None and not _all_throttled(result) for result in results):
        return EXIT_ERROR
    verdicts = [_against(result, limit_ms) for result in results]
    if "slower" in verdicts:
        return EXIT_SLOWER
    return EXIT_UNTRUSTED if "untrusted" in verdicts else EXIT_OK


def _all_throttled(result: Result) -> bool:
    return result.failure is not None and result.failure.kind == "throttled"


def _against(result: Result, limit_ms: float | None) -> Literal["fine", "slower", "untrusted"]:
    if result.summary is None or result.verdict == "untrusted":
        return "untrusted"
    if limit_ms is None or result.summary.high_ns <= limit_ms * 1e6:
        return "fine"
    return "slower" if result.summary.low_ns > limit_ms * 1e6 else "untrusted"
