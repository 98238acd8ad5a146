"""That the runtimes here tell of every layer what the mapping expects of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pibench.engine import KERNEL_MODES, KernelMode, RuntimeName, open_engine
from pibench.graph import Graph, Node
from pibench.graph.ops import (
    Activation,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    DepthwiseConv,
    Gather,
    GlobalAveragePool,
    Input,
    MaxPool,
    Multiply,
    Op,
    Pad,
    Reshape,
    Slice,
    Softmax,
    Split,
    Transpose,
)
from pibench.profile.mapping import Operation, mapped
from pibench.subject import load_subject
from pibench.suite import DEFAULT_SUITE
from pibench.tflite import lower, read, write

IMAGE = (1, 8, 8, 16)
DATA = Path(__file__).parents[1] / "data"

LAYERS: dict[str, Op] = {
    "relu": Activation(function="relu"),
    "leaky relu": Activation(function="leaky_relu"),
    "sigmoid": Activation(function="sigmoid"),
    "hard swish": Activation(function="hard_swish"),
    "add constant, relu": Add(constant=(16,), activation="relu"),
    "average pool": AveragePool(kernel=(2, 2), stride=(2, 2)),
    "average pool 1x1": AveragePool(kernel=(1, 1), stride=(1, 1), activation="relu"),
    "batch norm": BatchNorm(),
    "conv 1x1": Conv(filters=8, kernel=(1, 1)),
    "conv 3x3": Conv(filters=8, kernel=(3, 3), stride=(2, 2)),
    "conv groups": Conv(filters=8, kernel=(3, 3), groups=4),
    "dense": Dense(units=5),
    "dense flat": Dense(units=5, flatten=True),
    "depthwise": DepthwiseConv(kernel=(3, 3)),
    "depthwise 7x7 twice": DepthwiseConv(kernel=(7, 7), multiplier=2),
    "gather": Gather(indices=(3, 1)),
    "global average pool": GlobalAveragePool(),
    "max pool": MaxPool(kernel=(3, 3), stride=(2, 2), padding="same"),
    "max pool 1x1": MaxPool(kernel=(1, 1), stride=(2, 2)),
    "multiply constant": Multiply(constant=(16,), activation="relu6"),
    "pad": Pad(paddings=((0, 0), (1, 1), (1, 1), (0, 0))),
    "reshape": Reshape(shape=(1, 64, 16)),
    "slice": Slice(begin=(0, 0, 0, 0), size=(1, 8, 8, 4)),
    "softmax": Softmax(),
    "split": Split(sizes=(8, 8)),
    "split unevenly": Split(sizes=(4, 4, 8)),
    "transpose": Transpose(perm=(0, 1, 3, 2)),
}


def unmapped(runtime: RuntimeName, model: Path, graph: Graph, kernels: KernelMode, threads: int = 1) -> set[str]:
    """The layers without a time, and the operations without a layer."""
    with open_engine(runtime, str(model), threads, kernels, profile=True) as engine:
        engine.run(1)
        events = engine.profile().events
    operations = [Operation(event.name, event.kind, event.node) for event in events if event.kind != "span"]
    groups = mapped(graph, operations)
    layers = {node.name for node in graph.nodes if not isinstance(node.op, Input)}
    known = {position for group in groups for position in group.operations}
    return (layers - {layer for group in groups for layer in group.layers}) | {
        operation.name for k, operation in enumerate(operations) if k not in known
    }


def check(runtime: RuntimeName, model: bytes, graph: Graph, folder: Path, threads: int = 1) -> None:
    path = folder / "net.tflite"
    path.write_bytes(model)
    for kernels in KERNEL_MODES:
        assert unmapped(runtime, path, graph, kernels, threads) == set(), (runtime, kernels)


@pytest.mark.parametrize("name", LAYERS)
def test_each_kind_of_layer_is_mapped_between_two_others(runtime: RuntimeName, name: str, tmp_path: Path) -> None:
    before = Node("before", Conv(filters=16, kernel=(3, 3)), ("x",))
    layer = Node("layer", LAYERS[name], ("before",))  # type: ignore[arg-type]  # Op is AnyOp's base
    graph = Graph("net", [Node("x", Input(shape=IMAGE)), before], ["before"])
    outputs = len(layer.op.infer([graph.spec("before")]))
    refs = ["layer"] if outputs == 1 else [f"layer:{k}" for k in range(outputs)]
    graph = Graph("net", [*graph.nodes, layer], refs)
    check(runtime, write(graph), lower(graph).graph, tmp_path)


@pytest.mark.parametrize("parts", [2, 4, 5, 6])
def test_branches_that_join_are_mapped(runtime: RuntimeName, parts: int, tmp_path: Path) -> None:
    branches = [Node(f"b{k}", Conv(filters=4, kernel=(1 + 2 * (k % 2),) * 2), ("x",)) for k in range(parts)]
    joined = Node("joined", Concat(), tuple(node.name for node in branches))
    last = Node("last", Conv(filters=4, kernel=(1, 1)), ("joined",))
    graph = Graph("net", [Node("x", Input(shape=IMAGE)), *branches, joined, last], ["last"])
    check(runtime, write(graph), lower(graph).graph, tmp_path)


def test_layers_around_one_that_the_delegate_leaves_out_are_mapped(runtime: RuntimeName, tmp_path: Path) -> None:
    nodes = [
        Node("x", Input(shape=IMAGE)),
        Node("a", Conv(filters=16, kernel=(3, 3)), ("x",)),
        Node("q", Gather(indices=tuple(range(15, -1, -1))), ("a",)),
        Node("b", Conv(filters=16, kernel=(1, 1)), ("x",)),
        Node("s", Add(activation="relu"), ("q", "b")),
        Node("y", Conv(filters=16, kernel=(3, 3)), ("s",)),
    ]
    graph = Graph("net", nodes, ["y"])
    check(runtime, write(graph), graph, tmp_path)


@pytest.mark.parametrize("name", ["converter_float", "converter_int8", "converter_free_batch"])
def test_the_converters_models_are_mapped(runtime: RuntimeName, name: str, tmp_path: Path) -> None:
    model = (DATA / f"{name}.tflite").read_bytes()
    check(runtime, model, read(model), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("spec", DEFAULT_SUITE)
def test_all_layers_of_the_suite_are_mapped(runtime: RuntimeName, spec: str, threads: int, tmp_path: Path) -> None:
    subject = load_subject(spec)
    assert subject.graph is not None
    check(runtime, subject.model, lower(subject.graph).graph, tmp_path, threads)
