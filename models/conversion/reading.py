"""How the layers of a Keras model become nodes: a reader for each type of layer, by registration.

Readers look at what their layer is; that nothing of a call is lost, and that its nodes make what
Keras makes, is checked around every one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

import keras
import numpy as np

from pibench.errors import ConversionError, GraphError
from pibench.graph import GraphBuilder, TensorSpec
from pibench.graph.ops import Op

from .names import node_name

Read = Callable[["Call"], Sequence[str]]


class _Reader(NamedTuple):
    read: Read
    takes_constants: bool


_readers: dict[type | str, _Reader] = {}

OPERATIONS = "keras.src.ops."


def reads(*types: type | str, takes_constants: bool = False) -> Callable[[Read], Read]:
    """Register a reader for layers of exactly these types; strings name Keras' own operations (``ops.split``: "Split").

    ``keras.Model`` stands for any nested model. A reader adds nodes and returns the references of
    the layer's outputs. Calls with more than tensors are refused unless it ``takes_constants``.
    """

    def register(read: Read) -> Read:
        _readers.update(dict.fromkeys(types, _Reader(read, takes_constants)))
        return read

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

    def check(self, refs: Sequence[str], tensors: Sequence[Any], owner: str) -> None:
        """Raises ConversionError unless these are for a batch of 1 what Keras' tensors are, and those float32."""
        for ref, tensor in zip(refs, tensors, strict=True):
            dtype = keras.backend.standardize_dtype(tensor.dtype)
            if dtype != "float32":
                raise ConversionError(f"{owner} has {dtype} tensors: a graph is read from float32 models only")
            shape, wanted = self.net.shape(ref), (1, *tensor.shape[1:])
            if not fits(shape, wanted):
                raise ConversionError(f"{owner} has a tensor of shape {wanted}, which a graph would have as {shape}")

    def is_shared(self, layer: Any) -> bool:
        """Whether the layer was asked for before."""
        again = id(layer) in self._called
        self._called.add(id(layer))
        return again


class Call:
    """One call of a layer: what it reads, what Keras says that it makes, and the place for its nodes."""

    def __init__(self, nodes: Nodes, node: Any, inputs: Sequence[str], name: str) -> None:
        self.nodes = nodes
        self._node = node
        self.layer = node.operation
        self.inputs = tuple(inputs)
        self.name = name

    @property
    def constants(self) -> list[Any]:
        """What the layer is called with besides Keras' tensors: numbers, arrays, variables, flags that are set."""
        arguments = keras.tree.flatten((self._node.arguments.args, self._node.arguments.kwargs))
        return [x for x in arguments if not (isinstance(x, keras.KerasTensor) or x is None or x is False)]

    @property
    def takes_dictionary(self) -> bool:
        """Whether tensors are given by name."""
        arguments = self._node.arguments
        return any(isinstance(x, dict) for x in (*arguments.args, *arguments.kwargs.values()))

    @property
    def output_shapes(self) -> list[tuple[int, ...]]:
        """Of one image: without the batch."""
        return [tuple(tensor.shape[1:]) for tensor in self._node.outputs]

    def spec(self, ref: str) -> TensorSpec:
        shape = self.nodes.net.shape(ref)
        return TensorSpec(shape)

    def add(self, op: Op, *inputs: str, part: str = "", **weights: Any) -> str:
        return self.add_all(op, *inputs, part=part, **weights)[0]

    def add_all(self, op: Op, *inputs: str, part: str = "", **weights: Any) -> tuple[str, ...]:
        """Append a node, called as the layer, or as a part of it; ``weights`` hold its weights' values."""
        name = f"{self.name}.{part}" if part else self.name
        return self.nodes.add(op, inputs or self.inputs, name, weights)

    @property
    def _owner(self) -> str:
        return f"layer {self.name!r} ({type(self.layer).__name__})"

    def refuse(self, reason: str = "has no counterpart in a graph") -> NoReturn:
        raise ConversionError(f"{self._owner} {reason}")

    def refuse_unless(self, holds: bool, reason: str) -> None:
        if not holds:
            self.refuse(reason)

    def refuse_channels_first(self) -> None:
        layout = getattr(self.layer, "data_format", None)
        self.refuse_unless(layout in (None, "channels_last"), f"has {layout}, a graph has channels last")

    def read(self) -> list[str]:
        """The references of its outputs. Raises ConversionError for layers that have no reader."""
        reader = _readers.get(_kind(self.layer))
        if reader is None:
            self.refuse()
        self.refuse_unless(not self._node.arguments.kwargs.get("training"), "is called with training=True for good")
        self.refuse_unless(
            reader.takes_constants or not self.constants, "is called with more than tensors: a node reads nothing else"
        )
        shared = self.nodes.is_shared(self.layer) and bool(getattr(self.layer, "weights", ()))
        self.refuse_unless(not shared, "is called more than once: nodes of a graph share no weights")
        self.refuse_channels_first()
        made = list(reader.read(self))
        self.nodes.check(made, self._node.outputs, self._owner)
        return made


def _kind(layer: Any) -> type | str:
    """By what readers are registered."""
    if isinstance(layer, keras.Model):
        return keras.Model
    kind = type(layer)
    return kind.__name__ if kind.__module__.startswith(OPERATIONS) else kind


def fits(shape: Sequence[int], wanted: Sequence[int | None]) -> bool:
    """Whether a shape is one of Keras', which leaves sizes open."""
    return len(shape) == len(wanted) and all(size in (None, got) for got, size in zip(shape, wanted, strict=True))


def held(holder: Any) -> np.ndarray:
    """The values, of a variable or of what a layer has as numbers or tensors."""
    return np.asarray(keras.ops.convert_to_numpy(holder), np.float32)
