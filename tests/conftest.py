from __future__ import annotations

from pathlib import Path

import pytest

from pibench.engine import RuntimeName, find_runtime
from pibench.errors import RuntimeMissingError
from pibench.graph import Graph, GraphBuilder
from pibench.tflite import write


def small_graph(name: str = "small") -> Graph:
    net = GraphBuilder(name)
    x = net.input((1, 8, 8, 3))
    x = net.activation(net.batch_norm(net.conv(x, 8, 3)), "relu")
    return net.build(net.dense(net.global_average_pool(x), 10))


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A valid .tflite file that runs in microseconds."""
    path = tmp_path_factory.mktemp("models") / "small.tflite"
    path.write_bytes(write(small_graph()))
    return path


@pytest.fixture(params=["litert", "tflite"])
def runtime(request: pytest.FixtureRequest) -> RuntimeName:
    """Every runtime that is installed."""
    name: RuntimeName = request.param
    try:
        find_runtime(name)
    except RuntimeMissingError as error:
        pytest.skip(str(error))
    return name
