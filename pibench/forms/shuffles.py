"""Channel shuffle, and the blocks that live on it."""

from __future__ import annotations

from pibench.forms.parameters import Channels, Dtype, Groups, Kernel, Size, check_groups, check_kernel, image
from pibench.forms.registry import DoesNotFitError, register
from pibench.graph import Graph, GraphBuilder
from pibench.models.architectures.blocks import conv_bn, depthwise_bn

# ShuffleNetV1's middle has so many times fewer channels than its output.
NARROWING = 4


def shuffled(net: GraphBuilder, x: str, groups: int) -> str:
    """Channels dealt out from one group to all: reshape, transpose, reshape, for TFLite has no such operation."""
    batch, height, width, channels = net.shape(x)
    with net.scope("shuffle"):
        x = net.reshape(x, (batch, height, width, groups, channels // groups), name="cut")
        x = net.transpose(x, (0, 1, 2, 4, 3))
        return net.reshape(x, (batch, height, width, channels), name="joined")


@register
def channel_shuffle(*, size: Size = 32, channels: Channels = 32, groups: Groups = 4, dtype: Dtype = "float32") -> Graph:
    """Channel shuffle: reshape, transpose, reshape (arXiv 1707.01083)."""
    check_groups(groups, channels)
    net, x = image(size, channels, dtype)
    return net.build(shuffled(net, x, groups))


@register
def shuffle_v1(
    *,
    size: Size = 32,
    channels: Channels = 32,
    kernel: Kernel = 3,
    groups: Groups = 4,
    dtype: Dtype = "float32",
) -> Graph:
    """Grouped 1×1, shuffle, depthwise, grouped 1×1, addition: ShuffleNet's unit (arXiv 1707.01083)."""
    hidden = channels // NARROWING
    check_kernel(kernel, size)
    if channels % (NARROWING * groups):
        raise DoesNotFitError(
            f"{groups} groups do not divide a quarter of {channels} channels: take multiples of {NARROWING * groups}"
        )
    net, identity = image(size, channels, dtype)
    with net.scope("narrow"):
        x = shuffled(net, conv_bn(net, identity, hidden, groups=groups), groups)
    with net.scope("depthwise"):
        x = depthwise_bn(net, x, kernel, activation=None)
    with net.scope("widen"):
        x = conv_bn(net, x, channels, activation=None, groups=groups)
    return net.build(net.activation(net.add_tensors(x, identity), "relu"))


@register
def shuffle_v2(*, size: Size = 32, channels: Channels = 32, kernel: Kernel = 3, dtype: Dtype = "float32") -> Graph:
    """Channel split, 1×1, depthwise, 1×1 on one half, concat, shuffle: ShuffleNetV2's unit (arXiv 1807.11164)."""
    check_kernel(kernel, size)
    check_groups(2, channels)
    net, x = image(size, channels, dtype)
    kept, x = net.split(x, [channels // 2] * 2)
    with net.scope("first"):
        x = conv_bn(net, x, channels // 2)
    with net.scope("depthwise"):
        x = depthwise_bn(net, x, kernel, activation=None)
    with net.scope("second"):
        x = conv_bn(net, x, channels // 2)
    return net.build(shuffled(net, net.concat(kept, x), 2))
