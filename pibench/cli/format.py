"""Numbers as people read them: no digit that the measurement does not support."""

from __future__ import annotations

import math

_NS_PER_MS = 1e6


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
    return f"{value_ns / _NS_PER_MS:.{_decimals(value_ns, width_ns)}f}"


def rate(per_second: float) -> str:
    """Inferences per second to three significant digits."""
    decimals = max(0, 2 - math.floor(math.log10(per_second)))
    return f"{round(per_second, 2 - math.floor(math.log10(per_second))):,.{decimals}f}"


def kibibytes(value: int) -> str:
    return f"{value / 1024:,.1f}"


def shape(extents: tuple[int, ...]) -> str:
    return "×".join(map(str, extents)) or "scalar"


def _decimals(value_ns: float, width_ns: float) -> int:
    """Decimals of a millisecond: those that the width supports, three significant digits without one."""
    step_ms = width_ns / 10 / _NS_PER_MS
    if not step_ms > 0:
        step_ms = value_ns / _NS_PER_MS / 1000
    if not step_ms > 0:
        return 3
    return min(6, max(0, math.ceil(-math.log10(step_ms))))
