import pytest

from pibench.errors import GraphError
from pibench.graph import Graph, GraphBuilder, Node, TensorSpec, quantised
from pibench.graph.ops import Conv, Input, Opaque


def small():
    net = GraphBuilder("small")
    x = net.conv(net.input((1, 8, 8, 3)), 4, 3, bias=True)
    return net.build(net.softmax(net.dense(net.global_average_pool(net.batch_norm(x)), 5)))


def dtypes(graph):
    return {graph.spec(ref).dtype for node in graph.nodes for ref in graph.output_refs(node)}


def test_all_activations_are_int8():
    assert dtypes(quantised(small())) == {"int8"}


def test_names_shapes_and_costs_stay():
    before, after = small(), quantised(small())
    assert [node.name for node in after.nodes] == [node.name for node in before.nodes]
    assert after.name == before.name
    assert (after.total_macs, after.total_parameters) == (before.total_macs, before.total_parameters)


def test_kernels_take_a_byte_and_biases_four():
    graph = quantised(small())
    weights = {weight.name: weight.bytes for weight in graph.weights(graph.nodes[1])}
    assert weights == {"kernel": 3 * 3 * 3 * 4, "bias": 4 * 4}


def test_an_int8_network_is_left_as_it_is():
    graph = quantised(small())
    assert quantised(graph) == graph


def test_inputs_of_other_types_keep_them():
    net = GraphBuilder("two")
    indices = net.input((1, 4), name="indices", dtype="int32")
    graph = quantised(net.build(net.reshape(indices, (4,)), net.softmax(net.input((1, 4)))))
    assert [node.op.dtype for node in graph.inputs] == ["int32", "int8"]


def test_a_hybrid_kernel_becomes_an_ordinary_one():
    nodes = [
        Node("x", Input(shape=(1, 4, 4, 2))),
        Node("y", Conv(filters=3, kernel=(1, 1), weight_dtype="int8"), ("x",)),
    ]
    graph = quantised(Graph("hybrid", nodes, ["y"]))
    assert graph.nodes[1].op.weight_dtype is None
    assert graph.weights(graph.nodes[1])[0].dtype == "int8"


def test_an_unknown_operation_is_refused_by_name():
    nodes = [
        Node("x", Input(shape=(1, 4))),
        Node("strange", Opaque(name="CUMSUM", outputs=(TensorSpec((1, 4)),)), ("x",)),
    ]
    with pytest.raises(GraphError, match=r"'strange' \(CUMSUM\) has no int8 form"):
        quantised(Graph("net", nodes, ["strange"]))
