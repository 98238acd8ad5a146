"""A network as a function from its widths to the times of its layers, for many choices of widths at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.errors import TableError
from pibench.graph import Graph, Layer, Node, layers_of
from pibench.graph.ops import Concat, Conv, Dense, Split
from pibench.graph.widths import Widths
from pibench.table.curves import FittedCurve
from pibench.table.kind import Kind, signature_of
from pibench.table.terms import Channels, Floats

CurveOf = Callable[[Kind], FittedCurve | None]


class LayerTimes(NamedTuple):
    """(choices of widths, layers): mean and standard deviation in ns, and whether all channels were within reach."""

    mean_ns: Floats
    sd_ns: Floats
    known: npt.NDArray[np.bool_]


class Place(NamedTuple):
    """A layer, and where its channel counts come from: ``constant`` plus ``weights`` times the widths, per axis."""

    name: str
    layer: Layer
    curve: FittedCurve
    constant: Channels
    weights: Channels

    def channels(self, widths: Channels) -> Channels:
        """(n, widths) to (n, axes)."""
        return widths @ self.weights.T + self.constant

    def times(self, widths: Channels) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
        """Mean, standard deviation, and whether it was within reach, for each choice of widths."""
        channels = self.channels(widths)
        known = self.curve.knows(channels)
        grid = self.curve.grid
        if grid is not None and known.all():
            at = tuple(channels.T)
            return grid.mean_ns[at], grid.sd_ns[at], known
        return *self.curve.predict(channels), known


class NetworkLayers:
    """The layers of a deployed graph; ``names`` are those of its free widths, in the order of the columns.

    ``options``: of the command that would measure what is lacking. Raises TableError, naming the layer, for an
    operation that pibench does not know and for a kind of layer that ``curve_of`` does not.
    """

    def __init__(self, graph: Graph, curve_of: CurveOf, options: str = "") -> None:
        self._options = options
        widths = Widths(graph)
        self.names = tuple(widths.free)
        self.present: Channels = np.array([width.channels for width in widths.free.values()], np.int64)
        nodes = {node.name: node for node in graph.nodes}
        self.places = [
            self._place(graph, widths, nodes[name], layer, curve_of) for name, layer in layers_of(graph).items()
        ]
        numbers: dict[Kind, int] = {}
        kinds = [numbers.setdefault(place.curve.kind, len(numbers)) for place in self.places]
        self._of_kind = np.eye(len(numbers))[kinds]

    def _place(self, graph: Graph, widths: Widths, node: Node, layer: Layer, curve_of: CurveOf) -> Place:
        if node in graph.opaque:
            raise TableError(
                f"{graph.name} has an operation that pibench does not know: {node.op.label} (layer {node.name});"
                " measure the whole network with pibench bench"
            )
        kind, _ = signature_of(layer)
        curve = curve_of(kind)
        if curve is None:
            raise TableError(
                f"the table lacks {kind} (layer {node.name} of {graph.name}):"
                f" measure it with pibench table build '{graph.name.partition(' #')[0]}' -o TABLE{self._options}"
            )
        refs = axis_refs(graph, node) if kind.axes else ()
        constant = np.zeros(len(refs), np.int64)
        weights = np.zeros((len(refs), len(self.names)), np.int64)
        for axis, ref in enumerate(refs):
            for name, channels in widths.of(ref):
                if name is None:
                    constant[axis] += channels
                else:
                    weights[axis, self.names.index(name)] += 1
        return Place(node.name, layer, curve, constant, weights)

    def times(self, widths: Channels) -> LayerTimes:
        """Of every layer, for (n, widths) channel counts."""
        columns = [place.times(widths) for place in self.places]
        mean, sd, known = (np.stack(parts, axis=1) for parts in zip(*columns, strict=True))
        return LayerTimes(mean, sd, known)

    def variance(self, sd_ns: Floats) -> Floats:
        """Of the sum of layers, from their (n, layers) standard deviations.

        Errors of one kind have one cause, its curve, and add up; those of different kinds are independent.
        """
        return ((sd_ns @ self._of_kind) ** 2).sum(axis=1)  # type: ignore[no-any-return]

    def touched_by(self, column: int) -> list[Place]:
        """The layers whose channels depend on a width."""
        return [place for place in self.places if place.weights[:, column].any()]


def axis_refs(graph: Graph, node: Node) -> tuple[str, ...]:
    """The tensors whose channels are the axes of the node's kind."""
    if isinstance(node.op, (Conv, Dense)):
        return (node.inputs[0], node.name)
    if isinstance(node.op, Concat):
        return node.inputs
    return graph.output_refs(node) if isinstance(node.op, Split) else node.inputs[:1]
