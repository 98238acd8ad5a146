"""A comparison on the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pibench.cli.results import NARROW_TERMINAL, WIDE_TERMINAL
from pibench.compare import Comparison, Mean, Row, Side, Verdict
from pibench.report import Condition
from pibench.words.doubts import Doubted, once_each, reasons_of
from pibench.words.numbers import milliseconds, percent, significant
from pibench.words.results import short_condition

_STYLES = {"slower": "red", "faster": "green", "same": "", "undecided": "yellow", "untrusted": "yellow"}


def show_comparison(found: Comparison, console: Console) -> None:
    """Print both sides, the table, what it says and what is to be known."""
    for line in sides(found):
        console.print(line, highlight=False, markup=False)
    console.print(_table(found, console.width))
    for line in (sentence(found), *mean_line(found), *notes(found)):
        console.print(line, highlight=False, markup=False)


def sides(found: Comparison) -> list[str]:
    """What was compared, and what differs between the two runs beside the rows."""
    lines = [f"{name:<5} {_side(side)}" for name, side in (("BASE", found.base), ("NEW", found.new))]
    return [*lines, *(f"  {difference.aspect}, {difference}" for difference in found.differences)]


def _side(side: Side) -> str:
    return f"{side.created}, {side.device}, pibench {side.version}" + ("" if side.complete else ", interrupted")


def _table(found: Comparison, width: int) -> Table:
    conditions = conditions_of(found)
    own_column = any(conditions) and width >= WIDE_TERMINAL
    narrow = width < NARROW_TERMINAL
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column("subject", overflow="fold", min_width=14)
    if own_column:
        table.add_column("condition")
    for name in ("base ms", "new ms", "×", interval_title(found)):
        table.add_column(name, justify="right", no_wrap=True)
    if not narrow:
        table.add_column("verdict", min_width=10)
    for row, condition in zip(found.rows, conditions, strict=True):
        # As Text, since a name may look like rich's markup.
        label = Text("\n".join([row.name, *([condition] if condition and not own_column else [])]))
        verdict = Text(verdict_of(row), _STYLES[row.verdict])
        labels = [label.append("\n").append(verdict) if narrow else label, *([Text(condition)] if own_column else [])]
        table.add_row(*labels, *figures(row), *([] if narrow else [verdict]))
    return table


def interval_title(found: Comparison) -> str:
    return "95 %" if len(found.rows) == 1 else "95 % for all"


def conditions_of(found: Comparison) -> list[str]:
    """Of each row, the parts of its condition that vary among those shown."""
    among = {condition for row in found.rows for condition in (row.condition, row.new_condition)}
    return [_conditions(row, among) for row in found.rows]


def _conditions(row: Row, among: set[Condition]) -> str:
    base, new = (short_condition(condition, among) for condition in (row.condition, row.new_condition))
    return base if base == new else f"{base} → {new}"


def figures(row: Row) -> list[str]:
    """Latencies, ratio and interval; a dash for what is not known."""
    width = math.nan if row.low is None or row.high is None else row.high - row.low
    latencies = [
        "–" if ns is None else milliseconds(ns, ns * width if row.ratio else math.nan)
        for ns in (row.base_ns, row.new_ns)
    ]
    return [*latencies, "–" if row.ratio is None else significant(row.ratio, width), bounds(row)]


def bounds(found: Row | Mean) -> str:
    if found.low is None or found.high is None:
        return "–"
    return " – ".join(significant(bound, found.high - found.low) for bound in (found.low, found.high))


def verdict_of(row: Row) -> str:
    """The verdict with its reasons, and what else is to be known."""
    return str(reasons_of(row.verdict, row.doubts))


def sentence(found: Comparison) -> str:
    """How many rows have which verdict."""
    counts = [(len(found.having(verdict)), verdict) for verdict in get_args(Verdict)]
    said = ", ".join(f"{count} {verdict}" for count, verdict in counts if count)
    return f"{said} (what matters: {100 * found.threshold:g} %)"


def mean_line(found: Comparison) -> list[str]:
    if found.mean is None:
        return []
    mean = found.mean
    width = math.nan if mean.low is None or mean.high is None else mean.high - mean.low
    untrusted = sum(row.verdict == "untrusted" and row.ratio is not None for row in found.rows)
    caution = f"; {untrusted} of them untrusted" if untrusted else ""
    return [
        f"geometric mean of {mean.rows} ratios: {significant(mean.ratio, width)} (95 %: {bounds(mean)}{caution})",
    ]


def notes(found: Comparison) -> Iterator[str]:
    """What the interval covers, each kind of doubt once, and what only one side has."""
    yield f"  {covered(found)}"
    yield from (f"  {note}" for note in once_each([Doubted(row.name, row.doubts) for row in found.rows]))
    for name, side in (("BASE", found.base), ("NEW", found.new)):
        if side.only:
            yield f"  only in {name}: {', '.join(side.only)}"


def covered(found: Comparison) -> str:
    """What the intervals speak for."""
    together = ", all together at 95 % (same: by each row's own)" if len(found.rows) > 1 else ""
    shared = "the processes that both sides share"
    paired = [row.paired for row in found.rows if row.ratio is not None]
    if all(paired):
        return f"intervals over {shared}{together}"
    if not found.run_sd:
        return f"intervals over the processes of each side{together}"
    some = f"{shared}, and where they share none over " if any(paired) else ""
    return (
        f"intervals over {some}processes, and ±{percent(found.run_sd)} from run to run{together};"
        " pibench ab, live and interleaved, finds smaller changes"
    )
