"""A form at one choice of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from pibench.forms.registry import Form
from pibench.graph import Graph
from pibench.graph.cost import layer_costs


class Point:
    """A form and all its parameters. Raises SubjectError for impossible ones when its graph is first asked for."""

    def __init__(self, form: Form, **parameters: Any) -> None:
        self.form = form
        self.parameters = {**form.defaults, **parameters}

    def changed(self, **parameters: Any) -> Point:
        """The same form with some parameters changed."""
        return Point(self.form, **{**self.parameters, **parameters})

    @property
    def name(self) -> str:
        """The title of form and parameters, under which the network is measured."""
        return self.form.title(**self.parameters)

    @cached_property
    def graph(self) -> Graph:
        return self.form(**self.parameters)

    @cached_property
    def bytes_moved(self) -> int:
        """Of all tensors that the layers read and write, once each."""
        return sum(cost.bytes_moved for cost in layer_costs(self.graph))

    @property
    def shapes(self) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
        """The inputs' and the outputs', batch included."""
        graph = self.graph
        inputs = tuple(spec.shape for node in graph.inputs for spec in graph.output_specs(node))
        return inputs, tuple(graph.spec(ref).shape for ref in graph.outputs)


def labels(points: Sequence[Point]) -> list[str]:
    """What tells points apart: the form, and the parameters that differ in value or that few have."""
    names = {name for point in points for name in point.parameters}
    telling = {
        name for name in names if _tells_apart([p.parameters[name] for p in points if name in p.parameters], points)
    }
    said = [point.form.said(**point.parameters) for point in points]
    return [
        " ".join([point.form.name, *(f"{name}={value}" for name, value in values.items() if name in telling)])
        for point, values in zip(points, said, strict=True)
    ]


def _tells_apart(values: Sequence[Any], points: Sequence[Point]) -> bool:
    return len(set(values)) > 1 or 2 * len(values) <= len(points)
