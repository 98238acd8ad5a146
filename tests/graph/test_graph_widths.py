from __future__ import annotations

import pytest

from pibench.errors import GraphError
from pibench.graph import Graph, GraphBuilder, TensorSpec
from pibench.graph.ops import Add, Dense, Multiply, Opaque
from pibench.graph.widths import Widths, with_widths
from pibench.models.architectures import build
from pibench.tflite.lower import lower


def free(graph: Graph) -> dict[str, int]:
    return {name: width.channels for name, width in Widths(graph).free.items()}


def net_of(*, groups: int = 1) -> tuple[GraphBuilder, str]:
    net = GraphBuilder("net")
    return net, net.conv(net.input((1, 8, 8, 3), name="image"), 8, 3, name="first", groups=groups)


def test_what_convolutions_and_dense_layers_make_is_free_but_the_input_and_the_output() -> None:
    net, x = net_of()
    x = net.dense(net.global_average_pool(net.conv(x, 12, 1, name="second")), 10, name="classes")
    assert free(net.build(x)) == {"first": 8, "second": 12}


def test_what_is_added_is_one_width() -> None:
    net, x = net_of()
    branch = net.conv(x, 8, 3, name="branch")
    graph = net.build(net.conv(net.add_tensors(x, branch), 4, 1))
    (width,) = Widths(graph).free.values()
    assert (set(width.nodes), width.channels) == ({"first", "branch"}, 8)


def test_what_is_added_to_the_input_is_fixed() -> None:
    net = GraphBuilder("net")
    x = net.input((1, 8, 8, 3))
    graph = net.build(net.conv(net.add_tensors(x, net.conv(x, 3, 1)), 4, 1, name="last"))
    assert free(graph) == {}


def test_joined_channels_are_the_sum_of_their_parts() -> None:
    net, x = net_of()
    other = net.conv("image", 5, 1, name="other")
    joined = net.concat(x, other, name="joined")
    graph = net.build(net.conv(joined, 4, 1, name="last"))
    widths = Widths(graph)
    assert widths.of("joined") == (("first", 8), ("other", 5))
    assert widths.resized("joined", {"other": 2}) == 10
    assert with_widths(graph, {"other": 2}).spec("joined").channels == 10


def test_sums_of_differently_joined_parts_cannot_change() -> None:
    net, x = net_of()
    halves = [net.conv("image", 4, 1, name=f"half{k}") for k in range(2)]
    graph = net.build(net.conv(net.add_tensors(x, net.concat(*halves)), 4, 1))
    assert free(graph) == {}


@pytest.mark.parametrize("rearrange", ["split", "reshape", "opaque", "pad"])
def test_what_is_rearranged_keeps_its_channels(rearrange: str) -> None:
    net, x = net_of()
    if rearrange == "split":
        x = net.split(x, (4, 4))[0]
    elif rearrange == "reshape":
        x = net.reshape(x, (1, 4, 16, 8))
    elif rearrange == "pad":
        x = net.pad(x, ((0, 0), (0, 0), (0, 0), (0, 2)))
    else:
        x = net.add(Opaque(name="CUSTOM", outputs=(TensorSpec((1, 8, 8, 8)),)), x, name="opaque")[0]
    assert free(net.build(net.conv(x, 4, 1))) == {}


def test_groups_and_depth_multipliers_bind_what_they_read() -> None:
    net, x = net_of()
    grouped = net.conv(x, 8, 3, groups=2, name="grouped")
    assert free(net.build(net.conv(grouped, 4, 1))) == {}
    net, x = net_of()
    assert free(net.build(net.conv(net.depthwise_conv(x, 3), 4, 1))) == {"first": 8}


def test_a_flattened_dense_layer_binds_what_it_reads() -> None:
    net, x = net_of()
    assert free(net.build(*net.add(Dense(units=10, flatten=True), x, name="dense"))) == {}


def test_where_one_channel_is_broadcast_over_many_none_may_go() -> None:
    net, x = net_of()
    gate = net.conv("image", 1, 1, name="gate")
    graph = net.build(net.conv(net.multiply(x, gate), 4, 1))
    assert free(graph) == {}


def test_a_constant_map_keeps_the_channels_it_is_spread_over() -> None:
    net, x = net_of()
    height, width = net.shape(x)[1:3]
    x = net.add(Multiply(constant=(height, width, 1)), x, name="mask")[0]
    assert free(net.build(net.conv(x, 4, 1))) == {}


def test_tensors_joined_along_another_axis_keep_their_channels() -> None:
    net, x = net_of()
    y = net.conv("image", 8, 1, name="second")
    assert free(net.build(net.conv(net.concat(x, y, axis=1), 4, 1))) == {}


