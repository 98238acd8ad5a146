"""Where a graph begins, and what pibench does not understand."""

from __future__ import annotations

from collections.abc import Sequence

from pibench.graph.ops.base import Op, OpError, Positive
from pibench.graph.tensor import DTYPE_BITS, TensorSpec, WeightSpec


class Input(Op, frozen=True, kw_only=True, tag="input"):
    """An input of the network; batch included in the shape."""

    shape: tuple[Positive, ...]
    dtype: str = "float32"

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        if inputs:
            raise OpError(f"takes no inputs, not {len(inputs)}")
        if self.dtype not in DTYPE_BITS:
            raise OpError(f"has an unknown element type {self.dtype!r}")
        return (TensorSpec(self.shape, self.dtype),)


class Opaque(Op, frozen=True, kw_only=True, tag="opaque"):
    """An operation of a model file that has no counterpart here; its MACs are not counted."""

    name: str
    outputs: tuple[TensorSpec, ...]
    constants: tuple[WeightSpec, ...] = ()

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        return self.outputs

    def weights(self, inputs: Sequence[TensorSpec]) -> tuple[WeightSpec, ...]:
        return self.constants

    @property
    def label(self) -> str:
        return self.name
