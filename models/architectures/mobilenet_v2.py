"""MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) in the layout of the thesis."""

from __future__ import annotations

from typing import Literal

from pibench.graph import Graph, GraphBuilder

from .blocks import (
    STAGES,
    STEM_CHANNELS,
    Count,
    ImageSize,
    Rate,
    Reduction,
    blocks_per_stage,
    classifier,
    conv_bn,
    depthwise_bn,
    image,
    squeeze_excite,
)
from .registry import register


@register
def mobilenet_v2(
    *,
    depth: Count = 9,
    width: Count = 16,
    expansion: Count = 6,
    se: Reduction = 0,
    channels: Literal["constant", "growing"] = "constant",
    dropout: Rate = 0.0,
    input_size: ImageSize = 32,
    classes: Count = 10,
) -> Graph:
    """MobileNetV2: inverted residual blocks with linear bottlenecks.

    ``se``: squeeze-and-excitation with this reduction on stride-1 blocks (0: none).
    ``channels="growing"``: the thesis' first variant, whose channels grow within a stage, so
    that no residual addition ever happens.
    """
    blocks = blocks_per_stage("mobilenet_v2", depth)
    net = GraphBuilder("mobilenet_v2")
    x = image(net, input_size)
    with net.scope("stem"):
        x = conv_bn(net, x, STEM_CHANNELS, 3, activation="relu6")
    for stage in STAGES:
        for block in range(1, blocks + 1):
            with net.scope(f"stage{stage}"), net.scope(f"block{block}"):
                x = inverted_residual(
                    net,
                    x,
                    channels=block_channels(width, stage, block, blocks, channels),
                    hidden=net.channels(x) * (1 if (stage, block) == (1, 1) else expansion),
                    stride=2 if stage > 1 and block == 1 else 1,
                    se=se,
                )
    with net.scope("head"):
        return net.build(classifier(net, x, classes, dropout))


def block_channels(width: int, stage: int, block: int, blocks: int, channels: str) -> int:
    """Output channels of a block (both counted from 1)."""
    start = width * 2 ** (stage - 1)
    return start if channels == "constant" else start + start * block // blocks


def inverted_residual(
    net: GraphBuilder, x: str, channels: int, hidden: int, stride: int, se: int, kernel: int = 3
) -> str:
    """Expand to ``hidden`` channels, depthwise, project; residual where the shape is kept."""
    identity = x
    with net.scope("expand"):
        x = conv_bn(net, x, hidden, activation="relu6")
    with net.scope("depthwise"):
        x = depthwise_bn(net, x, kernel, stride, activation="relu6")
    with net.scope("project"):
        x = conv_bn(net, x, channels, activation=None)
    if se and stride == 1:
        x = squeeze_excite(net, x, se)
    if net.shape(identity) == net.shape(x):
        x = net.add_tensors(x, identity)
    return x
