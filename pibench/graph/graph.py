"""A network as plain data: nodes in topological order, checked when it is made."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from pibench.errors import GraphError, did_you_mean
from pibench.graph.ops import AnyOp, Input, Op, Opaque, OpError
from pibench.graph.tensor import TensorSpec, WeightSpec

FORMAT_VERSION = 1


class Node(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step: an operation, and where its inputs come from.

    An input is the name of a node, with ``:k`` behind it for the k-th output of a node
    that has several.
    """

    name: str
    op: AnyOp
    inputs: tuple[str, ...] = ()


class Graph:
    """An immutable network. Shapes are inferred, and errors found, at construction.

    Raises GraphError, naming the node, for unknown inputs, inputs that come later, names
    used twice, and attributes or shapes that do not fit.
    """

    name: str
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    _specs: dict[str, TensorSpec]

    def __init__(self, name: str, nodes: Iterable[Node], outputs: Sequence[str]) -> None:
        if isinstance(outputs, str):
            raise GraphError(f"graph {name!r}: outputs are a sequence of names, not the string {outputs!r}")
        self.__dict__.update(name=name, nodes=tuple(map(checked, nodes)), outputs=tuple(outputs), _specs={})
        for node in self.nodes:
            self._specs.update(inferred(node, self._specs))
        if not self.outputs:
            raise GraphError(f"graph {name!r} has no outputs")
        for ref in self.outputs:
            if ref not in self._specs:
                raise GraphError(f"graph {name!r} has an output {ref!r} that no node makes")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Graph cannot be changed: make another one with a new {name}")

    def spec(self, ref: str) -> TensorSpec:
        """Shape and element type of a tensor; KeyError when there is none of that name."""
        return self._specs[ref]

    def input_specs(self, node: Node) -> tuple[TensorSpec, ...]:
        return tuple(self._specs[ref] for ref in node.inputs)

    def output_refs(self, node: Node) -> tuple[str, ...]:
        """The names of a node's outputs, as other nodes refer to them."""
        if node.name in self._specs:
            return (node.name,)
        refs: list[str] = []
        while (ref := f"{node.name}:{len(refs)}") in self._specs:
            refs.append(ref)
        return tuple(refs)

    def output_specs(self, node: Node) -> tuple[TensorSpec, ...]:
        return tuple(self._specs[ref] for ref in self.output_refs(node))

    def weights(self, node: Node) -> tuple[WeightSpec, ...]:
        return node.op.weights(self.input_specs(node))

    @cached_property
    def inputs(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if isinstance(node.op, Input))

    @cached_property
    def consumers(self) -> dict[str, tuple[Node, ...]]:
        """For each tensor, the nodes that read it (outputs of the graph do not count)."""
        found: dict[str, list[Node]] = {ref: [] for ref in self._specs}
        for node in self.nodes:
            for ref in node.inputs:
                found[ref].append(node)
        return {ref: tuple(nodes) for ref, nodes in found.items()}

    def macs(self, node: Node) -> int:
        return node.op.macs(self.input_specs(node), self.output_specs(node))

    @cached_property
    def total_macs(self) -> int:
        """Multiply-accumulates of convolutions and dense layers in one inference."""
        return sum(self.macs(node) for node in self.nodes)

    @cached_property
    def total_parameters(self) -> int:
        """All weights, batch-norm statistics included (Keras' total)."""
        return sum(weight.elements for node in self.nodes for weight in self.weights(node))

    @cached_property
    def trainable_parameters(self) -> int:
        return sum(weight.elements for node in self.nodes for weight in self.weights(node) if weight.trainable)

    @cached_property
    def opaque(self) -> tuple[Node, ...]:
        """Nodes of operations that pibench does not know."""
        return tuple(node for node in self.nodes if isinstance(node.op, Opaque))

    @cached_property
    def uncounted_ops(self) -> tuple[str, ...]:
        """Names of the operations whose MACs are missing from the total, each once."""
        return tuple(sorted({node.op.name for node in self.nodes if isinstance(node.op, Opaque) and node.op.has_macs}))

    def renamed(self, name: str) -> Graph:
        return Graph(name, self.nodes, self.outputs)

    def to_dict(self) -> dict[str, Any]:
        nodes = [msgspec.to_builtins(node) for node in self.nodes]
        return {"format_version": FORMAT_VERSION, "name": self.name, "nodes": nodes, "outputs": list(self.outputs)}

    def to_json(self) -> bytes:
        return msgspec.json.encode(self.to_dict())

    @classmethod
    def from_json(cls, data: bytes | str) -> Graph:
        """The graph that ``to_json`` wrote. Raises GraphError for anything else."""
        try:
            version = msgspec.json.decode(data, type=_Version).format_version
            if version != FORMAT_VERSION:
                raise GraphError(
                    f"this graph has format version {version}, this pibench reads {FORMAT_VERSION}: update pibench"
                )
            document = msgspec.json.decode(data, type=_Document)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise GraphError(f"this is not a graph in JSON: {error}") from None
        nodes = [_decoded(index, raw) for index, raw in enumerate(document.nodes)]
        return cls(document.name, nodes, document.outputs)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the JSON form: equal networks have equal digests."""
        return hashlib.sha256(self.to_json()).hexdigest()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Graph):
            return NotImplemented
        return (self.name, self.nodes, self.outputs) == (other.name, other.nodes, other.outputs)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"<Graph {self.name!r}: {len(self.nodes)} nodes, {self.total_macs:,} MACs>"


class _Version(msgspec.Struct):
    format_version: int


class _Document(_Version, forbid_unknown_fields=True):
    name: str
    nodes: list[dict[str, Any]]
    outputs: list[str]


def inferred(node: Node, known: Mapping[str, TensorSpec]) -> dict[str, TensorSpec]:
    """The tensors a node makes of the known ones, by reference. Raises GraphError."""
    where = f"node {node.name!r} ({node.op.kind})"
    for ref in node.inputs:
        if ref not in known:
            raise GraphError(f"{where} reads {ref!r}, which no earlier node makes.{did_you_mean(ref, known)}")
    try:
        outputs = node.op.infer([known[ref] for ref in node.inputs])
    except OpError as error:
        raise GraphError(f"{where} {error}") from None
    refs = (node.name,) if len(outputs) == 1 else tuple(f"{node.name}:{k}" for k in range(len(outputs)))
    if any(ref in known for ref in (node.name, f"{node.name}:0", *refs)):
        raise GraphError(f"{where} has a name that is already taken")
    return dict(zip(refs, outputs, strict=True))


def checked(node: Node) -> Node:
    """The node with its attributes in range and normalised (numpy integers to int). Raises GraphError.

    msgspec checks types and ranges only when it converts, not when an object is made.
    """
    if not isinstance(node.op, Op):
        raise GraphError(f"node {node.name!r} has an operation that pibench does not know: {node.op!r}")
    try:
        raw = msgspec.to_builtins(node, enc_hook=operator.index)
    except TypeError as error:
        raise GraphError(f"node {node.name!r} ({node.op.kind}) is not valid: {error}") from None
    return _convert(node.name, raw)


def _decoded(index: int, raw: dict[str, Any]) -> Node:
    return _convert(str(raw.get("name", f"number {index}")), raw)


def _convert(name: str, raw: dict[str, Any]) -> Node:
    try:
        return msgspec.convert(raw, Node)
    except msgspec.ValidationError as error:
        op = raw.get("op")
        kind = f" ({op['op']})" if isinstance(op, dict) and "op" in op else ""
        raise GraphError(f"node {name!r}{kind} is not valid: {error}") from None
