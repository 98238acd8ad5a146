"""What each layer of a graph costs: MACs, parameters, bytes moved."""

from __future__ import annotations

import msgspec

from pibench.graph.graph import Graph
from pibench.graph.ops import Input


class LayerCost(msgspec.Struct, frozen=True):
    """One node's cost in one inference. Bytes are those of the tensors it reads and writes, once each."""

    name: str
    op: str
    input_shapes: tuple[tuple[int, ...], ...]
    output_shapes: tuple[tuple[int, ...], ...]
    macs: int
    parameters: int
    input_bytes: int
    output_bytes: int
    weight_bytes: int

    @property
    def bytes_moved(self) -> int:
        return self.input_bytes + self.output_bytes + self.weight_bytes


def layer_costs(graph: Graph) -> list[LayerCost]:
    """Costs of every node but the inputs, in order."""
    rows = []
    for node in graph.nodes:
        if isinstance(node.op, Input):
            continue
        inputs, outputs, weights = graph.input_specs(node), graph.output_specs(node), graph.weights(node)
        rows.append(
            LayerCost(
                name=node.name,
                op=node.op.label,
                input_shapes=tuple(spec.shape for spec in inputs),
                output_shapes=tuple(spec.shape for spec in outputs),
                macs=graph.macs(node),
                parameters=sum(weight.elements for weight in weights),
                input_bytes=sum(spec.bytes for spec in inputs),
                output_bytes=sum(spec.bytes for spec in outputs),
                weight_bytes=sum(weight.bytes for weight in weights),
            )
        )
    return rows
