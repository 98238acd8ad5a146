"""What a soak found out, on the terminal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console

from pibench.cli.charts import bars
from pibench.measure.endurance import Deadlines, Endurance
from pibench.measure.soak_result import clock_time
from pibench.report import Result
from pibench.words.doubts import told
from pibench.words.numbers import duration, gigahertz, rate, significant

WIDEST_CHART = 100
_NARROWEST_CHART = 8
# A scale spans this share at the least: noise must not look like a mountain.
_LEAST_SPAN = 0.1
_SENTENCES = {
    "steady": "Steady: it holds what it began with.",
    "undecided": "Undecided: no rise is to be seen, but a large one could hide behind the noise; soak longer,"
    " or stop other work.",
    "throttled": "Throttled: the board held back.",
    "slowed": "Slowed: the latency rose and stayed up; the board's sensors do not say why.",
}


def show_soak(result: Result, found: Endurance, console: Console, *, complete: bool = True) -> None:
    """Print name, charts, figures and the verdict, which is of a part where the soak is not complete."""
    lines = [
        f"{result.name}, {_how(found)} for {clock_time(found.elapsed_s)}",
        *charts(found, console.width, console.options.ascii_only),
        "",
        *figures(found),
        "",
        ("" if complete else "As far as it came: ") + _sentence(found) + _untrusted(result),
        *map(told, result.doubts),
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _sentence(found: Endurance) -> str:
    if found.verdict == "steady" and not found.is_well:
        return f"Steady, but {_how(found)} are not held."
    return _SENTENCES[found.verdict]


def _untrusted(result: Result) -> str:
    return " Untrusted, for the reasons below." if result.verdict == "untrusted" else ""


def _how(found: Endurance) -> str:
    return f"{1e9 / found.deadlines.period_ns:.4g} fps" if found.deadlines else "back to back"


def charts(found: Endurance, width: int, ascii_only: bool) -> Iterator[str]:
    """Latency, temperature and clock over time; what no sensor told is left out."""
    windows = found.windows
    series: list[tuple[str, Sequence[float | None], Callable[[float], str], int]] = [
        ("latency", [w.latency_ns for w in windows], duration, 4),
        ("temperature", [w.temperature_c for w in windows], _degrees, 2),
        ("clock", [w.frequency_khz for w in windows], gigahertz, 2),
    ]
    told = [(name, values, text, rows) for name, values, text, rows in series if any(v is not None for v in values)]
    scales = [_scale(values) for _, values, _, _ in told]
    labels = [(text(high), text(low)) for (low, high), (_, _, text, _) in zip(scales, told, strict=True)]
    margin = 12 + max(len(label) for pair in labels for label in pair) + 2
    room = max(_NARROWEST_CHART, min(WIDEST_CHART, width - margin))
    for (name, values, _, rows), (low, high), (top, bottom) in zip(told, scales, labels, strict=True):
        lines = bars(_on_axis(found, values), room, low, high, rows, ascii_only=ascii_only)
        beside = [(name, top), *[("", "")] * (rows - 2), ("", bottom)]
        for (title, label), line in zip(beside, lines, strict=True):
            yield f"{title:<12}{label:>{margin - 14}}  {line}".rstrip()
    end = clock_time(found.elapsed_s)
    yield " " * margin + "0" + f"{end:>{room - 1}}"


def _scale(values: Sequence[float | None]) -> tuple[float, float]:
    known = [value for value in values if value is not None]
    return min(known), max(*known, min(known) * (1 + _LEAST_SPAN))


def _on_axis(found: Endurance, values: Sequence[float | None]) -> list[float | None]:
    """Each value at its window's place in time: windows without samples are gaps."""
    width_s = found.windows[0].end_s - found.windows[0].begin_s
    places: list[float | None] = [None] * max(1, round(found.elapsed_s / width_s))
    for window, value in zip(found.windows, values, strict=True):
        places[min(round(window.begin_s / width_s), len(places) - 1)] = value
    return places


def figures(found: Endurance) -> Iterator[str]:
    """What it began with, what it holds, by how much they differ."""
    for name, stretch in (("first", found.first), ("sustained", found.sustained)):
        yield (
            f"{name:<12}{duration(stretch.latency_ns)}, p95 {duration(stretch.p95_ns)},"
            f" {rate(stretch.inferences_per_second)} inferences/s"
        )
    yield f"{'ratio':<12}{_ratio(found)}"
    if found.highest_c is not None:
        yield f"{'hottest':<12}{_degrees(found.highest_c)}"
    if found.deadlines:
        yield f"{'deadlines':<12}{_deadlines(found, found.deadlines)}"


def _ratio(found: Endurance) -> str:
    ratio = found.ratio
    if math.isnan(ratio.low):
        text = f"{ratio.estimate:.3g} (too few samples for an interval)"
    else:
        value, low, high = (significant(number, ratio.high - ratio.low) for number in ratio)
        text = f"{value} (95 %: {low} to {high})"
    if math.isnan(found.reference_ratio):
        return text
    return f"{text}; of a fixed reference, which follows the clock: {found.reference_ratio:.3g}"


def _deadlines(found: Endurance, deadlines: Deadlines) -> str:
    fps = 1e9 / deadlines.period_ns
    # Rounded down: 100 % with a missed frame would be a lie.
    share = math.floor(1000 * deadlines.met_share) / 10
    sustained = math.floor(1000 * deadlines.sustained_share) / 10
    return (
        f"{share:.1f} % of {deadlines.frames:,} frames met; at the end"
        f" {rate(found.sustained.inferences_per_second)} frames/s, {sustained:.1f} % of them in time:"
        f" {fps:.4g} fps are {'' if deadlines.held else 'not '}held"
    )


def _degrees(temperature_c: float) -> str:
    return f"{temperature_c:.0f} °C"
