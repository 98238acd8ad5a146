"""Numbers as people read them: no digit that the measurement does not support."""

from __future__ import annotations

import math

_NS_PER_MS = 1e6


def count(value: int | None) -> str:
    """An exact count, or a dash where it is unknown."""
    return "–" if value is None else f"{value:,}"


def milliseconds(value_ns: float, width_ns: float = math.nan) -> str:
    """Milliseconds with digits down to a tenth of the interval's width."""
    return f"{value_ns / _NS_PER_MS:.{_decimals(value_ns, width_ns)}f}"


def duration_range(low_ns: float, high_ns: float) -> str:
    """Two bounds in milliseconds, to the same digit."""
    decimals = _decimals(high_ns, high_ns - low_ns)
    return f"{low_ns / _NS_PER_MS:.{decimals}f} – {high_ns / _NS_PER_MS:.{decimals}f}"


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
