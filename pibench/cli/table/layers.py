"""What ``pibench table build`` is asked to measure: networks, and forms over grids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import click

from pibench.errors import did_you_mean
from pibench.forms import Form, forms, grid
from pibench.graph import Graph
from pibench.subject import load_graph, printable


class Wanted(NamedTuple):
    """``networks``: to be drawn from for the calibration; ``grids``: points of forms, layers of no network."""

    networks: tuple[Graph, ...]
    grids: tuple[Graph, ...]


def wanted(subjects: Sequence[str], axes: Mapping[str, Sequence[int | str] | None]) -> Wanted:
    """What subjects and the axes' values mean; None for an axis that was not given.

    Raises UsageError, SubjectError, GraphError or GridError in one sentence.
    """
    known = forms()
    chosen: list[Form] = [known[subject] for subject in subjects if subject in known]
    networks = [load_graph(subject).renamed(printable(subject)) for subject in subjects if subject not in known]
    # The dtype has a default, and is every form's.
    given = {axis: values for axis, values in axes.items() if values is not None}
    if not chosen and set(given) - {"dtype"}:
        raise click.UsageError(
            f"a grid is of forms, such as depthwise: {subjects[0]!r} is none.{did_you_mean(subjects[0], known)}"
        )
    points = grid(chosen, given) if chosen else []
    return Wanted(tuple(networks), tuple(point.graph for point in points))
