"""The table of results, and what is to be said below it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pibench.report import Report, Result
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
    short_condition,
)

# Below this many columns, conditions share the subjects' column.
WIDE_TERMINAL = 110
# Below this many, verdicts do so too where a table is wide.
NARROW_TERMINAL = 80


def show_results(report: Report, console: Console) -> None:
    """Print device, table and notes."""
    console.print(heading(report), highlight=False, markup=False)
    console.print(_table(report, console.width))
    for note in (*notes(report.results), *run_notes(report)):
        console.print(f"  {note}", highlight=False, markup=False)


def _table(report: Report, width: int) -> Table:
    results = report.results
    conditions = {result.condition for result in results}
    own_column = len(conditions) > 1 and width >= WIDE_TERMINAL
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column("subject", overflow="fold", min_width=16)
    if own_column:
        table.add_column("condition")
    for name in (*COSTS, *columns(report)):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", min_width=14)
    for result in distinct(results):
        condition = "" if never_ran(result) else short_condition(result.condition, conditions)
        name = result.subject.name
        labels = [name, condition] if own_column else [f"{name}\n{condition}".rstrip()]
        # As Text, since a name may look like rich's markup.
        row: list[Text | str] = [*map(Text, labels), *costs_of(result), *figures(result), verdict_of(result)]
        table.add_row(*row, style="red" if result.summary is None else "")
    return table


def verdict_of(result: Result) -> Text:
    """Trusted or not, with the reasons, and what else is to be known."""
    verdict, grave, other = reasons(result)
    if result.summary is None:
        return Text(verdict)
    shown = Text(f"{verdict}: {grave}", "red") if grave else Text(verdict, "green")
    return shown.append(f"; {other}", "yellow") if other else shown
