"""What every operation tells about itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from pibench.graph.tensor import TensorSpec, WeightSpec

Positive = Annotated[int, msgspec.Meta(ge=1)]
Pair = tuple[Positive, Positive]
Padding = Literal["same", "valid"]
FusedActivation = Literal["relu", "relu6"]


class OpError(Exception):
    """Inputs or attributes that do not fit an operation; ``Graph`` adds the node's name."""


class Op(msgspec.Struct, frozen=True, tag_field="op", forbid_unknown_fields=True):
    """One operation with its attributes; knows shapes and costs, not where it stands in a network."""

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        """Specs of the outputs for given inputs. Raises OpError if they do not fit."""
        raise NotImplementedError

    def weights(self, inputs: Sequence[TensorSpec]) -> tuple[WeightSpec, ...]:
        """The constants the operation owns when its inputs are these."""
        return ()

    def macs(self, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        """Multiply-accumulates of one execution; convolutions and dense layers only."""
        return 0

    @property
    def kind(self) -> str:
        """The operation's name, as in the JSON form."""
        return str(self.__struct_config__.tag)

    @property
    def label(self) -> str:
        """The name for people, with the attributes that matter at a glance."""
        return self.kind


def one_input(inputs: Sequence[TensorSpec]) -> TensorSpec:
    if len(inputs) != 1:
        raise OpError(f"takes one input, not {len(inputs)}")
    return inputs[0]


def same_dtype(inputs: Sequence[TensorSpec]) -> None:
    """Raises OpError when the element types differ."""
    dtypes = {x.dtype for x in inputs}
    if len(dtypes) > 1:
        raise OpError(f"mixes element types {' and '.join(sorted(dtypes))}")


def image_input(inputs: Sequence[TensorSpec]) -> TensorSpec:
    x = one_input(inputs)
    if x.rank != 4:
        raise OpError(f"needs an NHWC input of rank 4, not shape {x}")
    return x


def normalised_axis(axis: int, rank: int) -> int:
    """The axis counted from the front. Raises OpError when there is no such axis."""
    if not -rank <= axis < rank:
        raise OpError(f"has no axis {axis} in an input of rank {rank}")
    return axis % rank


def window_output(size: int, kernel: int, stride: int, padding: Padding, dilation: int = 1) -> int:
    """Extent of a sliding window's output along one axis (TensorFlow's SAME and VALID)."""
    reach = (kernel - 1) * dilation + 1
    extent = size if padding == "same" else size - reach + 1
    if extent < 1:
        raise OpError(f"with a window of {reach} does not fit an input of extent {size} without padding")
    return -(-extent // stride)


def window_label(kind: str, kernel: Pair, stride: Pair, activation: str | None = None) -> str:
    text = f"{kind} {kernel[0]}×{kernel[1]}"
    if stride != (1, 1):
        text += f" /{stride[0]}" if stride[0] == stride[1] else f" /{stride[0]}×{stride[1]}"
    return f"{text} + {activation}" if activation else text
