"""CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from tflite import BuiltinOperator

from pibench.graph.ops import Conv, Dense, DepthwiseConv
from pibench.tflite.codec.base import (
    FUSED,
    PADDINGS,
    Constant,
    DecodeContext,
    EncodeContext,
    Operator,
    UndecodableError,
    activation_of,
    decodes,
    encodes,
    padding_of,
)


@encodes(Conv)
def encode_conv(op: Conv, node: EncodeContext) -> Operator:
    kernel = node.constant("kernel", np.moveaxis(node.weights["kernel"], -1, 0))
    return Operator(
        BuiltinOperator.CONV_2D,
        [node.refs[0], kernel, node.constant("bias", node.weights["bias"])],
        "Conv2DOptions",
        _window_options(op),
        # The converter marks grouped kernels with the version that introduced them.
        version=6 if op.groups > 1 else 1,
    )


@decodes(BuiltinOperator.CONV_2D)
def decode_conv(node: DecodeContext) -> Conv:
    kernel = node.constant(1).spec
    filters, height, width, depth = kernel.shape
    groups, rest = divmod(node.inputs[0].channels, depth)
    if rest:
        raise UndecodableError
    return Conv(filters=filters, kernel=(height, width), groups=groups, **_window_attributes(node))


@encodes(DepthwiseConv)
def encode_depthwise(op: DepthwiseConv, node: EncodeContext) -> Operator:
    height, width, channels, multiplier = node.weights["kernel"].shape
    values = node.weights["kernel"].reshape(1, height, width, channels * multiplier)
    kernel = node.constant("kernel", values, channel_axis=3)
    return Operator(
        BuiltinOperator.DEPTHWISE_CONV_2D,
        [node.refs[0], kernel, node.constant("bias", node.weights["bias"])],
        "DepthwiseConv2DOptions",
        {**_window_options(op), "DepthMultiplier": multiplier},
        version=2 if op.dilation != (1, 1) else 1,
    )


@decodes(BuiltinOperator.DEPTHWISE_CONV_2D)
def decode_depthwise(node: DecodeContext) -> DepthwiseConv:
    _, height, width, outputs = node.constant(1).spec.shape
    multiplier, rest = divmod(outputs, node.inputs[0].channels)
    if rest:
        raise UndecodableError
    return DepthwiseConv(kernel=(height, width), multiplier=multiplier, **_window_attributes(node))


@encodes(Dense)
def encode_dense(op: Dense, node: EncodeContext) -> Operator:
    keep_dims = node.inputs[0].rank > 2 and not op.flatten
    return Operator(
        BuiltinOperator.FULLY_CONNECTED,
        [
            node.refs[0],
            node.constant("kernel", node.weights["kernel"].T),
            node.constant("bias", node.weights["bias"]) if op.bias else None,
        ],
        "FullyConnectedOptions",
        {"FusedActivationFunction": FUSED[op.activation], "KeepNumDims": keep_dims},
        version=5 if keep_dims else 1,
    )


@decodes(BuiltinOperator.FULLY_CONNECTED)
def decode_dense(node: DecodeContext) -> Dense:
    x, kernel = node.inputs[0], node.constant(1).spec
    units, features = kernel.shape
    flatten = x.rank > 2 and not node.operator.options["KeepNumDims"]
    if features != (math.prod(x.shape[1:]) if flatten else x.channels):
        raise UndecodableError
    return Dense(units=units, flatten=flatten, **_affine_attributes(node))


def _window_options(op: Conv | DepthwiseConv) -> dict[str, Any]:
    return {
        "Padding": PADDINGS[op.padding],
        "StrideH": op.stride[0],
        "StrideW": op.stride[1],
        "DilationHFactor": op.dilation[0],
        "DilationWFactor": op.dilation[1],
        "FusedActivationFunction": FUSED[op.activation],
    }


def _window_attributes(node: DecodeContext) -> dict[str, Any]:
    options = node.operator.options
    return {
        "padding": padding_of(options),
        "stride": (options["StrideH"], options["StrideW"]),
        "dilation": (options["DilationHFactor"], options["DilationWFactor"]),
        **_affine_attributes(node),
    }


def _affine_attributes(node: DecodeContext) -> dict[str, Any]:
    weight_dtype = node.constant(1).spec.dtype
    return {
        "bias": isinstance(node.operand(2), Constant),
        "activation": activation_of(node.operator.options),
        "weight_dtype": None if weight_dtype == node.inputs[0].dtype else weight_dtype,
    }
