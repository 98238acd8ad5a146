"""Readers of what acts element by element: activations, sums, products, and what trains only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import dropwhile
from typing import get_args

import keras
import numpy as np

from pibench.graph import ops

from .layers import AddConstant, MultiplyByConstant
from .names import KERAS_ACTIVATIONS
from .reading import Call, held, reads

KERAS_SLOPE = 0.2
"""Of the function ``leaky_relu``; the layer's own is 0.3."""

# "linear" and "silu" are no function of a graph, "softmax" is an operation there.
_NAMES = ("linear", "softmax", "silu", *get_args(ops.ActivationFunction))

# By the functions themselves: a user's own may bear the name of one of Keras'.
_ACTIVATIONS = [
    (getattr(module, KERAS_ACTIVATIONS.get(name, name), None), name)
    for name in _NAMES
    for module in (keras.activations, keras.ops)
]

_OPERATIONS = {
    "Relu": "relu",
    "Relu6": "relu6",
    "Sigmoid": "sigmoid",
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_swish",
    "Silu": "silu",
}


def activated(call: Call, x: str) -> str:
    """The activation that a layer applies to what it computed."""
    name = _activation_of(call)
    return _activation(call, x, name, part=name)


def _activation_of(call: Call) -> str:
    found = call.layer.activation
    for function, name in _ACTIVATIONS:
        if function is found:
            return name
    return call.refuse(
        f"has the activation {getattr(found, '__name__', found)!r}, which is none of Keras' that a graph has"
    )


def _activation(call: Call, x: str, name: str, part: str = "") -> str:
    """``part`` is empty where it is all that the layer does."""
    if name == "linear":
        return x
    if name == "softmax":
        return call.add(ops.Softmax(), x, part=part)
    if name == "leaky_relu":
        return call.add(ops.Activation(function=name, slope=KERAS_SLOPE), x, part=part)
    if name == "silu":
        gate = call.add(ops.Activation(function="sigmoid"), x, part="sigmoid")
        return call.add(ops.Multiply(), x, gate, part=part)
    return call.add(ops.Activation(function=name), x, part=part)


@reads(keras.layers.Activation)
def _activation_layer(call: Call) -> Sequence[str]:
    return [_activation(call, call.inputs[0], _activation_of(call))]


@reads(keras.layers.ReLU)
def _relu(call: Call) -> Sequence[str]:
    layer = call.layer
    slope, limit = float(layer.negative_slope or 0), layer.max_value
    call.refuse_unless(not layer.threshold, f"has threshold {layer.threshold}, which no graph has")
    if slope and limit is None:
        return [call.add(ops.Activation(function="leaky_relu", slope=slope))]
    call.refuse_unless(not slope and limit in (None, 6), f"ends at {limit}: a graph's at 6 or nowhere")
    return [call.add(ops.Activation(function="relu" if limit is None else "relu6"))]


@reads(keras.layers.LeakyReLU, "LeakyRelu")
def _leaky_relu(call: Call) -> Sequence[str]:
    return [call.add(ops.Activation(function="leaky_relu", slope=float(call.layer.negative_slope)))]


@reads(keras.layers.Softmax, "Softmax")
def _softmax(call: Call) -> Sequence[str]:
    rank = call.spec(call.inputs[0]).rank
    axis = call.layer.axis
    call.refuse_unless(axis in (-1, rank - 1), f"is over axis {axis}: a graph's is over the last one")
    return [call.add(ops.Softmax())]


@reads(*_OPERATIONS)
def _function(call: Call) -> Sequence[str]:
    return [_activation(call, call.inputs[0], _OPERATIONS[_kind(call)])]


def _kind(call: Call) -> str:
    return type(call.layer).__name__


@reads(keras.layers.Add, keras.layers.Multiply)
def _merged(call: Call) -> Sequence[str]:
    if len(call.inputs) == 1:
        return call.inputs
    # Several are combined one after the other, as a converter does.
    op = _BINARY[_kind(call)]
    *first, last = call.inputs
    left = reduce(lambda x, y: call.add(op(), x, y, part="partial"), first)
    return [call.add(op(), left, last)]


_BINARY = {"Add": ops.Add, "Multiply": ops.Multiply}


@reads("Add", "Multiply", takes_constants=True)
def _binary(call: Call) -> Sequence[str]:
    op = _BINARY[_kind(call)]
    if not call.constants:
        return [call.add(op())]
    constant = held(call.constants[0])
    return [call.add(op(constant=constant.shape), constant=constant)]


@reads(AddConstant, MultiplyByConstant)
def _constant(call: Call) -> Sequence[str]:
    op = ops.Add if isinstance(call.layer, AddConstant) else ops.Multiply
    return [call.add(op(constant=call.layer.shape), constant=call.layer.constant)]


@reads(keras.layers.Rescaling)
def _rescaling(call: Call) -> Sequence[str]:
    scale, offset = (np.asarray(value, np.float32) for value in (call.layer.scale, call.layer.offset))
    if not offset.any():
        return [call.add(ops.Multiply(constant=scale.shape), constant=scale)]
    x = call.add(ops.Multiply(constant=scale.shape), part="scale", constant=scale)
    return [call.add(ops.Add(constant=offset.shape), x, part="offset", constant=offset)]


@reads(keras.layers.Normalization)
def _normalization(call: Call) -> Sequence[str]:
    layer = call.layer
    call.refuse_unless(not layer.invert, "is inverted")
    mean, variance = (_without_leading_ones(held(value)) for value in (layer.mean, layer.variance))
    deviation = np.maximum(np.sqrt(variance), np.float32(keras.config.epsilon()))
    x = call.add(ops.Add(constant=mean.shape), part="shift", constant=-mean)
    return [call.add(ops.Multiply(constant=mean.shape), x, part="scale", constant=1 / deviation)]


def _without_leading_ones(values: np.ndarray) -> np.ndarray:
    """The same in every sum and product with more axes, of which the batch is one."""
    return values.reshape(tuple(dropwhile(lambda size: size == 1, values.shape)))


@reads(keras.layers.Dropout)
def _dropout(call: Call) -> Sequence[str]:
    return [call.add(ops.Dropout(rate=float(call.layer.rate)))]


@reads(
    keras.layers.Identity,
    keras.layers.ActivityRegularization,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.SpatialDropout2D,
)
def _nothing_when_deployed(call: Call) -> Sequence[str]:
    return call.inputs
