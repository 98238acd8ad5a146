"""Channel shuffle, and the blocks that live on it."""

from __future__ import annotations

from pibench.forms.parameters import Channels, Dtype, Groups, Kernel, Size, check_groups, check_kernel, image
from pibench.forms.registry import DoesNotFitError, register
from pibench.graph import Graph
from pibench.models.architectures.groups import channel_shuffle as shuffled
from pibench.models.architectures.shufflenet_v1 import NARROWING, shuffle_unit
from pibench.models.architectures.shufflenet_v2 import split_unit


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
    check_kernel(kernel, size)
    if channels % (NARROWING * groups):
        raise DoesNotFitError(
            f"{groups} groups do not divide a quarter of {channels} channels: take multiples of {NARROWING * groups}"
        )
    net, x = image(size, channels, dtype)
    return net.build(shuffle_unit(net, x, channels, groups, kernel=kernel))


@register
def shuffle_v2(*, size: Size = 32, channels: Channels = 32, kernel: Kernel = 3, dtype: Dtype = "float32") -> Graph:
    """Channel split, 1×1, depthwise, 1×1 on one half, concat, shuffle: ShuffleNetV2's unit (arXiv 1807.11164)."""
    check_kernel(kernel, size)
    check_groups(2, channels)
    net, x = image(size, channels, dtype)
    return net.build(split_unit(net, x, channels // 2, kernel=kernel))
