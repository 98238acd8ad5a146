"""The width at which a form does as much as another one."""

from __future__ import annotations

import math

from pibench.errors import SubjectError
from pibench.forms.point import Point

# Kernels work on four channels at once or more: other widths would compare their remainders.
WIDTH_STEP = 4
WIDEST = 1_000_000


def at_equal_macs(point: Point, macs: int) -> Point:
    """The form with as many channels (in and out) as bring its MACs nearest to ``macs``.

    Widths are multiples of 4, and of 4 times the groups where a form has some (ShuffleNet's unit cuts a
    quarter of its channels). MACs never fall when the width grows, so that bisection finds the place.
    Raises SubjectError for a form without MACs.
    """
    step = WIDTH_STEP * point.parameters.get("groups", 1)
    if not _macs(point, step):
        raise SubjectError(f"{point.form.name} has no multiply-accumulates that could be matched: choose another form")
    low, high = 1, 2
    while _macs(point, high * step) < macs and high * step < WIDEST:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _macs(point, middle * step) < macs else (low, middle)
    nearest = min((low, high), key=lambda k: abs(math.log(_macs(point, k * step) / macs)))
    return _of_width(point, nearest * step)


def _macs(point: Point, width: int) -> int:
    return _of_width(point, width).graph.total_macs


def _of_width(point: Point, width: int) -> Point:
    return point.changed(channels=width, **({"out_channels": 0} if "out_channels" in point.parameters else {}))
