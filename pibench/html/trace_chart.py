"""What the board's sensors told beside the samples, as lines over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import altair as alt
import numpy as np

from pibench.device import Quantity, Span
from pibench.html.plot import plot
from pibench.html.theme import CATEGORIES
from pibench.html.thinning import rounded
from pibench.html.time_axis import Clock, spans_layer, x_of, y_of
from pibench.report import Session

_MOST_READINGS = 400
_MOST_LINES = 4


def readings_of(
    sessions: Sequence[Session], quantity: Quantity, factor: float, clock: Clock
) -> Iterator[dict[str, Any]]:
    """Lines of a quantity, each broken between processes; of many sensors only the extremes."""
    names = {channel.name for session in sessions for channel in session.trace.channels if channel.quantity == quantity}
    total = sum(len(session.trace.start_ns) for session in sessions)
    every = max(1, -(-total // _MOST_READINGS))
    for number, session in enumerate(sessions):
        times = np.asarray(session.trace.start_ns, float)
        lines = {
            channel.name: np.array([np.nan if value is None else value / factor for value in channel.values])
            for channel in session.trace.channels
            if channel.quantity == quantity
        }
        if len(names) > _MOST_LINES and lines:
            together = np.array(list(lines.values()))
            known = together[:, ~np.isnan(together).all(axis=0)]
            times = times[~np.isnan(together).all(axis=0)]
            lines = {"highest": np.nanmax(known, axis=0), "lowest": np.nanmin(known, axis=0)} if known.size else {}
        # A dip of the clock and a peak of heat are what one looks for: thinning must keep them.
        extreme = np.nanmin if quantity == "frequency_khz" else np.nanmax
        for name, values in lines.items():
            for begin in range(0, len(values), every):
                some = values[begin : begin + every]
                if not np.isnan(some).all():
                    yield {
                        "t": clock.place(float(times[begin])),
                        "v": rounded(float(extreme(some)), 4),
                        "sensor": name,
                        "run": number,
                    }


def trace_chart(readings: Sequence[dict[str, Any]], title: str, clock: Clock, spans: Sequence[Span]) -> Any:
    """A line for each sensor; the stretches behind them."""
    sensors = sorted({reading["sensor"] for reading in readings})
    legend = alt.Legend(symbolType="stroke") if len(sensors) > 1 else None
    line = (
        plot(readings)
        .mark_line(strokeWidth=1.8, interpolate="linear")
        .encode(
            x=x_of(clock),
            y=y_of("v:Q", alt.Scale(zero=False, nice=True)),
            color=alt.Color("sensor:N", scale=alt.Scale(domain=sensors, range=list(CATEGORIES)), legend=legend),
            detail="run:N",
            tooltip=[alt.Tooltip("t:Q", title=f"time, {clock.unit}"), alt.Tooltip("v:Q", title=title), "sensor:N"],
        )
    )
    layers = [spans_layer(clock, spans, legend=False), line] if spans else [line]
    return alt.layer(*layers, title=title if len(sensors) > 1 else f"{title} ({sensors[0]})")


def trace_description(name: str, unit: str, readings: Sequence[dict[str, Any]]) -> str:
    """What the chart shows, for who cannot see it."""
    values = [reading["v"] for reading in readings]
    return f"{name} over the run, from {min(values):g} to {max(values):g} {unit}."
