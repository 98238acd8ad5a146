"""Grouped 1×1 convolution and channel shuffle, as runtimes take them today and as the thesis had to write them."""

from __future__ import annotations

from typing import Literal

from pibench.graph import GraphBuilder
from pibench.graph.ops import ActivationFunction

from .blocks import conv_bn

Grouped = Literal["native", "split"]
Shuffle = Literal["5d", "4d"]


def grouped_conv_bn(
    net: GraphBuilder, x: str, filters: int, groups: int, grouped: Grouped, activation: ActivationFunction | None
) -> str:
    """Grouped 1×1 convolution, batch norm, activation.

    ``split`` does without groups: a slice and a convolution for each, concat, and behind it the
    batch norm, which no converter can fold there. The last group reads what is left where the
    channels cannot be cut evenly.
    """
    if grouped == "native" or groups == 1:
        return conv_bn(net, x, filters, groups=groups, activation=activation)
    *around, channels = net.shape(x)
    share = channels // groups
    parts = []
    for group in range(groups):
        begin, size = group * share, share if group < groups - 1 else channels - group * share
        with net.scope(f"group{group + 1}"):
            parts.append(net.conv(net.slice(x, (0, 0, 0, begin), (*around, size)), filters // groups))
    x = net.batch_norm(net.concat(*parts))
    return net.activation(x, activation) if activation else x


def channel_shuffle(net: GraphBuilder, x: str, groups: int, shuffle: Shuffle = "5d") -> str:
    """Channels dealt out from one group to all: reshape, transpose, reshape, for TFLite has no such operation.

    ``4d`` makes one axis of height and width first, as runtimes needed that transposed no more axes.
    """
    batch, height, width, channels = net.shape(x)
    around = (batch, height, width) if shuffle == "5d" else (batch, height * width)
    axes = len(around)
    with net.scope("shuffle"):
        x = net.reshape(x, (*around, groups, channels // groups), name="cut")
        x = net.transpose(x, (*range(axes), axes + 1, axes))
        return net.reshape(x, (batch, height, width, channels), name="joined")
