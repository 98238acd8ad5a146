"""How the layers of a Keras model become nodes: a reader for each type of layer, by registration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import keras
import numpy as np

from pibench.errors import ConversionError, GraphError
from pibench.graph import GraphBuilder, TensorSpec
from pibench.graph.ops import Op

from .names import node_name

Readers = Callable[["Call"], Sequence[str]]

_readers: dict[type | str, Readers] = {}

OPERATIONS = "keras.src.ops."


def reads(*types: type | str) -> Callable[[Readers], Readers]:
    """Register a reader for layers of exactly these types; strings name Keras' own operations (``ops.split``: "Split").

    A reader adds nodes and returns the references of the layer's outputs.
    """

    def register(reader: Readers) -> Readers:
        _readers.update(dict.fromkeys(types, reader))
        return reader

    return register


class Nodes:
    """The nodes found so far, and what holds the values of their weights (``node/weight``)."""

    def __init__(self, name: str) -> None:
        self.net = GraphBuilder(name)
        self.weights: dict[str, Any] = {}
        self._names: set[str] = set()
        self._called: set[int] = set()

    def add(self, op: Op, inputs: Sequence[str], name: str, weights: Mapping[str, Any]) -> tuple[str, ...]:
        name = self._free(node_name(name))
        try:
            made = self.net.add(op, *inputs, name=name)
        except GraphError as error:
            raise ConversionError(str(error)) from None
        self.weights.update({f"{name}/{weight}": holder for weight, holder in weights.items()})
        return made

    def _free(self, name: str) -> str:
        """The name, with a number if it is taken."""
        wanted = found = name
        count = 1
        while found in self._names:
            count += 1
            found = f"{wanted}_{count}"
        self._names.add(found)
        return found

    def is_shared(self, layer: Any) -> bool:
        """Whether the layer was asked for before."""
        again = id(layer) in self._called
        self._called.add(id(layer))
        return again


class Call:
    """One call of a layer: what it reads, what Keras says that it makes, and the place for its nodes."""

    def __init__(self, nodes: Nodes, node: Any, inputs: Sequence[str], name: str) -> None:
        self._nodes = nodes
        self._node = node
        self.layer = node.operation
        self.inputs = tuple(inputs)
        self.name = name

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Positional ones, tensors among them."""
        return tuple(self._node.arguments.args)

    @property
    def output_shapes(self) -> list[tuple[int, ...]]:
        """Of one image: without the batch."""
        return [tuple(tensor.shape[1:]) for tensor in self._node.outputs]

    def spec(self, ref: str) -> TensorSpec:
        shape = self._nodes.net.shape(ref)
        return TensorSpec(shape)

    def add(self, op: Op, *inputs: str, part: str = "", **weights: Any) -> str:
        return self.add_all(op, *inputs, part=part, **weights)[0]

    def add_all(self, op: Op, *inputs: str, part: str = "", **weights: Any) -> tuple[str, ...]:
        """Append a node, called as the layer, or as a part of it; ``weights`` hold its weights' values."""
        name = f"{self.name}.{part}" if part else self.name
        return self._nodes.add(op, inputs or self.inputs, name, weights)

    def refuse(self, reason: str = "has no counterpart in a graph") -> NoReturn:
        raise ConversionError(f"layer {self.name!r} ({type(self.layer).__name__}) {reason}")

    def refuse_unless(self, holds: bool, reason: str) -> None:
        if not holds:
            self.refuse(reason)

    def refuse_channels_first(self) -> None:
        layout = getattr(self.layer, "data_format", None)
        self.refuse_unless(layout in (None, "channels_last"), f"has {layout}, a graph has channels last")

    def read(self) -> list[str]:
        """The references of its outputs. Raises ConversionError for layers that have no reader."""
        kind = type(self.layer)
        reader = _readers.get(kind.__name__ if kind.__module__.startswith(OPERATIONS) else kind)
        if reader is None:
            self.refuse()
        self.refuse_unless(not self._node.arguments.kwargs.get("training"), "is called with training=True for good")
        shared = self._nodes.is_shared(self.layer) and bool(getattr(self.layer, "weights", ()))
        self.refuse_unless(not shared, "is called more than once: nodes of a graph share no weights")
        self.refuse_channels_first()
        return list(reader(self))


def held(holder: Any) -> np.ndarray:
    """The values, of a variable or of what a layer has as numbers or tensors."""
    return np.asarray(keras.ops.convert_to_numpy(holder), np.float32)
