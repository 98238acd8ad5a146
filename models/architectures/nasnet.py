"""NASNet-A (Zoph et al. 2017, arXiv 1707.07012) in the layout of the thesis."""

from __future__ import annotations

from pibench.graph import Graph, GraphBuilder
from pibench.graph.order import in_converter_order

from .blocks import STEM_CHANNELS, Count, Depth, ImageSize, blocks_per_stage, classifier, conv_bn, image, places
from .registry import register


@register
def nasnet(*, depth: Depth = 6, width: Count = 32, input_size: ImageSize = 32, classes: Count = 10) -> Graph:
    """NASNet-A: normal and reduction cells found by search, each reading the two before it (arXiv 1707.07012).

    A cell's filters are ``width``, twice and four times that; it joins six times as many channels,
    a reduction cell four times. Stages 2 and 3 begin with a reduction cell; stage 1, which has
    none, is a cell shorter. As in the thesis the stem has 16 channels and there is neither an
    auxiliary head nor a ReLU before the last pooling. What two branches compute alike (a ReLU, a
    pooling) is there once, as converters leave it.
    """
    blocks = blocks_per_stage("nasnet", depth)
    net = GraphBuilder("nasnet")
    previous = image(net, input_size)
    with net.scope("stem"):
        current = conv_bn(net, previous, STEM_CHANNELS, 3)
    cells = _Cells(net, rectified=current)
    for place in places(net, blocks):
        if place.stage == 1 and place.block == blocks:
            continue
        cell = cells.normal if place.stride == 1 else cells.reduction
        previous, current = current, cell(current, previous, place.channels(width))
    with net.scope("head"):
        return in_converter_order(net.build(classifier(net, current, classes)))


class _Cells:
    """Writes cells; ``rectified``: a tensor that went through a ReLU already, so that another would do nothing."""

    def __init__(self, net: GraphBuilder, rectified: str) -> None:
        self._net = net
        self._rectified = {rectified: rectified}

    def normal(self, current: str, previous: str, filters: int) -> str:
        net = self._net
        h, p = self._entering(current, previous, filters)
        with net.scope("pair1"):
            x1 = net.add_tensors(self._separable(h, 5, "left"), self._separable(p, 3, "right"))
        with net.scope("pair2"):
            x2 = net.add_tensors(self._separable(p, 5, "left"), self._separable(p, 3, "right"))
        with net.scope("pair3"):
            x3 = net.add_tensors(self._separable(h, 3, "left"), h)
        with net.scope("pair4"):
            x4 = net.add_tensors(_average(net, h), p)
        with net.scope("pair5"):
            average = _average(net, p)
            x5 = net.add_tensors(average, average)
        return net.concat(p, x1, x2, x3, x4, x5)

    def reduction(self, current: str, previous: str, filters: int) -> str:
        net = self._net
        h, p = self._entering(current, previous, filters)
        with net.scope("pair1"):
            x1 = net.add_tensors(self._separable(h, 5, "left", 2), self._separable(p, 7, "right", 2))
        with net.scope("pair2"):
            largest = net.max_pool(h, 3, 2, padding="same")
            x2 = net.add_tensors(largest, self._separable(p, 7, "right", 2))
        with net.scope("pair3"):
            x3 = net.add_tensors(_average(net, h, 2), self._separable(p, 5, "right", 2))
        with net.scope("pair4"):
            x4 = net.add_tensors(x2, _average(net, x1))
        with net.scope("pair5"):
            x5 = net.add_tensors(self._separable(x1, 3, "left"), largest)
        return net.concat(x2, x3, x4, x5)

    def _entering(self, current: str, previous: str, filters: int) -> tuple[str, str]:
        """Both states with as many channels, the previous one as large as the current one."""
        net = self._net
        with net.scope("current"):
            h = _bn(net, net.conv(self._relu(current), filters))
        with net.scope("previous"):
            if net.shape(previous)[1:3] != net.shape(current)[1:3]:
                return h, self._halved(previous, filters)
            if net.channels(previous) == filters:
                return h, previous
            return h, _bn(net, net.conv(self._relu(previous), filters))

    def _halved(self, x: str, filters: int) -> str:
        """Every second pixel, and every second one a pixel further, each for half of the channels."""
        net, x = self._net, self._relu(x)
        with net.scope("path1"):
            first = net.conv(net.average_pool(x, 1, 2), filters // 2)
        with net.scope("path2"):
            padded = net.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)))
            shifted = net.slice(padded, (0, 1, 1, 0), net.shape(x))
            second = net.conv(net.average_pool(shifted, 1, 2), filters // 2)
        return _bn(net, net.concat(first, second))

    def _separable(self, x: str, kernel: int, side: str, stride: int = 1) -> str:
        """ReLU, depthwise, pointwise, batch norm, twice; the first has the stride."""
        net = self._net
        for number, step in ((1, stride), (2, 1)):
            with net.scope(side), net.scope(f"separable{number}"):
                x = net.depthwise_conv(self._relu(x), kernel, step)
                x = _bn(net, net.conv(x, net.channels(x), name="pointwise"))
        return x

    def _relu(self, x: str) -> str:
        """One for all that ask."""
        if x not in self._rectified:
            self._rectified[x] = self._net.activation(x, "relu")
        return self._rectified[x]


def _average(net: GraphBuilder, x: str, stride: int = 1) -> str:
    return net.average_pool(x, 3, stride, padding="same")


def _bn(net: GraphBuilder, x: str) -> str:
    return net.batch_norm(x, momentum=0.9, epsilon=1e-5)
