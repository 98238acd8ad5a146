"""``Graph`` → Keras functional model. Adding an operation is adding a function under ``@_layer.register``."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import singledispatch
from typing import Any, NamedTuple

import keras

from pibench.errors import ConversionError
from pibench.graph import Graph, Node, TensorSpec, ops

from .batch_norm import FusedBatchNormalization
from .grouped import GroupedConv2D
from .initialisers import Initialisers, initialisers_of
from .layers import AddConstant, Gather, MultiplyByConstant, Pad, Slice, Split
from .names import KERAS_ACTIVATIONS, layer_name, model_name

# Layers' names become scopes of TensorFlow.
_CHARACTERS = "A-Za-z0-9_.-"

# What the user's keras.json says is for models that say nothing.
_LAYOUT = "channels_last"


def to_keras(graph: Graph, *, batch: int | None = None, initialisers: Initialisers | None = None) -> keras.Model:
    """The network as a functional model with new weights, channels last; its layers have the names of the nodes.

    (On PyTorch, with ``>`` for each dot: ``layer_of`` finds them.) The batch is free unless given.
    Weights are drawn with the thesis' initialisers for the architecture that the graph's name
    tells, or as ``initialisers`` says. Raises ConversionError for what has no counterpart, naming the node:
    operations across the batch, and activations that a converter has fused into others.
    """
    chosen = initialisers or initialisers_of(graph)
    tensors: dict[str, Any] = {}
    for node in graph.nodes:
        made = _outputs(graph, node, [tensors[ref] for ref in node.inputs], batch, chosen)
        tensors.update(zip(graph.output_refs(node), made, strict=True))
    inputs, outputs = [tensors[node.name] for node in graph.inputs], [tensors[ref] for ref in graph.outputs]
    return keras.Model(_one_or_all(inputs), _one_or_all(outputs), name=model_name(graph.name))


def _one_or_all(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors


def _outputs(graph: Graph, node: Node, inputs: list[Any], batch: int | None, initialisers: Initialisers) -> list[Any]:
    if not re.fullmatch(f"[{_CHARACTERS}]+", node.name):
        raise ConversionError(f"{_where(node)} cannot be a layer: names there have letters, digits, and . _ - only")
    if isinstance(node.op, ops.Input):
        return [keras.Input(batch_shape=(batch, *node.op.shape[1:]), dtype=node.op.dtype, name=layer_name(node.name))]
    place = _Place(node, graph.input_specs(node), graph.output_specs(node), initialisers)
    _refuse_fused_and_mixed(place)
    made = _layer(node.op, place)(_one_or_all(inputs))
    return list(made) if isinstance(made, (list, tuple)) else [made]


class _Place(NamedTuple):
    """Where an operation stands: what its layer is called, what it reads, how its weights begin."""

    node: Node
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    initialisers: Initialisers

    @property
    def name(self) -> str:
        return layer_name(self.node.name)

    @property
    def rank(self) -> int:
        return self.inputs[0].rank

    def refuse_unless(self, keeps_batch: bool) -> None:
        if not keeps_batch:
            raise ConversionError(f"{_where(self.node)} acts across the batch, whose images Keras keeps apart")

    def refuse_axis_of_batch(self, axis: int) -> None:
        self.refuse_unless(axis % self.rank != 0)


def _where(node: Node) -> str:
    return f"node {node.name!r} ({node.op.label})"


def _refuse_fused_and_mixed(place: _Place) -> None:
    op = place.node.op
    if getattr(op, "activation", None) or getattr(op, "flatten", False):
        raise ConversionError(f"{_where(place.node)} is of a deployed graph: give the designed one")
    if any(spec.dtype != "float32" for spec in place.inputs) or getattr(op, "weight_dtype", None):
        raise ConversionError(f"{_where(place.node)} is not float32: Keras trains the float32 network")


@singledispatch
def _layer(op: ops.Op, place: _Place) -> Callable[[Any], Any]:
    raise ConversionError(f"{_where(place.node)} has no counterpart in Keras")


@_layer.register
def _conv(op: ops.Conv, place: _Place) -> keras.layers.Layer:
    kind = keras.layers.Conv2D if op.groups == 1 else GroupedConv2D
    return kind(
        op.filters, groups=op.groups, kernel_initializer=place.initialisers.conv(), **_window(op), name=place.name
    )


@_layer.register
def _depthwise(op: ops.DepthwiseConv, place: _Place) -> keras.layers.Layer:
    return keras.layers.DepthwiseConv2D(
        depth_multiplier=op.multiplier,
        depthwise_initializer=place.initialisers.depthwise(),
        **_window(op),
        name=place.name,
    )


def _window(op: ops.Conv | ops.DepthwiseConv) -> dict[str, Any]:
    return {
        "kernel_size": op.kernel,
        "strides": op.stride,
        "padding": op.padding,
        "dilation_rate": op.dilation,
        "use_bias": op.bias,
        "data_format": _LAYOUT,
    }


@_layer.register
def _dense(op: ops.Dense, place: _Place) -> keras.layers.Layer:
    return keras.layers.Dense(
        op.units, use_bias=op.bias, kernel_initializer=place.initialisers.dense(), name=place.name
    )


@_layer.register
def _batch_norm(op: ops.BatchNorm, place: _Place) -> keras.layers.Layer:
    return FusedBatchNormalization(momentum=op.momentum, epsilon=op.epsilon, name=place.name)


@_layer.register
def _activation(op: ops.Activation, place: _Place) -> keras.layers.Layer:
    if op.function == "leaky_relu":
        return keras.layers.LeakyReLU(negative_slope=op.slope, name=place.name)
    try:
        return keras.layers.Activation(KERAS_ACTIVATIONS.get(op.function, op.function), name=place.name)
    except ValueError:
        raise ConversionError(f"{_where(place.node)} has no counterpart in Keras") from None


@_layer.register
def _add(op: ops.Add, place: _Place) -> keras.layers.Layer:
    if op.constant is not None:
        return AddConstant(op.constant, name=place.name)
    return keras.layers.Add(name=place.name)


@_layer.register
def _multiply(op: ops.Multiply, place: _Place) -> keras.layers.Layer:
    if op.constant is not None:
        return MultiplyByConstant(op.constant, name=place.name)
    return keras.layers.Multiply(name=place.name)


@_layer.register
def _softmax(op: ops.Softmax, place: _Place) -> keras.layers.Layer:
    return keras.layers.Softmax(name=place.name)


@_layer.register
def _dropout(op: ops.Dropout, place: _Place) -> keras.layers.Layer:
    return keras.layers.Dropout(op.rate, name=place.name)


@_layer.register
def _average_pool(op: ops.AveragePool, place: _Place) -> keras.layers.Layer:
    return keras.layers.AveragePooling2D(op.kernel, op.stride, op.padding, _LAYOUT, name=place.name)


@_layer.register
def _max_pool(op: ops.MaxPool, place: _Place) -> keras.layers.Layer:
    return keras.layers.MaxPooling2D(op.kernel, op.stride, op.padding, _LAYOUT, name=place.name)


@_layer.register
def _global_average_pool(op: ops.GlobalAveragePool, place: _Place) -> keras.layers.Layer:
    return keras.layers.GlobalAveragePooling2D(_LAYOUT, keepdims=op.keep_dims, name=place.name)


@_layer.register
def _concat(op: ops.Concat, place: _Place) -> Callable[[Any], Any]:
    place.refuse_axis_of_batch(op.axis)
    if len(place.inputs) == 1:
        return keras.layers.Identity(name=place.name)  # Keras joins two tensors or more
    return keras.layers.Concatenate(axis=op.axis, name=place.name)


@_layer.register
def _split(op: ops.Split, place: _Place) -> keras.layers.Layer:
    place.refuse_axis_of_batch(op.axis)
    return Split(op.sizes, op.axis, name=place.name)


@_layer.register
def _slice(op: ops.Slice, place: _Place) -> keras.layers.Layer:
    place.refuse_unless(keeps_batch=op.size[0] == place.inputs[0].shape[0])
    return Slice(op.begin[1:], op.size[1:], name=place.name)


@_layer.register
def _gather(op: ops.Gather, place: _Place) -> keras.layers.Layer:
    place.refuse_axis_of_batch(op.axis)
    return Gather(op.indices, op.axis, name=place.name)


@_layer.register
def _reshape(op: ops.Reshape, place: _Place) -> keras.layers.Layer:
    place.refuse_unless(keeps_batch=op.shape[0] == place.inputs[0].shape[0])
    return keras.layers.Reshape(op.shape[1:], name=place.name)


@_layer.register
def _transpose(op: ops.Transpose, place: _Place) -> keras.layers.Layer:
    place.refuse_unless(keeps_batch=op.perm[0] == 0)
    return keras.layers.Permute(op.perm[1:], name=place.name)


@_layer.register
def _pad(op: ops.Pad, place: _Place) -> keras.layers.Layer:
    batch, *others = op.paddings
    place.refuse_unless(keeps_batch=batch == (0, 0))
    if place.rank == 4 and others[-1] == (0, 0):
        return keras.layers.ZeroPadding2D(others[:2], _LAYOUT, name=place.name)
    return Pad(others, name=place.name)
