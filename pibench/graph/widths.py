"""Which channels of a network may be fewer, and the network that has fewer.

Channels are made by convolutions and dense layers; every other operation hands them on.
Where two tensors are added, their channels must stay equal: they are one width. Pruning, and
drawing networks at random, is choosing these widths.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from pibench.errors import GraphError
from pibench.graph.graph import Graph, Node
from pibench.graph.ops import (
    Add,
    AnyOp,
    Concat,
    Conv,
    Dense,
    DepthwiseConv,
    Gather,
    Input,
    Multiply,
    Opaque,
    Pad,
    Reshape,
    Slice,
    Split,
    Transpose,
)

# They move channels about (a channel shuffle does): what goes in and comes out keeps its width.
REARRANGING = (Split, Reshape, Transpose, Gather, Opaque)


class Width(msgspec.Struct, frozen=True):
    """Channels that are as many everywhere: made by these nodes, ``channels`` at present."""

    nodes: tuple[str, ...]
    channels: int


class Widths:
    """The widths of a graph: ``free`` ones by the name of their first node, in order.

    ``of(ref)`` gives a tensor's channels as the widths whose sum they are, None for what is fixed.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._parent: list[int] = []
        self._channels: list[int] = []
        self._fixed: set[int] = set()
        self._makers: dict[int, list[str]] = {}
        self._parts: dict[str, tuple[int, ...]] = {}
        for node in graph.nodes:
            self._visit(node)
        for ref in graph.outputs:
            self._fix(self._parts[ref])
        roots = {self._root(k) for k in range(len(self._parent))} - {self._root(k) for k in self._fixed}
        self.free: dict[str, Width] = {}
        for root in sorted(roots):
            nodes = tuple(name for k, names in self._makers.items() if self._root(k) == root for name in names)
            self.free[nodes[0]] = Width(nodes, self._channels[root])
        self._name_of = {self._root(next(iter(self._made(width)))): name for name, width in self.free.items()}

    def of(self, ref: str) -> tuple[tuple[str | None, int], ...]:
        """The parts of a tensor's channels: the name of the width, None where it is fixed, and the present count."""
        roots = [self._root(part) for part in self._parts[ref]]
        return tuple((self._name_of.get(root), self._channels[root]) for root in roots)

    def resized(self, ref: str, channels: Mapping[str, int]) -> int | None:
        """How many channels a tensor has when these widths are changed; None for a node of several outputs."""
        if ref not in self._parts:
            return None
        return sum(channels.get(name, count) if name else count for name, count in self.of(ref))

    def _made(self, width: Width) -> Iterable[int]:
        return (k for k, names in self._makers.items() if width.nodes[0] in names)

    def _new(self, channels: int, *, maker: str | None = None) -> tuple[int, ...]:
        number = len(self._parent)
        self._parent.append(number)
        self._channels.append(channels)
        if maker is None:
            self._fixed.add(number)
        else:
            self._makers[number] = [maker]
        return (number,)

    def _root(self, number: int) -> int:
        while self._parent[number] != number:
            number = self._parent[number]
        return number

    def _fix(self, parts: Iterable[int]) -> None:
        self._fixed.update(parts)

    def _visit(self, node: Node) -> None:
        inputs = [self._parts[ref] for ref in node.inputs]
        refs = self._graph.output_refs(node)
        if isinstance(node.op, REARRANGING) or self._cuts_channels(node):
            for parts in inputs:
                self._fix(parts)
            for ref in refs:
                self._parts[ref] = self._new(_channels(self._graph, ref))
        else:
            self._parts[node.name] = self._passed_on(node, inputs)

    def _cuts_channels(self, node: Node) -> bool:
        return isinstance(node.op, Slice) and node.op.size[-1] < _channels(self._graph, node.inputs[0])

    def _passed_on(self, node: Node, inputs: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        op = node.op
        if isinstance(op, Input) or _makes_channels(op):
            if _is_bound_to_input(op):
                self._fix(inputs[0])
            maker = node.name if isinstance(op, (Conv, Dense)) and _is_free(op) else None
            return self._new(_channels(self._graph, node.name), maker=maker)
        if isinstance(op, Concat):
            return self._joined(node, inputs)
        if isinstance(op, (Add, Multiply)):
            return self._united(node, inputs) if len(inputs) == 2 else self._with_constant(op, inputs[0])
        if _channels(self._graph, node.name) != _channels(self._graph, node.inputs[0]):
            # A single channel, broadcast over a constant.
            self._fix(inputs[0])
            return self._new(_channels(self._graph, node.name))
        return inputs[0]

    def _joined(self, node: Node, inputs: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        assert isinstance(node.op, Concat)
        if node.op.axis in (-1, self._graph.spec(node.name).rank - 1):
            return tuple(part for parts in inputs for part in parts)
        return self._all_fixed(inputs)

    def _united(self, node: Node, inputs: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        first, second = inputs
        left, right = (_channels(self._graph, ref) for ref in node.inputs)
        if left == right:
            self._unite(first, second)
            return first
        # One of them has a single channel that is broadcast.
        return self._all_fixed(sorted(inputs, key=lambda parts: sum(self._channels[part] for part in parts)))

    def _with_constant(self, op: Add | Multiply, parts: tuple[int, ...]) -> tuple[int, ...]:
        """A constant of a value per channel has fewer where the tensor has, a scalar fits any, others only as many."""
        channels = sum(self._channels[part] for part in parts)
        if not op.constant or op.constant[-1] == channels or math.prod(op.constant) == 1:
            return parts
        self._fix(parts)
        return parts if op.constant[-1] == 1 else self._new(op.constant[-1])

    def _all_fixed(self, inputs: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        """No layer's signature tells how many channels such inputs have: none of them may change."""
        for parts in inputs:
            self._fix(parts)
        return inputs[-1]

    def _unite(self, first: Sequence[int], second: Sequence[int]) -> None:
        if [self._channels[k] for k in first] != [self._channels[k] for k in second]:
            # Joined from other parts: no width can change alone.
            self._fix((*first, *second))
            return
        for left, right in zip(first, second, strict=True):
            low, high = sorted((self._root(left), self._root(right)))
            self._parent[high] = low


def with_widths(graph: Graph, channels: Mapping[str, int], name: str | None = None) -> Graph:
    """The graph with these of its free widths changed; ``channels`` is by the names of ``Widths(graph).free``.

    Raises GraphError for a name that is no free width, and for a width below 1.
    """
    widths = Widths(graph)
    for key, count in channels.items():
        if key not in widths.free:
            known = ", ".join(widths.free) or "none"
            raise GraphError(f"graph {graph.name!r} has no width {key!r} that is free: there are {known}")
        if count < 1:
            raise GraphError(f"graph {graph.name!r} cannot have {count} channels in {key!r}: use 1 or more")
    nodes = [replace(node, op=_resized(node, widths.resized(node.name, channels))) for node in graph.nodes]
    return Graph(name or graph.name, nodes, graph.outputs)


def _resized(node: Node, channels: int | None) -> AnyOp:
    """The operation, making so many channels; None where it makes what it always did."""
    op = node.op
    if channels is None:
        return op
    if isinstance(op, Conv):
        return replace(op, filters=channels)
    if isinstance(op, Dense):
        return replace(op, units=channels)
    if isinstance(op, (Add, Multiply)) and op.constant and op.constant[-1] > 1:
        return replace(op, constant=(*op.constant[:-1], channels))
    if isinstance(op, Slice):
        return replace(op, size=(*op.size[:-1], channels))
    return op


def _makes_channels(op: AnyOp) -> bool:
    return (
        isinstance(op, (Conv, Dense))
        or (isinstance(op, DepthwiseConv) and op.multiplier > 1)
        or (isinstance(op, Pad) and any(op.paddings[-1]))
    )


def _is_free(op: Conv | Dense) -> bool:
    """Groups must divide both sides, so that no channel can go alone."""
    return isinstance(op, Dense) or op.groups == 1


def _is_bound_to_input(op: AnyOp) -> bool:
    """Whether the channels that it reads must stay as they are."""
    if isinstance(op, Conv):
        return op.groups > 1
    return isinstance(op, (DepthwiseConv, Pad)) or (isinstance(op, Dense) and op.flatten)


def _channels(graph: Graph, ref: str) -> int:
    shape = graph.spec(ref).shape
    return shape[-1] if shape else 1
