"""Latency along an axis of a grid, as bars of characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pibench.cli.charts import bars
from pibench.forms import Point
from pibench.report import Condition, Result
from pibench.words.numbers import duration

# Of fewer the table is read as fast.
FEWEST_POINTS = 8
ROWS = 4
WIDEST_CHART = 96


class Curve(NamedTuple):
    """One line of points: what they have in common, and their latencies in ns along the axis."""

    title: str
    values: Sequence[int]
    latencies_ns: Sequence[float | None]


def curves(points: Sequence[Point], results: Sequence[Result], width: int, ascii_only: bool) -> Iterator[str]:
    """A chart for each curve along the axis with the most values; nothing where that has few.

    The bars begin at zero, so that their heights are to each other as the latencies are.
    """
    axis = longest_axis(points)
    if axis is None:
        return
    for curve in curves_along(axis, points, results):
        known = [latency for latency in curve.latencies_ns if latency is not None]
        if len(known) < FEWEST_POINTS:
            continue
        top = duration(max(known))
        count = len(curve.values)
        room = count * max(1, min(WIDEST_CHART, width - len(top) - 2) // count)
        yield ""
        yield curve.title
        lines = bars(curve.latencies_ns, room, 0, max(known), ROWS, ascii_only=ascii_only)
        for label, line in zip((top, *[""] * (ROWS - 2), "0"), lines, strict=True):
            yield f"{label:>{len(top)}}  {line}".rstrip()
        first, last = f"{axis} {curve.values[0]}", str(curve.values[-1])
        yield f"{'':>{len(top)}}  {first}{last:>{max(room - len(first), len(last) + 1)}}"
    yield ""


def longest_axis(points: Sequence[Point]) -> str | None:
    """The parameter of numbers with the most different values, None where these are too few for a curve."""
    values: dict[str, set[int]] = {}
    for point in points:
        for name, value in point.parameters.items():
            if isinstance(value, int):
                values.setdefault(name, set()).add(value)
    name = max(values, key=lambda name: len(values[name]))
    return name if len(values[name]) >= FEWEST_POINTS else None


def curves_along(axis: str, points: Sequence[Point], results: Sequence[Result]) -> Iterator[Curve]:
    """Points that differ along the axis alone, each under one condition."""
    by_name = {point.name: point for point in points}
    lines: dict[tuple[str, Condition], dict[int, float | None]] = {}
    for result in results:
        point = by_name[result.subject.name]
        if axis in point.parameters:
            others = [f"{k}={v}" for k, v in point.form.said(**point.parameters).items() if k != axis]
            key = " ".join([point.form.name, *others]), result.condition
            latency_ns = result.summary.latency_ns if result.summary else None
            lines.setdefault(key, {})[point.parameters[axis]] = latency_ns
    several = len({condition for _, condition in lines}) > 1
    for (title, condition), line in lines.items():
        values = sorted(line)
        yield Curve(f"{title} ({condition})" if several else title, values, [line[value] for value in values])
