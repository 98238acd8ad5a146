"""Grids of a form's parameters: how they are written, and the points they mean."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import product

from pibench.errors import PibenchError
from pibench.forms.point import Point
from pibench.forms.registry import Form

_NUMBER = re.compile(r"[0-9]{1,7}")
# Of a few hundred milliseconds each: hours.
MOST_POINTS = 10_000

Axes = Mapping[str, Sequence[int | str]]


class GridError(PibenchError):
    """A grid that is written wrongly or cannot be built; the message says what to change."""


def parse_axis(text: str) -> tuple[int, ...]:
    """Values of an axis: numbers and ranges ``start:stop:step`` (stop included), each value once. Raises GridError."""
    values = [value for part in text.split(",") for value in _part(part.strip())]
    return tuple(dict.fromkeys(values))


def _part(text: str) -> Sequence[int]:
    numbers = text.split(":")
    if len(numbers) not in (1, 3) or not all(map(_NUMBER.fullmatch, numbers)):
        raise GridError(f"{text!r} is neither a number nor a range start:stop:step: write 8,16,32 or 16:256:16")
    if len(numbers) == 1:
        return [int(text)]
    start, stop, step = map(int, numbers)
    if step == 0:
        raise GridError(f"the range {text!r} has step 0: take a step of 1 or more")
    if stop < start:
        raise GridError(f"the range {text!r} is empty: its start {start} lies above its stop {stop}")
    if (stop - start) // step >= MOST_POINTS:
        raise GridError(f"the range {text!r} has more than {MOST_POINTS:,} values: take a larger step")
    return range(start, stop + 1, step)


def grid(forms: Sequence[Form], axes: Axes) -> list[Point]:
    """Every form at every combination of the values of those axes that it has.

    Raises GridError for an axis that no form has and for too many points, SubjectError for a point that
    cannot be, before anything is measured.
    """
    for axis in axes:
        if not any(axis in form.defaults for form in forms):
            having = sorted({name for form in forms for name in form.defaults})
            names = " and ".join(dict.fromkeys(form.name for form in forms))
            raise GridError(f"{names} has no parameter {axis!r}: choose among {', '.join(having)}")
    own = [{axis: values for axis, values in axes.items() if axis in form.defaults} for form in forms]
    total = sum(math.prod(map(len, axes.values())) for axes in own)
    if total > MOST_POINTS:
        raise GridError(f"this grid has {total:,} points, at most {MOST_POINTS:,} can be: take fewer values per axis")
    points = [
        Point(form, **dict(zip(axes, values, strict=True)))
        for form, axes in zip(forms, own, strict=True)
        for values in product(*axes.values())
    ]
    for point in points:
        _ = point.graph
    return list({point.name: point for point in points}.values())
