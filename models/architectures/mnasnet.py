"""MnasNet (Tan et al. 2018, arXiv 1807.11626) in the layout of the thesis."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

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
    image,
    places,
)
from .mobilenet_v2 import grown_channels, inverted_residual
from .registry import register

# The first block's is half of it.
Expansion = Annotated[int, Meta(ge=2, le=1_000_000)]


@register
def mnasnet(
    *,
    depth: Depth = 9,
    width: Count = 16,
    expansion: Expansion = 6,
    se: Reduction = 0,
    kernel: Literal[3, 5] = 5,
    channels: Literal["constant", "growing"] = "constant",
    dropout: Rate = 0.0,
    input_size: ImageSize = 32,
    classes: Count = 10,
) -> Graph:
    """MnasNet: inverted residual blocks with kernels and expansions found by search (arXiv 1807.11626).

    Of what the search found the thesis kept 5×5 depthwise convolutions in stages 2 and 3 but for
    each one's last block (``kernel=3``: none) and half the expansion in the very first block; all
    else is ``mobilenet_v2``. ``se``: squeeze-and-excitation with this reduction on stride-1 blocks
    (0: none, as in the paper's first version). ``channels="growing"``: the thesis' first variant,
    whose channels grow within a stage, so that no residual addition ever happens.
    """
    blocks = blocks_per_stage("mnasnet", depth)
    net = GraphBuilder("mnasnet")
    x = image(net, input_size)
    with net.scope("stem"):
        x = conv_bn(net, x, STEM_CHANNELS, 3, activation="relu6")
    growing = channels == "growing"
    for place in places(net, blocks):
        first = (place.stage, place.block) == (1, 1)
        # The thesis' growing variant counts its first expansion from the nominal width.
        entering = width if growing and first else net.channels(x)
        x = inverted_residual(
            net,
            x,
            channels=grown_channels(width, place) if growing else place.channels(width),
            hidden=entering * (expansion // 2 if first else expansion),
            stride=place.stride,
            se=se,
            kernel=kernel if place.stage > 1 and place.block < blocks else 3,
        )
    with net.scope("head"):
        return net.build(classifier(net, x, classes, dropout))
