"""The operations a network is made of, one class each, with shape and cost rules."""

from __future__ import annotations

from typing import Union

from pibench.graph.ops.affine import BatchNorm, Conv, Dense, DepthwiseConv
from pibench.graph.ops.base import FusedActivation, Op, OpError, Padding, Pair
from pibench.graph.ops.boundary import Input, Opaque
from pibench.graph.ops.layout import Concat, Gather, Pad, Reshape, Slice, Split, Transpose
from pibench.graph.ops.pointwise import Activation, ActivationFunction, Add, Dropout, Multiply, Softmax
from pibench.graph.ops.pooling import AveragePool, GlobalAveragePool, MaxPool

# typing.Union, since msgspec reads it on Python 3.10 to 3.13 alike.
AnyOp = Union[  # noqa: UP007
    Activation,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    DepthwiseConv,
    Dropout,
    Gather,
    GlobalAveragePool,
    Input,
    MaxPool,
    Multiply,
    Opaque,
    Pad,
    Reshape,
    Slice,
    Softmax,
    Split,
    Transpose,
]

__all__ = [
    "Activation",
    "ActivationFunction",
    "Add",
    "AnyOp",
    "AveragePool",
    "BatchNorm",
    "Concat",
    "Conv",
    "Dense",
    "DepthwiseConv",
    "Dropout",
    "FusedActivation",
    "Gather",
    "GlobalAveragePool",
    "Input",
    "MaxPool",
    "Multiply",
    "Op",
    "OpError",
    "Opaque",
    "Pad",
    "Padding",
    "Pair",
    "Reshape",
    "Slice",
    "Softmax",
    "Split",
    "Transpose",
]
