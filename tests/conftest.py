from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from small_net import small_graph

from pibench.engine import RuntimeInfo, RuntimeName, find_runtime
from pibench.errors import RuntimeMissingError
from pibench.tflite import write

if importlib.util.find_spec("tensorflow") and importlib.util.find_spec("tflite_runtime"):
    # In one process with TensorFlow, tflite-runtime works only if it is loaded before it.
    importlib.import_module("tflite_runtime.interpreter")


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


@pytest.fixture
def litert() -> RuntimeInfo:
    """LiteRT, which 32-bit Arm does not have."""
    try:
        return find_runtime("litert")
    except RuntimeMissingError as error:
        pytest.skip(str(error))
