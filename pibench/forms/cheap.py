"""Blocks that make a part of their output cheaply."""

from __future__ import annotations

from pibench.forms.parameters import Channels, Dtype, Kernel, OutChannels, Size, check_groups, check_kernel, image
from pibench.forms.registry import register
from pibench.graph import Graph
from pibench.models.architectures.blocks import conv_bn, depthwise_bn

# SqueezeNet's output has so many times the channels of its squeezed middle.
SQUEEZE = 8


@register
def fire(
    *,
    size: Size = 32,
    channels: Channels = 32,
    out_channels: OutChannels = 0,
    kernel: Kernel = 3,
    dtype: Dtype = "float32",
) -> Graph:
    """1×1 to an eighth, then 1×1 and full convolution side by side: SqueezeNet's module (arXiv 1602.07360)."""
    out_channels = out_channels or channels
    check_kernel(kernel, size)
    check_groups(2, out_channels)
    net, x = image(size, channels, dtype)
    with net.scope("squeeze"):
        x = conv_bn(net, x, max(out_channels // SQUEEZE, 1))
    with net.scope("expand1"):
        narrow = conv_bn(net, x, out_channels // 2)
    with net.scope("expand3"):
        wide = conv_bn(net, x, out_channels // 2, kernel)
    return net.build(net.concat(narrow, wide))


@register
def ghost(
    *,
    size: Size = 32,
    channels: Channels = 32,
    out_channels: OutChannels = 0,
    kernel: Kernel = 3,
    dtype: Dtype = "float32",
) -> Graph:
    """1×1 to half of the channels, the other half from these by depthwise: GhostNet's module (arXiv 1911.11907)."""
    out_channels = out_channels or channels
    check_kernel(kernel, size)
    check_groups(2, out_channels)
    net, x = image(size, channels, dtype)
    with net.scope("primary"):
        x = conv_bn(net, x, out_channels // 2)
    with net.scope("cheap"):
        y = depthwise_bn(net, x, kernel)
    return net.build(net.concat(x, y))
