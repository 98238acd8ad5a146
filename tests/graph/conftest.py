from collections.abc import Callable

import pytest

from pibench.graph import Graph, GraphBuilder
from pibench.graph.ops import Op


@pytest.fixture
def single() -> Callable[..., Graph]:
    """A graph of one node named ``node``, on inputs of the given shapes named ``x0``, ``x1``, …"""

    def make(op: Op, *shapes: tuple[int, ...], dtype: str = "float32") -> Graph:
        net = GraphBuilder("single")
        inputs = [net.input(shape, name=f"x{k}", dtype=dtype) for k, shape in enumerate(shapes)]
        return net.build(*net.add(op, *inputs, name="node"))

    return make
