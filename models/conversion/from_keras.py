"""Keras functional model → ``Graph``: nested models are taken apart, layers read one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
from keras.src.models.functional import Functional

from pibench.errors import ConversionError, GraphError
from pibench.graph import Graph, ops

from . import readers_affine, readers_layout, readers_pointwise  # noqa: F401  # they register themselves
from .names import graph_name
from .order import in_converters_order
from .reading import Call, Nodes, reads


def from_keras(model: keras.Model) -> Graph:
    """The network of a functional or sequential model, batch 1; nodes are called as its layers.

    Nested models are taken apart (``outer.inner``); an activation or another part that a layer
    applies becomes a node of its own (``conv.relu``). Layers that do nothing when deployed are
    left out, but for dropout. Nodes stand in the order in which TensorFlow's converter puts them, so
    that ``from_keras(to_keras(graph))`` is ``in_converters_order(graph)``, the zoo's graphs as they are.
    Raises ConversionError, naming the layer, for what a graph cannot say, and for other types than float32.
    """
    return read(model)[0]


def read(model: keras.Model) -> tuple[Graph, dict[str, Any]]:
    """The graph, and for each of its weights (``node/weight``) the variable or array with the values."""
    name = graph_name(model.name)
    nodes = Nodes(name)
    functional = _functional(model, name)
    inputs = [_input(nodes, tensor) for tensor in functional.inputs]
    outputs = _walk(functional, inputs, nodes, prefix="")
    try:
        return in_converters_order(nodes.net.build(*outputs)), nodes.weights
    except GraphError as error:
        raise ConversionError(str(error)) from None


def _functional(model: keras.Model, name: str) -> Functional:
    # A class with a call of its own has a graph that is not what it computes.
    if type(model).call not in (Functional.call, keras.Sequential.call):
        raise ConversionError(f"model {name!r} ({type(model).__name__}) is not a functional or sequential one")
    if isinstance(model, Functional):
        return model
    if model._functional is None:
        raise ConversionError(f"model {name!r} does not know its input yet: begin it with keras.Input")
    return model._functional


def _input(nodes: Nodes, tensor: Any) -> str:
    name, shape = tensor._keras_history.operation.name, tuple(tensor.shape[1:])
    if None in shape:
        raise ConversionError(f"input {name!r} has shape {shape}: a graph's sizes are fixed")
    return nodes.add(ops.Input(shape=(1, *shape)), (), name, {})[0]


@reads(keras.Model)
def _nested(call: Call) -> Sequence[str]:
    model = _functional(call.layer, call.name)
    # Keras sorts a dictionary out by the names of the inputs, which is another order than the inputs' own.
    by_name = call.takes_dictionary and not isinstance(model._inputs_struct, dict)
    call.refuse_unless(not by_name, "is called with a dictionary: give its inputs as a list")
    return _walk(model, call.inputs, call.nodes, prefix=f"{call.name}.")


def _walk(model: Functional, inputs: Sequence[str], nodes: Nodes, prefix: str) -> list[str]:
    """Add all that a model does to its inputs; returns the references of its outputs."""
    # Keras casts and reshapes what a nested model is given.
    nodes.check(inputs, model.inputs, f"an input of model {prefix.removesuffix('.') or graph_name(model.name)!r}")
    refs = dict(zip(map(id, model.inputs), inputs, strict=True))
    for node in _in_topological_order(model):
        if node.is_input:
            continue
        read_refs = [refs[id(tensor)] for tensor in node.input_tensors]
        made = Call(nodes, node, read_refs, prefix + node.operation.name).read()
        refs.update(zip(map(id, node.outputs), made, strict=True))
    return [refs[id(tensor)] for tensor in model.outputs]


def _in_topological_order(model: Functional) -> Iterator[Any]:
    for _, nodes in sorted(model._nodes_by_depth.items(), reverse=True):
        yield from nodes
