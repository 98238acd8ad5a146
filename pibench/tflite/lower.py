"""What TensorFlow's converter does to a trained network, done to a ``Graph``.

Dropout disappears, batch norm is folded into the convolution or dense layer before it, ReLU
and ReLU6 are fused into the operation before them; both only where nothing else reads the
value in between. A batch norm that cannot be folded becomes a multiplication and an addition
of constants; a hard sigmoid, which TFLite has no operator for, becomes an addition (part of the
bias or constant before it, where there is one), ReLU6 and a multiplication. The rules were read
off TensorFlow 2.21's converter, operation by operation; ``benchmarks/converter.py`` compares
whole networks with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeGuard

import msgspec

from pibench.graph import Graph, Node
from pibench.graph.ops import (
    Activation,
    Add,
    AnyOp,
    AveragePool,
    BatchNorm,
    Conv,
    Dense,
    DepthwiseConv,
    Dropout,
    FusedActivation,
    MaxPool,
    Multiply,
)

AFFINE = (Conv, DepthwiseConv, Dense)
FUSES_ACTIVATION = (*AFFINE, Add, Multiply, AveragePool, MaxPool)


class Lowered(NamedTuple):
    """The graph as deployed, and for each of its nodes the original nodes it stands for."""

    graph: Graph
    sources: dict[str, tuple[str, ...]]


def lower(graph: Graph) -> Lowered:
    """The network as the converter would write it; a lowered graph is left as it is."""
    return _Lowering(_without_dropout(graph)).result()


def _without_dropout(graph: Graph) -> Graph:
    """First of all, so that whoever reads a dropout counts as a reader of what goes into it."""
    nodes: list[Node] = []
    renamed: dict[str, str] = {}
    for node in graph.nodes:
        inputs = tuple(renamed.get(ref, ref) for ref in node.inputs)
        if isinstance(node.op, Dropout):
            renamed[node.name] = inputs[0]
        else:
            nodes.append(Node(node.name, node.op, inputs))
    return Graph(graph.name, nodes, [renamed.get(ref, ref) for ref in graph.outputs])


class _Lowering:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._nodes: dict[str, Node] = {}
        self._sources: dict[str, list[str]] = {}
        self._renamed: dict[str, str] = {}

    def result(self) -> Lowered:
        for node in self._graph.nodes:
            self._visit(node)
        graph = Graph(self._graph.name, self._nodes.values(), self._current(self._graph.outputs))
        return Lowered(graph, {name: tuple(nodes) for name, nodes in self._sources.items()})

    def _visit(self, node: Node) -> None:
        op = node.op
        if isinstance(op, BatchNorm):
            self._visit_batch_norm(node)
        elif isinstance(op, Activation) and op.function in ("relu", "relu6"):
            self._visit_relu(node, op.function)
        elif isinstance(op, Activation) and op.function == "hard_sigmoid":
            self._visit_hard_sigmoid(node)
        else:
            has_bias = isinstance(op, (Conv, DepthwiseConv))
            self._append(msgspec.structs.replace(op, bias=True) if has_bias else op, node)

    def _visit_batch_norm(self, node: Node) -> None:
        before = self._only_reader_of(node)
        if before is not None and isinstance(before.op, AFFINE) and before.op.activation is None:
            self._merge(before, msgspec.structs.replace(before.op, bias=True), node)
            return
        channels = (self._graph.spec(node.inputs[0]).channels,)
        scale = Node(self._free(f"{node.name}.scale"), Multiply(constant=channels), self._current(node.inputs))
        shift = Node(self._free(f"{node.name}.shift"), Add(constant=channels), (scale.name,))
        self._replace(node, scale, shift)

    def _visit_hard_sigmoid(self, node: Node) -> None:
        before = self._only_reader_of(node)
        parts: list[Node] = []
        if before is not None and _adds_constants(before.op) and before.op.activation is None:
            bias = {"bias": True} if isinstance(before.op, AFFINE) else {}
            self._merge(before, msgspec.structs.replace(before.op, activation="relu6", **bias), node)
            shifted = before.name
        else:
            shifted = self._free(f"{node.name}.shift")
            parts.append(Node(shifted, Add(constant=(), activation="relu6"), self._current(node.inputs)))
        scale = Node(self._free(f"{node.name}.scale"), Multiply(constant=()), (shifted,))
        self._replace(node, *parts, scale)

    def _replace(self, node: Node, *parts: Node) -> None:
        """The last of the parts gives what the node gave."""
        for part in parts:
            self._nodes[part.name] = part
            self._sources[part.name] = [node.name]
        self._renamed[node.name] = parts[-1].name

    def _free(self, name: str) -> str:
        taken = {node.name for node in self._graph.nodes}
        while name in taken:
            name += "_"
        return name

    def _visit_relu(self, node: Node, function: FusedActivation) -> None:
        before = self._only_reader_of(node)
        if before is not None and isinstance(before.op, FUSES_ACTIVATION) and before.op.activation is None:
            self._merge(before, msgspec.structs.replace(before.op, activation=function), node)
        else:
            self._append(node.op, node)

    def _only_reader_of(self, node: Node) -> Node | None:
        """The lowered node whose output this node alone reads, if there is one."""
        ref = node.inputs[0]
        if len(self._graph.consumers[ref]) > 1 or ref in self._graph.outputs:
            return None
        return self._nodes.get(self._renamed.get(ref, ref))

    def _append(self, op: object, node: Node) -> None:
        self._nodes[node.name] = Node(node.name, op, self._current(node.inputs))  # type: ignore[arg-type]
        self._sources[node.name] = [node.name]

    def _merge(self, into: Node, op: object, node: Node) -> None:
        self._nodes[into.name] = msgspec.structs.replace(into, op=op)
        self._sources[into.name].append(node.name)
        self._renamed[node.name] = into.name

    def _current(self, refs: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._renamed.get(ref, ref) for ref in refs)


def _adds_constants(op: AnyOp) -> TypeGuard[Conv | DepthwiseConv | Dense | Add]:
    """Whether one constant more can be part of what the operation adds to each channel."""
    return isinstance(op, AFFINE) or (isinstance(op, Add) and op.constant is not None)
