"""The points of a grid in one table, and a curve along its longest axis."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pibench.cli.ops_curves import curves
from pibench.cli.ops_groups import Judged, latency, outcome, speed
from pibench.cli.results import verdict_of
from pibench.forms import Point
from pibench.report import Report, Result
from pibench.words.numbers import kibibytes, magnitude
from pibench.words.results import heading, notes, run_notes, short_condition


def show_grid(points: Sequence[Point], compared: Sequence[Judged], report: Report, console: Console) -> None:
    """Print device, table, curves, the outcome where several forms do the same, and notes."""
    lines = [
        *curves(points, report.results, console.width, console.options.ascii_only),
        *(_compared(one, several=len({one.condition for one in compared}) > 1) for one in compared),
        *(f"  {note}" for note in (*notes(report.results), *run_notes(report))),
    ]
    console.print(heading(report), highlight=False, markup=False)
    if constant := _constant(points):
        console.print(f"All with {constant}", highlight=False, markup=False)
    console.print(_table(points, report.results))
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def varying(points: Sequence[Point]) -> list[str]:
    """The parameters of more than one value, in the order of the first form that has them."""
    return [name for name, values in _values(points).items() if len(values) > 1]


def _constant(points: Sequence[Point]) -> str:
    """The parameters of one value, which no column tells."""
    single = {name: values for name, values in _values(points).items() if len(values) == 1}
    said = {name for point in points for name in point.form.said(**point.parameters)}
    return ", ".join(f"{name} {values[0]}" for name, values in single.items() if name in said)


def _values(points: Sequence[Point]) -> dict[str, list[object]]:
    """Each parameter's different values."""
    found: dict[str, dict[object, None]] = {}
    for point in points:
        for name, value in point.parameters.items():
            found.setdefault(name, {})[value] = None
    return {name: list(values) for name, values in found.items()}


def _table(points: Sequence[Point], results: Sequence[Result]) -> Table:
    conditions = {result.condition for result in results}
    axes = varying(points)
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column("form", overflow="fold", min_width=12)
    for name in (*axes, *(["condition"] if len(conditions) > 1 else [])):
        table.add_column(name)
    for name in ("MACs", "µs", "95 %", "Gop/s", "KiB moved"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", min_width=14)
    by_name = {point.name: point for point in points}
    for result in results:
        point = by_name[result.subject.name]
        place = [_value(point, name) for name in axes]
        if len(conditions) > 1:
            place.append(short_condition(result.condition, conditions))
        figures = [magnitude(point.graph.total_macs), *latency(result), speed(point, result)]
        row = [point.form.name, *place, *figures, kibibytes(point.bytes_moved)]
        table.add_row(*map(Text, row), verdict_of(result), style="red" if result.summary is None else "")
    return table


def _value(point: Point, name: str) -> str:
    value = point.parameters.get(name, "–")
    # 0 channels would be read as none.
    return "=" if (name, value) == ("out_channels", 0) else str(value)


def _compared(one: Judged, *, several: bool) -> str:
    where = f" ({one.condition})" if several else ""
    return f"{one.group.title}{where}: {outcome(one)}"
