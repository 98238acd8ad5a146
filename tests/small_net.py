"""A network that builds and runs in no time."""

from __future__ import annotations

from pibench.graph import Graph, GraphBuilder


def small_graph(name: str = "small") -> Graph:
    net = GraphBuilder(name)
    x = net.input((1, 8, 8, 3))
    x = net.activation(net.batch_norm(net.conv(x, 8, 3)), "relu")
    return net.build(net.dense(net.global_average_pool(x), 10))
