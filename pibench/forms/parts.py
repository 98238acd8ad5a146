"""What stands between convolutions: gates, joins, pooling, activations; and dense."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from pibench.forms.parameters import Channels, Dtype, Kernel, OutChannels, Size, Stride, check_window, image
from pibench.forms.registry import register
from pibench.graph import Graph, GraphBuilder
from pibench.models.architectures.blocks import squeeze_excite as zoo_squeeze_excite

Ratio = Annotated[int, Meta(ge=1, le=1_000_000)]
Function = Literal["relu", "relu6", "leaky_relu", "sigmoid", "hard_swish", "swish"]


@register
def squeeze_excite(
    *, size: Size = 32, channels: Channels = 32, reduction: Ratio = 4, dtype: Dtype = "float32"
) -> Graph:
    """Squeeze-and-excitation: global average, two dense layers, sigmoid, multiplication (arXiv 1709.01507)."""
    net, x = image(size, channels, dtype)
    return net.build(zoo_squeeze_excite(net, x, reduction))


@register
def add(*, size: Size = 32, channels: Channels = 32, dtype: Dtype = "float32") -> Graph:
    """Addition of two images."""
    net, x = image(size, channels, dtype)
    return net.build(net.add_tensors(x, _second(net, x, dtype)))


@register
def multiply(*, size: Size = 32, channels: Channels = 32, dtype: Dtype = "float32") -> Graph:
    """Product of two images, element by element."""
    net, x = image(size, channels, dtype)
    return net.build(net.multiply(x, _second(net, x, dtype)))


@register
def concat(*, size: Size = 32, channels: Channels = 32, dtype: Dtype = "float32") -> Graph:
    """Two images of so many channels joined along their channels."""
    net, x = image(size, channels, dtype)
    return net.build(net.concat(x, _second(net, x, dtype)))


@register
def average_pool(
    *, size: Size = 32, channels: Channels = 32, kernel: Kernel = 2, stride: Stride = 2, dtype: Dtype = "float32"
) -> Graph:
    """Average over windows, without padding."""
    check_window(kernel, size)
    net, x = image(size, channels, dtype)
    return net.build(net.average_pool(x, kernel, stride))


@register
def max_pool(
    *, size: Size = 32, channels: Channels = 32, kernel: Kernel = 2, stride: Stride = 2, dtype: Dtype = "float32"
) -> Graph:
    """Maximum over windows, without padding."""
    check_window(kernel, size)
    net, x = image(size, channels, dtype)
    return net.build(net.max_pool(x, kernel, stride))


@register
def global_average_pool(*, size: Size = 32, channels: Channels = 32, dtype: Dtype = "float32") -> Graph:
    """Average over the whole image."""
    net, x = image(size, channels, dtype)
    return net.build(net.global_average_pool(x))


@register
def activation(
    *, size: Size = 32, channels: Channels = 32, function: Function = "relu", dtype: Dtype = "float32"
) -> Graph:
    """An activation on its own, not fused; swish is sigmoid and multiplication, as converters write it."""
    net, x = image(size, channels, dtype)
    if function == "swish":
        return net.build(net.multiply(x, net.activation(x, "sigmoid")))
    return net.build(net.activation(x, function))


@register
def dense(*, channels: Channels = 256, out_channels: OutChannels = 0, dtype: Dtype = "float32") -> Graph:
    """Dense layer on a vector of so many channels."""
    net = GraphBuilder("form")
    x = net.input((1, channels), dtype=dtype)
    return net.build(net.dense(x, out_channels or channels))


def _second(net: GraphBuilder, x: str, dtype: Dtype) -> str:
    return net.input(net.shape(x), name="other", dtype=dtype)
