"""Samples, temperature and clock on one axis of time, with the stretches in which the board held back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import numpy.typing as npt

from pibench.device import Quantity, Span
from pibench.html.plot import chart_spec, plot
from pibench.html.theme import CATEGORIES, FAILED
from pibench.html.thinning import Floats, rounded, upper_end, windows
from pibench.html.view import Chart, Figure
from pibench.measure.summary import latencies_ns
from pibench.report import Report, Result, Session
from pibench.words.numbers import count, duration, percent, unit_of
from pibench.words.results import plain

Mask = npt.NDArray[np.bool_]

_MOST_POINTS = 1500
_MOST_WINDOWS = 300
_MOST_READINGS = 400
_MOST_LINES = 4
_LABELS_PX = 46
_HOW_TO_READ_WINDOWS = (
    f"Each point is the median of those in 1/{_MOST_WINDOWS} of the time, its line reaches from the 5th to the 95th"
    " percentile."
)
_SPAN_COLOURS = {
    "under_voltage": CATEGORIES[3],
    "capped": CATEGORIES[4],
    "throttled": CATEGORIES[1],
    "soft_limit": CATEGORIES[2],
    "slow_clock": CATEGORIES[5],
    "cooling": CATEGORIES[6],
}


class Clock(NamedTuple):
    """The axis of time: what is 0 on it, how much of a second its unit is, where it ends."""

    zero_ns: int
    unit: str
    unit_ns: float
    end: float

    def place(self, time_ns: float) -> float:
        return rounded((time_ns - self.zero_ns) / self.unit_ns, 7)


class Samples(NamedTuple):
    """Samples of all shown results: when, the latency (see ``relative``), and whether it was set aside."""

    start_ns: Floats
    values: Floats
    aside: Mask


def timeline_figure(report: Report, results: Sequence[Result]) -> tuple[Figure | None, list[str]]:
    """The charts, and a sentence for each thing that the board did not tell."""
    samples = _samples(results)
    clock = _clock(samples, report.sessions)
    if clock is None:
        return None, []
    spans = [span for session in report.sessions for span in session.spans]
    charts: list[Chart] = []
    captions: list[str] = []
    if len(samples.values):
        charts.append(_samples_chart(samples, results, clock, spans, captions))
    missing: list[str] = []
    for quantity, name, unit, factor, sentence in (
        ("temperature_c", "Temperature", "°C", 1.0, "The board has no temperature sensor that pibench could read."),
        ("frequency_khz", "Clock", "GHz", 1e6, "The system does not tell the cores' clock."),
    ):
        readings = list(_readings(report.sessions, quantity, factor, clock))  # type: ignore[arg-type]
        if readings:
            chart = _trace_chart(readings, f"{name}, {unit}", clock, spans)
            charts.append(Chart(name.lower(), chart_spec(chart, 110), _trace_description(name, unit, readings)))
        else:
            missing.append(sentence)
    if spans:
        captions.append(f"Shaded: {_spans_in_words(spans)}.")
    return Figure(_last_with_axis(charts, clock), caption=" ".join(captions)), missing


def _samples(results: Sequence[Result]) -> Samples:
    """Beside one another latencies of several networks are shares of their rows' figures."""
    parts: list[Samples] = []
    for result in results:
        for measurement, values in _relative(result, alone=len(results) == 1):
            aside = np.zeros(len(values), bool)
            aside[list(measurement.set_aside)] = True
            parts.append(Samples(np.asarray(measurement.start_ns, float), values, aside))
    if not parts:
        return Samples(np.empty(0), np.empty(0), np.empty(0, bool))
    return Samples(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _relative(result: Result, *, alone: bool) -> Iterator[tuple[Any, Floats]]:
    latencies = [latencies_ns(measurement) for measurement in result.measurements]
    if not any(len(values) for values in latencies):
        return
    middle_ns = result.summary.latency_ns if result.summary else float(np.median(np.concatenate(latencies)))
    for measurement, values in zip(result.measurements, latencies, strict=True):
        yield measurement, values if alone else values / middle_ns


def _clock(samples: Samples, sessions: Sequence[Session]) -> Clock | None:
    times: list[float] = [time for session in sessions for time in session.trace.start_ns]
    if len(samples.start_ns):
        times += [float(samples.start_ns.min()), float(samples.start_ns.max())]
    if not times:
        return None
    zero_ns = int(min(times))
    length_ns = max(times) - zero_ns or 1.0
    unit, unit_ns = next(
        ((name, ns) for name, ns in (("h", 3.6e12), ("min", 60e9), ("s", 1e9)) if length_ns > 3 * ns), ("ms", 1e6)
    )
    return Clock(zero_ns, unit, unit_ns, rounded(length_ns / unit_ns))


def _x(clock: Clock, field: str = "t:Q") -> alt.X:
    scale = alt.Scale(domain=[0, clock.end], nice=False)
    return alt.X(field, scale=scale, axis=alt.Axis(title=None, labels=False, ticks=False, grid=False, tickCount=6))


def _y(field: str, scale: Any) -> alt.Y:
    # The same room for labels, so that the axes of time lie below one another.
    axis = alt.Axis(title=None, minExtent=_LABELS_PX, maxExtent=_LABELS_PX, tickCount=4, domain=False, ticks=False)
    return alt.Y(field, scale=scale, axis=axis)


def _last_with_axis(charts: Sequence[Chart], clock: Clock) -> list[Chart]:
    """The lowest chart tells the time for all."""
    *upper, last = charts
    return [*upper, last._replace(spec=_with_axis(dict(last.spec), clock))]


def _with_axis(spec: dict[str, Any], clock: Clock) -> dict[str, Any]:
    for layer in spec["layer"]:
        if "axis" in layer["encoding"].get("x", {}):
            layer["encoding"]["x"]["axis"] |= {"labels": True, "ticks": True, "title": f"time, {clock.unit}"}
    return spec


def _spans_layer(clock: Clock, spans: Sequence[Span], *, legend: bool) -> Any:
    kinds = sorted({span.kind for span in spans})
    values = [
        {
            "begin": max(0.0, clock.place(span.begin_ns)),
            "end": min(clock.end, clock.place(span.end_ns)),
            "kind": plain(span.kind),
        }
        for span in _joined(spans, clock)
    ]
    scale = alt.Scale(domain=[plain(kind) for kind in kinds], range=[_SPAN_COLOURS[kind] for kind in kinds])
    return (
        plot(values)
        .mark_rect(opacity=0.22, clip=True)
        .encode(
            x=_x(clock, "begin:Q"),
            x2="end:Q",
            fill=alt.Fill("kind:N", scale=scale, legend=alt.Legend(symbolType="square") if legend else None),
            tooltip=[alt.Tooltip("kind:N", title="the board"), alt.Tooltip("begin:Q"), alt.Tooltip("end:Q")],
        )
    )


def _joined(spans: Sequence[Span], clock: Clock) -> list[Span]:
    """Those of one kind that a drawing could not tell apart as one."""
    joined: list[Span] = []
    last: dict[str, int] = {}
    least_ns = clock.end * clock.unit_ns / _MOST_WINDOWS
    for span in sorted(spans, key=lambda span: span.begin_ns):
        index = last.get(span.kind)
        if index is not None and span.begin_ns - joined[index].end_ns < least_ns:
            joined[index] = Span(
                kind=span.kind, begin_ns=joined[index].begin_ns, end_ns=max(joined[index].end_ns, span.end_ns)
            )
        else:
            last[span.kind] = len(joined)
            joined.append(span)
    return joined


def _spans_in_words(spans: Sequence[Span]) -> str:
    lengths: dict[str, int] = {}
    for span in spans:
        lengths[span.kind] = lengths.get(span.kind, 0) + span.end_ns - span.begin_ns
    return ", ".join(f"{plain(kind)} for {duration(length_ns)}" for kind, length_ns in lengths.items())


def _samples_chart(
    samples: Samples, results: Sequence[Result], clock: Clock, spans: Sequence[Span], captions: list[str]
) -> Chart:
    alone = len(results) == 1
    unit = unit_of(float(np.median(samples.values))) if alone else None
    values = samples.values / unit.ns if unit else samples.values
    title = f"Latency, {unit.name}" if unit else "Latency ÷ the figure of its row"
    top = _top(values, samples.aside)
    places = (samples.start_ns - clock.zero_ns) / clock.unit_ns
    thin = len(values) > _MOST_POINTS
    rows: list[dict[str, Any]] = []
    for aside in (False, True):
        mask = samples.aside == aside
        rows += _marks(places[mask], values[mask], aside=aside, thin=thin)
    scale = alt.Scale(domain=[rounded(float(values.min())), rounded(top)], nice=True, zero=False, clamp=True)
    kinds = ["counted", "set aside"] if samples.aside.any() else ["counted"]
    legend = alt.Legend() if samples.aside.any() else None
    encoding: dict[str, Any] = {
        "x": _x(clock),
        "color": alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[CATEGORIES[0], FAILED]), legend=legend),
    }
    base = plot(rows)
    points = base.mark_point(filled=True, size=14 if thin else 18, opacity=1 if thin else 0.6).encode(
        y=_y("m:Q", scale),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=["circle", "cross"]), legend=legend),
        tooltip=[alt.Tooltip("t:Q", title=f"time, {clock.unit}"), alt.Tooltip("m:Q", title=title), "kind:N"],
        **encoding,
    )
    layers = [points]
    if thin:
        layers.insert(0, base.mark_rule(opacity=0.35, strokeWidth=1.5).encode(y=_y("l:Q", scale), y2="h:Q", **encoding))
        captions.append(f"{count(len(values))} samples. {_HOW_TO_READ_WINDOWS}")
    beyond = int((values > top).sum())
    if beyond:
        captions.append(f"{percent(beyond / len(values))} of the samples lie beyond the axis, drawn at its edge.")
    if spans:
        layers.insert(0, _spans_layer(clock, spans, legend=True))
    chart = alt.layer(*layers, title=title).resolve_scale(fill="independent")
    described = (
        f"{title} of {count(len(values))} samples over {clock.end:.3g} {clock.unit};"
        f" {int(samples.aside.sum())} set aside."
    )
    return Chart("over-time", chart_spec(chart, 190), described)


