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
from pibench.html.time_axis import Clock, spans_in_words, spans_layer, x_of, y_of
from pibench.html.trace_chart import readings_of, trace_chart, trace_description
from pibench.html.view import Chart, Figure
from pibench.measure.summary import latencies_ns
from pibench.report import Report, Result, Session
from pibench.words.numbers import count, percent, unit_of

Mask = npt.NDArray[np.bool_]

_MOST_POINTS = 1500
_MOST_WINDOWS = 300
_HOW_TO_READ_WINDOWS = (
    f"Each point is the median of those in 1/{_MOST_WINDOWS} of the time, its line reaches from the 5th to the 95th"
    " percentile."
)


class Sensor(NamedTuple):
    """A quantity that is drawn over time, and the sentence where no sensor tells it."""

    quantity: Quantity
    name: str
    unit: str
    per_unit: float
    missing: str


_SENSORS = (
    Sensor("temperature_c", "Temperature", "°C", 1.0, "The board has no temperature sensor that pibench could read."),
    Sensor("frequency_khz", "Clock", "GHz", 1e6, "The system does not tell the cores' clock."),
)


class Samples(NamedTuple):
    """Samples of all shown results: when, the latency (see ``_relative``), and whether it was set aside."""

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
    for sensor in _SENSORS:
        readings = list(readings_of(report.sessions, sensor.quantity, sensor.per_unit, clock))
        if readings:
            chart = trace_chart(readings, f"{sensor.name}, {sensor.unit}", clock, spans)
            described = trace_description(sensor.name, sensor.unit, readings)
            charts.append(Chart(sensor.name.lower(), chart_spec(chart, 110), described))
        else:
            missing.append(sensor.missing)
    if not charts:
        return None, missing
    if spans:
        captions.append(f"Shaded: {spans_in_words(spans)}.")
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


def _last_with_axis(charts: Sequence[Chart], clock: Clock) -> list[Chart]:
    """The lowest chart tells the time for all."""
    *upper, last = charts
    return [*upper, last._replace(spec=_with_axis(dict(last.spec), clock))]


def _with_axis(spec: dict[str, Any], clock: Clock) -> dict[str, Any]:
    for layer in spec["layer"]:
        if "axis" in layer["encoding"].get("x", {}):
            layer["encoding"]["x"]["axis"] |= {"labels": True, "ticks": True, "title": f"time, {clock.unit}"}
    return spec


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
        "x": x_of(clock),
        "color": alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[CATEGORIES[0], FAILED]), legend=legend),
    }
    base = plot(rows)
    points = base.mark_point(filled=True, size=14 if thin else 18, opacity=1 if thin else 0.6).encode(
        y=y_of("m:Q", scale),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=["circle", "cross"]), legend=legend),
        tooltip=[alt.Tooltip("t:Q", title=f"time, {clock.unit}"), alt.Tooltip("m:Q", title=title), "kind:N"],
        **encoding,
    )
    layers = [points]
    if thin:
        layers.insert(
            0, base.mark_rule(opacity=0.35, strokeWidth=1.5).encode(y=y_of("l:Q", scale), y2="h:Q", **encoding)
        )
        captions.append(f"{count(len(values))} samples. {_HOW_TO_READ_WINDOWS}")
    beyond = int((values > top).sum())
    if beyond:
        captions.append(f"{percent(beyond / len(values))} of the samples lie beyond the axis, drawn at its edge.")
    if spans:
        layers.insert(0, spans_layer(clock, spans, legend=True))
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
