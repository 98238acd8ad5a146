"""A float32 network's int8 form."""

from __future__ import annotations

import msgspec

from pibench.errors import GraphError
from pibench.graph.graph import Graph, Node
from pibench.graph.ops import AnyOp, Conv, Dense, DepthwiseConv, Input, Opaque


def quantised(graph: Graph) -> Graph:
    """The same network with int8 activations and kernels; a network that is int8 already is left as it is.

    A graph whose inputs are int8 is the int8 network: all else follows from them. Raises
    GraphError for operations that pibench does not know.
    """
    return Graph(graph.name, [Node(node.name, _int8(node), node.inputs) for node in graph.nodes], graph.outputs)


def _int8(node: Node) -> AnyOp:
    op = node.op
    if isinstance(op, Opaque):
        raise GraphError(
            f"node {node.name!r} ({op.label}) has no int8 form that pibench knows:"
            " quantise the model where it was converted"
        )
    if isinstance(op, Input) and op.dtype == "float32":
        return msgspec.structs.replace(op, dtype="int8")
    # A hybrid kernel has the activations' type now.
    return msgspec.structs.replace(op, weight_dtype=None) if isinstance(op, (Conv, DepthwiseConv, Dense)) else op
