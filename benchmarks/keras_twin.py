"""``Graph`` → Keras functional model with the same weights, for comparisons with TensorFlow's converter.

Op by op and no more than the comparisons need: it is not the builder for training, which decides
about initialisers, regularisers and which layers stay trainable. Every layer bears its node's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from pibench.errors import GraphError
from pibench.graph import Graph, Node, ops
from pibench.tflite import random_weights

Layers = Sequence[keras.layers.Layer]

_ACTIVATIONS = {"relu": "relu", "sigmoid": "sigmoid", "hard_sigmoid": "hard_sigmoid", "hard_swish": "hard_silu"}


def keras_twin(graph: Graph, *, seed: int = 0, batch: int | None = 1) -> keras.Model:
    """The network with the weights that ``pibench.tflite.write`` draws for this seed.

    Its batch-norm statistics are therefore not Keras' initial 0 and 1, with which the converter
    drops the addition. ``batch=None`` leaves the batch free. Raises GraphError for operations
    that only deployed graphs have.
    """
    tensors: dict[str, Any] = {}
    for node in graph.nodes:
        outputs = _outputs(node, [tensors[ref] for ref in node.inputs], batch)
        tensors.update(zip(graph.output_refs(node), outputs, strict=True))
    inputs, outputs = [tensors[node.name] for node in graph.inputs], [tensors[ref] for ref in graph.outputs]
    model = keras.Model(inputs[0] if len(inputs) == 1 else inputs, outputs)
    weights = random_weights(graph, seed)
    for node in _with_weights(graph):
        values = [weights[f"{node.name}/{spec.name}"] for spec in graph.weights(node)]
        model.get_layer(node.name).set_weights(values)
    return model


def twin_weights(model: keras.Model, graph: Graph) -> dict[str, npt.NDArray[np.float32]]:
    """The model's weights under the names that ``pibench.tflite.write`` knows them by."""
    found = {}
    for node in _with_weights(graph):
        values = model.get_layer(node.name).get_weights()
        found.update({f"{node.name}/{s.name}": v for s, v in zip(graph.weights(node), values, strict=True)})
    return found


def _with_weights(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if graph.weights(node)]


def _outputs(node: Node, inputs: list[Any], batch: int | None) -> list[Any]:
    if getattr(node.op, "activation", None) or getattr(node.op, "constant", None):
        raise GraphError(f"node {node.name!r} ({node.op.label}) is of a deployed graph: give the designed one")
    if isinstance(node.op, ops.Input):
        return [keras.Input(batch_shape=(batch, *node.op.shape[1:]), dtype=node.op.dtype, name=node.name)]
    made = _layer(node.op, node.name)(inputs[0] if len(inputs) == 1 else inputs)
    return list(made) if isinstance(made, (list, tuple)) else [made]


@singledispatch
def _layer(op: ops.Op, name: str) -> keras.layers.Layer:
    raise GraphError(f"node {name!r} ({op.label}) has no Keras twin")


@_layer.register
def _conv(op: ops.Conv, name: str) -> keras.layers.Layer:
    return keras.layers.Conv2D(op.filters, groups=op.groups, **_window(op), name=name)


@_layer.register
def _depthwise(op: ops.DepthwiseConv, name: str) -> keras.layers.Layer:
    return keras.layers.DepthwiseConv2D(depth_multiplier=op.multiplier, **_window(op), name=name)


def _window(op: ops.Conv | ops.DepthwiseConv) -> dict[str, Any]:
    return {
        "kernel_size": op.kernel,
        "strides": op.stride,
        "padding": op.padding,
        "dilation_rate": op.dilation,
        "use_bias": op.bias,
    }


@_layer.register
def _dense(op: ops.Dense, name: str) -> keras.layers.Layer:
    if op.flatten:
        raise GraphError(f"node {name!r} ({op.label}) is of a deployed graph: give the designed one")
    return keras.layers.Dense(op.units, use_bias=op.bias, name=name)


@_layer.register
def _batch_norm(op: ops.BatchNorm, name: str) -> keras.layers.Layer:
    return keras.layers.BatchNormalization(momentum=op.momentum, epsilon=op.epsilon, name=name)


@_layer.register
def _activation(op: ops.Activation, name: str) -> keras.layers.Layer:
    if op.function == "relu6":
        return keras.layers.ReLU(max_value=6.0, name=name)
    if op.function == "leaky_relu":
        return keras.layers.LeakyReLU(negative_slope=op.slope, name=name)
    return keras.layers.Activation(_ACTIVATIONS[op.function], name=name)


@_layer.register
def _add(op: ops.Add, name: str) -> keras.layers.Layer:
    return keras.layers.Add(name=name)


@_layer.register
def _multiply(op: ops.Multiply, name: str) -> keras.layers.Layer:
    return keras.layers.Multiply(name=name)


@_layer.register
def _softmax(op: ops.Softmax, name: str) -> keras.layers.Layer:
    return keras.layers.Softmax(name=name)


@_layer.register
def _dropout(op: ops.Dropout, name: str) -> keras.layers.Layer:
    return keras.layers.Dropout(op.rate, name=name)


@_layer.register
def _concat(op: ops.Concat, name: str) -> keras.layers.Layer:
    return keras.layers.Concatenate(axis=op.axis, name=name)


@_layer.register
def _average_pool(op: ops.AveragePool, name: str) -> keras.layers.Layer:
    return keras.layers.AveragePooling2D(op.kernel, op.stride, op.padding, name=name)


@_layer.register
def _max_pool(op: ops.MaxPool, name: str) -> keras.layers.Layer:
    return keras.layers.MaxPooling2D(op.kernel, op.stride, op.padding, name=name)


@_layer.register
def _global_average_pool(op: ops.GlobalAveragePool, name: str) -> keras.layers.Layer:
    return keras.layers.GlobalAveragePooling2D(keepdims=op.keep_dims, name=name)


# Keras' own layers for these keep the batch apart, or do not exist.


@_layer.register
def _split(op: ops.Split, name: str) -> keras.layers.Layer:
    ends = [int(end) for end in np.cumsum(op.sizes)[:-1]]
    equal = len(set(op.sizes)) == 1
    parts = len(op.sizes) if equal else ends
    return keras.layers.Lambda(lambda x: keras.ops.split(x, parts, axis=op.axis), name=name)


@_layer.register
def _slice(op: ops.Slice, name: str) -> keras.layers.Layer:
    ends = [begin + size for begin, size in zip(op.begin, op.size, strict=True)]

    def cut(x: Any) -> Any:
        # As people write it: an axis that is kept whole is left open.
        box = (slice(b or None, e if e < n else None) for b, e, n in zip(op.begin, ends, x.shape, strict=True))
        return x[tuple(box)]

    return keras.layers.Lambda(cut, name=name)


@_layer.register
def _gather(op: ops.Gather, name: str) -> keras.layers.Layer:
    return keras.layers.Lambda(lambda x: keras.ops.take(x, op.indices, axis=op.axis), name=name)


@_layer.register
def _reshape(op: ops.Reshape, name: str) -> keras.layers.Layer:
    return keras.layers.Lambda(lambda x: keras.ops.reshape(x, op.shape), name=name)


@_layer.register
def _transpose(op: ops.Transpose, name: str) -> keras.layers.Layer:
    return keras.layers.Lambda(lambda x: keras.ops.transpose(x, op.perm), name=name)


@_layer.register
def _pad(op: ops.Pad, name: str) -> keras.layers.Layer:
    return keras.layers.Lambda(lambda x: keras.ops.pad(x, op.paddings), name=name)
