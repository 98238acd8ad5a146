"""EffNet (Freeman et al. 2018, arXiv 1801.06434)."""

from __future__ import annotations

import math

from pibench.graph import Graph, GraphBuilder

from .blocks import STAGES, Count, Depth, ImageSize, Rate, conv_bn, depthwise_bn, image
from .registry import register

# A bottleneck keeps so many channels, however small the network.
LEAST_BOTTLENECK = 6


@register
def effnet(
    *,
    blocks: tuple[Depth, Depth, Depth] = (1, 1, 1),
    width: Count = 32,
    expansion: Count = 2,
    dropout: Rate = 0.0,
    input_size: ImageSize = 32,
    classes: Count = 10,
) -> Graph:
    """EffNet: depthwise 1×3 and 3×1 convolutions, with pooling and stride along one axis at a time.

    ``blocks``: of each stage, the last of which halves the image; ``width``: channels of the
    first stage, doubled by each; ``expansion``: of a block's bottleneck, in halves of the stage's
    channels. No global pooling: the classifier reads every pixel. However many blocks the thesis
    asked for, it ran ``blocks=1-1-2``.
    """
    net = GraphBuilder("effnet")
    x = image(net, input_size)
    with net.scope("stem"):
        x = conv_bn(net, x, width)
    for stage, count in zip(STAGES, blocks, strict=True):
        channels = width * 2 ** (stage - 1)
        bottleneck = max(channels * expansion // 2, LEAST_BOTTLENECK)
        for block in range(1, count + 1):
            with net.scope(f"stage{stage}"), net.scope(f"block{block}"):
                x = _block(net, x, bottleneck, 2 * channels if block == count else None)
    with net.scope("head"):
        x = net.reshape(x, (1, math.prod(net.shape(x))), name="flatten")
        if dropout:
            x = net.dropout(x, dropout)
        return net.build(net.dense(x, classes, name="logits"))


def _block(net: GraphBuilder, x: str, bottleneck: int, halved_to: int | None) -> str:
    """``halved_to``: channels of a block that halves the image; None for one that does not."""
    with net.scope("pointwise"):
        x = conv_bn(net, x, bottleneck, activation="leaky_relu")
    with net.scope("row"):
        x = depthwise_bn(net, x, (1, 3))
        if halved_to:
            x = net.max_pool(x, (1, 2), (1, 2), padding="same")
    with net.scope("column"):
        x = depthwise_bn(net, x, (3, 1))
    if halved_to:
        with net.scope("halve"):
            x = conv_bn(net, x, halved_to, (2, 1), (2, 1), activation="leaky_relu")
    return x
