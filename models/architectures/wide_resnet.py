"""Wide ResNet with pre-activation (Zagoruyko & Komodakis 2016, arXiv 1605.07146)."""

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
    bn_relu,
    classifier,
    image,
    places,
    squeeze_excite,
)
from .registry import register


@register
def wide_resnet(
    *,
    depth: Depth = 22,
    width: Count = 16,
    se: Reduction = 0,
    se_on: Literal["residual", "shortcut"] = "residual",
    dropout: Rate = 0.0,
    input_size: ImageSize = 32,
    classes: Count = 10,
) -> Graph:
    """Wide ResNet: pre-activation residual blocks of two 3×3 convolutions; depth is 6n+4.

    ``width``: channels of the first stage, 16 times the paper's widening factor. ``se``:
    squeeze-and-excitation with this reduction on stride-1 blocks (0: none), on the residual
    branch; the thesis gated the shortcut instead (``se_on="shortcut"``). The first block of
    every stage has a 1×1 shortcut convolution, even where the channels already agree.
    ``dropout``: between the two convolutions of every block.
    """
    blocks = blocks_per_stage("wide_resnet", depth, per_block=2, other_layers=4)
    net = GraphBuilder("wide_resnet")
    x = net.conv(image(net, input_size), STEM_CHANNELS, 3, name="stem.conv")
    for place in places(net, blocks):
        x = _block(net, x, place.channels(width), place.stride, place.block == 1, se, se_on, dropout)
    with net.scope("head"):
        return net.build(classifier(net, bn_relu(net, x), classes))


def _block(
    net: GraphBuilder, x: str, channels: int, stride: int, first: bool, se: int, se_on: str, dropout: float
) -> str:
    with net.scope("conv1"):
        preactivated = bn_relu(net, x)
        residual = net.conv(preactivated, channels, 3, stride)
    with net.scope("conv2"):
        residual = bn_relu(net, residual)
        if dropout:
            residual = net.dropout(residual, dropout)
        residual = net.conv(residual, channels, 3)
    gated = se_on if se and stride == 1 else None
    if gated == "residual":
        residual = squeeze_excite(net, residual, se)
    shortcut = net.conv(preactivated, channels, 1, stride, name="shortcut.conv") if first else x
    if gated == "shortcut":
        shortcut = squeeze_excite(net, shortcut, se)
    return net.add_tensors(residual, shortcut)
