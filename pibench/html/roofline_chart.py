"""Layers under the roof that arithmetic and memory allow, on logarithmic axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import altair as alt

from pibench.html.plot import NUMBER, chart_spec, log_ticks, plot
from pibench.html.theme import CATEGORIES, INK, MUTED
from pibench.html.thinning import rounded
from pibench.html.view import Chart, Figure
from pibench.profile.grouping import by_time, grouped
from pibench.report import Profile, RoofRecord
from pibench.words.numbers import percent

_OWN_COLOURS = len(CATEGORIES) - 1
_OTHER = "other operations"


class Extent(NamedTuple):
    """From where to where an axis goes."""

    low: float
    high: float


def roofline_figure(profile: Profile) -> Figure | None:
    """Nothing without a roof, or without a layer that does arithmetic."""
    points = list(_points(profile))
    if profile.roof is None or not points:
        return None
    x, y = _extents(profile, profile.roof, points)
    roofs = list(_roofs(profile, profile.roof, x))
    chart = _chart(points, roofs, list(_labels(profile, profile.roof, x)), x, y)
    best = max(points, key=lambda point: point["rate"])
    description = (
        f"Roofline of {len(points)} layers: operations per byte against the rate reached. The fastest is"
        f" {best['layer']}, {best['rate']:.3g} GOP/s at {best['intensity']:.3g} operations per byte."
    )
    caption = (
        f"Solid: memory, {profile.roof.memory_gbs:.3g} GB/s; dashed: second-level cache, {profile.roof.cache_gbs:.3g}"
        " GB/s; the level parts are the peaks of arithmetic. Area: share of the time."
    )
    if profile.roof_problem:
        caption += f" The roof is doubtful: {profile.roof_problem}."
    return Figure([Chart("roofline", chart_spec(chart, 340), description)], caption=caption)


def _points(profile: Profile) -> Iterator[dict[str, Any]]:
    groups = [group for group in grouped(profile.layers, "layer") if group.gops and group.operations_per_byte]
    ranked = [group.name for group in by_time(grouped(profile.layers, "op")) if group.macs and group.timing]
    own = set(ranked[:_OWN_COLOURS])
    for group in groups:
        assert group.gops and group.operations_per_byte
        layer = group.layers[0]
        yield {
            "layer": group.name,
            "op": layer.op,
            "kind": layer.op_type if layer.op_type in own else _OTHER,
            "rate": rounded(group.gops),
            "intensity": rounded(group.operations_per_byte),
            "share": rounded(group.share or 0.0, 3),
            "told": "" if group.share is None else percent(group.share),
            "of": "" if group.of_attainable is None else percent(group.of_attainable),
        }


def _dtypes(profile: Profile, roof: RoofRecord) -> list[str]:
    """Those that the network computes in; all where the roof knows none of them."""
    used = {layer.dtype for layer in profile.layers if layer.macs}
    return [dtype for dtype in roof.peak_gops if dtype in used] or list(roof.peak_gops)


def _extents(profile: Profile, roof: RoofRecord, points: Sequence[dict[str, Any]]) -> tuple[Extent, Extent]:
    """Of both axes: all points, and the roofs' ridges with them."""
    peaks = [roof.peak_gops[dtype] for dtype in _dtypes(profile, roof)]
    ridges = [peak / roof.memory_gbs for peak in peaks] if roof.memory_gbs > 0 else []
    intensities = [point["intensity"] for point in points]
    rates = [point["rate"] for point in points]
    x = Extent(min(intensities) / 1.6, max(*intensities, *ridges, 0.0) * 2.5)
    return x, Extent(min(rates) / 2, max(*rates, *peaks, 0.0) * 2)


def _roofs(profile: Profile, roof: RoofRecord, x: Extent) -> Iterator[dict[str, Any]]:
    for dtype in _dtypes(profile, roof):
        peak = roof.peak_gops[dtype]
        for source, bandwidth in (("memory", roof.memory_gbs), ("cache", roof.cache_gbs)):
            if not (peak > 0 and bandwidth > 0):
                continue
            ridge = min(max(peak / bandwidth, x.low), x.high)
            for place in sorted({x.low, ridge, x.high}):
                yield {
                    "intensity": rounded(place),
                    "rate": rounded(min(peak, bandwidth * place)),
                    "source": source,
                    "line": f"{dtype} {source}",
                }


def _labels(profile: Profile, roof: RoofRecord, x: Extent) -> Iterator[dict[str, Any]]:
    for dtype in _dtypes(profile, roof):
        peak = roof.peak_gops[dtype]
        if peak > 0:
            yield {"intensity": rounded(x.high), "rate": rounded(peak), "text": f"{dtype}: {peak:.3g} GOP/s"}


def _chart(
    points: Sequence[dict[str, Any]],
    roofs: Sequence[dict[str, Any]],
    labels: Sequence[dict[str, Any]],
    x: Extent,
    y: Extent,
) -> Any:
    kinds = sorted({point["kind"] for point in points}, key=lambda kind: (kind == _OTHER, kind))
    x_channel = alt.X(
        "intensity:Q",
        scale=alt.Scale(type="log", domain=[rounded(x.low), rounded(x.high)], nice=False),
        axis=alt.Axis(title="arithmetic intensity, operations per byte", values=log_ticks(*x), format=NUMBER),
    )
    y_channel = alt.Y(
        "rate:Q",
        scale=alt.Scale(type="log", domain=[rounded(y.low), rounded(y.high)], nice=False),
        axis=alt.Axis(title="achieved rate, GOP/s", values=log_ticks(*y), format=NUMBER),
    )
    lines = (
        plot(roofs)
        .mark_line(color=MUTED, strokeWidth=1.8, clip=True)
        .encode(
            x=x_channel,
            y=y_channel,
            detail="line:N",
            strokeDash=alt.StrokeDash(
                "source:N", scale=alt.Scale(domain=["memory", "cache"], range=[[1, 0], [5, 4]]), legend=None
            ),
        )
    )
    texts = (
        plot(labels)
        .mark_text(align="right", baseline="bottom", dy=-4, color=INK)
        .encode(x=x_channel, y=y_channel, text="text:N")
    )
    marks = (
        plot(points)
        .mark_point(filled=True, opacity=0.8)
        .encode(
            x=x_channel,
            y=y_channel,
            size=alt.Size("share:Q", scale=alt.Scale(range=[30, 420], zero=True), legend=None),
            color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=list(CATEGORIES))),
            tooltip=[
                alt.Tooltip("layer:N"),
                alt.Tooltip("op:N", title="operation"),
                alt.Tooltip("rate:Q", title="GOP/s"),
                alt.Tooltip("intensity:Q", title="operations per byte"),
                alt.Tooltip("of:N", title="of the roof"),
                alt.Tooltip("told:N", title="share of the time"),
            ],
        )
    )
    return lines + marks + texts
