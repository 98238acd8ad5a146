"""SqueezeNext (Gholami et al. 2018, arXiv 1803.10615) in the layout of the thesis."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pibench.graph import Graph, GraphBuilder

from .blocks import (
    STEM_CHANNELS,
    Count,
    Depth,
    ImageSize,
    Rate,
    blocks_per_stage,
    classifier,
    conv_bn,
    image,
    places,
)
from .registry import register

# A block's narrowest convolution has a quarter of its channels.
Width = Annotated[int, Meta(ge=4, le=1_000_000)]
Bottleneck = Annotated[int, Meta(ge=0, le=1_000_000)]

COLUMN, ROW = (3, 1), (1, 3)


@register
def squeezenext(
    *,
    depth: Depth = 9,
    width: Width = 48,
    bottleneck: Bottleneck = 0,
    dropout: Rate = 0.0,
    input_size: ImageSize = 32,
    classes: Count = 10,
) -> Graph:
    """SqueezeNext: two 1×1 squeezes, a 3×1 and a 1×3 convolution, and a 1×1 expansion in a residual block.

    The order of the two 1-D convolutions alternates from block to block. ``bottleneck``: channels
    of the paper's 1×1 convolution before the classifier, which the thesis left out (0: none).
    """
    blocks = blocks_per_stage("squeezenext", depth)
    net = GraphBuilder("squeezenext")
    x = image(net, input_size)
    with net.scope("stem"):
        x = conv_bn(net, x, STEM_CHANNELS, 3)
    for number, place in enumerate(places(net, blocks)):
        kernels = (ROW, COLUMN) if number % 2 else (COLUMN, ROW)
        x = _block(net, x, place.channels(width), place.stride, kernels, place.block == 1)
    with net.scope("head"):
        if bottleneck:
            x = conv_bn(net, x, bottleneck)
        return net.build(classifier(net, x, classes, dropout))


def _block(
    net: GraphBuilder, x: str, channels: int, stride: int, kernels: tuple[tuple[int, int], ...], first: bool
) -> str:
    shortcut = x
    with net.scope("reduce1"):
        x = conv_bn(net, x, channels // 2, 1, stride)
    with net.scope("reduce2"):
        x = conv_bn(net, x, channels // 4)
    for height, width in kernels:
        with net.scope(f"conv{height}x{width}"):
            x = conv_bn(net, x, channels // 2, (height, width))
    with net.scope("expand"):
        x = conv_bn(net, x, channels)
    if first:
        with net.scope("shortcut"):
            shortcut = conv_bn(net, shortcut, channels, 1, stride)
    return net.add_tensors(x, shortcut)
