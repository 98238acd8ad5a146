"""The table of results as Markdown, for notes and pull requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pibench.report import Report
from pibench.words.results import columns, distinct, figures, heading, never_ran, notes, reasons, run_notes


def markdown(report: Report) -> str:
    """The table, what is to be said below it, and the command."""
    return "\n".join(_lines(report)) + "\n"


def row(cells: Sequence[str]) -> str:
    """A line of a table; what would end a cell or begin markup in it does not."""
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    for mark in "\\`*_<>[]|~#":
        text = text.replace(mark, f"\\{mark}")
    return text


def _lines(report: Report) -> Iterator[str]:
    yield escaped(heading(report))
    yield ""
    names = columns(report)
    yield row(["subject", "condition", *names, "verdict"])
    yield f"| --- | --- |{' ---: |' * len(names)} --- |"
    for result in distinct(report.results):
        condition = "" if never_ran(result) else str(result.condition)
        yield row([result.subject.name, condition, *figures(result), str(reasons(result))])
    yield ""
    for note in (*notes(report.results), *run_notes(report)):
        yield f"- {escaped(note)}"
    yield ""
    yield f"pibench {report.tool.version}, {report.created}: {escaped(' '.join(report.command))}"
    if not report.complete:
        yield ""
        yield "The run was interrupted."
