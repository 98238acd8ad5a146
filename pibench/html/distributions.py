"""The samples of each result as a row of small histograms, one for each process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import altair as alt
import numpy as np

from pibench.html.plot import NUMBER, chart_spec, plot
from pibench.html.selection import Names
from pibench.html.theme import CATEGORIES, INK, MUTED
from pibench.html.thinning import Floats, rounded, upper_end
from pibench.html.view import Chart, Figure
from pibench.measure.summary import kept_ns
from pibench.report import Measurement, Result, Summary
from pibench.words.numbers import TimeUnit, count, duration, unit_of

MOST_FIGURES = 24
_MOST_BINS_IN_FIGURE = 1000
_LEAST_HEIGHT = 150
_LINE_HEIGHT = 9
# Of the distance between two baselines.
_TALLEST = 0.88


class Histogram(NamedTuple):
    """The bins of one process: their edges are everyone's."""

    process: int
    counts: list[int]
    median_ns: float


def distribution_figures(results: Sequence[Result], names: Names) -> list[Figure]:
    """Of the untrusted first where there are too many: they are looked at with more questions."""
    timed = [result for result in results if result.summary]
    chosen = sorted(timed, key=lambda result: result.verdict != "untrusted")[:MOST_FIGURES]
    shown = [result for result in timed if any(result is one for one in chosen)]
    return [_figure(number, result, names) for number, result in enumerate(shown)]


def by_process(measurements: Sequence[Measurement]) -> Iterator[tuple[int, Floats]]:
    """The latencies that count, of all instances of a process together."""
    ordered = sorted(measurements, key=lambda measurement: measurement.process)
    for process, group in groupby(ordered, key=lambda measurement: measurement.process):
        values = np.concatenate([kept_ns(measurement) for measurement in group])
        if len(values):
            yield process, values


def histograms(processes: Sequence[tuple[int, Floats]]) -> tuple[list[Histogram], Floats]:
    """One for each process over common edges; what lies beyond the last edge is in none."""
    everything = np.concatenate([values for _, values in processes])
    bins = int(np.clip(_MOST_BINS_IN_FIGURE // len(processes), 15, 60))
    low, high = float(everything.min()), upper_end(everything)
    if not high > low:
        low, high = low * 0.99, high * 1.01
    edges = np.linspace(low, high, bins + 1)
    found = [
        Histogram(process, np.histogram(values, edges)[0].tolist(), float(np.median(values)))
        for process, values in processes
    ]
    return found, edges


def _figure(number: int, result: Result, names: Names) -> Figure:
    assert result.summary
    processes = list(by_process(result.measurements))
    found, edges = histograms(processes)
    everything = np.concatenate([values for _, values in processes])
    beyond = int((everything > edges[-1]).sum())
    unit = unit_of(result.summary.latency_ns)
    description = (
        f"Histograms of the latency of {names.full(result)}, one for each of {len(processes)} processes; medians from"
        f" {duration(min(one.median_ns for one in found))} to {duration(max(one.median_ns for one in found))}."
    )
    caption = f"{count(len(everything))} samples, {len(processes)} process{'es' if len(processes) > 1 else ''}."
    if beyond:
        slowest = duration(float(everything.max()))
        caption += f" {count(beyond)} beyond {duration(edges[-1])}, up to {slowest}, not drawn."
    if result.summary.set_aside:
        caption += f" {count(result.summary.set_aside)} set aside, not drawn."
    height = max(_LEAST_HEIGHT, _LINE_HEIGHT * len(found))
    chart = _chart(found, edges, result.summary, unit)
    return Figure([Chart(f"samples-{number}", chart_spec(chart, height), description)], names.full(result), caption)


def _chart(found: Sequence[Histogram], edges: Floats, summary: Summary, unit: TimeUnit) -> Any:
    places = [rounded(edge / unit.ns, 6) for edge in edges]
    outlines = [row for line, one in enumerate(found) for row in _outline(line, one, places)]
    medians = [
        {"line": line, "top": line - _TALLEST, "median": rounded(one.median_ns / unit.ns, 6), "process": one.process}
        for line, one in enumerate(found)
    ]
    title = f"latency, {unit.name}"
    ends = [places[0], places[-1]]
    x_axis = alt.Axis(title=title, tickCount=5, grid=False, format=NUMBER, labelOverlap=True)
    x_scale = alt.Scale(domain=ends, nice=False, zero=False)
    numbers = {str(line): str(one.process) for line, one in enumerate(found)}
    every = 1 + len(found) // 8
    y_axis = alt.Axis(
        title="process",
        values=list(range(0, len(found), every)),
        labelExpr=f"({_literal(numbers)})[datum.value]",
        grid=False,
        ticks=False,
        domain=False,
    )
    y = alt.Y("line:Q", axis=y_axis, scale=alt.Scale(domain=[len(found) - 0.9, -1], nice=False, zero=False))
    interval = {
        name: min(max(rounded(value / unit.ns, 6), ends[0]), ends[1])
        for name, value in (("low", summary.low_ns), ("high", summary.high_ns), ("latency", summary.latency_ns))
    }
    figure = plot([interval])
    band = figure.mark_rect(color=MUTED, opacity=0.2, clip=True).encode(
        x=alt.X("low:Q", axis=x_axis, scale=x_scale), x2="high:Q"
    )
    middle = figure.mark_rule(color=MUTED, strokeDash=[3, 3]).encode(x=alt.X("latency:Q"))
    areas = (
        plot(outlines)
        .mark_area(interpolate="step-after", color=CATEGORIES[0], opacity=0.75, line=False)
        .encode(x=alt.X("x:Q", axis=x_axis, scale=x_scale), y=y, y2="top:Q", detail="line:N")
    )
    ticks = (
        plot(medians)
        .mark_rule(color=INK, strokeWidth=1.5, clip=True)
        .encode(
            x=alt.X("median:Q"),
            y=y,
            y2="top:Q",
            tooltip=[alt.Tooltip("process:N"), alt.Tooltip("median:Q", title=f"median, {unit.name}")],
        )
    )
    return band + areas + ticks + middle


def _literal(numbers: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"'{line}': '{process}'" for line, process in numbers.items()) + "}"


def _outline(line: int, one: Histogram, places: Sequence[float]) -> Iterator[dict[str, float]]:
    tallest = max(one.counts, default=0) or 1
    for place, samples in zip(places, [*one.counts, 0], strict=True):
        yield {"line": line, "x": place, "top": rounded(line - _TALLEST * samples / tallest, 4)}
