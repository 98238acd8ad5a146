"""The names are recorded: what tflite-runtime 2.14 and LiteRT 2.3 told of these networks on x86-64."""

from __future__ import annotations

import pytest

from pibench.graph import Graph, Node, TensorSpec
from pibench.graph.ops import (
    Activation,
    Add,
    AveragePool,
    Concat,
    Conv,
    Dense,
    Gather,
    GlobalAveragePool,
    Input,
    Multiply,
    Opaque,
    Pad,
    Reshape,
    Split,
)
from pibench.profile.mapping import Group, Operation, execution_order, mapped

IMAGE = (1, 16, 16, 32)
BORDER = ((0, 0), (1, 1), (1, 1), (0, 0))
REVERSED = tuple(range(31, -1, -1))

IGEMM = "Convolution (NHWC, F32) IGEMM"
MATRIX = "Fully Connected (NC, F32) GEMM"
FLATTENED = "Static Reshape (NC)"


def network(*nodes: Node, outputs: tuple[str, ...] = ()) -> Graph:
    return Graph("net", [Node("x", Input(shape=IMAGE)), *nodes], outputs or (nodes[-1].name,))


def conv(name: str, source: str, size: int = 3, **attributes: object) -> Node:
    return Node(name, Conv(filters=32, kernel=(size, size), **attributes), (source,))  # type: ignore[arg-type]


def gather(name: str, source: str) -> Node:
    return Node(name, Gather(indices=REVERSED), (source,))


def internal(*names: str) -> list[Operation]:
    return [Operation(name, "delegate", k) for k, name in enumerate(names)]


def groups(graph: Graph, operations: list[Operation]) -> dict[tuple[str, ...], list[str]]:
    """The names of each group's operations by its layers."""
    return {group.layers: [operations[k].name for k in group.operations] for group in mapped(graph, operations)}


def test_the_runtimes_own_kernels_are_one_operation_a_layer_in_the_order_of_the_file() -> None:
    graph = network(conv("a", "x"), Node("b", GlobalAveragePool(), ("a",)), Node("c", Dense(units=10), ("b",)))
    names = ("CONV_2D", "MEAN", "FULLY_CONNECTED")
    told = [Operation(name, "operator", k) for k, name in enumerate(names)]
    assert mapped(graph, told) == (Group(("a",), (0,)), Group(("b",), (1,)), Group(("c",), (2,)))


def test_an_operator_of_the_wrong_type_maps_nothing() -> None:
    graph = network(conv("a", "x"), Node("b", GlobalAveragePool(), ("a",)))
    assert mapped(graph, [Operation("CONV_2D", "operator", 0), Operation("CONV_2D", "operator", 1)]) == ()


def test_weights_that_the_runtime_decompresses_are_no_layer() -> None:
    graph = network(conv("a", "x"), conv("b", "a"))
    names = ("DEQUANTIZE", "DEQUANTIZE", "CONV_2D", "DEQUANTIZE", "CONV_2D")
    told = [Operation(name, "operator", k) for k, name in enumerate(names)]
    assert mapped(graph, told) == (Group(("a",), (2,)), Group(("b",), (4,)))


def test_a_layer_that_is_several_operations_has_them_all() -> None:
    graph = network(
        conv("a", "x"),
        Node("s", Add(activation="relu"), ("a", "x")),
        Node("p", GlobalAveragePool(), ("s",)),
        Node("y", Dense(units=10), ("p",)),
    )
    told = internal(IGEMM, "Add (ND)", "Clamp (NC)", "Mean (ND) Reduce2", FLATTENED, MATRIX)
    assert groups(graph, told) == {
        ("a",): [IGEMM],
        ("s",): ["Add (ND)", "Clamp (NC)"],
        ("p",): ["Mean (ND) Reduce2"],
        ("y",): [FLATTENED, MATRIX],
    }


def test_tflite_runtimes_older_xnnpack_maps_as_well() -> None:
    graph = network(
        conv("a", "x", 1),
        Node("s", Add(activation="relu"), ("a", "x")),
        Node("p", GlobalAveragePool(), ("s",)),
        Node("y", Dense(units=10), ("p",)),
    )
    told = internal("Convolution (NHWC, F32) GEMM", "Add (ND, F32)", "Global Average Pooling (NWC, F32)", MATRIX)
    assert [group.operations for group in mapped(graph, told)] == [(0,), (1,), (2,), (3,)]


def test_layers_that_run_as_one_are_one_group() -> None:
    padded = network(Node("p", Pad(paddings=BORDER), ("x",)), conv("a", "x"), conv("b", "p", padding="valid"))
    assert groups(padded, internal(IGEMM, IGEMM)) == {("a",): [IGEMM], ("p", "b"): [IGEMM]}
    clamped = network(conv("a", "x", activation="relu"), Node("y", Activation(function="relu6"), ("a",)))
    assert groups(clamped, internal(IGEMM)) == {("a", "y"): [IGEMM]}
    reshaped = network(Node("t", Reshape(shape=(1, 256, 32)), ("x",)), Node("u", Reshape(shape=IMAGE), ("t",)))
    assert groups(reshaped, internal(FLATTENED)) == {("t", "u"): [FLATTENED]}


