"""Files that TensorFlow's converter made: read, run, and (where TensorFlow is) made again."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tflite

from pibench.engine import KERNEL_MODES, KernelMode, RuntimeName, installed_runtimes, open_engine
from pibench.engine.base import seeded_input
from pibench.graph import Graph, quantised
from pibench.graph.ops import Input
from pibench.subject import load_graph
from pibench.tflite import write

ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data"
FLOAT, INT8, FREE_BATCH = (f"converter_{kind}.tflite" for kind in ("float", "int8", "free_batch"))

LABELS = [
    "conv 3×3 /2 + relu",
    "depthwise 3×3 + relu6",
    "conv 1×1",
    "global_average_pool",
    "conv 1×1 + relu",
    "conv 1×1",
    "sigmoid",
    "multiply",
    "add",
    "average_pool 2×2 /2",
    "conv 3×3 /2 + relu",
    "concat",
    "global_average_pool",
    "dense",
]
CONVOLUTION_MACS = 12 * 12 * 16 * (3 * 3 * 3 + 3 * 3 + 16) + 2 * 16 * 4 + 6 * 6 * 24 * 3 * 3 * 16
DENSE_MACS = 40 * 10
BIASES = 16 + 16 + 16 + 4 + 16 + 24 + 10
KERNEL_WEIGHTS = 3 * 3 * 3 * 16 + 3 * 3 * 16 + 16 * 16 + 2 * 16 * 4 + 3 * 3 * 16 * 24 + 40 * 10


def _graph(name: str) -> Graph:
    return load_graph(str(DATA / name))


def _labels(graph: Graph) -> list[str]:
    return [node.op.label for node in graph.nodes if not isinstance(node.op, Input)]


def _weight_bytes(graph: Graph) -> int:
    return sum(weight.bytes for node in graph.nodes for weight in graph.weights(node))


@pytest.mark.parametrize("name", [FLOAT, INT8])
def test_the_reader_understands_every_operator(name: str) -> None:
    graph = _graph(name)
    assert _labels(graph) == LABELS
    assert graph.opaque == ()


@pytest.mark.parametrize("name", [FLOAT, INT8])
def test_costs_are_those_of_the_network(name: str) -> None:
    graph = _graph(name)
    assert graph.total_macs == CONVOLUTION_MACS + DENSE_MACS
    assert graph.total_parameters == KERNEL_WEIGHTS + BIASES


def test_float_weights_have_four_bytes() -> None:
    assert _weight_bytes(_graph(FLOAT)) == 4 * (KERNEL_WEIGHTS + BIASES)


def test_int8_weights_have_one_byte_and_their_biases_four() -> None:
    graph = _graph(INT8)
    assert _weight_bytes(graph) == KERNEL_WEIGHTS + 4 * BIASES
    assert {graph.spec(ref).dtype for node in graph.nodes for ref in graph.output_refs(node)} == {"int8"}


def test_a_free_batch_is_one_and_what_asks_for_it_opaque() -> None:
    graph = _graph(FREE_BATCH)
    assert [graph.spec(node.name).shape for node in graph.inputs] == [(1, 24, 24, 3)]
    assert {node.op.label for node in graph.opaque} >= {"SHAPE", "PACK"}
    assert graph.total_macs == CONVOLUTION_MACS + 2 * 2 * 40 * 10


@pytest.mark.parametrize("kernels", KERNEL_MODES)
@pytest.mark.parametrize("name", [FLOAT, FREE_BATCH])
def test_float_models_run_alike_everywhere(name: str, runtime: RuntimeName, kernels: KernelMode) -> None:
    expected, got = _output(name, installed_runtimes()[0].name, "builtin"), _output(name, runtime, kernels)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kernels", KERNEL_MODES)
def test_the_int8_model_runs_alike_everywhere_to_the_last_bit_but_one(
    runtime: RuntimeName, kernels: KernelMode
) -> None:
    expected, got = _output(INT8, installed_runtimes()[0].name, "builtin"), _output(INT8, runtime, kernels)
    assert got.dtype == np.int8
    assert np.abs(got.astype(int) - expected.astype(int)).max() <= 1
    assert len(np.unique(got)) > 1


def _output(name: str, runtime: RuntimeName, kernels: KernelMode) -> npt.NDArray[Any]:
    with open_engine(runtime, str(DATA / name), kernels=kernels) as engine:
        engine.write_input(0, seeded_input(engine.inputs[0].spec, seed=0))
        # Twice: what a model only settles as it first runs must hold for the runs that are timed.
        engine.run(2)
        return engine.read_output(0)


@pytest.fixture
def converter(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The comparison with TensorFlow's converter, where that is installed."""
    pytest.importorskip("tensorflow", exc_type=ImportError)
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("converter")


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    "spec",
    [
        "mobilenet_v1:depth=6,width=8",
        "mobilenet_v1:depth=6,width=8,se=2,skip=true,kernel=5,dropout=0.2",
        "mobilenet_v2:depth=6,width=8",
        "mobilenet_v2:depth=6,width=8,se=2,channels=growing",
        "wide_resnet:depth=16,width=8",
        "wide_resnet:depth=16,width=8,se=2",
        "wide_resnet:depth=16,width=8,se=2,se_on=shortcut",
        "mobilenet_v3:depth=6,width=8",
        "squeezenext:depth=6,width=8",
        "effnet:blocks=1-1-2,width=8",
        "densenet:depth=16,growth=4",
        "densenet:depth=34,growth=4,window=3",
        "condensenet:stages=2-1-2,growth=8-8-8",
        "shufflenet_v1:depth=6,width=16",
        "shufflenet_v1:depth=6,width=20,groups=5,grouped=split,shuffle=4d",
        "shufflenet_v2:depth=6,width=16,se=2,skip=true,dropout=0.2",
        "shufflenet_v2:depth=6,width=12,inner=equal,shuffle=4d",
        "mnasnet:depth=6,width=16,expansion=4,se=2",
        "nasnet:depth=6,width=8",
        "nasnet:depth=9,width=12",
    ],
)
def test_the_writer_makes_the_converters_operators(spec: str, converter: ModuleType) -> None:
    pair = converter.make_pair(load_graph(spec))
    rows = [converter.operator_rows(model) for model in (pair.converted, pair.written)]
    assert converter.difference(*rows) == ""


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    "spec",
    [
        "mobilenet_v1:depth=6,width=8,se=2,skip=true,kernel=5",
        "mobilenet_v2:depth=6,width=8,se=2",
        "wide_resnet:depth=16,width=8,se=2",
        "mobilenet_v3:depth=6,width=8",
        "densenet:depth=16,growth=4",
        "condensenet:stages=2-1-2,growth=8-8-8",
    ],
)
def test_the_writer_makes_the_full_integer_converters_operators_and_kernels(spec: str, converter: ModuleType) -> None:
    twins = importlib.import_module("keras_twin")
    graph = load_graph(spec)
    twin = twins.keras_twin(graph)
    images = np.concatenate([seeded_input(graph.spec(graph.inputs[0].name), seed) for seed in range(4)])
    conversion = importlib.import_module("pibench.models.conversion")
    written = write(quantised(graph), conversion.weights_of(twin, graph))
    converted = conversion.convert(twin, images)
    assert converter.difference(converter.operator_rows(converted), converter.operator_rows(written)) == ""
    for ours, theirs in zip(_kernel_scales(written), _kernel_scales(converted), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3)


def _kernel_scales(model: bytes) -> list[npt.NDArray[Any]]:
    """Of each operator with a kernel, in the order in which they run."""
    subgraph = tflite.Model.GetRootAs(model, 0).Subgraphs(0)
    operators = [subgraph.Operators(k) for k in range(subgraph.OperatorsLength())]
    second_operands = [subgraph.Tensors(operator.Inputs(1)) for operator in operators if operator.InputsLength() == 3]
    return [tensor.Quantization().ScaleAsNumpy() for tensor in second_operands]
