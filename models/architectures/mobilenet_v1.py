"""MobileNetV1 (Howard et al. 2017, arXiv 1704.04861) in the layout of the thesis."""

from __future__ import annotations

from typing import Literal

from pibench.graph import Graph, GraphBuilder

from .blocks import (
    STEM_CHANNELS,
    Count,
    Depth,
    ImageSize,
    Rate,
    Reduction,
    blocks_per_stage,
    classifier,
    conv_bn,
    depthwise_bn,
    image,
    places,
    squeeze_excite,
)
from .registry import register


@register
def mobilenet_v1(
    *,
    depth: Depth = 15,
    width: Count = 32,
    se: Reduction = 0,
    skip: bool = False,
    kernel: Literal[3, 5] = 3,
    dropout: Rate = 0.0,
    input_size: ImageSize = 32,
    classes: Count = 10,
) -> Graph:
    """MobileNetV1: depthwise separable blocks.

    ``se``: squeeze-and-excitation with this reduction on stride-1 blocks (0: none). ``skip``:
    identity around blocks that keep their shape. ``kernel=5``: 5×5 depthwise in stages 2 and 3
    but for each one's last block.
    """
    blocks = blocks_per_stage("mobilenet_v1", depth)
    net = GraphBuilder("mobilenet_v1")
    x = image(net, input_size)
    with net.scope("stem"):
        x = conv_bn(net, x, STEM_CHANNELS, 3)
    for place in places(net, blocks):
        inner = place.stage > 1 and place.block < blocks
        x = _block(net, x, place.channels(width), place.stride, kernel if inner else 3, se, skip)
    with net.scope("head"):
        return net.build(classifier(net, x, classes, dropout))


def _block(net: GraphBuilder, x: str, channels: int, stride: int, kernel: int, se: int, skip: bool) -> str:
    identity = x
    with net.scope("depthwise"):
        x = depthwise_bn(net, x, kernel, stride)
    with net.scope("pointwise"):
        x = conv_bn(net, x, channels)
    if se and stride == 1:
        x = squeeze_excite(net, x, se)
    if skip and net.shape(identity) == net.shape(x):
        x = net.add_tensors(x, identity)
    return x