def test_padding_that_two_convolutions_read_is_a_layer_of_its_own() -> None:
    graph = network(
        Node("p", Pad(paddings=BORDER), ("x",)),
        conv("a", "p", padding="valid"),
        conv("b", "p", padding="valid"),
        Node("y", Add(), ("a", "b")),
    )
    told = internal("Constant Pad (ND, X32)", IGEMM, IGEMM, "Add (ND)")
    assert [group.layers for group in mapped(graph, told)] == [("p",), ("a",), ("b",), ("y",)]


def test_a_reshape_before_a_dense_layer_is_told_from_that_layers_own() -> None:
    graph = network(Node("r", Reshape(shape=(1, 8192)), ("x",)), Node("y", Dense(units=10), ("r",)))
    assert groups(graph, internal(FLATTENED, FLATTENED, MATRIX)) == {("r",): [FLATTENED], ("y",): [FLATTENED, MATRIX]}


def test_an_operation_too_many_or_too_few_maps_nothing() -> None:
    graph = network(conv("a", "x"), conv("b", "a"))
    assert mapped(graph, internal(IGEMM)) == ()
    assert mapped(graph, internal(IGEMM, IGEMM, IGEMM)) == ()
    assert mapped(graph, internal(IGEMM, IGEMM, "Copy (NC, X32)")) == ()


def test_two_ways_to_map_map_nothing() -> None:
    graph = network(Node("s", Add(activation="relu"), ("x", "x")), Node("y", Activation(function="relu6"), ("s",)))
    # The clamp may be the sum's own, the other one drawn into it, or the other one.
    assert mapped(graph, internal("Add (ND)", "Clamp (NC)")) == ()


def test_layers_that_the_delegate_leaves_out_run_in_turns_with_it() -> None:
    graph = network(conv("a", "x"), gather("q", "a"), conv("b", "x", 1), Node("s", Add(), ("q", "b")), conv("y", "s"))
    told = [
        Operation(IGEMM, "delegate", 0),
        Operation(MATRIX, "delegate", 1),
        Operation("GATHER", "operator", 1),
        Operation("Add (ND)", "delegate", 0),
        Operation(IGEMM, "delegate", 1),
    ]
    assert mapped(graph, told) == (
        Group(("a",), (0,)),
        Group(("q",), (2,)),
        Group(("b",), (1,)),
        Group(("s",), (3,)),
        Group(("y",), (4,)),
    )


def test_an_operator_that_is_another_layer_in_the_file_maps_nothing() -> None:
    graph = network(conv("a", "x"), gather("q", "a"), conv("y", "q"))
    told = [
        Operation(IGEMM, "delegate", 0),
        Operation("GATHER", "operator", 2),
        Operation(IGEMM, "delegate", 0),
    ]
    assert mapped(graph, told) == ()


def test_the_runtime_takes_all_that_can_run_of_one_kind_before_the_other() -> None:
    graph = network(
        conv("a", "x"),
        gather("q", "a"),
        conv("b", "q"),
        gather("r", "x"),
        conv("d", "r", 1),
        Node("y", Add(), ("b", "d")),
    )
    assert [node.name for node in execution_order(graph, {"q", "r"})] == ["a", "q", "r", "b", "d", "y"]


def test_the_parts_of_a_split_are_waited_for() -> None:
    graph = network(
        Node("sp", Split(sizes=(16, 16)), ("x",)),
        conv("a", "sp:1"),
        Node("y", Concat(), ("sp:0", "a")),
    )
    assert [node.name for node in execution_order(graph, {"sp"})] == ["sp", "a", "y"]


@pytest.mark.parametrize(
    ("node", "names"),
    [
        (Node("y", Multiply(activation="relu"), ("x", "x")), ("Square (NC)", "Clamp (NC)")),
        (Node("y", Multiply(constant=(32,)), ("x",)), ("Multiply (ND, F32)",)),
        (Node("y", AveragePool(kernel=(1, 1), stride=(1, 1)), ("x",)), ("Copy (NC, X32)",)),
        (
            Node("y", AveragePool(kernel=(2, 2), stride=(2, 2)), ("x",)),
            ("Average Pooling (NHWC, F32) Average Pooling",),
        ),
        (Node("y", Activation(function="leaky_relu"), ("x",)), ("LeakyReLU (NC)",)),
        (Node("y", Activation(function="leaky_relu"), ("x",)), ("Leaky ReLU (NC, F32)",)),
    ],
)
def test_single_layers_map(node: Node, names: tuple[str, ...]) -> None:
    assert groups(network(node), internal(*names)) == {("y",): list(names)}


def test_an_unknown_operation_is_known_by_its_name_in_the_file_alone() -> None:
    unknown = Opaque(name="RESIZE_BILINEAR", outputs=(TensorSpec(IMAGE),), constants=(), has_macs=False)
    graph = network(Node("y", unknown, ("x",)))
    assert mapped(graph, [Operation("RESIZE_BILINEAR", "operator", 0)]) == (Group(("y",), (0,)),)
    assert mapped(graph, internal("Resize Bilinear (NHWC, F32)")) == ()
