"""The table of results as Markdown, for notes and pull requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pibench.report import Report
from pibench.words.markup import line, text
from pibench.words.results import (
    COSTS,
    columns,
    costs_of,
    distinct,
    figures,
    heading,
    never_ran,
    notes,
    reasons,
    run_notes,
)


def markdown(report: Report) -> str:
    """The table, what is to be said below it, and the command."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield text(heading(report))
    yield ""
    names = (*COSTS, *columns(report))
    yield _row(["subject", "condition", *names, "verdict"])
    yield f"| --- | --- |{' ---: |' * len(names)} --- |"
    for result in distinct(report.networks):
        condition = "" if never_ran(result) else str(result.condition)
        yield _row([result.subject.name, condition, *costs_of(result), *figures(result), str(reasons(result))])
    yield ""
    for note in (*notes(report.networks), *run_notes(report)):
        yield f"- {text(note)}"
    yield ""
    yield f"pibench {report.tool.version}, {report.created}: {text(' '.join(report.command))}"
    if not report.complete:
        yield ""
        yield "The run was interrupted."


def _row(cells: Sequence[str]) -> str:
    return line([text(cell) for cell in cells])
