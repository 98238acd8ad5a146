"""The two ends of every chart: its rows, and its specification."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

# As an axis tells numbers: as they are, with commas, no zeros behind.
NUMBER = ",~r"
_FEW_DECADES = 3
_PHONE_PX = 600


def plot(rows: Sequence[Mapping[str, Any]]) -> Any:
    """A chart of rows that travel in its specification, without marks so far."""
    return alt.Chart(alt.InlineData(values=list(rows)))


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten within a logarithmic axis; 1, 2 and 5 times each where there are few of them."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    factors = (1, 2, 5) if last - first <= _FEW_DECADES else (1,)
    values = [float(f"{factor}e{power}") for power in range(first, last + 1) for factor in factors]
    return [value for value in values if low <= value <= high]


def short_label(most: int, label: str = "datum.label") -> str:
    """An expression for labels that a phone has no room for: names tell more at their end than at their begin."""
    return f"containerSize()[0] < {_PHONE_PX} && length({label}) > {most} ? '…' + slice({label}, {1 - most}) : {label}"


def chart_spec(chart: Any, height: int) -> dict[str, Any]:
    """The specification of a chart that is as wide as its place on the page; the tests validate them all."""
    spec: dict[str, Any] = chart.properties(width="container", height=height).to_dict(validate=False)
    # The theme is the page's, once for all charts; the schema is a URL, and a page names none.
    return {name: value for name, value in spec.items() if name not in ("config", "$schema")}
