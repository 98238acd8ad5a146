"""Error against latency: a point per network with its intervals, and the front that the estimates make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt

from pibench.html.plot import NUMBER, log_ticks, plot
from pibench.html.theme import CATEGORIES, INK, MUTED, PAPER
from pibench.html.thinning import rounded
from pibench.pareto import Front
from pibench.thesis import Row
from pibench.words import thesis as words_thesis
from pibench.words.pareto import STANDINGS, error_text, latency_text, probability, verdict

LEGEND = (
    "Level lines: the latency's interval; upright ones: ± the standard deviation over runs. Dashed: the front that the"
    " estimates alone make. Hollow: a latency that is untrusted, or a figure of the thesis that is to be doubted."
)
THESIS = "the thesis: CIFAR-10, Pi 3B, TFLite 1.13, 1 thread"
DISTILLED = "the same, distilled"
_WIDE = 8  # from this ratio of the slowest to the fastest on, the axis is logarithmic
_NS_PER_MS = 1e6
_MARGIN = 0.06
_COLOURS = (CATEGORIES[2], CATEGORIES[0], CATEGORIES[6], CATEGORIES[4], CATEGORIES[3])
_SHAPES = ("circle", "diamond", "square", "cross", "triangle-up")


def pareto_chart(front: Front, thesis: Sequence[Row]) -> Any:
    """Networks have the numbers of the table that stands beside."""
    points = list(_points(front))
    reference = list(_rows(thesis))
    x, y = _axes(front, points, reference)
    kinds = [*STANDINGS.values(), *dict.fromkeys(row["kind"] for row in reference)]
    colour = alt.Color(
        "kind:N", scale=alt.Scale(domain=kinds, range=list(_COLOURS[: len(kinds)])), legend=alt.Legend(title=None)
    )
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=list(_SHAPES[: len(kinds)])))
    base = plot(points).encode(color=colour)
    layers = [
        *_reference(reference, x, y, colour, shape),
        plot(list(_steps(front, max(point["high"] for point in points))))
        .mark_line(interpolate="step-after", color=MUTED, strokeWidth=1.4, strokeDash=[5, 4])
        .encode(x=x, y=y),
        base.mark_rule(strokeWidth=1.6).encode(x=_at(x, "low"), x2="high", y=y),
        base.mark_rule(strokeWidth=1.6).encode(x=x, y=_at(y, "error_low"), y2="error_high"),
        *_symbols(points, 90, colour, {"x": x, "y": y, "shape": shape, "tooltip": _tooltip(points)}),
        *(
            plot(points)
            .mark_text(align="left", baseline="bottom", dx=7, dy=-4, **style)
            .encode(x=x, y=y, text="number:N")
            for style in ({"stroke": PAPER, "strokeWidth": 3}, {"color": INK})
        ),
    ]
    return alt.layer(*layers)


def _symbols(
    rows: Sequence[Mapping[str, Any]], size: int, colour: alt.Color, encoding: Mapping[str, Any]
) -> Iterator[Any]:
    """Of all rows, hollow ones over those that are doubtful."""
    style = {"size": size, "opacity": 1, "strokeWidth": 1}
    yield plot(rows).mark_point(filled=True, stroke=PAPER, **style).encode(color=colour, **encoding)
    if any(row["doubtful"] for row in rows):
        hollow = plot(rows).transform_filter("datum.doubtful").mark_point(filled=False, fill=PAPER, **style)
        yield hollow.encode(color=colour, **encoding)


def description(front: Front) -> str:
    """The chart in words."""
    best = front.estimated
    first, last = best[0].point, best[-1].point
    return (
        f"Error against latency of {len(front.placed)} networks. The front of the estimates has {len(best)} of them,"
        f" from {first.network}, {latency_text(first.latency)} ms with {error_text(first.error)} % of error, to"
        f" {last.network}, {latency_text(last.latency)} ms with {error_text(last.error)} %."
    )


def _points(front: Front) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(front.placed, 1):
        error, latency = one.point.error, one.point.latency
        deviation = error.sd or 0.0
        yield {
            "number": str(number),
            "network": one.point.network,
            "training": one.point.training,
            "kind": STANDINGS[one.standing],
            "ms": rounded(latency.ns / _NS_PER_MS),
            "low": rounded(latency.low_ns / _NS_PER_MS),
            "high": rounded(latency.high_ns / _NS_PER_MS),
            "error": rounded(100 * error.mean),
            "error_low": rounded(100 * (error.mean - deviation)),
            "error_high": rounded(100 * (error.mean + deviation)),
            "told": f"{error_text(error)} %, {error.source}, {error.runs} run{'s' if error.runs > 1 else ''}",
            "time": f"{latency_text(latency)} ms",
            "probability": probability(one.dominated),
            "verdict": verdict(one),
            "doubtful": bool(latency.untrusted),
        }


def _steps(front: Front, last_ms: float) -> Iterator[dict[str, Any]]:
    """The least error that each latency allows, up to that of the slowest network."""
    best = front.estimated
    for one in best:
        yield {"ms": rounded(one.point.latency.ns / _NS_PER_MS), "error": rounded(100 * one.point.error.mean)}
    yield {"ms": last_ms, "error": rounded(100 * best[-1].point.error.mean)}


def _rows(thesis: Sequence[Row]) -> Iterator[dict[str, Any]]:
    for row in thesis:
        error, deviation = row.error_percent or 0.0, row.error_sd_percent or 0.0
        yield {
            "kind": DISTILLED if row.distilled else THESIS,
            "network": words_thesis.name(row),
            "ms": row.latency_ms,
            "error": rounded(error),
            "error_low": rounded(error - deviation),
            "error_high": rounded(error + deviation),
            "told": f"{words_thesis.error(row)} %",
            "note": row.note or "–",
            "doubtful": bool(row.note),
        }


def _reference(rows: Sequence[Mapping[str, Any]], x: alt.X, y: alt.Y, colour: alt.Color, shape: alt.Shape) -> list[Any]:
    if not rows:
        return []
    tooltip = [
        alt.Tooltip("network:N"),
        alt.Tooltip("kind:N", title="of"),
        alt.Tooltip("ms:Q", title="ms"),
        alt.Tooltip("told:N", title="error"),
        alt.Tooltip("note:N", title="doubt"),
    ]
    deviations = plot(rows).mark_rule(strokeWidth=1, opacity=0.4)
    return [
        deviations.encode(color=colour, x=x, y=_at(y, "error_low"), y2="error_high"),
        *_symbols(rows, 50, colour, {"x": x, "y": y, "shape": shape, "tooltip": tooltip}),
    ]


def _tooltip(points: Sequence[Mapping[str, Any]]) -> list[alt.Tooltip]:
    several = len({point["training"] for point in points}) > 1
    return [
        alt.Tooltip("network:N"),
        *([alt.Tooltip("training:N")] if several else []),
        alt.Tooltip("time:N", title="latency"),
        alt.Tooltip("low:Q", title="95 % from"),
        alt.Tooltip("high:Q", title="to"),
        alt.Tooltip("told:N", title="error"),
        alt.Tooltip("probability:N", title="P(dominated)"),
        alt.Tooltip("verdict:N"),
    ]


def _axes(
    front: Front, points: Sequence[Mapping[str, Any]], reference: Sequence[Mapping[str, Any]]
) -> tuple[alt.X, alt.Y]:
    lows = [point["low"] for point in points] + [row["ms"] for row in reference]
    highs = [point["high"] for point in points] + [row["ms"] for row in reference]
    logarithmic = max(highs) > _WIDE * min(lows)
    room = (max(highs) - min(lows)) * _MARGIN or 0.1 * max(highs)
    if logarithmic:
        domain = [rounded(min(lows) / 1.15), rounded(max(highs) * 1.15)]
    else:
        domain = [rounded(max(0.0, min(lows) - room)), rounded(max(highs) + room)]
    x = alt.X(
        "ms:Q",
        scale=alt.Scale(type="log" if logarithmic else "linear", domain=domain, nice=False),
        axis=alt.Axis(
            title=f"latency ({front.setting.statistic}), ms" + (" (logarithmic)" if logarithmic else ""),
            values=log_ticks(*domain) if logarithmic else alt.Undefined,
            format=NUMBER,
            labelOverlap="greedy",
        ),
    )
    least = min(row["error_low"] for row in (*points, *reference))
    most = max(row["error_high"] for row in (*points, *reference))
    space = (most - least) * _MARGIN or 0.1 * most or 1.0
    extent = [rounded(max(0.0, least - space)), rounded(min(100.0, most + space))]
    y = alt.Y(
        "error:Q",
        scale=alt.Scale(domain=extent, nice=False, zero=False),
        axis=alt.Axis(title="error, %", format=NUMBER, tickCount=6),
    )
    return x, y


def _at(channel: Any, field: str) -> Any:
    """The same axis for another field."""
    same = channel.copy()
    same.shorthand = f"{field}:Q"
    return same
