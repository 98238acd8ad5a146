from __future__ import annotations

import msgspec
import pytest

from pibench.errors import GraphError
from pibench.graph import Graph, GraphBuilder, Layer, TensorSpec, copies_of, layers_of
from pibench.graph.ops import Add, Conv, Split


def conv(channels: int = 8, filters: int = 4) -> Layer:
    return Layer(Conv(filters=filters, kernel=(3, 3), bias=True), (TensorSpec((1, 6, 6, channels)),))


def test_equal_layers_are_equal_wherever_they_stand() -> None:
    net = GraphBuilder("net")
    x = net.input((1, 6, 6, 4))
    first = net.conv(x, 4, 3, name="first")
    net_layers = layers_of(net.build(net.conv(first, 4, 3, name="second")))
    assert list(net_layers) == ["first", "second"]
    assert len(set(net_layers.values())) == 1


def test_a_layer_tells_its_cost() -> None:
    layer = conv()
    assert layer.outputs == (TensorSpec((1, 6, 6, 4)),)
    assert layer.macs == 6 * 6 * 4 * 3 * 3 * 8
    assert layer.bytes_moved == 4 * (6 * 6 * 8 + 6 * 6 * 4 + 3 * 3 * 8 * 4 + 4)
    assert str(layer) == "conv 3×3 1×6×6×8 → 1×6×6×4"


def test_copies_read_the_same_inputs_and_each_has_an_output() -> None:
    graph = copies_of(Layer(Add(), (TensorSpec((1, 2, 2, 3)), TensorSpec((1, 2, 2, 3)))), 3, name="adds")
    assert isinstance(graph, Graph)
    assert (graph.name, len(graph.inputs), len(graph.outputs)) == ("adds", 2, 3)
    assert {node.inputs for node in graph.nodes[2:]} == {("input0", "input1")}


@pytest.mark.parametrize("copies", [1, 4])
def test_copies_cost_so_many_times_the_layer(copies: int) -> None:
    layer = conv()
    graph = copies_of(layer, copies)
    assert graph.total_macs == copies * layer.macs
    assert graph.total_parameters == copies * (3 * 3 * 8 * 4 + 4)


def test_every_part_of_a_split_is_an_output() -> None:
    graph = copies_of(Layer(Split(sizes=(1, 2)), (TensorSpec((1, 2, 2, 3)),)), 2)
    assert graph.outputs == ("copy0:0", "copy0:1", "copy1:0", "copy1:1")


def test_a_chain_reads_what_it_makes_and_has_one_output() -> None:
    graph = copies_of(Layer(Add(), (TensorSpec((1, 2, 2, 3)), TensorSpec((1, 2, 2, 3)))), 3, chained=True)
    assert [node.inputs for node in graph.nodes[2:]] == [
        ("input0", "input1"),
        ("copy0", "input1"),
        ("copy1", "input1"),
    ]
    assert graph.outputs == ("copy2",)


def test_a_layer_that_cannot_read_what_it_makes_is_no_chain() -> None:
    with pytest.raises(GraphError):
        copies_of(Layer(Split(sizes=(1, 2)), (TensorSpec((1, 2, 2, 3)),)), 2, chained=True)


def test_a_layer_survives_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(conv()), type=Layer) == conv()
