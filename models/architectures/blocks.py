"""Blocks and conventions that the architectures share.

The layout of the thesis ("WideResNet layout"): a stem at 32×32, three stages at 32×32,
16×16 and 8×8 with w, 2w and 4w channels, global average pooling, a dense classifier.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple

from msgspec import Meta

from pibench.errors import SubjectError
from pibench.graph import GraphBuilder
from pibench.graph.ops import ActivationFunction

Depth = Annotated[int, Meta(ge=1, le=3000)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
ImageSize = Annotated[int, Meta(ge=8, le=4096)]
Reduction = Annotated[int, Meta(ge=0, le=1_000_000)]
Rate = Annotated[float, Meta(ge=0, lt=1)]

STEM_CHANNELS = 16
STAGES = (1, 2, 3)


def blocks_per_stage(name: str, depth: int, per_block: int = 1, other_layers: int = 0) -> int:
    """How many blocks each of the three stages gets. Raises SubjectError when it is not a whole number."""
    blocks, rest = divmod(depth - other_layers, 3 * per_block)
    if rest or blocks < 1:
        step = 3 * per_block
        smallest = step + other_layers
        raise SubjectError(
            f"{name} cannot have depth={depth}: use {smallest}, {smallest + step}, {smallest + 2 * step} and so on"
        )
    return blocks


class Place(NamedTuple):
    """Where a block stands in the layout, counted from 1."""

    stage: int
    block: int
    blocks: int

    @property
    def stride(self) -> int:
        """2 in the first block of stages 2 and 3."""
        return 2 if self.stage > 1 and self.block == 1 else 1

    def channels(self, width: int) -> int:
        """w, 2w, 4w."""
        return int(width * 2 ** (self.stage - 1))


def places(net: GraphBuilder, blocks: int) -> Iterator[Place]:
    """All blocks in order, each inside its scope (``stage2.block1``) while it is being written."""
    for stage in STAGES:
        for block in range(1, blocks + 1):
            with net.scope(f"stage{stage}"), net.scope(f"block{block}"):
                yield Place(stage, block, blocks)


def image(net: GraphBuilder, size: int) -> str:
    return net.input((1, size, size, 3))


def conv_bn(
    net: GraphBuilder,
    x: str,
    filters: int,
    kernel: int | tuple[int, int] = 1,
    stride: int | tuple[int, int] = 1,
    activation: ActivationFunction | None = "relu",
    groups: int = 1,
) -> str:
    """Convolution without bias, batch norm, activation."""
    x = net.conv(x, filters, kernel, stride, groups=groups)
    return _normalised(net, x, activation)


def depthwise_bn(
    net: GraphBuilder,
    x: str,
    kernel: int | tuple[int, int] = 3,
    stride: int | tuple[int, int] = 1,
    activation: ActivationFunction | None = "relu",
) -> str:
    """Depthwise convolution without bias, batch norm, activation."""
    x = net.depthwise_conv(x, kernel, stride)
    return _normalised(net, x, activation)


def _normalised(net: GraphBuilder, x: str, activation: ActivationFunction | None) -> str:
    x = net.batch_norm(x)
    return net.activation(x, activation) if activation else x


def bn_relu(net: GraphBuilder, x: str) -> str:
    """Batch norm and ReLU before a convolution (pre-activation)."""
    return net.activation(net.batch_norm(x), "relu")


def squeeze_excite(net: GraphBuilder, x: str, reduction: int, gate_function: ActivationFunction = "sigmoid") -> str:
    """Channel gates computed from ``x`` and applied to it.

    Hu et al. 2018 (arXiv 1709.01507), without biases as in the thesis. The two dense layers
    act on an N×1×1×C tensor; as 1×1 convolutions they need no reshape on the way back.
    """
    channels = net.channels(x)
    with net.scope("se"):
        gate = net.global_average_pool(x, keep_dims=True)
        gate = net.conv(gate, max(channels // reduction, 1), name="squeeze")
        gate = net.activation(gate, "relu")
        gate = net.conv(gate, channels, name="excite")
        gate = net.activation(gate, gate_function)
        return net.multiply(x, gate)


def classifier(net: GraphBuilder, x: str, classes: int, dropout: float = 0.0) -> str:
    """Global average pooling, optional dropout, dense with bias: logits."""
    x = net.global_average_pool(x)
    if dropout:
        x = net.dropout(x, dropout)
    return net.dense(x, classes, name="logits")
