"""When the board did not run as it should, told from its trace. Pure: no clock, no files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pibench.device.firmware import BITS, STICKY_SHIFT
from pibench.device.records import Channel, Quantity, Span, SpanKind, Trace

_SLOW = 0.9
# raspberrypi-hwmon asks the firmware every two seconds whether the voltage dropped since it last asked.
_ALARM_DELAY_NS = 2_000_000_000

_Reading = tuple[int, float]
_Stretch = tuple[int, int]


def disturbed_spans(
    trace: Trace,
    begin_ns: int | None = None,
    end_ns: int | None = None,
    policies: Collection[str] | None = None,
) -> tuple[Span, ...]:
    """Every stretch in which the board was slowed down, or may have been, in the order of time.

    A state lasts from the reading before the one that shows it to the reading after; what could
    not be read may have been anything. begin_ns, end_ns: from the first sample to the end of the
    last; clocks outside are ignored, since a core that idles is slow by right, and so are spans
    that end before or begin after. policies: the clock channels of the measured cores, any of
    which counts when it is slow; where they are not known, all must be.
    """
    if not trace.start_ns:
        return ()
    begin_ns = trace.start_ns[0] if begin_ns is None else begin_ns
    end_ns = trace.start_ns[-1] if end_ns is None else end_ns
    found = [
        Span(kind=kind, begin_ns=first_ns, end_ns=last_ns)
        for kind, (first_ns, last_ns) in _stretches(trace, begin_ns, end_ns, policies)
        if first_ns <= end_ns and last_ns >= begin_ns
    ]
    return _merged(found)


def undisturbed(
    start_ns: npt.NDArray[np.int64], duration_ns: npt.NDArray[np.int64], spans: Iterable[Span]
) -> npt.NDArray[np.bool_]:
    """Which samples touch none of the spans."""
    clean = np.ones(len(start_ns), np.bool_)
    end_ns = start_ns + duration_ns
    for span in spans:
        clean &= (end_ns < span.begin_ns) | (start_ns > span.end_ns)
    return clean


def _stretches(
    trace: Trace, begin_ns: int, end_ns: int, policies: Collection[str] | None
) -> Iterator[tuple[SpanKind, _Stretch]]:
    for channel in trace.channels:
        tell = _OF_QUANTITY.get(channel.quantity)
        known = _known(trace, channel)
        if tell and known:
            yield from tell(trace, known)
    for stretch in _slow_clocks(trace, begin_ns, end_ns, policies):
        yield "slow_clock", stretch


def _flagged(trace: Trace, known: Sequence[_Reading]) -> Iterator[tuple[SpanKind, _Stretch]]:
    for kind, bit in BITS.items():
        for stretch in _around(trace, known, [bool(int(flags) & bit) for _, flags in known]):
            yield kind, stretch
        # A mark that appears without its bit: it came and went between the two readings.
        sticky = bit << STICKY_SHIFT
        for (before_ns, before), (after_ns, after) in pairwise(known):
            if int(after) & ~int(before) & sticky:
                yield kind, (before_ns, after_ns)


def _alarmed(trace: Trace, known: Sequence[_Reading]) -> Iterator[tuple[SpanKind, _Stretch]]:
    for begin_ns, end_ns in _around(trace, known, [alarm > 0 for _, alarm in known]):
        yield "under_voltage", (begin_ns - _ALARM_DELAY_NS, end_ns)


def _cooled(trace: Trace, known: Sequence[_Reading]) -> Iterator[tuple[SpanKind, _Stretch]]:
    for stretch in _around(trace, known, [state > 0 for _, state in known]):
        yield "cooling", stretch


def _limited(trace: Trace, known: Sequence[_Reading]) -> Iterator[tuple[SpanKind, _Stretch]]:
    for stretch in _around(trace, known, [limit < known[0][1] for _, limit in known]):
        yield "slow_clock", stretch


_OF_QUANTITY: dict[Quantity, Callable[[Trace, Sequence[_Reading]], Iterator[tuple[SpanKind, _Stretch]]]] = {
    "throttle_flags": _flagged,
    "under_voltage": _alarmed,
    "cooling": _cooled,
    "frequency_limit_khz": _limited,
}


def _slow_clocks(trace: Trace, begin_ns: int, end_ns: int, policies: Collection[str] | None) -> Iterator[_Stretch]:
    loaded = [begin_ns <= time_ns <= end_ns for time_ns in trace.start_ns]
    clocks = [
        _slowness(channel.values, loaded)
        for channel in trace.channels
        if channel.quantity == "frequency_khz" and (policies is None or channel.name in policies)
    ]
    enough = all if policies is None else any
    judged = [
        (time_ns, enough(answers))
        for time_ns, *slow in zip(trace.start_ns, *clocks, strict=True)
        if (answers := [answer for answer in slow if answer is not None])
    ]
    yield from _around(trace, judged, [slow for _, slow in judged])


def _slowness(values: Sequence[float | None], loaded: Sequence[bool]) -> list[bool | None]:
    """Per reading whether the clock was well below its highest under load; None where it is not known."""
    highest = max((value for value, counts in zip(values, loaded, strict=True) if counts and value), default=0.0)
    return [
        None if value is None else counts and value < _SLOW * highest
        for value, counts in zip(values, loaded, strict=True)
    ]


def _known(trace: Trace, channel: Channel) -> list[_Reading]:
    return [
        (time_ns, value) for time_ns, value in zip(trace.start_ns, channel.values, strict=True) if value is not None
    ]


def _around(trace: Trace, known: Sequence[_Reading], hits: Sequence[bool]) -> Iterator[_Stretch]:
    """For each hit, from the known reading before it to the one after, or else to the trace's ends."""
    times_ns = [trace.start_ns[0], *(time_ns for time_ns, _ in known), trace.start_ns[-1]] if known else []
    for index, hit in enumerate(hits):
        if hit:
            yield times_ns[index], times_ns[index + 2]


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.kind, span.begin_ns)):
        last = merged[-1] if merged else None
        if last and last.kind == span.kind and span.begin_ns <= last.end_ns:
            merged[-1] = Span(kind=span.kind, begin_ns=last.begin_ns, end_ns=max(last.end_ns, span.end_ns))
        else:
            merged.append(span)
    return tuple(sorted(merged, key=lambda span: (span.begin_ns, span.kind)))