def _top(values: Floats, aside: Mask) -> float:
    """Where the axis ends: what was set aside is there to be seen as well."""
    counted = values[~aside] if not aside.all() else values
    top = upper_end(counted)
    return max(top, float(np.quantile(values[aside], 0.95))) if aside.any() else top


def _marks(places: Floats, values: Floats, *, aside: bool, thin: bool) -> list[dict[str, Any]]:
    kind = "set aside" if aside else "counted"
    if not thin:
        return [
            {"t": rounded(place, 6), "m": rounded(value), "kind": kind}
            for place, value in zip(places, values, strict=True)
        ]
    return [
        {
            "t": rounded((one.begin + one.end) / 2, 6),
            "m": rounded(one.middle),
            "l": rounded(one.low),
            "h": rounded(one.high),
            "kind": kind,
        }
        for one in windows(places, values, _MOST_WINDOWS)
    ]


def _readings(sessions: Sequence[Session], quantity: Quantity, factor: float, clock: Clock) -> Iterator[dict[str, Any]]:
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


def _trace_chart(readings: Sequence[dict[str, Any]], title: str, clock: Clock, spans: Sequence[Span]) -> Any:
    sensors = sorted({reading["sensor"] for reading in readings})
    legend = alt.Legend(symbolType="stroke") if len(sensors) > 1 else None
    line = (
        plot(readings)
        .mark_line(strokeWidth=1.8, interpolate="linear")
        .encode(
            x=_x(clock),
            y=_y("v:Q", alt.Scale(zero=False, nice=True)),
            color=alt.Color("sensor:N", scale=alt.Scale(domain=sensors, range=list(CATEGORIES)), legend=legend),
            detail="run:N",
            tooltip=[alt.Tooltip("t:Q", title=f"time, {clock.unit}"), alt.Tooltip("v:Q", title=title), "sensor:N"],
        )
    )
    layers = [_spans_layer(clock, spans, legend=False), line] if spans else [line]
    return alt.layer(*layers, title=title if len(sensors) > 1 else f"{title} ({sensors[0]})")


def _trace_description(name: str, unit: str, readings: Sequence[dict[str, Any]]) -> str:
    values = [reading["v"] for reading in readings]
    return f"{name} over the run, from {min(values):g} to {max(values):g} {unit}."
