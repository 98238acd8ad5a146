"""MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) in the layout of the thesis."""

from __future__ import annotations

from typing import Literal

from pibench.graph import Graph, GraphBuilder

from .blocks import (
    STEM_CHANNELS,
    Count,
    Depth,
    ImageSize,
    Place,
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
def mobilenet_v2(
    *,
    depth: Depth = 9,
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
    growing = channels == "growing"
    for place in places(net, blocks):
        first = (place.stage, place.block) == (1, 1)
        x = inverted_residual(
            net,
            x,
            channels=grown_channels(width, place) if growing else place.channels(width),
            # The thesis' growing variant counts its first expansion from the nominal width.
            hidden=(width if growing else net.channels(x)) if first else expansion * net.channels(x),
            stride=place.stride,
            se=se,
        )
    with net.scope("head"):
        return net.build(classifier(net, x, classes, dropout))


def grown_channels(width: int, place: Place) -> int:
    """Output channels on the way from the stage's width to twice that, in equal steps."""
    start = place.channels(width)
    return start + start * place.block // place.blocks


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
