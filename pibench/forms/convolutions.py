"""Convolutions: full, and the factorised ones that stand in for it."""

from __future__ import annotations

from pibench.forms.parameters import Channels, Dtype, Kernel, OutChannels, Reduction, Size, Stride, check_kernel, image
from pibench.forms.registry import register
from pibench.graph import Graph
from pibench.models.architectures.blocks import conv_bn, depthwise_bn, squeeze_excite


@register
def conv(
    *,
    size: Size = 32,
    channels: Channels = 32,
    out_channels: OutChannels = 0,
    kernel: Kernel = 3,
    stride: Stride = 1,
    dtype: Dtype = "float32",
) -> Graph:
    """Full convolution: each output channel reads a window of every input channel."""
    check_kernel(kernel, size)
    net, x = image(size, channels, dtype)
    return net.build(conv_bn(net, x, out_channels or channels, kernel, stride))


@register
def pointwise(
    *,
    size: Size = 32,
    channels: Channels = 32,
    out_channels: OutChannels = 0,
    stride: Stride = 1,
    dtype: Dtype = "float32",
) -> Graph:
    """1×1 convolution: channels are mixed, neighbours are not."""
    net, x = image(size, channels, dtype)
    return net.build(conv_bn(net, x, out_channels or channels, 1, stride))


@register
def depthwise(
    *, size: Size = 32, channels: Channels = 32, kernel: Kernel = 3, stride: Stride = 1, dtype: Dtype = "float32"
) -> Graph:
    """Depthwise convolution: neighbours are mixed, channels are not."""
    check_kernel(kernel, size)
    net, x = image(size, channels, dtype)
    return net.build(depthwise_bn(net, x, kernel, stride))


@register
def depthwise_separable(
    *,
    size: Size = 32,
    channels: Channels = 32,
    out_channels: OutChannels = 0,
    kernel: Kernel = 3,
    stride: Stride = 1,
    reduction: Reduction = 0,
    dtype: Dtype = "float32",
) -> Graph:
    """Depthwise, then pointwise: the block of MobileNetV1 (arXiv 1704.04861), with squeeze-and-excitation if asked."""
    check_kernel(kernel, size)
    net, x = image(size, channels, dtype)
    with net.scope("depthwise"):
        x = depthwise_bn(net, x, kernel, stride)
    with net.scope("pointwise"):
        x = conv_bn(net, x, out_channels or channels)
    return net.build(squeeze_excite(net, x, reduction) if reduction else x)


@register
def conv_1d_pair(
    *,
    size: Size = 32,
    channels: Channels = 32,
    out_channels: OutChannels = 0,
    kernel: Kernel = 3,
    stride: Stride = 1,
    dtype: Dtype = "float32",
) -> Graph:
    """A row kernel, then a column kernel: 1×3 + 3×1 for 3×3 (arXiv 1512.00567)."""
    check_kernel(kernel, size)
    net, x = image(size, channels, dtype)
    with net.scope("row"):
        x = conv_bn(net, x, out_channels or channels, (1, kernel), (1, stride))
    with net.scope("column"):
        x = conv_bn(net, x, out_channels or channels, (kernel, 1), (stride, 1))
    return net.build(x)
