"""ShuffleNetV2 (Ma et al. 2018, arXiv 1807.11164) in the layout of the thesis."""

from __future__ import annotations

from typing import Literal

from pibench.errors import SubjectError
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
from .groups import Shuffle, channel_shuffle
from .registry import register

# Channels are cut in two, and joined from two.
HALVES = 2


@register
def shufflenet_v2(
    *,
    depth: Depth = 12,
    width: Count = 64,
    se: Reduction = 0,
    skip: bool = False,
    inner: Literal["half", "equal"] = "half",
    shuffle: Shuffle = "5d",
    dropout: Rate = 0.0,
    input_size: ImageSize = 32,
    classes: Count = 10,
) -> Graph:
    """ShuffleNetV2: half of the channels goes through a block, the other half around it (arXiv 1807.11164).

    ``width`` is even. ``se``: squeeze-and-excitation with this reduction on the main branch of
    stride-1 blocks (0: none). ``skip``: identity around the main branch where channels are cut in
    two. ``inner="equal"``: the main branch keeps its width inside, as in the paper; in the thesis
    its depthwise convolution has half of it. ``shuffle="4d"``: the thesis' transposition, of
    height and width as one axis.
    """
    blocks = blocks_per_stage("shufflenet_v2", depth)
    _check_width(width, inner)
    net = GraphBuilder("shufflenet_v2")
    x = image(net, input_size)
    with net.scope("stem"):
        x = conv_bn(net, x, STEM_CHANNELS, 3)
    for place in places(net, blocks):
        channels = place.channels(width)
        narrowing = 2 if inner == "half" else 1
        if place.stride == 1 and net.channels(x) == channels:
            x = split_unit(net, x, channels // HALVES // narrowing, se=se, skip=skip, shuffle=shuffle)
        else:
            gated = se if place.stride == 1 else 0
            x = _two_branches(net, x, channels // HALVES, narrowing, place.stride, gated, shuffle)
    with net.scope("head"):
        return net.build(classifier(net, x, classes, dropout))


def split_unit(
    net: GraphBuilder,
    x: str,
    inner: int,
    *,
    kernel: int = 3,
    se: int = 0,
    skip: bool = False,
    shuffle: Shuffle = "5d",
) -> str:
    """One half of the channels through the main branch, ``inner`` of them inside, the other half around it."""
    half = net.channels(x) // HALVES
    entering, around = net.split(x, (half, half))
    with net.scope("main"):
        x = _main(net, entering, half, inner, kernel, 1, se)
        if skip:
            x = net.add_tensors(x, entering)
    return channel_shuffle(net, net.concat(x, around), HALVES, shuffle)


def _two_branches(net: GraphBuilder, x: str, half: int, narrowing: int, stride: int, se: int, shuffle: Shuffle) -> str:
    """Both halves of the output are made from all of the input."""
    with net.scope("main"):
        main = _main(net, x, half, half // narrowing, 3, stride, se)
    with net.scope("other"):
        with net.scope("depthwise"):
            other = depthwise_bn(net, x, 3, stride, activation=None)
        with net.scope("pointwise"):
            other = conv_bn(net, other, half)
    return channel_shuffle(net, net.concat(main, other), HALVES, shuffle)


def _main(net: GraphBuilder, x: str, channels: int, inner: int, kernel: int, stride: int, se: int) -> str:
    with net.scope("first"):
        x = conv_bn(net, x, inner)
    with net.scope("depthwise"):
        x = depthwise_bn(net, x, kernel, stride, activation=None)
    with net.scope("second"):
        x = conv_bn(net, x, channels)
    return squeeze_excite(net, x, se) if se else x


def _check_width(width: int, inner: str) -> None:
    """Raises SubjectError for channels that cannot be halved."""
    if width % HALVES:
        raise SubjectError(f"shufflenet_v2 cannot have width={width}: its channels are cut in two, use an even number")
    if inner == "half" and width < 2 * HALVES:
        raise SubjectError(f"shufflenet_v2 cannot have width={width} with inner=half: use 4 or more, or inner=equal")
