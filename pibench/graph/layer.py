"""A layer apart from any network: an operation at given shapes. Equal ones take equal time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pibench.graph.graph import Graph, Node
from pibench.graph.ops import AnyOp, Input
from pibench.graph.tensor import TensorSpec


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operation and the specs of its inputs; hashable."""

    op: AnyOp
    inputs: tuple[TensorSpec, ...]

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        return self.op.infer(self.inputs)

    @property
    def macs(self) -> int:
        return self.op.macs(self.inputs, self.outputs)

    @property
    def bytes_moved(self) -> int:
        """Of inputs, outputs and weights, each once."""
        tensors = sum(spec.bytes for spec in (*self.inputs, *self.outputs))
        return tensors + sum(weight.bytes for weight in self.op.weights(self.inputs))

    def __str__(self) -> str:
        into, out = ("×".join(map(str, spec.shape)) for spec in (self.inputs[0], self.outputs[0]))
        return f"{self.op.label} {into} → {out}"


def layer_of(graph: Graph, node: Node) -> Layer:
    return Layer(node.op, graph.input_specs(node))


def layers_of(graph: Graph) -> dict[str, Layer]:
    """The layers of a (lowered) graph by node name, in order; inputs are none."""
    return {node.name: layer_of(graph, node) for node in graph.nodes if not isinstance(node.op, Input)}


def copies_of(layer: Layer, copies: int = 1, name: str = "layer", *, chained: bool = False) -> Graph:
    """A network of one layer, done ``copies`` times.

    Each copy has weights of its own and reads the same inputs, none waits for another, and each makes an
    output of the network; or, ``chained``, each reads first what the one before it made, and the last one's
    output is the network's. Raises GraphError, for a chain also where a layer cannot read what it makes.
    """
    sources = [Node(f"input{k}", Input(shape=spec.shape, dtype=spec.dtype)) for k, spec in enumerate(layer.inputs)]
    refs = tuple(source.name for source in sources)
    if not chained:
        nodes = [Node(f"copy{k}", layer.op, refs) for k in range(copies)]
        outputs = [ref for node in nodes for ref in _output_refs(node.name, layer.outputs)]
        return Graph(name, [*sources, *nodes], outputs)
    firsts = (refs[0], *(f"copy{k}" for k in range(copies - 1)))
    nodes = [Node(f"copy{k}", layer.op, (first, *refs[1:])) for k, first in enumerate(firsts)]
    return Graph(name, [*sources, *nodes], [nodes[-1].name])


def _output_refs(name: str, outputs: Sequence[TensorSpec]) -> list[str]:
    return [name] if len(outputs) == 1 else [f"{name}:{part}" for part in range(len(outputs))]
