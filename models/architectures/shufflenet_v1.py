"""ShuffleNetV1 (Zhang et al. 2017, arXiv 1707.01083) in the layout of the thesis."""

from __future__ import annotations

from pibench.errors import SubjectError
from pibench.graph import Graph, GraphBuilder

from .blocks import Count, Depth, ImageSize, blocks_per_stage, classifier, conv_bn, depthwise_bn, image, places
from .groups import Grouped, Shuffle, channel_shuffle, grouped_conv_bn
from .registry import register

SHUFFLE_STEM = 24
# A unit's middle has so many times fewer channels than its output.
NARROWING = 4


@register
def shufflenet_v1(
    *,
    depth: Depth = 9,
    width: Count = 80,
    groups: Count = 2,
    first_grouped: bool = True,
    grouped: Grouped = "native",
    shuffle: Shuffle = "5d",
    input_size: ImageSize = 32,
    classes: Count = 10,
) -> Graph:
    """ShuffleNetV1: grouped 1×1 convolutions with a channel shuffle between them (arXiv 1707.01083).

    The stem has 24 channels. ``width``: ``groups`` divides it, and the quarter (rounded down) that
    every stage's channels are narrowed to. ``first_grouped=false``: the network's first 1×1
    convolution has no groups, as in the paper; in the thesis it has. ``grouped="split"``: as the
    thesis ran it, slices, a convolution per group, concat, and batch norms that no converter can
    fold. ``shuffle="4d"``: the thesis' transposition, of height and width as one axis.
    """
    blocks = blocks_per_stage("shufflenet_v1", depth)
    _check_groups(width, groups, first_grouped, grouped)
    net = GraphBuilder("shufflenet_v1")
    x = image(net, input_size)
    with net.scope("stem"):
        x = conv_bn(net, x, SHUFFLE_STEM, 3)
    for place in places(net, blocks):
        x = shuffle_unit(
            net,
            x,
            # Beside the pooled input, which doubles them.
            channels=place.channels(width) if place.stride == 1 else net.channels(x),
            groups=groups,
            stride=place.stride,
            first_groups=groups if first_grouped or place[:2] != (1, 1) else 1,
            grouped=grouped,
            shuffle=shuffle,
        )
    with net.scope("head"):
        return net.build(classifier(net, x, classes))


def shuffle_unit(
    net: GraphBuilder,
    x: str,
    channels: int,
    groups: int,
    *,
    kernel: int = 3,
    stride: int = 1,
    first_groups: int | None = None,
    grouped: Grouped = "native",
    shuffle: Shuffle = "5d",
) -> str:
    """Grouped 1×1, shuffle, depthwise, grouped 1×1; then addition, or concat with the pooled input at stride 2."""
    around = net.average_pool(x, 3, stride, padding="same") if stride > 1 else x
    with net.scope("narrow"):
        x = grouped_conv_bn(net, x, channels // NARROWING, first_groups or groups, grouped, "relu")
        # One group, or one channel in each, leaves nothing to deal out.
        if 1 < groups < net.channels(x):
            x = channel_shuffle(net, x, groups, shuffle)
    with net.scope("depthwise"):
        x = depthwise_bn(net, x, kernel, stride, activation=None)
    with net.scope("widen"):
        x = grouped_conv_bn(net, x, channels, groups, grouped, None)
    if stride > 1:
        x = net.concat(x, around)
    elif net.shape(around) == net.shape(x):
        x = net.add_tensors(x, around)
    return net.activation(x, "relu")


def _check_groups(width: int, groups: int, first_grouped: bool, grouped: Grouped) -> None:
    """Raises SubjectError for channels that cannot be cut into so many groups."""
    middles = [stage * width // NARROWING for stage in (1, 2, 4)]
    if not all(middles) or any(channels % groups for channels in (width, *middles)):
        raise SubjectError(
            f"shufflenet_v1 cannot have width={width} with groups={groups}: use a multiple of {NARROWING * groups}"
        )
    if not first_grouped or (grouped == "split" and groups <= SHUFFLE_STEM):
        return
    if SHUFFLE_STEM % groups:
        others = " or grouped=split" if groups <= SHUFFLE_STEM else ""
        raise SubjectError(
            f"shufflenet_v1 cannot have groups={groups}, which do not divide the stem's {SHUFFLE_STEM} channels:"
            f" use a divisor, first_grouped=false{others}"
        )
