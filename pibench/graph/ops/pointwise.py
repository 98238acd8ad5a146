"""Operations element by element: activations, add, multiply, softmax, dropout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from pibench.graph.ops.base import FusedActivation, Op, OpError, one_input, same_dtype
from pibench.graph.tensor import TensorSpec, WeightSpec

ActivationFunction = Literal["relu", "relu6", "leaky_relu", "sigmoid", "hard_sigmoid", "hard_swish"]


class Activation(Op, frozen=True, kw_only=True, tag="activation"):
    """A non-linearity; ``slope`` is the leaky ReLU's (Keras' default 0.3)."""

    function: ActivationFunction
    slope: Annotated[float, msgspec.Meta(ge=-10, le=10)] = 0.3

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        return (one_input(inputs),)

    @property
    def label(self) -> str:
        return self.function


class _Binary(Op, frozen=True, kw_only=True):
    """Two operands with broadcasting; ``constant`` is the shape of a second operand that is a weight."""

    constant: tuple[int, ...] | None = None
    activation: FusedActivation | None = None

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        if self.constant is not None:
            one_input(inputs)
        elif len(inputs) != 2:
            raise OpError(f"takes two inputs, not {len(inputs)}")
        same_dtype(inputs)
        other = inputs[1].shape if self.constant is None else self.constant
        return (inputs[0].with_shape(*_broadcast(inputs[0].shape, other)),)

    def weights(self, inputs: Sequence[TensorSpec]) -> tuple[WeightSpec, ...]:
        if self.constant is None:
            return ()
        return (WeightSpec("constant", self.constant, inputs[0].dtype),)

    @property
    def label(self) -> str:
        text = self.kind if self.constant is None else f"{self.kind} constant"
        return f"{text} + {self.activation}" if self.activation else text


class Add(_Binary, frozen=True, kw_only=True, tag="add"):
    """Sum of two tensors, or of a tensor and a constant."""


class Multiply(_Binary, frozen=True, kw_only=True, tag="multiply"):
    """Product of two tensors (a squeeze-and-excitation gate), or of a tensor and a constant."""


class Softmax(Op, frozen=True, tag="softmax"):
    """Softmax over the last axis."""

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        return (one_input(inputs),)


class Dropout(Op, frozen=True, kw_only=True, tag="dropout"):
    """Active in training only; absent from what is deployed."""

    rate: Annotated[float, msgspec.Meta(ge=0, lt=1)]

    def infer(self, inputs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        return (one_input(inputs),)


def _broadcast(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    longer, shorter = (left, right) if len(left) >= len(right) else (right, left)
    padded = (1,) * (len(longer) - len(shorter)) + shorter
    if any(a != b and 1 not in (a, b) for a, b in zip(longer, padded, strict=True)):
        raise OpError(f"cannot combine shapes {TensorSpec(left)} and {TensorSpec(right)}")
    return tuple(max(a, b) for a, b in zip(longer, padded, strict=True))
