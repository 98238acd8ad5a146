"""What a soak found out: when the board gave in, and what it holds. Pure: samples, trace and spans in, values out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from pibench.device import Span, SpanKind, Trace
from pibench.measure.windows import Floats, Mask, Samples, Window, highest, samples_of, windows_of
from pibench.report.samples import Measurement
from pibench.stats import Interval, level_shift, mean_interval, trend
from pibench.stats.intervals import exponential

SoakVerdict = Literal["steady", "undecided", "throttled", "slowed"]

FIRST_S = 60.0
FIRST_SHARE = 0.1
SUSTAINED_SHARE = 0.25
# Less is what other work on the machine and a warm cache do.
RISE = 0.03
# What may hide behind the noise of a soak that is called steady.
UNSEEN_RISE = 0.10
RISE_P_VALUE = 0.001
# Of the windows after the onset: so many stay on the slower level.
_STAYS = 0.9
_LEVEL_WINDOWS = 3
# Turbo clocks dip for a reading now and then.
_SLOW_CLOCK_SHARE = 0.01
# A governor raises the clock when the work has begun.
_GOVERNOR_WAKES_NS = 2_000_000_000
# One frame in a hundred may be lost.
HELD_SHARE = 0.99
# A thread does not wake up on the nanosecond.
LATE_SHARE = 0.1
_FIRST_SLICES = 6
_SUSTAINED_SLICES = 15
_FEWEST_IN_SLICE = 3
_SECOND_NS = 1e9


class Stretch(NamedTuple):
    """A part of the soak: median and 95th percentile of the latency, and what was done per second."""

    latency_ns: float
    p95_ns: float
    inferences_per_second: float


class Onset(NamedTuple):
    """The board first said that it holds back; ``after_s`` the begin, for ``lasted_s`` in all spans of that kind."""

    kind: SpanKind
    after_s: float
    lasted_s: float


class Rise(NamedTuple):
    """From ``after_s`` on the latency stayed above its best level, by ``change`` (0.03 = 3 %) in the median."""

    after_s: float
    change: float


class Deadlines(NamedTuple):
    """Frames that began late, or did not end within a period of when they were due, are missed.

    ``sustained_share``: of the frames of the last quarter, the share that was not.
    """

    period_ns: int
    frames: int
    missed: int
    sustained_share: float

    @property
    def met_share(self) -> float:
        return 1 - self.missed / self.frames

    @property
    def held(self) -> bool:
        """At least 99 % of the frames, at the end too."""
        return min(self.met_share, self.sustained_share) >= HELD_SHARE


class Endurance(NamedTuple):
    """``first``: the first minute, or tenth of a shorter soak; ``sustained``: the last quarter.

    ``ratio`` is the latency of the latter over the former, its 95 % interval over slices of time
    (NaN where there are too few samples to slice); ``reference_ratio`` the fixed reference's.
    """

    elapsed_s: float
    windows: tuple[Window, ...]
    first: Stretch
    sustained: Stretch
    ratio: Interval
    reference_ratio: float
    onset: Onset | None
    rise: Rise | None
    deadlines: Deadlines | None
    highest_c: float | None

    @property
    def verdict(self) -> SoakVerdict:
        """ "throttled": the board said so; "slowed": it did not, but the latency rose and stayed up.

        "undecided": no rise is to be seen, and the ratio's interval leaves room for a large one.
        """
        if self.onset:
            return "throttled"
        if self.rise:
            return "slowed"
        return "steady" if self.ratio.high <= 1 + UNSEEN_RISE else "undecided"

    @property
    def is_well(self) -> bool:
        """Steady, with every frame in time that was asked for."""
        return self.verdict == "steady" and (self.deadlines is None or self.deadlines.held)


def endurance(measurement: Measurement, trace: Trace, spans: Sequence[Span], period_ns: int = 0) -> Endurance:
    """Judge a soak of at least one sample. ``period_ns``: from frame to frame, 0 where none was asked for."""
    samples = samples_of(measurement, period_ns)
    windows = windows_of(measurement, samples, trace)
    after_ns = samples.start - samples.start[0]
    first = after_ns <= min(FIRST_S * _SECOND_NS, FIRST_SHARE * samples.elapsed_ns)
    sustained = after_ns >= min((1 - SUSTAINED_SHARE) * samples.elapsed_ns, after_ns[-1])
    temperature_c = highest(trace, "temperature_c")
    return Endurance(
        elapsed_s=samples.elapsed_ns / _SECOND_NS,
        windows=windows,
        first=_stretch(samples, first),
        sustained=_stretch(samples, sustained),
        ratio=_ratio(samples.latency[first], samples.latency[sustained]),
        reference_ratio=_reference_ratio(windows),
        onset=_onset(samples, spans, period_ns),
        rise=_rise(samples, windows),
        deadlines=_deadlines(samples, sustained, period_ns) if period_ns else None,
        highest_c=None if np.isnan(temperature_c).all() else float(np.nanmax(temperature_c)),
    )


def _stretch(samples: Samples, which: Mask) -> Stretch:
    latency = samples.latency[which]
    return Stretch(float(np.median(latency)), float(np.quantile(latency, 0.95)), samples.rate(which))


def _ratio(first: Floats, sustained: Floats) -> Interval:
    """Of the geometric means over slices; half widths add as squares (Zou & Donner 2008)."""
    before, after = _log_level(first, _FIRST_SLICES), _log_level(sustained, _SUSTAINED_SLICES)
    change = after.estimate - before.estimate
    half = math.hypot(before.high - before.estimate, after.high - after.estimate)
    return exponential(Interval(change, change - half, change + half))


def _log_level(latency: Floats, most: int) -> Interval:
    count = max(1, min(most, len(latency) // _FEWEST_IN_SLICE))
    return mean_interval([float(np.log(np.median(part))) for part in np.array_split(latency, count)])


def _reference_ratio(windows: Sequence[Window]) -> float:
    """The last quarter over the first tenth; NaN where it was not sampled in both."""
    first = windows[: max(1, round(FIRST_SHARE * len(windows)))]
    sustained = windows[-max(1, round(SUSTAINED_SHARE * len(windows))) :]
    early, late = ([w.reference_ns for w in part if w.reference_ns is not None] for part in (first, sustained))
    return float(np.median(late) / np.median(early)) if early and late else math.nan


def _onset(samples: Samples, spans: Sequence[Span], period_ns: int) -> Onset | None:
    counting = [span for span in spans if span.kind != "slow_clock"]
    # Between frames a core idles, and its governor lowers the clock by right.
    if not period_ns:
        counting += _slow_clocks(samples, spans)
    if not counting:
        return None
    begin_ns, end_ns = int(samples.start[0]), int(samples.end[-1])
    kind = min(counting, key=lambda span: span.begin_ns).kind
    same = [span for span in counting if span.kind == kind]
    after_ns = max(0, min(span.begin_ns for span in same) - begin_ns)
    lasted_ns = sum(max(0, min(span.end_ns, end_ns) - max(span.begin_ns, begin_ns)) for span in same)
    return Onset(kind, after_ns / _SECOND_NS, lasted_ns / _SECOND_NS)


def _slow_clocks(samples: Samples, spans: Sequence[Span]) -> list[Span]:
    woken_ns = samples.start[0] + min(_GOVERNOR_WAKES_NS, samples.elapsed_ns / 10)
    slow = [span for span in spans if span.kind == "slow_clock" and span.end_ns > woken_ns]
    lasted_ns = sum(span.end_ns - span.begin_ns for span in slow)
    return slow if lasted_ns >= _SLOW_CLOCK_SHARE * samples.elapsed_ns else []


def _rise(samples: Samples, windows: Sequence[Window]) -> Rise | None:
    """The first window from which on the latency stays above its best level so far."""
    medians = np.array([window.latency_ns for window in windows])
    width = min(_LEVEL_WINDOWS, len(medians))
    levels = np.median(np.lib.stride_tricks.sliding_window_view(medians, width), axis=1)
    best = int(np.argmin(levels))
    above = medians > levels[best] * (1 + RISE)
    onset = _stays_up(above, best + width - 1)
    # What came before that level is the warm-up.
    warm = int(np.argmax(levels <= levels[best] * (1 + RISE / 3)))
    if onset is None or not _rises(samples, windows[warm].begin_s, windows[onset].begin_s):
        return None
    return Rise(windows[onset].begin_s, float(np.median(medians[onset:]) / levels[best] - 1))


def _stays_up(above: Mask, first: int) -> int | None:
    lasting = range(first, len(above) - _LEVEL_WINDOWS + 1)
    return next((index for index in lasting if above[index] and above[index:].mean() >= _STAYS), None)


def _rises(samples: Samples, begin_s: float, onset_s: float) -> bool:
    """Whether the samples tell so beyond doubt, as a shift of level or as a trend.

    Of as many before as after: a shift near an end of a trace cannot be told from chance by these tests.
    """
    after_s = (samples.start - samples.start[0]) / _SECOND_NS
    before = samples.latency[(after_s >= begin_s) & (after_s < onset_s)]
    after = samples.latency[after_s >= onset_s]
    count = min(len(before), len(after))
    if not count:
        return False
    latency = np.concatenate([before[-count:], after[:count]])
    # Half of the rise: on a ramp, what is near its onset is still on the way.
    return any(
        found.change > RISE / 2 and found.p_value < RISE_P_VALUE for found in (level_shift(latency), trend(latency))
    )


def _deadlines(samples: Samples, sustained: Mask, period_ns: int) -> Deadlines:
    late = samples.start - samples.due > LATE_SHARE * period_ns
    missed = late | (samples.end - samples.due > period_ns)
    return Deadlines(
        period_ns=period_ns,
        frames=len(missed),
        missed=int(np.count_nonzero(missed)),
        sustained_share=float(1 - missed[sustained].mean()),
    )
