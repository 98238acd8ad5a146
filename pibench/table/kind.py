"""What layers of a table have in common when only their channels differ.

A layer's signature is its kind (operation, height, width, kernel, stride, groups, element type,
fused activation) and its channel counts, one per axis: input and output channels of a
convolution, the channels of a depthwise convolution, the parts of a concatenation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from pibench.graph import Layer, TensorSpec
from pibench.graph.ops import (
    Activation,
    Add,
    AnyOp,
    AveragePool,
    Concat,
    Conv,
    Dense,
    DepthwiseConv,
    GlobalAveragePool,
    MaxPool,
    Multiply,
    Pad,
    Slice,
    Softmax,
    Split,
)

# One axis: what comes out has the channels that went in.
_CHANNELWISE = (Activation, AveragePool, DepthwiseConv, GlobalAveragePool, MaxPool, Softmax)


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A layer with the fewest channels it can have; hashable. ``axes`` names its free channel counts."""

    op: AnyOp
    inputs: tuple[TensorSpec, ...]
    axes: tuple[str, ...]

    def layer(self, channels: Sequence[int]) -> Layer:
        """The layer with these channel counts, one per axis. Raises OpError where they cannot be."""
        layer = _resized(Layer(self.op, self.inputs), tuple(map(int, channels)), self.axes)
        layer.outputs  # noqa: B018  (raises for groups that do not divide)
        return layer

    @property
    def step(self) -> int:
        """Channel counts are multiples of this: the groups of a convolution."""
        return self.op.groups if isinstance(self.op, Conv) else 1

    def __str__(self) -> str:
        spec = self.inputs[0]
        return f"{self.op.label} at {'×'.join(map(str, spec.shape[1:-1])) or '1'}, {spec.dtype}"


class Signature(NamedTuple):
    """A layer as a table looks it up."""

    kind: Kind
    channels: tuple[int, ...]


def signature_of(layer: Layer) -> Signature:
    """Kind and channel counts; an operation whose channels are not free has no axes and is its own kind."""
    axes, channels = _axes(layer)
    if not axes:
        return Signature(Kind(layer.op, layer.inputs, ()), ())
    step = layer.op.groups if isinstance(layer.op, Conv) else 1
    least = _resized(_with_plain_scalar(layer), (step,) * len(axes), axes)
    return Signature(Kind(least.op, least.inputs, axes), channels)


def _axes(layer: Layer) -> tuple[tuple[str, ...], tuple[int, ...]]:
    op, first = layer.op, layer.inputs[0]
    if first.rank < 2:
        return (), ()
    if isinstance(op, (Conv, Dense)):
        return ("in", "out"), (first.channels, op.filters if isinstance(op, Conv) else op.units)
    if isinstance(op, (Concat, Split)) and op.axis in (-1, first.rank - 1):
        parts = tuple(x.channels for x in layer.inputs) if isinstance(op, Concat) else op.sizes
        return tuple(f"part{k}" for k in range(len(parts))), parts
    return (("channels",), (first.channels,)) if _is_channelwise(layer) else ((), ())


def _is_channelwise(layer: Layer) -> bool:
    op, channels = layer.op, layer.inputs[0].channels
    if isinstance(op, (Add, Multiply)):
        operands = [spec.channels for spec in layer.inputs]
        constant = () if op.constant is None or _is_scalar(op, channels) else op.constant
        return all(count == channels for count in (*operands, *constant[-1:]))
    if isinstance(op, Slice):
        return op.size[-1] == channels
    return isinstance(op, _CHANNELWISE) or (isinstance(op, Pad) and not any(op.paddings[-1]))


def _is_scalar(op: Add | Multiply, channels: int) -> bool:
    """Whether the constant is one value for all channels; of one channel, one that is written as such."""
    return op.constant is not None and math.prod(op.constant) == 1 and (channels > 1 or not op.constant)


def _with_plain_scalar(layer: Layer) -> Layer:
    """However it was written: with one channel, the shape could not tell it from one value per channel."""
    op = layer.op
    if isinstance(op, (Add, Multiply)) and _is_scalar(op, layer.inputs[0].channels):
        return Layer(replace(op, constant=()), layer.inputs)
    return layer


def _resized(layer: Layer, channels: tuple[int, ...], axes: tuple[str, ...]) -> Layer:
    op = layer.op
    if not axes:
        return layer
    if isinstance(op, Conv):
        op = replace(op, filters=channels[1])
    elif isinstance(op, Dense):
        op = replace(op, units=channels[1])
    elif isinstance(op, Split):
        op = replace(op, sizes=channels)
    elif isinstance(op, (Add, Multiply)) and op.constant:
        op = replace(op, constant=(*op.constant[:-1], channels[0]))
    elif isinstance(op, Slice):
        op = replace(op, size=(*op.size[:-1], channels[0]))
    return Layer(op, tuple(map(_with_channels, layer.inputs, _input_channels(layer, channels))))


def _input_channels(layer: Layer, channels: tuple[int, ...]) -> tuple[int, ...]:
    if isinstance(layer.op, Concat):
        return channels
    if isinstance(layer.op, Split):
        return (sum(channels),)
    return (channels[0],) * len(layer.inputs)


def _with_channels(spec: TensorSpec, channels: int) -> TensorSpec:
    return spec.with_shape(*spec.shape[:-1], channels)
