from __future__ import annotations

import numpy as np
import pytest
from table_world import formula_ns, formula_table

from pibench.errors import TableError
from pibench.graph import Graph, GraphBuilder, TensorSpec, layers_of
from pibench.graph.ops import Opaque
from pibench.graph.widths import Widths, with_widths
from pibench.models.architectures import build
from pibench.table.curves import FittedCurve
from pibench.table.draw import draw_networks
from pibench.table.kind import Kind
from pibench.table.model import Table
from pibench.table.network import NetworkLayers
from pibench.tflite.lower import lower

SPECS = ["wide_resnet:depth=10,width=4", "mobilenet_v1:depth=6,width=4,se=2", "mobilenet_v2:depth=6,width=4"]


def layers_in(graph: Graph, table: Table) -> NetworkLayers:
    curves: dict[Kind, FittedCurve] = {curve.kind: FittedCurve(curve) for curve in table.curves}
    return NetworkLayers(lower(graph).graph, curves.get)


@pytest.mark.parametrize("spec", SPECS)
def test_channels_of_every_layer_follow_from_the_widths(spec: str) -> None:
    graph = build(spec)
    layers = layers_in(graph, formula_table([graph]))
    for drawn in draw_networks([graph], 4, seed=7):
        widths = np.array([[width.channels for width in Widths(lower(drawn).graph).free.values()]])
        there = layers_of(lower(drawn).graph)
        assert [place.name for place in layers.places] == list(there)
        for place in layers.places:
            layer = place.curve.kind.layer(place.channels(widths)[0])
            assert (layer.inputs, layer.outputs) == (there[place.name].inputs, there[place.name].outputs)


def test_each_layer_has_the_time_of_its_curve() -> None:
    graph = build(SPECS[0])
    layers = layers_in(graph, formula_table([graph]))
    smaller = {name: max(1, count - 1) for name, count in zip(layers.names, layers.present.tolist(), strict=True)}
    times = layers.times(np.array([layers.present, list(smaller.values())]))
    for row, network in enumerate((graph, with_widths(lower(graph).graph, smaller))):
        expected = [formula_ns(layer) for layer in layers_of(lower(network).graph).values()]
        assert times.mean_ns[row] == pytest.approx(expected, rel=0.01)
    assert times.known.all()


def test_errors_of_one_kind_add_up_and_those_of_different_kinds_are_independent() -> None:
    net = GraphBuilder("net")
    x = net.conv(net.input((1, 8, 8, 4)), 4, 3, name="first")
    x = net.conv(net.conv(x, 4, 3, name="second"), 4, 1, name="other")
    graph = net.build(x)
    layers = layers_in(graph, formula_table([graph]))
    assert layers.variance(np.array([[3.0, 4.0, 10.0], [1.0, 0.0, 0.0]])).tolist() == [7.0**2 + 10.0**2, 1.0]


def test_a_width_touches_the_layers_that_make_and_read_it() -> None:
    net = GraphBuilder("net")
    x = net.conv(net.input((1, 8, 8, 3)), 4, 3, name="first")
    x = net.conv(net.conv(net.depthwise_conv(x, 3, name="middle"), 6, 1, name="second"), 2, 1, name="last")
    graph = net.build(x)
    layers = layers_in(graph, formula_table([graph]))
    assert layers.names == ("first", "second")
    assert [place.name for place in layers.touched_by(0)] == ["first", "middle", "second"]
    assert [place.name for place in layers.touched_by(1)] == ["second", "last"]


def test_a_network_without_free_widths_has_times_too() -> None:
    net = GraphBuilder("net")
    graph = net.build(net.conv(net.input((1, 8, 8, 4)), 4, 3))
    layers = layers_in(graph, formula_table([graph]))
    assert (layers.names, layers.present.shape) == ((), (0,))
    times = layers.times(np.zeros((5, 0), np.int64))
    assert times.mean_ns.shape == (5, 1)
    assert times.mean_ns[:, 0] == pytest.approx(
        formula_ns(next(iter(layers_of(lower(graph).graph).values()))), rel=0.01
    )


def test_beyond_what_was_measured_is_said_for_each_layer() -> None:
    graph = build(SPECS[0])
    layers = layers_in(graph, formula_table([graph]))
    beyond = layers.present.copy()
    beyond[0] += 1
    known = layers.times(np.array([layers.present, beyond])).known
    assert known[0].all()
    touched = {place.name for place in layers.touched_by(0)}
    assert {place.name for place, one in zip(layers.places, known[1], strict=True) if not one} == touched


def test_a_kind_that_is_lacking_names_the_layer_and_the_command() -> None:
    table = formula_table([build("mobilenet_v1:depth=3,width=4")])
    with pytest.raises(TableError) as error:
        layers_in(build("wide_resnet:depth=10,width=4").renamed("wide_resnet:depth=10"), table)
    assert str(error.value).startswith("the table lacks ")
    assert "(layer stage1.block1.conv2.conv of wide_resnet:depth=10)" in str(error.value)
    assert str(error.value).endswith("measure it with pibench table build 'wide_resnet:depth=10' -o TABLE")


def test_an_unknown_operation_names_the_layer_and_what_else_can_be_done() -> None:
    net = GraphBuilder("odd.tflite")
    odd = Opaque(name="CUSTOM", outputs=(TensorSpec((1, 8, 8, 3)),))
    graph = net.build(*net.add(odd, net.input((1, 8, 8, 3)), name="strange"))
    with pytest.raises(TableError, match=r"CUSTOM \(layer strange\); measure the whole network with pibench bench"):
        layers_in(graph, formula_table([]))
