import pytest

from pibench.errors import GraphError
from pibench.graph import Graph, GraphBuilder, Node, TensorSpec, WeightSpec
from pibench.graph.ops import Input, Opaque


def test_an_input_makes_the_tensor_it_describes():
    net = GraphBuilder("net")
    graph = net.build(net.input((2, 3, 4, 5), name="x", dtype="uint8"))
    assert graph.spec("x") == TensorSpec((2, 3, 4, 5), "uint8")
    assert graph.inputs == graph.nodes


def test_an_unknown_element_type_is_refused_with_the_inputs_name():
    with pytest.raises(GraphError, match=r"^node 'photo' \(input\) .*'float23'"):
        GraphBuilder("net").input((1, 8, 8, 3), name="photo", dtype="float23")


def test_an_input_that_reads_something_is_refused():
    nodes = [Node("x", Input(shape=(1,))), Node("y", Input(shape=(1,)), ("x",))]
    with pytest.raises(GraphError, match=r"^node 'y' \(input\) takes no inputs, not 1"):
        Graph("net", nodes, ["y"])


def test_an_opaque_node_makes_what_it_says_and_counts_no_macs():
    outputs = (TensorSpec((1, 5)), TensorSpec((1, 2), "int32"))
    op = Opaque(name="TOPK_V2", outputs=outputs, constants=(WeightSpec("k", (3,), "int8"),))
    graph = Graph("net", [Node("x", Input(shape=(1, 9))), Node("top", op, ("x",))], ["top:0"])
    assert graph.output_specs(graph.nodes[1]) == outputs
    assert graph.opaque == (graph.nodes[1],)
    assert (graph.total_macs, graph.total_parameters) == (0, 3)
    assert op.label == "TOPK_V2"
    assert op.kind == "opaque"
