"""How the latency came to rest before the samples that count."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import altair as alt
import numpy as np

from pibench.html.plot import NUMBER, chart_spec, log_ticks, plot, short_label
from pibench.html.selection import Names
from pibench.html.theme import CATEGORIES
from pibench.html.thinning import Floats, rounded, windows
from pibench.html.view import Chart, Figure
from pibench.report import Measurement, Result

MOST_LINES = 24
_MOST_POINTS = 16
_HIGHEST = 3.0


def warm_up_figure(results: Sequence[Result], names: Names) -> Figure | None:
    """A line per result: in the median of its processes, warm-up samples over the figure."""
    warmed = [result for result in results if result.summary and _warmed(result)]
    shown = warmed[:MOST_LINES]
    points = [point for number, result in enumerate(shown) for point in _points(number, result, names)]
    if not points:
        return None
    values = [point["ratio"] for point in points]
    highest = min(max(values), _HIGHEST)
    caption = "1 is the figure of the row; each line is the median of the row's processes, from the first inference on."
    if max(values) > highest:
        caption += f" What is beyond {_HIGHEST:g} is drawn at the edge; the highest is {max(values):.3g}."
    if len(warmed) > len(shown):
        caption += f" The first {len(shown)} of {len(warmed)} rows."
    chart = _chart(points, [names.full(result) for result in shown], highest)
    description = f"Warm-up curves of {len(shown)} rows: latency over its later figure, by the number of inferences."
    return Figure([Chart("warm-up-curves", chart_spec(chart, 200), description)], caption=caption)


def _warmed(result: Result) -> list[Measurement]:
    return [measurement for measurement in result.measurements if measurement.warm_up.duration_ns]


def _points(number: int, result: Result, names: Names) -> Iterator[dict[str, Any]]:
    """The first inference, then medians of all processes' samples over stretches of a logarithmic axis."""
    assert result.summary
    measurements = _warmed(result)
    first_ns = float(np.median([measurement.setup.first_inference_ns for measurement in measurements]))
    places, latencies_ns = (
        np.concatenate(columns) for columns in zip(*(_samples(one) for one in measurements), strict=True)
    )
    curve = [(1.0, first_ns)]
    for window in windows(np.log(places), latencies_ns, _MOST_POINTS):
        curve.append((math.exp((window.begin + window.end) / 2), window.middle))
    for inferences, latency_ns in curve:
        yield {
            "n": rounded(inferences),
            "ratio": rounded(latency_ns / result.summary.latency_ns),
            "line": number,
            "name": names.full(result),
        }


def _samples(measurement: Measurement) -> tuple[Floats, Floats]:
    """How many inferences had been done in the middle of each warm-up sample, and its latency."""
    warm_up = measurement.warm_up
    done = 1.5 + warm_up.group * (np.arange(len(warm_up.duration_ns)) + 0.5)
    return done, np.asarray(warm_up.duration_ns, float) / warm_up.group


def _chart(points: Sequence[dict[str, Any]], shown: Sequence[str], highest: float) -> Any:
    few = len(shown) <= len(CATEGORIES)
    lowest = min(point["ratio"] for point in points)
    ticks = log_ticks(1, max(point["n"] for point in points))
    encoding: dict[str, Any] = {
        "x": alt.X(
            "n:Q",
            scale=alt.Scale(type="log", nice=False),
            axis=alt.Axis(
                title="inferences since loading",
                values=ticks,
                format=NUMBER,
                grid=False,
                labelOverlap=True,
            ),
        ),
        "y": alt.Y(
            "ratio:Q",
            scale=alt.Scale(domain=[min(0.9, lowest), max(1.1, highest)], clamp=True, nice=False),
            axis=alt.Axis(title="latency ÷ the row's figure", tickCount=5),
        ),
        "detail": "line:N",
        "tooltip": [alt.Tooltip("name:N", title="network"), alt.Tooltip("n:Q", title="inferences"), "ratio:Q"],
    }
    if few and len(shown) > 1:
        encoding["color"] = alt.Color(
            "name:N",
            scale=alt.Scale(domain=list(dict.fromkeys(shown)), range=list(CATEGORIES)),
            legend=alt.Legend(columns=1, symbolType="stroke", labelExpr=short_label(36)),
        )
    line = plot(points).encode(**encoding)
    if few and len(shown) > 1:
        return line.mark_line(strokeWidth=1.6)
    return line.mark_line(strokeWidth=1.4, color=CATEGORIES[0], opacity=0.9 if few else 0.45)
