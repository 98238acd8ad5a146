"""The axis of time that the charts of a run share, and the stretches marked on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt

from pibench.device import Span
from pibench.html.plot import plot
from pibench.html.theme import CATEGORIES
from pibench.html.thinning import rounded
from pibench.words.doubts import plain
from pibench.words.numbers import duration

_LABELS_PX = 46
# Of the axis' length: stretches nearer to each other are drawn as one.
_LEAST_GAP = 1 / 300
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


def x_of(clock: Clock, field: str = "t:Q") -> alt.X:
    """The time, without labels: the lowest chart alone has them."""
    scale = alt.Scale(domain=[0, clock.end], nice=False)
    return alt.X(field, scale=scale, axis=alt.Axis(title=None, labels=False, ticks=False, grid=False, tickCount=6))


def y_of(field: str, scale: Any) -> alt.Y:
    """A quantity over time."""
    # The same room for labels, so that the axes of time lie below one another.
    axis = alt.Axis(title=None, minExtent=_LABELS_PX, maxExtent=_LABELS_PX, tickCount=4, domain=False, ticks=False)
    return alt.Y(field, scale=scale, axis=axis)


def spans_layer(clock: Clock, spans: Sequence[Span], *, legend: bool) -> Any:
    """Stretches in which the board held back, behind what is drawn over them."""
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
            x=x_of(clock, "begin:Q"),
            x2="end:Q",
            fill=alt.Fill("kind:N", scale=scale, legend=alt.Legend(symbolType="square") if legend else None),
            tooltip=[alt.Tooltip("kind:N", title="the board"), alt.Tooltip("begin:Q"), alt.Tooltip("end:Q")],
        )
    )


def _joined(spans: Sequence[Span], clock: Clock) -> list[Span]:
    """Those of one kind that a drawing could not tell apart as one."""
    joined: list[Span] = []
    last: dict[str, int] = {}
    least_ns = clock.end * clock.unit_ns * _LEAST_GAP
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


def spans_in_words(spans: Sequence[Span]) -> str:
    """How long each kind of stretch was, all together."""
    lengths: dict[str, int] = {}
    for span in spans:
        lengths[span.kind] = lengths.get(span.kind, 0) + span.end_ns - span.begin_ns
    return ", ".join(f"{plain(kind)} for {duration(length_ns)}" for kind, length_ns in lengths.items())
