"""A history on the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pibench.cli.charts import bars
from pibench.cli.results import NARROW_TERMINAL, WIDE_TERMINAL
from pibench.history import History, Point, Series, Step
from pibench.report.setting import Facts
from pibench.words.numbers import milliseconds, percent, significant
from pibench.words.results import short_condition

# A scale spans this share at the least: noise must not look like a mountain.
_LEAST_SPAN = 0.1
_LONGEST_CURVE = 40
_SHORTEST_CURVE = 8
_REST_OF_ROW = 80
_MOST_SKIPPED = 5
# From fewer, what runs differ by is not told well enough to reckon with it.
_ENOUGH_RUNS = 8


def show_history(found: History, console: Console) -> None:
    """Print a table for each device and protocol, its steps, and what was passed over."""
    for (device, protocol), group in groupby(_by_setting(found.series), key=lambda one: (one.device, one.protocol)):
        series = list(group)
        console.print(_heading(device, protocol), highlight=False, markup=False)
        console.print(_table(series, console))
        for line in (*steps(series), *_notes(series)):
            console.print(line, highlight=False, markup=False)
    for line in _passed_over(found):
        console.print(line, highlight=False, markup=False)


def _by_setting(series: Sequence[Series]) -> list[Series]:
    """Those of one device and protocol together, in the order in which these first came."""
    order = list(dict.fromkeys(_setting(one) for one in series))
    return sorted(series, key=lambda one: order.index(_setting(one)))


def _setting(series: Series) -> tuple[tuple[str, str], ...]:
    return (*series.device.items(), *series.protocol.items())


def _heading(device: Facts, protocol: Facts) -> str:
    names = [device["board"], device["CPU"]]
    name = ", ".join(dict.fromkeys(name for name in names if name != "unknown")) or device["architecture"]
    clock = "" if device["highest clock"] == "unknown" else f", {device['highest clock']}"
    how = ", ".join([f"{protocol['statistic']} of each process", protocol["networks"], protocol["pace"]])
    return f"{name}: {device['cores']} cores, memory {device['memory']}{clock}; {how}"


def _table(series: Sequence[Series], console: Console) -> Table:
    among = {one.condition for one in series}
    own_column = len(among) > 1 and console.width >= WIDE_TERMINAL
    narrow = console.width < NARROW_TERMINAL
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column("subject", overflow="fold", min_width=14)
    if own_column:
        table.add_column("condition")
    table.add_column("runs", justify="right", no_wrap=True)
    table.add_column("curve", no_wrap=True)
    table.add_column("latest ms", justify="right", no_wrap=True)
    table.add_column("since last", justify="right", no_wrap=True)
    if not narrow:
        table.add_column("latest is", min_width=9)
    room = max(_SHORTEST_CURVE, min(_LONGEST_CURVE, console.width - _REST_OF_ROW))
    for one in series:
        condition, standing = short_condition(one.condition, among), _standing(one.latest)
        below = [*([] if own_column else [condition]), *([standing] if narrow else [])]
        labels = ["\n".join([one.subject, *filter(None, below)]), *([condition] if own_column else [])]
        figures: list[str | Text] = [str(len(one.points)), curve(one, room, ascii_only=console.options.ascii_only)]
        verdict = [] if narrow else [Text(standing, "" if one.latest.verdict == "trusted" else "yellow")]
        # As Text, since a name may look like rich's markup.
        table.add_row(*map(Text, labels), *figures, _figure(one.latest), _since_last(one), *verdict)
    return table


def _standing(point: Point) -> str:
    return point.verdict + (", apart" if point.apart else "")


def curve(series: Series, room: int, *, ascii_only: bool = False) -> Text:
    """A bar for each of the last runs, dim where untrusted, and a stroke before each step."""
    values = [point.latency_ns for point in series.points]
    low, high = min(values), max(*values, min(values) * (1 + _LEAST_SPAN))
    (line,) = bars(values, len(values), low, high, ascii_only=ascii_only)
    begins = {step.created for step in series.steps}
    shown = Text()
    for bar, point in zip(line, series.points, strict=True):
        if point.created in begins:
            shown.append("|" if ascii_only else "│", "bold red")
        shown.append(bar, "" if point.verdict == "trusted" else "dim")
    return shown[-room:] if len(shown) > room else shown


def _figure(point: Point) -> str:
    width = point.high_ns - point.low_ns
    return f"{milliseconds(point.latency_ns, width)} ±{percent(width / 2 / point.latency_ns)}"


def _since_last(series: Series) -> str:
    if series.ratio is None or series.low is None or series.high is None:
        return "–"
    return f"{100 * (series.ratio - 1):+.1f} ±{percent((series.high - series.low) / 2)}"


def steps(series: Sequence[Series]) -> Iterator[str]:
    """A line for each step: when, from what to what, and what changed beside it."""
    for one in series:
        among = {other.condition for other in series}
        name = " ".join([one.subject, short_condition(one.condition, among)]).strip()
        for step in one.steps:
            yield f"STEP {step.created}  {name}: {_moved(step)}"
            beside = "; ".join(step.changes) or "nothing that reports record"
            yield f"  changed beside it: {beside}"


def _moved(step: Step) -> str:
    ratio, low, high = (significant(value, step.high - step.low) for value in (step.ratio, step.low, step.high))
    caution = "" if step.verdict == "trusted" else "; of untrusted runs"
    width_ns = (step.high - step.low) * step.from_ns
    before, after = (milliseconds(value, width_ns) for value in (step.from_ns, step.to_ns))
    return (
        f"{before} → {after} ms, × {ratio} (95 %: {low} – {high};"
        f" {step.runs_before} runs before, {step.runs_after} since{caution})"
    )


def _notes(series: Sequence[Series]) -> Iterator[str]:
    known = [one.run_sd for one in series if one.run_sd is not None and len(one.points) >= _ENOUGH_RUNS]
    if known:
        middle = sorted(known)[len(known) // 2]
        # Rounded up: compare's option is to cover it.
        yield (
            f"  runs differ by ±{percent(middle)} beyond their processes:"
            f" pibench compare --between-runs {math.ceil(1000 * middle) / 10:g}"
        )
    for one in series:
        if one.model_changes:
            yield f"  {one.subject}: another model file since {', '.join(one.model_changes)}"


def _passed_over(found: History) -> Iterator[str]:
    if found.skipped:
        yield f"reports: {found.reports}; files passed over: {len(found.skipped)}"
        yield from (f"  {one.reason}" for one in found.skipped[:_MOST_SKIPPED])
        if len(found.skipped) > _MOST_SKIPPED:
            yield f"  and {len(found.skipped) - _MOST_SKIPPED} more (--json names all)"
