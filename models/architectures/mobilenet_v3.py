"""MobileNetV3 (Howard et al. 2019, arXiv 1905.02244) in the layout of the thesis."""

from __future__ import annotations

from typing import Literal

from pibench.graph import Graph, GraphBuilder
from pibench.graph.ops import ActivationFunction

from .blocks import (
    STAGES,
    STEM_CHANNELS,
    Count,
    Depth,
    ImageSize,
    Rate,
    Reduction,
    blocks_per_stage,
    classifier,
    conv_bn,
    depthwise_bn,
    image,
    places,
    squeeze_excite,
)
from .registry import register


@register
def mobilenet_v3(
    *,
    depth: Depth = 9,
    width: Count = 16,
    expansion: Count = 6,
    se: Reduction = 4,
    kernel: Literal[3, 5] = 5,
    hard_swish: Literal["second_half", "all", "none"] = "second_half",
    dropout: Rate = 0.0,
    input_size: ImageSize = 32,
    classes: Count = 10,
) -> Graph:
    """MobileNetV3: inverted residuals with hard swish, and squeeze-and-excitation on what is expanded.

    ``se``: reduction of the gate, a hard sigmoid, in every block (0: none); the paper's search
    left some blocks without. ``kernel``: of the depthwise convolutions in stages 2 and 3.
    ``hard_swish``: in the stem and in which blocks, the others have ReLU. Where nothing is
    expanded, as in the first block of this width, there is no 1×1 convolution before the
    depthwise one. Of the paper's head, made for many classes, there is no convolution.
    """
    blocks = blocks_per_stage("mobilenet_v3", depth)
    net = GraphBuilder("mobilenet_v3")
    x = image(net, input_size)
    with net.scope("stem"):
        x = conv_bn(net, x, STEM_CHANNELS, 3, activation="relu" if hard_swish == "none" else "hard_swish")
    first_swish = {"all": 0, "second_half": depth // 2, "none": depth}[hard_swish]
    for number, place in enumerate(places(net, blocks)):
        x = _block(
            net,
            x,
            channels=place.channels(width),
            hidden=net.channels(x) * (expansion if number else 1),
            stride=place.stride,
            kernel=3 if place.stage == STAGES[0] else kernel,
            se=se,
            activation="hard_swish" if number >= first_swish else "relu",
        )
    with net.scope("head"):
        return net.build(classifier(net, x, classes, dropout))


def _block(
    net: GraphBuilder,
    x: str,
    *,
    channels: int,
    hidden: int,
    stride: int,
    kernel: int,
    se: int,
    activation: ActivationFunction,
) -> str:
    identity = x
    if hidden != net.channels(x):
        with net.scope("expand"):
            x = conv_bn(net, x, hidden, activation=activation)
    with net.scope("depthwise"):
        x = depthwise_bn(net, x, kernel, stride, activation)
    if se:
        x = squeeze_excite(net, x, se, "hard_sigmoid")
    with net.scope("project"):
        x = conv_bn(net, x, channels, activation=None)
    if net.shape(identity) == net.shape(x):
        x = net.add_tensors(x, identity)
    return x
