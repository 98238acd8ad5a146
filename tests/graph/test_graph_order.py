from pibench.graph import Graph, GraphBuilder
from pibench.graph.order import in_converter_order
from pibench.models.architectures import build


def names(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes]


def forked(first: str, second: str) -> Graph:
    """The second branch written before the first."""
    net = GraphBuilder("net")
    x = net.input((1, 4, 4, 2))
    right = net.conv(net.conv(x, 2, name=f"{second}.one"), 2, name=f"{second}.two")
    left = net.conv(net.conv(x, 2, name=f"{first}.one"), 2, name=f"{first}.two")
    return net.build(net.add_tensors(right, left, name="sum"))


def test_a_branch_comes_whole_and_branches_by_name() -> None:
    assert names(in_converter_order(forked("a", "b"))) == ["image", "a.one", "a.two", "b.one", "b.two", "sum"]


def test_the_network_stays_the_same() -> None:
    graph = forked("a", "b")
    ordered = in_converter_order(graph)
    assert sorted(ordered.nodes, key=lambda node: node.name) == sorted(graph.nodes, key=lambda node: node.name)
    assert (ordered.name, ordered.outputs) == (graph.name, graph.outputs)
    assert in_converter_order(ordered) == ordered


def test_networks_written_branch_by_branch_are_in_order_already() -> None:
    for spec in ("mobilenet_v2:depth=6,se=2", "wide_resnet:depth=10", "shufflenet_v1", "shufflenet_v2:se=2"):
        graph = build(spec)
        assert in_converter_order(graph) == graph


def test_readers_of_several_outputs_are_followed() -> None:
    net = GraphBuilder("net")
    left, right = net.split(net.input((1, 4)), (2, 2))
    graph = net.build(net.concat(net.softmax(right, name="b"), net.softmax(left, name="a")))
    assert names(in_converter_order(graph)) == ["image", "split", "a", "b", "concat"]
