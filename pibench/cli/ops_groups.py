"""Groups of forms side by side: what each takes beside the reference, and which is the fastest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pibench.cli.results import verdict_of
from pibench.forms import Group, Point, labels
from pibench.measure.ranking import Contender, Ranking, Standing, ranking
from pibench.report import Condition, Report, Result
from pibench.words.numbers import kibibytes, magnitude, percent, rate, significant
from pibench.words.results import heading, notes, run_notes


class Judged(NamedTuple):
    """A group under a condition: the result of each of its points, and how they stand."""

    group: Group
    condition: Condition
    results: Sequence[Result]
    ranking: Ranking


def judged(group: Group, results: Sequence[Result]) -> Iterator[Judged]:
    """The group under each condition that was measured."""
    by_case = {(result.subject.name, result.condition): result for result in results}
    for condition in dict.fromkeys(result.condition for result in results):
        found = [by_case[point.name, condition] for point in group.points]
        contenders = [
            Contender(result, point.graph.total_macs if group.per_mac else 1)
            for point, result in zip(group.points, found, strict=True)
        ]
        yield Judged(group, condition, found, ranking(contenders))


def show_groups(compared: Sequence[Judged], report: Report, console: Console) -> None:
    """Print device, a table for each group with its outcome below, and notes."""
    console.print(heading(report), highlight=False, markup=False)
    several = len({one.condition for one in compared}) > 1
    for one in compared:
        where = f" ({one.condition})" if several else ""
        console.print(f"\n{one.group.title}{where}", style="bold", highlight=False, markup=False)
        console.print(_table(one))
        if one.group.rivals:
            console.print(outcome(one), highlight=False, markup=False)
    console.print()
    for note in (*notes(report.results), *run_notes(report)):
        console.print(f"  {note}", highlight=False, markup=False)


def outcome(one: Judged) -> str:
    """Which is the fastest, in a sentence that claims no more than was seen."""
    found = one.ranking
    label_of = {point.name: label for point, label in zip(one.group.points, labels(one.group.points), strict=True)}
    if found.leader is None:
        return "Nothing to compare: fewer than two of these have figures."
    if any(standing.ratio is not None and standing.low is None for standing in found.standings):
        return "Which is the fastest is not said of one process: give it more --processes."
    if found.fastest is not None:
        return f"Fastest: {label_of[found.fastest]}."
    level = ", ".join(label_of[name] for name in found.level)
    return f"No fastest one: no difference seen between {label_of[found.leader]} and {level}."


def _table(one: Judged) -> Table:
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column("form", overflow="fold", min_width=20)
    columns = ["MACs", "", "µs", "95 %", "×", "95 %", "Gop/s", "KiB moved"]
    for name in columns if one.group.per_mac else [name for name in columns if name]:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", min_width=14)
    points = one.group.points
    for label, point, result, standing in zip(labels(points), points, one.results, one.ranking.standings, strict=True):
        off = [_off(point, points[0])] if one.group.per_mac else []
        figures = [magnitude(point.graph.total_macs), *off, *latency(result), *_ratio(standing)]
        row = [*figures, speed(point, result), kibibytes(point.bytes_moved)]
        style = "red" if result.summary is None else ""
        table.add_row(Text(label), *row, verdict_of(result), style=style)
    return table


def _off(point: Point, reference: Point) -> str:
    """By how much the MACs miss those of the reference."""
    return f"{100 * (point.graph.total_macs / reference.graph.total_macs - 1):+.1f} %"


def latency(result: Result) -> tuple[str, str]:
    """Microseconds, and the half width of their interval."""
    if result.summary is None:
        return "–", "–"
    summary = result.summary
    width_ns = summary.high_ns - summary.low_ns
    return significant(summary.latency_ns / 1e3, width_ns / 1e3), f"±{percent(summary.relative_half_width)}"


def speed(point: Point, result: Result) -> str:
    """Operations per ns, two for each multiply-accumulate; a dash for what has none."""
    if result.summary is None or not point.graph.total_macs:
        return "–"
    return rate(2 * point.graph.total_macs / result.summary.latency_ns)


def _ratio(standing: Standing) -> tuple[str, str]:
    if standing.ratio is None:
        return "–", "–"
    if standing.low is None or standing.high is None:
        return significant(standing.ratio, 0), "–"
    if standing.low == standing.high:
        return "1", ""
    low, high = (significant(bound, standing.high - standing.low) for bound in (standing.low, standing.high))
    return significant(standing.ratio, standing.high - standing.low), f"{low} – {high}"
