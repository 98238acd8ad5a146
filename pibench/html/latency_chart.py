"""Latencies side by side, the fastest network first, each with its intervals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt

from pibench.html.plot import NUMBER, chart_spec, log_ticks, plot
from pibench.html.selection import Names
from pibench.html.theme import INK, PAPER, TRUSTED, UNTRUSTED
from pibench.html.thinning import rounded
from pibench.html.view import Chart, Figure
from pibench.report import Report, Result, Summary
from pibench.words.numbers import TimeUnit, significant, unit_of

MOST_ROWS = 60
_SLOT = 21
# From this ratio of the slowest to the fastest on, a linear axis would press the fast ones together.
_WIDE = 12
_LEAST_IN_MS_NS = 100_000
# The widest digits of usual fonts, at the size of the labels.
_CHARACTER_PX = 7.6


def latency_figure(report: Report, results: Sequence[Result], names: Names) -> Figure | None:
    """A line per network, below it a point per condition; nothing without a figure."""
    timed = sorted(
        ((result, result.summary) for result in results if result.summary), key=lambda pair: pair[1].latency_ns
    )
    if not timed:
        return None
    shown = timed[:MOST_ROWS]
    slowest_ns = shown[-1][1].latency_ns
    # As in the table, where that is readable.
    unit = TimeUnit("ms", 1e6) if slowest_ns >= _LEAST_IN_MS_NS else unit_of(slowest_ns)
    by_subject: dict[str, list[tuple[Result, Summary]]] = {}
    for result, summary in shown:
        by_subject.setdefault(result.subject.name, []).append((result, summary))
    points: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    left: dict[str, str] = {}
    right: dict[str, str] = {}
    slots = 0
    for subject, group in by_subject.items():
        titles.append({"slot": str(slots), "subject": subject})
        for slot, (result, summary) in enumerate(group, slots + 1):
            points.append({"slot": str(slot), **_point(result, summary, unit, names)})
            left[str(slot)] = names.condition(result)
            right[str(slot)] = significant(summary.latency_ns / unit.ns, (summary.high_ns - summary.low_ns) / unit.ns)
        slots += len(group) + 1
    title = f"{report.protocol.statistic} latency, {unit.name}"
    chart = _chart(points, titles, (left, right), slots, title)
    return Figure(
        [Chart("latency", chart_spec(chart, slots * _SLOT), _description(shown, names, report))],
        caption=_caption(shown, len(timed)),
    )


def _point(result: Result, summary: Summary, unit: TimeUnit, names: Names) -> dict[str, Any]:
    def scaled(value_ns: float | None) -> float | None:
        return None if value_ns is None else rounded(value_ns / unit.ns, 6)

    return {
        "name": names.full(result),
        "latency": scaled(summary.latency_ns),
        "low": scaled(summary.low_ns),
        "high": scaled(summary.high_ns),
        "fresh_low": scaled(summary.fresh_low_ns),
        "fresh_high": scaled(summary.fresh_high_ns),
        "verdict": result.verdict,
    }


def _chart(
    points: Sequence[Mapping[str, Any]],
    titles: Sequence[Mapping[str, Any]],
    labels: tuple[Mapping[str, str], Mapping[str, str]],
    slots: int,
    title: str,
) -> Any:
    scale = alt.Scale(domain=[str(slot) for slot in range(slots)], paddingInner=0, paddingOuter=0)
    x_scale = _x_scale(points)
    ticks = log_ticks(*x_scale.domain) if x_scale.type == "log" else alt.Undefined
    x_axis = alt.Axis(title=title, values=ticks, tickCount=5, format=NUMBER, labelOverlap="greedy")

    def x(field: str) -> alt.X:
        return alt.X(field, axis=x_axis, scale=x_scale)

    colour = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=["trusted", "untrusted"], range=[TRUSTED, UNTRUSTED]),
        legend=alt.Legend(symbolOpacity=1),
    )
    shape = alt.Shape("verdict:N", scale=alt.Scale(domain=["trusted", "untrusted"], range=["circle", "diamond"]))
    tooltip = [
        alt.Tooltip("name:N", title="network"),
        alt.Tooltip("latency:Q", title=title),
        alt.Tooltip("low:Q", title="95 % from"),
        alt.Tooltip("high:Q", title="to"),
        alt.Tooltip("verdict:N"),
    ]

    left, right = labels
    left_px, right_px = _room(left), _room(right)

    def y(side: Literal["left", "right"]) -> alt.Y:
        of_side, extent = (left, left_px) if side == "left" else (right, right_px)
        axis = alt.Axis(
            orient=side,
            title=None,
            labelExpr=f"({json.dumps(of_side)})[datum.value] || ''",
            labelAlign="right",
            labelPadding=6 if side == "left" else extent,
            minExtent=extent,
            maxExtent=extent,
            ticks=False,
            domain=False,
            labelColor=INK,
        )
        return alt.Y("slot:O", scale=scale, axis=axis)

    base = plot(points).encode(color=colour)
    fresh = base.mark_rule(strokeWidth=9, opacity=0.22).encode(y=y("left"), x=x("fresh_low:Q"), x2="fresh_high:Q")
    interval = base.mark_rule(strokeWidth=3).encode(y=y("right"), x=x("low:Q"), x2="high:Q")
    point = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=y("right"), x=x("latency:Q"), shape=shape, tooltip=tooltip
    )
    subjects = (
        plot(titles)
        .mark_text(align="left", dx=-left_px, limit=alt.expr(f"width + {left_px + right_px}"))
        .encode(y=y("left"), x=alt.value(0), text="subject:N", tooltip=alt.Tooltip("subject:N", title="network"))
    )
    # The grid's lines would run through the names.
    clearing = subjects.mark_text(
        align="left", dx=-left_px, limit=alt.expr(f"width + {left_px + right_px}"), stroke=PAPER, strokeWidth=5
    )
    return (fresh + interval + point + clearing + subjects).resolve_axis(y="independent")


def _room(labels: Mapping[str, str]) -> float:
    """For the longest label of a side; nothing where all are empty."""
    longest = max(map(len, labels.values()), default=0)
    return round(longest * _CHARACTER_PX + 8) if longest else 0


def _x_scale(points: Sequence[Mapping[str, Any]]) -> Any:
    lows = [value for point in points for value in (point["low"], point["fresh_low"]) if value is not None]
    highs = [value for point in points for value in (point["high"], point["fresh_high"]) if value is not None]
    latencies = [point["latency"] for point in points]
    if len(points) == 1:
        # Nothing to be seen beside: the interval fills the chart.
        margin = 0.15 * (max(highs) - min(lows)) or 0.05 * max(highs)
        return alt.Scale(domain=[max(0.0, min(lows) - margin), max(highs) + margin], nice=False)
    if max(latencies) > _WIDE * min(latencies) and min(lows) > 0:
        return alt.Scale(type="log", domain=[min(lows) * 0.9, max(highs) * 1.1], nice=False)
    return alt.Scale(domain=[0, max(highs) * 1.03], nice=False)


def _description(shown: Sequence[tuple[Result, Summary]], names: Names, report: Report) -> str:
    (fastest, least), (slowest, most) = shown[0], shown[-1]
    unit = unit_of(least.latency_ns)
    told = f"{names.full(fastest)}, {least.latency_ns / unit.ns:.4g} {unit.name}"
    if len(shown) == 1:
        return f"The {report.protocol.statistic} latency with its 95 % interval: {told}."
    return (
        f"{report.protocol.statistic.capitalize()} latencies of {len(shown)} rows with their 95 % intervals, from"
        f" {told}, to {names.full(slowest)}, {most.latency_ns / unit.ns:.4g} {unit.name}. The table has every figure."
    )


def _caption(shown: Sequence[tuple[Result, Summary]], timed: int) -> str:
    parts = ["Thick line: 95 % interval."]
    if any(summary.fresh_low_ns is not None for _, summary in shown):
        parts.append("Pale band: where a fresh run on the same machine would land (98 %).")
    if timed > len(shown):
        parts.append(f"The {len(shown)} fastest of {timed} rows; the table has all.")
    return " ".join(parts)
