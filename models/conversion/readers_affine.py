"""Readers of layers with kernels, and of batch normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from pibench.graph import ops

from .batch_norm import FusedBatchNormalization
from .grouped import GroupedConv2D
from .readers_pointwise import activated
from .reading import Call, reads


def _window(layer: Any) -> dict[str, Any]:
    return {
        "kernel": tuple(layer.kernel_size),
        "stride": tuple(layer.strides),
        "padding": layer.padding,
        "dilation": tuple(layer.dilation_rate),
    }


def _bias(layer: Any) -> dict[str, Any]:
    return {"bias": layer.bias} if layer.use_bias else {}


@reads(keras.layers.Conv2D, GroupedConv2D)
def _conv(call: Call) -> Sequence[str]:
    layer = call.layer
    op = ops.Conv(filters=layer.filters, groups=layer.groups, bias=layer.use_bias, **_window(layer))
    return [activated(call, call.add(op, kernel=layer.kernel, **_bias(layer)))]


@reads(keras.layers.DepthwiseConv2D)
def _depthwise(call: Call) -> Sequence[str]:
    layer = call.layer
    op = ops.DepthwiseConv(multiplier=layer.depth_multiplier, bias=layer.use_bias, **_window(layer))
    return [activated(call, call.add(op, kernel=layer.kernel, **_bias(layer)))]


@reads(keras.layers.SeparableConv2D)
def _separable(call: Call) -> Sequence[str]:
    layer = call.layer
    depthwise = ops.DepthwiseConv(multiplier=layer.depth_multiplier, **_window(layer))
    pointwise = ops.Conv(filters=layer.filters, kernel=(1, 1), bias=layer.use_bias)
    x = call.add(depthwise, part="depthwise", kernel=layer.depthwise_kernel)
    x = call.add(pointwise, x, part="pointwise", kernel=layer.pointwise_kernel, **_bias(layer))
    return [activated(call, x)]


@reads(keras.layers.Dense)
def _dense(call: Call) -> Sequence[str]:
    layer = call.layer
    op = ops.Dense(units=layer.units, bias=layer.use_bias)
    # A quantised or adapted kernel is computed: a property, which still has the values.
    return [activated(call, call.add(op, kernel=layer.kernel, **_bias(layer)))]


@reads(keras.layers.BatchNormalization, FusedBatchNormalization)
def _batch_norm(call: Call) -> Sequence[str]:
    layer = call.layer
    rank = call.spec(call.inputs[0]).rank
    call.refuse_unless(layer.axis in (-1, rank - 1), f"normalises axis {layer.axis}: a graph's is the last one")
    channels = call.spec(call.inputs[0]).channels
    return [
        call.add(
            ops.BatchNorm(momentum=layer.momentum, epsilon=layer.epsilon),
            gamma=layer.gamma if layer.scale else np.ones(channels, np.float32),
            beta=layer.beta if layer.center else np.zeros(channels, np.float32),
            mean=layer.moving_mean,
            variance=layer.moving_variance,
        )
    ]
