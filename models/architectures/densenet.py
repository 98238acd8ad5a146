"""DenseNet-BC (Huang et al. 2017, arXiv 1608.06993)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from pibench.errors import SubjectError
from pibench.graph import Graph, GraphBuilder

from .blocks import STAGES, Count, Depth, ImageSize, Rate, blocks_per_stage, bn_relu, classifier, image
from .registry import register

Compression = Annotated[float, Meta(gt=0, le=1)]
Window = Annotated[int, Meta(ge=0, le=3000)]


@register
def densenet(
    *,
    depth: Depth = 100,
    growth: Count = 12,
    bottleneck: Count = 4,
    compression: Compression = 0.5,
    window: Window = 0,
    dropout: Rate = 0.0,
    input_size: ImageSize = 32,
    classes: Count = 10,
) -> Graph:
    """DenseNet-BC: every layer reads all those before it in its stage; depth is 6n+4.

    ``growth``: channels that a layer adds; ``bottleneck``: those of its 1×1 convolution, in
    multiples of that; ``compression``: the share of channels that is left between stages;
    ``dropout``: behind every convolution of a layer, as in the paper. ``window``: of how many
    outputs a layer reads the last (0: all), 3 in the thesis' "NotSoDense"; what follows a stage
    reads all of them.
    """
    layers = blocks_per_stage("densenet", depth, per_block=2, other_layers=4)
    net = GraphBuilder("densenet")
    x = net.conv(image(net, input_size), 2 * growth, 3, name="stem.conv")
    for stage in STAGES:
        with net.scope(f"stage{stage}"):
            x = _stage(net, x, layers, (growth * bottleneck, growth), window, dropout)
            if stage != STAGES[-1]:
                x = _transition(net, x, compression)
    with net.scope("head"):
        return net.build(classifier(net, bn_relu(net, x), classes))


def _stage(net: GraphBuilder, x: str, layers: int, channels: tuple[int, int], window: int, dropout: float) -> str:
    outputs = [x]
    for layer in range(1, layers + 1):
        with net.scope(f"layer{layer}"):
            read = _joined(net, outputs[-window:])
            outputs.append(_layer(net, read, channels, dropout))
            if not window:
                # Two by two: XNNPACK joins no more than five tensors at once.
                outputs = [_joined(net, outputs)]
    return _joined(net, outputs)


def _joined(net: GraphBuilder, refs: Sequence[str]) -> str:
    return refs[0] if len(refs) == 1 else net.concat(*refs)


def _layer(net: GraphBuilder, x: str, channels: tuple[int, int], dropout: float) -> str:
    for name, filters, kernel in zip(("squeeze", "grow"), channels, (1, 3), strict=True):
        with net.scope(name):
            x = net.conv(bn_relu(net, x), filters, kernel)
            x = net.dropout(x, dropout) if dropout else x
    return x


def _transition(net: GraphBuilder, x: str, compression: float) -> str:
    channels = int(net.channels(x) * compression)
    if not channels:
        raise SubjectError(
            f"densenet cannot have compression={compression:g}: it leaves none of {net.channels(x)} channels"
        )
    with net.scope("transition"):
        x = net.conv(bn_relu(net, x), channels)
        return net.average_pool(x, 2, 2)