def test_a_channel_broadcast_over_a_constant_stays_one() -> None:
    net = GraphBuilder("net")
    x = net.conv(net.input((1, 8, 8, 3)), 1, 1, name="single")
    graph = net.build(net.conv(net.add(Add(constant=(6,)), x, name="wide")[0], 4, 1))
    assert free(graph) == {}
    assert with_widths(graph, {}) == graph


def test_constants_follow_their_channels_and_scalars_do_not() -> None:
    net, x = net_of()
    x = net.add(Multiply(constant=(8,)), net.add(Add(constant=(1,)), x, name="scalar")[0], name="scale")[0]
    changed = with_widths(net.build(net.conv(x, 4, 1)), {"first": 5})
    constants = {node.name: node.op.constant for node in changed.nodes if isinstance(node.op, (Add, Multiply))}
    assert constants == {"scalar": (1,), "scale": (5,)}


@pytest.mark.parametrize(
    "spec",
    [
        "wide_resnet:depth=16,width=8,se=2",
        "mobilenet_v1:depth=6,se=2",
        "mobilenet_v2:depth=6",
        "mobilenet_v3:depth=6",
        "squeezenext:depth=6",
        "effnet:blocks=1-1-2",
        "densenet:depth=16",
        "densenet:depth=28,window=2",
        "condensenet:stages=2-2-2,form=training",
        "shufflenet_v1:depth=6,first_grouped=false",
        "shufflenet_v1:depth=6,groups=1",
        "shufflenet_v2:depth=6,se=2,skip=true",
        "mnasnet:depth=6,se=2",
        "nasnet:depth=6,width=8",
    ],
)
@pytest.mark.parametrize("deployed", [False, True])
def test_every_width_of_an_architecture_can_shrink_to_one(spec: str, deployed: bool) -> None:
    graph = lower(build(spec)).graph if deployed else build(spec)
    names = Widths(graph).free
    assert names
    smallest = with_widths(graph, dict.fromkeys(names, 1))
    assert [node.name for node in smallest.nodes] == [node.name for node in graph.nodes]
    assert smallest.total_macs < graph.total_macs
    assert free(smallest) == dict.fromkeys(names, 1)
    assert smallest.spec(smallest.outputs[0]) == graph.spec(graph.outputs[0])


@pytest.mark.parametrize("form", ["", ",grouped=split"])
def test_no_channel_of_a_network_of_groups_and_shuffles_can_go_alone(form: str) -> None:
    assert free(build(f"shufflenet_v1:depth=6{form}")) == {}


def test_between_channel_shuffles_only_the_inside_of_the_main_branch_is_free() -> None:
    graph = build("shufflenet_v2:depth=6")
    blocks = [f"stage{stage}.block{block}" for stage in (1, 2, 3) for block in (1, 2)]
    assert list(free(graph)) == ["stem.conv", *(f"{block}.main.first.conv" for block in blocks)]


def test_a_cut_through_the_image_leaves_its_channels_free_and_one_through_channels_does_not() -> None:
    net, x = net_of()
    graph = net.build(net.conv(net.slice(x, (0, 1, 1, 0), (1, 7, 7, 8)), 4, 1))
    assert with_widths(graph, {"first": 5}).spec("slice").shape == (1, 7, 7, 5)
    net, x = net_of()
    assert free(net.build(net.conv(net.slice(x, (0, 0, 0, 0), (1, 8, 8, 4)), 4, 1))) == {}


def test_the_same_widths_are_the_same_graph_under_another_name() -> None:
    graph = build("mobilenet_v2:depth=6,se=4")
    assert with_widths(graph, free(graph)) == graph
    assert with_widths(graph, {}, "other").name == "other"


@pytest.mark.parametrize(
    ("channels", "sentence"),
    [
        ({"second": 4}, "no width 'second' that is free: there are first"),
        ({"first": 0}, "cannot have 0 channels in 'first': use 1 or more"),
    ],
)
def test_widths_that_cannot_be_are_told(channels: dict[str, int], sentence: str) -> None:
    net, x = net_of()
    graph = net.build(net.conv(x, 4, 1, name="second"))
    with pytest.raises(GraphError, match=sentence):
        with_widths(graph, channels)


def test_the_width_of_a_node_with_several_outputs_is_left_alone() -> None:
    net, x = net_of()
    parts = net.split(x, (4, 4), name="parts")
    assert Widths(net.build(net.conv(parts[0], 4, 1))).resized("parts", {}) is None
