"""Numbers as people read them: no digit that the measurement does not support."""

from __future__ import annotations

import math
from typing import NamedTuple

_NS_PER_MS = 1e6


class TimeUnit(NamedTuple):
    """A unit in which times stand side by side, and how many ns it is."""

    name: str
    ns: float


_UNITS = (TimeUnit("s", 1e9), TimeUnit("ms", 1e6), TimeUnit("µs", 1e3))


def unit_of(value_ns: float) -> TimeUnit:
    """The one in which ``duration`` tells such a time."""
    return next((unit for unit in _UNITS if value_ns >= unit.ns), TimeUnit("ns", 1.0))


def count(value: int | None) -> str:
    """An exact count, or a dash where it is unknown."""
    return "–" if value is None else f"{value:,}"


def magnitude(value: int | None) -> str:
    """A count to three significant digits with its SI prefix, or a dash where it is unknown."""
    if value is None:
        return "–"
    for factor, prefix in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        # 999,950 would round to 1000 k.
        if value >= 0.9995 * factor:
            scaled = max(1.0, value / factor)
            return f"{scaled:.{max(0, 2 - math.floor(math.log10(scaled)))}f} {prefix}"
    return str(value)


def percent(fraction: float) -> str:
    """A fraction as a percentage of two significant digits, at most one decimal."""
    value = 100 * fraction
    return f"{value:.1f} %" if value < 10 else f"{value:.0f} %"


def milliseconds(value_ns: float, width_ns: float = math.nan) -> str:
    """Milliseconds with digits down to a tenth of the interval's width."""
    return significant(value_ns / _NS_PER_MS, width_ns / _NS_PER_MS)


def duration(value_ns: float) -> str:
    """A time to four significant digits, in the unit that suits it."""
    unit = unit_of(value_ns)
    return f"{value_ns / unit.ns:.4g} {unit.name}"


def significant(value: float, width: float) -> str:
    """A number with digits down to a tenth of its interval's width."""
    return f"{value:.{_decimals(value, width)}f}"


def rate(per_second: float) -> str:
    """Inferences per second to three significant digits."""
    decimals = max(0, 2 - math.floor(math.log10(per_second)))
    return f"{round(per_second, 2 - math.floor(math.log10(per_second))):,.{decimals}f}"


def kibibytes(value: int) -> str:
    return f"{value / 1024:,.1f}"


def gigahertz(frequency_khz: float) -> str:
    return f"{frequency_khz / 1e6:.2f} GHz"


def shape(extents: tuple[int, ...]) -> str:
    return "×".join(map(str, extents)) or "scalar"


def _decimals(value: float, width: float) -> int:
    """Decimals that the width supports; three significant digits without one."""
    step = width / 10
    if not step > 0:
        step = value / 1000
    if not step > 0:
        return 3
    return min(6, max(0, math.ceil(-math.log10(step))))
