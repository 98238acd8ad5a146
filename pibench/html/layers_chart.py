"""A profile's layers as bars: what each takes alone, and what it takes in its network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import altair as alt

from pibench.html.plot import chart_spec, plot, short_label
from pibench.html.theme import CATEGORIES, INK
from pibench.html.thinning import rounded
from pibench.html.view import Chart, Figure
from pibench.profile.grouping import By, Group, by_time, grouped
from pibench.report import Profile, Timing
from pibench.words.numbers import TimeUnit, percent, unit_of

MOST_BARS = 60
_SLOT = 22
# Of stage1.block1.depthwise.depthwise the last part tells nothing more.
_ONCE = r"replace(datum.label, regexp('\\.(\\w+)\\.\\1$'), '.$1')"
_ISOLATED, _IN_PLACE = "isolated", "in place"


class Bars(NamedTuple):
    """What is drawn, by what, and what of it is left out."""

    groups: Sequence[Group]
    by: By
    left_out: int


def chosen(profile: Profile) -> Bars:
    """Layers in the network's order where they have room, else blocks, else the longest layers."""
    for by in ("layer", "block"):
        groups = grouped(profile.layers, by)
        if len(groups) <= MOST_BARS:
            return Bars(groups, by, 0)
    layers = grouped(profile.layers, "layer")
    return Bars(by_time(layers)[:MOST_BARS], "layer", len(layers) - MOST_BARS)


def layers_figure(profile: Profile) -> Figure | None:
    """Nothing where no layer was timed in either way."""
    bars = chosen(profile)
    times = [timing.ns for group in bars.groups for timing in (group.isolated, group.in_place) if timing]
    if not times:
        return None
    unit = unit_of(max(times))
    rows = [row for group in bars.groups for row in _rows(group, unit)]
    chart = _chart(rows, [group.name for group in bars.groups], unit)
    return Figure(
        [Chart("layer-times", chart_spec(chart, len(bars.groups) * _SLOT), _description(bars))],
        caption=_caption(bars, rows),
    )


def _rows(group: Group, unit: TimeUnit) -> Iterator[dict[str, Any]]:
    for way, timing in ((_ISOLATED, group.isolated), (_IN_PLACE, group.in_place)):
        if timing is None:
            continue
        row = {
            "layer": group.name,
            "way": way,
            "time": rounded(timing.ns / unit.ns),
            "op": group.op or f"{len(group.layers)} layers",
            "share": "" if group.share is None else percent(group.share),
        }
        yield row | _interval(timing, unit)


def _interval(timing: Timing, unit: TimeUnit) -> dict[str, float]:
    if timing.low_ns is None or timing.high_ns is None:
        return {}
    return {"low": rounded(timing.low_ns / unit.ns), "high": rounded(timing.high_ns / unit.ns)}


def _chart(rows: Sequence[dict[str, Any]], order: Sequence[str], unit: TimeUnit) -> Any:
    ways = [way for way in (_ISOLATED, _IN_PLACE) if any(row["way"] == way for row in rows)]
    colours = {_ISOLATED: CATEGORIES[0], _IN_PLACE: CATEGORIES[1]}
    longest = max(max(row["time"], row.get("high", 0.0)) for row in rows)
    x_axis = alt.Axis(title=f"time per inference, {unit.name}", tickCount=5, labelOverlap=True)
    scale = alt.Scale(domain=[0, longest * 1.03], nice=False)
    y_axis = alt.Axis(
        title=None, labelExpr=short_label(24, _ONCE), labelLimit=400, ticks=False, domain=False, labelColor=INK
    )
    encoding: dict[str, Any] = {
        "y": alt.Y("layer:N", axis=y_axis, scale=alt.Scale(domain=list(order), paddingInner=0.35)),
        "color": alt.Color("way:N", scale=alt.Scale(domain=ways, range=[colours[way] for way in ways])),
        "tooltip": [
            alt.Tooltip("layer:N"),
            alt.Tooltip("op:N", title="operation"),
            alt.Tooltip("way:N"),
            alt.Tooltip("time:Q", title=unit.name),
            alt.Tooltip("low:Q", title="95 % from"),
            alt.Tooltip("high:Q", title="to"),
            alt.Tooltip("share:N"),
        ],
    }

    def of(way: str, value: str = "time:Q") -> tuple[Any, alt.X]:
        drawn = [row for row in rows if row["way"] == way and value.removesuffix(":Q") in row]
        return plot(drawn), alt.X(value, axis=x_axis, scale=scale)

    layers = []
    if _ISOLATED in ways:
        data, x = of(_ISOLATED)
        layers.append(data.mark_bar(opacity=0.8, cornerRadiusEnd=2).encode(x=x, **encoding))
    if _IN_PLACE in ways:
        data, x = of(_IN_PLACE, "low:Q")
        layers.append(data.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q", **encoding))
        data, x = of(_IN_PLACE)
        layers.append(data.mark_point(filled=True, size=45, shape="diamond", opacity=1).encode(x=x, **encoding))
    if _ISOLATED in ways:
        data, x = of(_ISOLATED, "low:Q")
        quiet = {name: value for name, value in encoding.items() if name != "color"}
        layers.append(data.mark_rule(strokeWidth=1.2, color=INK).encode(x=x, x2="high:Q", **quiet))
    return alt.layer(*layers)


def _description(bars: Bars) -> str:
    longest = by_time(bars.groups)[0]
    share = f", {percent(longest.share)} of the time of all layers" if longest.share is not None else ""
    return f"Time of {len(bars.groups)} {bars.by}s; the longest is {longest.name}{share}. The table has every figure."


def _caption(bars: Bars, rows: Sequence[dict[str, Any]]) -> str:
    parts = ["Lines are 95 % intervals."] if any("low" in row for row in rows) else []
    if bars.by == "block":
        parts.append("Blocks, since the network has too many layers for a chart; the table has the layers.")
    if bars.left_out:
        parts.append(f"The {len(bars.groups)} longest layers; {bars.left_out} more are in the table.")
    return " ".join(parts)
