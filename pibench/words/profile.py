"""A profile in words: the same on the terminal and on a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from pibench.profile.grouping import Group
from pibench.profile.roof import gops
from pibench.report import Profile, Ratio, Timing
from pibench.words.numbers import TimeUnit, duration, kibibytes, magnitude, percent, significant

# Beyond so many microseconds in one line the table is in milliseconds.
_MOST_US = 100_000
_MOST_UNMAPPED = 5


def time_unit(groups: Sequence[Group]) -> TimeUnit:
    """The one that suits the longest."""
    longest = max((group.timing.ns for group in groups if group.timing), default=0.0)
    return TimeUnit("ms", 1e6) if longest > 1e3 * _MOST_US else TimeUnit("µs", 1e3)


def cost_headers(profile: Profile) -> list[str]:
    """Of the columns of ``costs``."""
    return ["MACs", _rate_unit(profile), "KiB", "ops/B"]


def _rate_unit(profile: Profile) -> str:
    return "GFLOP/s" if all(layer.dtype.startswith("float") for layer in profile.layers if layer.macs) else "GOP/s"


def total(profile: Profile, column: str) -> str:
    """What stands below a column of costs."""
    known = [layer.macs for layer in profile.layers if layer.macs is not None]
    if column == "MACs":
        return magnitude(sum(known)) if len(known) == len(profile.layers) else ""
    if column == "KiB":
        return kibibytes(sum(layer.bytes for layer in profile.layers))
    if column.startswith("G") and profile.whole:
        return or_blank(gops(sum(known), profile.whole.ns), _three)
    return ""


def time_text(timing: Timing | None, unit: TimeUnit) -> str:
    """A time with the digits that its interval supports, or a dash."""
    return "–" if timing is None else significant(timing.ns / unit.ns, timing.width_ns / unit.ns)


def precision_text(timing: Timing | None) -> str:
    """The half of its interval, as a share; blank without one."""
    if timing is None or math.isnan(timing.width_ns) or not timing.ns:
        return ""
    return f"±{percent(timing.width_ns / 2 / timing.ns)}"


def costs(group: Group) -> list[str]:
    """What a group does and moves, and how fast."""
    macs = "–" if group.macs is None else magnitude(group.macs) if group.macs else ""
    rates = (group.gops, group.operations_per_byte)
    return [macs, or_blank(rates[0], _three), kibibytes(group.bytes), or_blank(rates[1], _three)]


def or_blank(value: float | None, form: Callable[[float], str]) -> str:
    """A number in a form, or nothing where there is none."""
    return "" if value is None else form(value)


def _three(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def sums(profile: Profile) -> Iterator[tuple[str, str]]:
    """The whole, the sums against it, the profiler's cost, what is unmapped, and the roof, each with its name."""
    if profile.whole:
        yield "whole", _duration(profile.whole)
    if way := profile.isolated:
        missing = sum(layer.isolated is None for layer in profile.layers)
        without = f", without {missing} of {len(profile.layers)} layers" if missing else ""
        yield (
            "isolated",
            f"the layers{without} take {_duration(way.sum)}, {_ratio(way.ratio)} of the whole;"
            f" {duration(way.fixed.ns)} of it is fixed per inference",
        )
    if in_place := profile.in_place:
        yield (
            "in place",
            f"all that it shows takes {_duration(in_place.sum)}, {_ratio(in_place.ratio)} of the whole"
            f" without the profiler ({_duration(in_place.plain)})",
        )
        yield "profiler", f"with it the network takes {_ratio(in_place.cost)} of what it takes without"
        if in_place.unmapped:
            yield "unmapped", f"in place, of no layer: {_unmapped(profile)}"
    if roof := profile.roof:
        peaks = ", ".join(f"{peak:.3g} GOP/s in {dtype}" for dtype, peak in roof.peak_gops.items())
        yield "roof", f"{peaks}; memory {roof.memory_gbs:.3g} GB/s, cache {roof.cache_gbs:.3g} GB/s"


def _unmapped(profile: Profile) -> str:
    assert profile.in_place
    longest = sorted(profile.in_place.unmapped, key=lambda one: -one.ns)
    shown = ", ".join(f"{one.name} {duration(one.ns)}" for one in longest[:_MOST_UNMAPPED])
    return f"{shown} and {len(longest) - _MOST_UNMAPPED} more" if len(longest) > _MOST_UNMAPPED else shown


def _duration(timing: Timing) -> str:
    return f"{duration(timing.ns)} {precision_text(timing)}".rstrip()


def _ratio(ratio: Ratio) -> str:
    if ratio.low is None or ratio.high is None:
        return f"{ratio.ratio:.3f}"
    value, low, high = (significant(number, ratio.high - ratio.low) for number in (ratio.ratio, ratio.low, ratio.high))
    return f"{value} (95 %: {low} to {high})"
