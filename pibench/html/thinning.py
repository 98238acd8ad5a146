"""Many samples as few marks: how a page stays small whatever the length of a run. Pure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# An axis reaches so many times as far as from the least value to the third quartile.
_REACH = 8
Floats = npt.NDArray[np.float64]


class Window(NamedTuple):
    """Values that share a stretch of an axis: where it begins and ends, the median, 5th and 95th percentile."""

    begin: float
    end: float
    low: float
    middle: float
    high: float


def windows(places: Floats, values: Floats, most: int) -> list[Window]:
    """The values in ``most`` equal stretches of the places' range at the most; empty ones are left out."""
    if not len(places):
        return []
    first, last = float(places.min()), float(places.max())
    width = (last - first) / most or 1.0
    numbers = np.minimum(((places - first) / width).astype(int), most - 1)
    order = np.argsort(numbers, kind="stable")
    found, starts = np.unique(numbers[order], return_index=True)
    groups = np.split(values[order], starts[1:])
    return [
        Window(
            first + number * width,
            first + (number + 1) * width,
            *np.quantile(group, (0.05, 0.5, 0.95)).tolist(),
        )
        for number, group in zip(found, groups, strict=True)
    ]


def evenly(count: int, most: int) -> list[int]:
    """``most`` of so many indices at the most, the first and the last among them."""
    return sorted({round(index) for index in np.linspace(0, count - 1, min(count, most))}) if count else []


def upper_end(values: Floats) -> float:
    """Where an axis ends so that wild values, up to a quarter of all, do not press the others together."""
    least, upper, largest = (float(value) for value in np.quantile(values, (0.0, 0.75, 1.0)))
    return min(largest, least + _REACH * (upper - least)) if upper > least else largest


def rounded(value: float, digits: int = 5) -> float:
    """With as many digits as a drawing shows: the rest would only make the page larger."""
    return float(f"{value:.{digits}g}")
