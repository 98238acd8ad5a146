"""Values as bars of characters. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_EIGHTHS = " ▁▂▃▄▅▆▇█"
# Of a terminal that knows no blocks: a third, two thirds, full.
_THIRDS = " .:#"
_LEFT_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bars(
    values: Sequence[float | None], width: int, low: float, high: float, rows: int = 1, *, ascii_only: bool = False
) -> list[str]:
    """Lines from top to bottom, ``width`` characters each: ``low`` is one step high, ``high`` all rows.

    None leaves a gap.
    """
    steps = _THIRDS if ascii_only else _EIGHTHS
    most = len(steps) - 1
    levels = [_level(value, low, high, rows * most) for value in resampled(values, width)]
    return [
        "".join(steps[min(max(level - most * below, 0), most)] for level in levels) for below in reversed(range(rows))
    ]


def _level(value: float | None, low: float, high: float, most: int) -> int:
    if value is None:
        return 0
    share = (value - low) / (high - low) if high > low else 0.0
    return 1 + round(min(max(share, 0.0), 1.0) * (most - 1))


def meter(fraction: float, width: int, *, ascii_only: bool = False) -> str:
    """A bar from left to right, of at most ``width`` characters."""
    within = min(max(fraction, 0.0), 1.0)
    if ascii_only:
        return "#" * round(within * width)
    eighths = round(within * width * 8)
    return "█" * (eighths // 8) + _LEFT_EIGHTHS[eighths % 8].strip()


def resampled(values: Sequence[float | None], width: int) -> list[float | None]:
    """As many values as there are columns: the mean of those that share one, or one for several."""
    if not values:
        return [None] * width
    if len(values) <= width:
        return [values[column * len(values) // width] for column in range(width)]
    parts = np.array_split(np.array(values, dtype=float), width)
    return [float(np.nanmean(part)) if not np.isnan(part).all() else None for part in parts]
