import pytest

from pibench.graph import Graph, GraphBuilder
from pibench.models.architectures import build

pytest.importorskip("keras", exc_type=ImportError)
order = pytest.importorskip("pibench.models.conversion.order")


@pytest.mark.parametrize("spec", ["mobilenet_v2:depth=6,se=2", "wide_resnet:depth=16,se=2"])
def test_architectures_are_in_order_already(spec):
    graph = build(spec)
    assert order.in_converters_order(graph) == graph


def test_branches_follow_one_another_by_name():
    net = GraphBuilder("net")
    x = net.input((1, 4, 4, 2))
    late = net.conv(x, 2, name="b.conv")
    early = net.conv(x, 2, name="a.conv")
    late = net.activation(late, "relu", name="b.relu")
    early = net.activation(early, "relu", name="a.relu")
    graph = net.build(net.add_tensors(late, early))
    names = [node.name for node in order.in_converters_order(graph).nodes]
    assert names == ["image", "a.conv", "a.relu", "b.conv", "b.relu", "add"]


def test_a_network_deeper_than_pythons_stack_is_ordered():
    net = GraphBuilder("deep")
    x = net.input((1, 2))
    for k in range(3000):
        x = net.activation(x, "relu", name=f"relu{k}")
    graph = net.build(x)
    assert order.in_converters_order(graph) == Graph("deep", graph.nodes, graph.outputs)


def test_inputs_come_first_and_keep_their_order():
    net = GraphBuilder("net")
    late = net.activation(net.input((1, 4, 4, 2), "z"), "relu", name="late")
    early = net.activation(net.input((1, 4, 4, 2), "a"), "relu", name="early")
    names = [node.name for node in order.in_converters_order(net.build(net.add_tensors(late, early))).nodes]
    assert names == ["z", "a", "early", "late", "add"]
