"""Grouped convolution, by the operation's own groups and as it was done without them."""

from __future__ import annotations

from pibench.forms.parameters import (
    Channels,
    Dtype,
    Groups,
    Kernel,
    OutChannels,
    Size,
    Stride,
    check_groups,
    check_kernel,
    image,
)
from pibench.forms.registry import register
from pibench.graph import Graph
from pibench.models.architectures.blocks import conv_bn


@register
def grouped(
    *,
    size: Size = 32,
    channels: Channels = 32,
    out_channels: OutChannels = 0,
    kernel: Kernel = 3,
    stride: Stride = 1,
    groups: Groups = 4,
    dtype: Dtype = "float32",
) -> Graph:
    """Grouped convolution, one operation with groups."""
    check_kernel(kernel, size)
    check_groups(groups, channels, out_channels or channels)
    net, x = image(size, channels, dtype)
    return net.build(conv_bn(net, x, out_channels or channels, kernel, stride, groups=groups))


@register
def grouped_emulated(
    *,
    size: Size = 32,
    channels: Channels = 32,
    out_channels: OutChannels = 0,
    kernel: Kernel = 3,
    stride: Stride = 1,
    groups: Groups = 4,
    dtype: Dtype = "float32",
) -> Graph:
    """Grouped convolution as split, convolutions, concat: the only way where runtimes lack groups."""
    out_channels = out_channels or channels
    check_kernel(kernel, size)
    check_groups(groups, channels, out_channels)
    net, x = image(size, channels, dtype)
    parts = []
    split = net.split(x, [channels // groups] * groups)
    for number, part in enumerate(split):
        with net.scope(f"group{number}"):
            parts.append(conv_bn(net, part, out_channels // groups, kernel, stride))
    return net.build(net.concat(*parts))
