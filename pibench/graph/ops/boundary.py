"""Where a graph begins, and what pibench does not understand."""

from __future__ import annotations

from collections.abc import Sequence

from pibench.graph.ops.base import Op, OpError, Positive
from pibench.graph.tensor import Dtype, TensorSpec, WeightSpec


class Input(Op, frozen=True, kw_only=True, tag="input"):
    """An input of the network; batch included in the shape."""

    shape: tuple[Positive, ...]
    dtype: Dtype = "float32"

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        if inputs:
            raise OpError(f"takes no inputs, not {len(inputs)}")
        return (TensorSpec(self.shape, self.dtype),)


class Opaque(Op, frozen=True, kw_only=True, tag="opaque"):
    """An operation of a model file that has no counterpart here.

    ``has_macs``: it is of a kind that multiplies and accumulates (or nobody knows), so that
    the network's MACs, which cannot include it, are too few.
    """

    name: str
    outputs: tuple[TensorSpec, ...]
    constants: tuple[WeightSpec, ...] = ()
    has_macs: bool = True

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        return self.outputs

    def weights(self, inputs: Sequence[TensorSpec]) -> tuple[WeightSpec, ...]:
        return self.constants

    @property
    def label(self) -> str:
        return self.name
