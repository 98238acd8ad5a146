"""Blocks around which the input is added again."""

from __future__ import annotations

from pibench.forms.parameters import (
    Channels,
    Dtype,
    Expansion,
    Groups,
    Kernel,
    OutChannels,
    Reduction,
    Size,
    Stride,
    check_groups,
    check_kernel,
    image,
)
from pibench.forms.registry import DoesNotFitError, register
from pibench.graph import Graph
from pibench.models.architectures.blocks import conv_bn, squeeze_excite
from pibench.models.architectures.mobilenet_v2 import inverted_residual as zoo_inverted_residual

# Of a bottleneck: its output has so many times the channels of its middle (arXiv 1512.03385).
NARROWING = 4


@register
def residual(
    *,
    size: Size = 32,
    channels: Channels = 32,
    kernel: Kernel = 3,
    reduction: Reduction = 0,
    dtype: Dtype = "float32",
) -> Graph:
    """Two convolutions and an addition: ResNet's basic block, with squeeze-and-excitation if asked."""
    check_kernel(kernel, size)
    net, identity = image(size, channels, dtype)
    with net.scope("conv1"):
        x = conv_bn(net, identity, channels, kernel)
    with net.scope("conv2"):
        x = conv_bn(net, x, channels, kernel, activation=None)
    if reduction:
        x = squeeze_excite(net, x, reduction)
    return net.build(net.activation(net.add_tensors(x, identity), "relu"))


@register
def bottleneck(
    *,
    size: Size = 32,
    channels: Channels = 32,
    kernel: Kernel = 3,
    groups: Groups = 1,
    dtype: Dtype = "float32",
) -> Graph:
    """1×1 to a quarter, convolution (grouped as in ResNeXt if asked), 1×1 back, addition: ResNet's bottleneck."""
    hidden = max(channels // NARROWING, 1)
    check_kernel(kernel, size)
    check_groups(groups, hidden)
    net, identity = image(size, channels, dtype)
    with net.scope("narrow"):
        x = conv_bn(net, identity, hidden)
    with net.scope("middle"):
        x = conv_bn(net, x, hidden, kernel, groups=groups)
    with net.scope("widen"):
        x = conv_bn(net, x, channels, activation=None)
    return net.build(net.activation(net.add_tensors(x, identity), "relu"))


@register
def inverted_residual(
    *,
    size: Size = 32,
    channels: Channels = 32,
    out_channels: OutChannels = 0,
    kernel: Kernel = 3,
    stride: Stride = 1,
    expansion: Expansion = 6,
    reduction: Reduction = 0,
    dtype: Dtype = "float32",
) -> Graph:
    """1×1 to more channels, depthwise, 1×1 back, addition: the block of MobileNetV2 (arXiv 1801.04381)."""
    check_kernel(kernel, size)
    if reduction and stride > 1:
        raise DoesNotFitError("this block has squeeze-and-excitation at stride 1 only: take reduction=0 or stride=1")
    net, x = image(size, channels, dtype)
    return net.build(
        zoo_inverted_residual(net, x, out_channels or channels, expansion * channels, stride, reduction, kernel)
    )


@register
def fused_inverted_residual(
    *,
    size: Size = 32,
    channels: Channels = 32,
    out_channels: OutChannels = 0,
    kernel: Kernel = 3,
    stride: Stride = 1,
    expansion: Expansion = 4,
    dtype: Dtype = "float32",
) -> Graph:
    """Full convolution to more channels, 1×1 back, addition: EfficientNetV2's early block (arXiv 2104.00298)."""
    check_kernel(kernel, size)
    net, identity = image(size, channels, dtype)
    with net.scope("expand"):
        x = conv_bn(net, identity, expansion * channels, kernel, stride, activation="relu6")
    with net.scope("project"):
        x = conv_bn(net, x, out_channels or channels, activation=None)
    if net.shape(x) == net.shape(identity):
        x = net.add_tensors(x, identity)
    return net.build(x)
