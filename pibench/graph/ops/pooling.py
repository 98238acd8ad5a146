"""Pooling."""

from __future__ import annotations

from collections.abc import Sequence

from pibench.graph.ops.base import FusedActivation, Op, Padding, Pair, image_input, window_label, window_output
from pibench.graph.tensor import TensorSpec


class _Pool(Op, frozen=True, kw_only=True):
    kernel: Pair
    stride: Pair
    padding: Padding = "valid"
    activation: FusedActivation | None = None

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        x = image_input(inputs)
        height, width = (
            window_output(*axis)
            for axis in zip(x.shape[1:3], self.kernel, self.stride, [self.padding] * 2, strict=True)
        )
        return (x.with_shape(x.shape[0], height, width, x.channels),)

    @property
    def label(self) -> str:
        return window_label(self.kind, self.kernel, self.stride, self.activation)


class AveragePool(_Pool, frozen=True, kw_only=True, tag="average_pool"):
    """Mean over a window; padding does not count."""


class MaxPool(_Pool, frozen=True, kw_only=True, tag="max_pool"):
    """Maximum over a window."""


class GlobalAveragePool(Op, frozen=True, kw_only=True, tag="global_average_pool"):
    """Mean over height and width: N×C, or N×1×1×C with ``keep_dims``."""

    keep_dims: bool = False

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        x = image_input(inputs)
        middle = (1, 1) if self.keep_dims else ()
        return (x.with_shape(x.shape[0], *middle, x.channels),)
