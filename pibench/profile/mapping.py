"""Which layers of the deployed network the operations in a runtime's profile are.

The runtime's own kernels are one operation per layer, in the order of the file. XNNPACK has
operations of its own: a layer may be several of them, and one of them several layers. They are
mapped by type and order, and only where there is exactly one way to do it: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from pibench.engine.profile import EventKind
from pibench.graph import Graph, Node
from pibench.graph.ops import (
    Add,
    AveragePool,
    Conv,
    Dense,
    DepthwiseConv,
    Input,
    MaxPool,
    Multiply,
    Op,
    Pad,
    Reshape,
)
from pibench.profile.kernels import Names, internal_name, internal_names, is_clamp, operator_names

_CLAMPS = (Conv, DepthwiseConv, Dense, Add, Multiply, AveragePool, MaxPool)
# Of a weight, which the graph's layers hold already as it is after that.
_OF_WEIGHTS = "DEQUANTIZE"


class Operation(NamedTuple):
    """As the profile tells it; spans, which contain others, are none. ``node`` is an operator's number in the file."""

    name: str
    kind: EventKind
    node: int


class Group(NamedTuple):
    """Layers by name, in the order of the network, and the positions of the operations that they are together."""

    layers: Names
    operations: tuple[int, ...]


def mapped(graph: Graph, operations: Sequence[Operation]) -> tuple[Group, ...]:
    """All layers of a deployed graph; none at all unless there is one way for all of them."""
    layers = _layers(graph)
    if all(operation.kind == "operator" for operation in operations):
        forms = [_Forms(node, tuple((name,) for name in operator_names(node.op))) for node in layers]
        return _grouped(layers, _only_way(forms, [operation.name for operation in operations], {_OF_WEIGHTS}))
    own = _own_operators(layers, operations)
    if own is None:
        return ()
    forms = [
        _Forms(node, ((_label(own[node.name]),),))
        if node.name in own
        else _Forms(node, tuple(internal_names(node.op)), _joins(graph, node))
        for node in execution_order(graph, own)
    ]
    return _grouped(layers, _only_way(forms, list(map(_label, operations)), set()))


def execution_order(graph: Graph, own: Collection[str]) -> list[Node]:
    """The layers in the order in which the runtime runs them, those in ``own`` itself and the others by a delegate.

    As TFLite divides a network (PartitionGraphIntoIndependentNodeSubsets): in turns all that can
    run so far of the one kind, and of the other.
    """
    waiting = _layers(graph)
    lacking = {ref for node in waiting for ref in graph.output_refs(node)}
    order: list[Node] = []
    while waiting:
        by_runtime = next(node.name in own for node in waiting if lacking.isdisjoint(node.inputs))
        later: list[Node] = []
        # Once through is enough: a layer reads only of those before it.
        for node in waiting:
            if (node.name in own) == by_runtime and lacking.isdisjoint(node.inputs):
                order.append(node)
                lacking.difference_update(graph.output_refs(node))
            else:
                later.append(node)
        waiting = later
    return order


def _layers(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if not isinstance(node.op, Input)]


def _label(operation: Operation) -> str:
    """XNNPACK's name, or for one of the file's operators what no name is."""
    return internal_name(operation.name) if operation.kind == "delegate" else f"#{operation.node}"


def _own_operators(layers: Sequence[Node], operations: Sequence[Operation]) -> dict[str, Operation] | None:
    """The layers that the runtime runs itself beside a delegate; None when a number in the file is another layer's."""
    own: dict[str, Operation] = {}
    for operation in operations:
        if operation.kind != "operator":
            continue
        if operation.node >= len(layers) or operation.name not in operator_names(layers[operation.node].op):
            return None
        own[layers[operation.node].name] = operation
    return own


class _Forms(NamedTuple):
    """The sequences of operations that a layer may be, and the layer into which XNNPACK may have drawn it instead."""

    node: Node
    sequences: tuple[Names, ...]
    joins: str | None = None


def _joins(graph: Graph, node: Node) -> str | None:
    """Zeros go into the convolution that reads them, a clamp into what it clamps, a reshape into the next one."""
    if is_clamp(node.op):
        maker = next(one for one in graph.nodes if node.inputs[0] in graph.output_refs(one))
        clamped = isinstance(maker.op, _CLAMPS) and _only_reader(graph, maker) is not None
        return maker.name if clamped else None
    reader = _only_reader(graph, node)
    if reader is None:
        return None
    reshaped = isinstance(node.op, Reshape) and isinstance(reader.op, Reshape)
    return reader.name if reshaped or (isinstance(node.op, Pad) and _takes_zeros(reader.op, node.op)) else None


def _takes_zeros(op: Op, pad: Pad) -> bool:
    """A convolution that pads itself takes none from elsewhere."""
    none = all(pair == (0, 0) for pair in pad.paddings)
    return isinstance(op, (Conv, DepthwiseConv)) and (none or op.padding == "valid")


def _only_reader(graph: Graph, node: Node) -> Node | None:
    readers = graph.consumers.get(node.name, ())
    return readers[0] if len(readers) == 1 and node.name not in graph.outputs else None


class _Step(NamedTuple):
    node: Node
    operations: tuple[int, ...]
    joined: str | None


def _only_way(forms: Sequence[_Forms], names: Sequence[str], skipped: set[str]) -> list[_Step] | None:
    """How the layers, one after the other, make up all names; None when there is no way or more than one."""
    # ways[i][j]: in how many ways the layers from the i-th on make up the names from the j-th on.
    ways = [[0] * (len(names) + 1) for _ in range(len(forms) + 1)]
    for i in range(len(forms), -1, -1):
        for j in range(len(names), -1, -1):
            if i == len(forms) and j == len(names):
                ways[i][j] = 1
            else:
                ways[i][j] = sum(ways[i2][j2] for i2, j2, _ in _moves(forms, names, skipped, i, j))
    if ways[0][0] != 1:
        return None
    steps: list[_Step] = []
    i = j = 0
    while (i, j) != (len(forms), len(names)):
        i2, j2, joined = next(move for move in _moves(forms, names, skipped, i, j) if ways[move[0]][move[1]])
        if i2 > i:
            steps.append(_Step(forms[i].node, tuple(range(j, j2)), joined))
        i, j = i2, j2
    return steps


def _moves(
    forms: Sequence[_Forms], names: Sequence[str], skipped: set[str], i: int, j: int
) -> Iterator[tuple[int, int, str | None]]:
    """What may come next: a name that is no layer's, a layer, or one that is drawn into another."""
    if j < len(names) and names[j] in skipped:
        yield i, j + 1, None
    if i < len(forms):
        if forms[i].joins is not None:
            yield i + 1, j, forms[i].joins
        for sequence in forms[i].sequences:
            if tuple(names[j : j + len(sequence)]) == sequence:
                yield i + 1, j + len(sequence), None


def _grouped(layers: Sequence[Node], steps: Sequence[_Step] | None) -> tuple[Group, ...]:
    if steps is None:
        return ()
    joined = {step.node.name: step.joined for step in steps}
    groups: dict[str, tuple[list[str], list[int]]] = {}
    position = {node.name: k for k, node in enumerate(layers)}
    for step in sorted(steps, key=lambda step: position[step.node.name]):
        name = step.node.name
        while (into := joined[name]) is not None:
            name = into
        members, operations = groups.setdefault(name, ([], []))
        members.append(step.node.name)
        operations.extend(step.operations)
    return tuple(Group(tuple(members), tuple(operations)) for members, operations in groups.values())
