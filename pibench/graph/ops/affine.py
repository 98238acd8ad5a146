"""Operations with trained kernels: convolution, depthwise convolution, dense; and batch normalisation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from pibench.graph.ops.base import (
    FusedActivation,
    Op,
    OpError,
    Padding,
    Pair,
    Positive,
    image_input,
    one_input,
    window_label,
    window_output,
)
from pibench.graph.tensor import Dtype, TensorSpec, WeightSpec, bias_dtype


class _Affine(Op, frozen=True, kw_only=True):
    """Kernel, optional bias, and the activation that a converter fuses behind them.

    ``weight_dtype`` is set where it differs from the activations' type (hybrid kernels).
    """

    bias: bool = False
    activation: FusedActivation | None = None
    weight_dtype: Dtype | None = None

    def _kernel_and_bias(self, x: TensorSpec, kernel: tuple[int, ...], units: int) -> tuple[WeightSpec, ...]:
        weights = [WeightSpec("kernel", kernel, self.weight_dtype or x.dtype)]
        if self.bias:
            weights.append(WeightSpec("bias", (units,), bias_dtype(x.dtype)))
        return tuple(weights)


class Conv(_Affine, frozen=True, kw_only=True, tag="conv"):
    """2-D convolution; kernel HWIO (kh, kw, in/groups, filters)."""

    filters: Positive
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = "same"
    dilation: Pair = (1, 1)
    groups: Positive = 1

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        x = image_input(inputs)
        if x.channels % self.groups or self.filters % self.groups:
            raise OpError(
                f"has {self.groups} groups, which do not divide {x.channels} input and {self.filters} output channels"
            )
        height, width = (
            window_output(*axis)
            for axis in zip(x.shape[1:3], self.kernel, self.stride, [self.padding] * 2, self.dilation, strict=True)
        )
        return (x.with_shape(x.shape[0], height, width, self.filters),)

    def weights(self, inputs: Sequence[TensorSpec]) -> tuple[WeightSpec, ...]:
        kernel = (*self.kernel, inputs[0].channels // self.groups, self.filters)
        return self._kernel_and_bias(inputs[0], kernel, self.filters)

    def macs(self, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return outputs[0].elements * math.prod(self.kernel) * inputs[0].channels // self.groups

    @property
    def label(self) -> str:
        kind = "conv" if self.groups == 1 else f"conv g{self.groups}"
        return window_label(kind, self.kernel, self.stride, self.activation)


class DepthwiseConv(_Affine, frozen=True, kw_only=True, tag="depthwise_conv"):
    """Depthwise 2-D convolution; kernel (kh, kw, in, multiplier)."""

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = "same"
    dilation: Pair = (1, 1)
    multiplier: Positive = 1

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        x = image_input(inputs)
        height, width = (
            window_output(*axis)
            for axis in zip(x.shape[1:3], self.kernel, self.stride, [self.padding] * 2, self.dilation, strict=True)
        )
        return (x.with_shape(x.shape[0], height, width, x.channels * self.multiplier),)

    def weights(self, inputs: Sequence[TensorSpec]) -> tuple[WeightSpec, ...]:
        channels = inputs[0].channels
        kernel = (*self.kernel, channels, self.multiplier)
        return self._kernel_and_bias(inputs[0], kernel, channels * self.multiplier)

    def macs(self, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return outputs[0].elements * math.prod(self.kernel)

    @property
    def label(self) -> str:
        return window_label("depthwise", self.kernel, self.stride, self.activation)


class Dense(_Affine, frozen=True, kw_only=True, tag="dense"):
    """Matrix product over the last axis; with ``flatten`` over all axes but the batch."""

    units: Positive
    flatten: bool = False

    def _features(self, x: TensorSpec) -> int:
        return math.prod(x.shape[1:]) if self.flatten else x.channels

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        x = one_input(inputs)
        if x.rank < 2:
            raise OpError(f"needs an input of rank 2 or more, not shape {x}")
        lead = x.shape[:1] if self.flatten else x.shape[:-1]
        return (x.with_shape(*lead, self.units),)

    def weights(self, inputs: Sequence[TensorSpec]) -> tuple[WeightSpec, ...]:
        return self._kernel_and_bias(inputs[0], (self._features(inputs[0]), self.units), self.units)

    def macs(self, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return outputs[0].elements * self._features(inputs[0])

    @property
    def label(self) -> str:
        return f"dense + {self.activation}" if self.activation else "dense"


class BatchNorm(Op, frozen=True, kw_only=True, tag="batch_norm"):
    """Per-channel scale and shift with statistics of training (Keras' defaults)."""

    momentum: Annotated[float, Meta(ge=0, le=1)] = 0.99
    epsilon: Annotated[float, Meta(gt=0, le=1000)] = 1e-3

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        return (one_input(inputs),)

    def weights(self, inputs: Sequence[TensorSpec]) -> tuple[WeightSpec, ...]:
        channels = (inputs[0].channels,)
        return (
            WeightSpec("gamma", channels),
            WeightSpec("beta", channels),
            WeightSpec("mean", channels, trainable=False),
            WeightSpec("variance", channels, trainable=False),
        )
