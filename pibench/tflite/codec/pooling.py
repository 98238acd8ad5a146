"""AVERAGE_POOL_2D, MAX_POOL_2D, and MEAN over height and width."""

from __future__ import annotations

from typing import Any

from tflite import BuiltinOperator

from pibench.graph.ops import AveragePool, GlobalAveragePool, MaxPool
from pibench.tflite.codec.base import (
    FUSED,
    PADDINGS,
    DecodeContext,
    EncodeContext,
    Operator,
    UndecodableError,
    activation_of,
    decodes,
    encodes,
    padding_of,
)

HEIGHT_AND_WIDTH = (1, 2)


@encodes(AveragePool)
def encode_average_pool(op: AveragePool, node: EncodeContext) -> Operator:
    return Operator(BuiltinOperator.AVERAGE_POOL_2D, [node.refs[0]], "Pool2DOptions", _options(op))


@encodes(MaxPool)
def encode_max_pool(op: MaxPool, node: EncodeContext) -> Operator:
    return Operator(BuiltinOperator.MAX_POOL_2D, [node.refs[0]], "Pool2DOptions", _options(op))


def _options(op: AveragePool | MaxPool) -> dict[str, int]:
    return {
        "Padding": PADDINGS[op.padding],
        "StrideH": op.stride[0],
        "StrideW": op.stride[1],
        "FilterHeight": op.kernel[0],
        "FilterWidth": op.kernel[1],
        "FusedActivationFunction": FUSED[op.activation],
    }


@decodes(BuiltinOperator.AVERAGE_POOL_2D)
def decode_average_pool(node: DecodeContext) -> AveragePool:
    return AveragePool(**_attributes(node))


@decodes(BuiltinOperator.MAX_POOL_2D)
def decode_max_pool(node: DecodeContext) -> MaxPool:
    return MaxPool(**_attributes(node))


def _attributes(node: DecodeContext) -> dict[str, Any]:
    options = node.operator.options
    return {
        "padding": padding_of(options),
        "stride": (options["StrideH"], options["StrideW"]),
        "kernel": (options["FilterHeight"], options["FilterWidth"]),
        "activation": activation_of(options),
    }


@encodes(GlobalAveragePool)
def encode_global_average_pool(op: GlobalAveragePool, node: EncodeContext) -> Operator:
    axes = node.constant("axes", HEIGHT_AND_WIDTH, "int32")
    return Operator(BuiltinOperator.MEAN, [node.refs[0], axes], "ReducerOptions", {"KeepDims": op.keep_dims})


@decodes(BuiltinOperator.MEAN)
def decode_mean(node: DecodeContext) -> GlobalAveragePool:
    rank = node.inputs[0].rank
    axes = sorted(axis % rank for axis in node.constant(1).integers())
    if rank != 4 or tuple(axes) != HEIGHT_AND_WIDTH:
        raise UndecodableError
    return GlobalAveragePool(keep_dims=bool(node.operator.options["KeepDims"]))
