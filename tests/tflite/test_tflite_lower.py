from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pibench.graph import GraphBuilder
from pibench.graph.ops import Activation, Add, Conv, Dense, DepthwiseConv, Dropout, Multiply
from pibench.models.architectures import build
from pibench.tflite import lower

IMAGE = (1, 8, 8, 4)

AFFINE = {
    "conv": lambda net, x: net.conv(x, 4, 3, name="op"),
    "depthwise": lambda net, x: net.depthwise_conv(x, name="op"),
    "dense": lambda net, x: net.dense(x, 4, name="op"),
    "dense without bias": lambda net, x: net.dense(x, 4, bias=False, name="op"),
}
FUSING = AFFINE | {
    "add": lambda net, x: net.add_tensors(x, x, name="op"),
    "multiply": lambda net, x: net.multiply(x, x, name="op"),
    "add constant": lambda net, x: net.add(Add(constant=(4,)), x, name="op")[0],
    "average pool": lambda net, x: net.average_pool(x, 2, 2, name="op"),
    "max pool": lambda net, x: net.max_pool(x, 2, 2, name="op"),
}
NOT_FUSING = {
    "concat": lambda net, x: net.concat(x, x, name="op"),
    "split": lambda net, x: net.split(x, (2, 2), name="op")[1],
    "reshape": lambda net, x: net.reshape(x, (1, 64, 4), name="op"),
    "transpose": lambda net, x: net.transpose(x, (0, 2, 1, 3), name="op"),
    "pad": lambda net, x: net.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], name="op"),
    "softmax": lambda net, x: net.softmax(x, name="op"),
    "global pool": lambda net, x: net.global_average_pool(x, name="op"),
    "sigmoid": lambda net, x: net.activation(x, "sigmoid", name="op"),
    "input": lambda net, x: x,
}


@pytest.fixture
def net():
    return GraphBuilder("net")


def labels(graph):
    return [node.op.label for node in graph.nodes[1:]]


def kinds(graph):
    return Counter(node.op.kind for node in graph.nodes)


@pytest.mark.parametrize("make", AFFINE.values(), ids=AFFINE)
def test_batch_norm_is_folded_into_what_it_alone_reads(net, make):
    x = make(net, net.input(IMAGE))
    lowered = lower(net.build(net.batch_norm(x)))
    assert [node.name for node in lowered.graph.nodes] == ["image", "op"]
    assert lowered.graph.nodes[1].op.bias is True
    assert lowered.graph.outputs == ("op",)
    assert lowered.sources == {"image": ("image",), "op": ("op", "bn")}


@pytest.mark.parametrize("make", AFFINE.values(), ids=AFFINE)
def test_batch_norm_is_not_folded_where_another_node_reads_the_value(net, make):
    x = make(net, net.input(IMAGE))
    y = net.batch_norm(x)
    lowered = lower(net.build(net.add_tensors(x, y))).graph
    assert kinds(lowered)["multiply"] == 1
    assert [node.name for node in lowered.nodes[2:]] == ["bn.scale", "bn.shift", "add"]
    assert lowered.nodes[-1].inputs == ("op", "bn.shift")


@pytest.mark.parametrize("make", AFFINE.values(), ids=AFFINE)
def test_batch_norm_is_not_folded_where_the_value_is_an_output(net, make):
    x = make(net, net.input(IMAGE))
    lowered = lower(net.build(net.batch_norm(x), x)).graph
    assert lowered.outputs == ("bn.shift", "op")
    assert [node.op for node in lowered.nodes[2:]] == [Multiply(constant=(4,)), Add(constant=(4,))]


@pytest.mark.parametrize("make", [*NOT_FUSING.values(), FUSING["add"], FUSING["max pool"]])
def test_batch_norm_behind_anything_else_becomes_a_multiplication_and_an_addition(net, make):
    x = make(net, net.input(IMAGE))
    channels = (net.channels(x),)
    lowered = lower(net.build(net.batch_norm(x)))
    scale, shift = lowered.graph.nodes[-2:]
    assert (scale.name, scale.op, scale.inputs) == ("bn.scale", Multiply(constant=channels), (x,))
    assert (shift.name, shift.op, shift.inputs) == ("bn.shift", Add(constant=channels), ("bn.scale",))
    assert lowered.sources["bn.scale"] == lowered.sources["bn.shift"] == ("bn",)
    assert lowered.graph.outputs == ("bn.shift",)


def test_batch_norm_behind_a_fused_activation_is_not_folded(net):
    x = net.activation(net.conv(net.input(IMAGE), 4), "relu")
    assert labels(lower(net.build(net.batch_norm(x))).graph) == [
        "conv 1×1 + relu",
        "multiply constant",
        "add constant",
    ]


@pytest.mark.parametrize("function", ["relu", "relu6"])
@pytest.mark.parametrize("make", FUSING.values(), ids=FUSING)
def test_an_activation_is_fused_into_what_it_alone_reads(net, make, function):
    x = make(net, net.input(IMAGE))
    lowered = lower(net.build(net.activation(x, function, name="act")))
    assert [node.name for node in lowered.graph.nodes] == ["image", "op"]
    assert lowered.graph.nodes[1].op.activation == function
    assert lowered.sources["op"] == ("op", "act")
    assert lowered.graph.outputs == ("op",)


@pytest.mark.parametrize("function", ["relu", "relu6"])
@pytest.mark.parametrize("make", NOT_FUSING.values(), ids=NOT_FUSING)
def test_an_activation_behind_anything_else_stays(net, make, function):
    x = make(net, net.input(IMAGE))
    lowered = lower(net.build(net.activation(x, function, name="act"))).graph
    assert lowered.nodes[-1].op == Activation(function=function)
    assert lowered.nodes[-1].inputs == (x,)


@pytest.mark.parametrize("make", FUSING.values(), ids=FUSING)
def test_an_activation_is_not_fused_where_another_node_reads_the_value(net, make):
    x = make(net, net.input(IMAGE))
    lowered = lower(net.build(net.add_tensors(x, net.activation(x, "relu"), name="sum"))).graph
    assert [node.name for node in lowered.nodes] == ["image", "op", "relu", "sum"]
    assert lowered.nodes[1].op.activation is None


@pytest.mark.parametrize("make", FUSING.values(), ids=FUSING)
def test_an_activation_is_not_fused_where_the_value_is_an_output(net, make):
    x = make(net, net.input(IMAGE))
    lowered = lower(net.build(net.activation(x, "relu"), x)).graph
    assert [node.name for node in lowered.nodes] == ["image", "op", "relu"]
    assert lowered.nodes[1].op.activation is None


@pytest.mark.parametrize("make", FUSING.values(), ids=FUSING)
@pytest.mark.parametrize("function", ["leaky_relu", "sigmoid", "hard_swish"])
def test_other_activations_are_never_fused(net, make, function):
    x = make(net, net.input(IMAGE))
    lowered = lower(net.build(net.activation(x, function, name="act"))).graph
    assert [node.name for node in lowered.nodes] == ["image", "op", "act"]
    assert lowered.nodes[1].op.activation is None


def test_only_the_first_of_two_activations_is_fused(net):
    x = net.activation(net.conv(net.input(IMAGE), 4), "relu")
    assert labels(lower(net.build(net.activation(x, "relu6"))).graph) == ["conv 1×1 + relu", "relu6"]


def test_an_activation_behind_a_folded_batch_norm_joins_it(net):
    x = net.batch_norm(net.conv(net.input(IMAGE), 4))
    lowered = lower(net.build(net.activation(x, "relu6")))
    assert labels(lowered.graph) == ["conv 1×1 + relu6"]
    assert lowered.sources["conv"] == ("conv", "bn", "relu6")


def test_an_activation_behind_an_unfolded_batch_norm_is_fused_into_its_addition(net):
    x = net.batch_norm(net.input(IMAGE))
    lowered = lower(net.build(net.activation(x, "relu")))
    assert labels(lowered.graph) == ["multiply constant", "add constant + relu"]
    assert lowered.sources == {"image": ("image",), "bn.scale": ("bn",), "bn.shift": ("bn", "relu")}


@pytest.mark.parametrize("make", AFFINE.values(), ids=AFFINE)
def test_a_hard_sigmoid_is_part_of_the_bias_before_it_a_relu6_and_a_scalar_factor(net, make):
    lowered = lower(net.build(net.activation(make(net, net.input(IMAGE)), "hard_sigmoid", name="gate")))
    assert [node.name for node in lowered.graph.nodes] == ["image", "op", "gate.scale"]
    assert (lowered.graph.nodes[1].op.bias, lowered.graph.nodes[1].op.activation) == (True, "relu6")
    assert lowered.graph.nodes[2].op == Multiply(constant=())
    assert lowered.sources == {"image": ("image",), "op": ("op", "gate"), "gate.scale": ("gate",)}


def test_a_hard_sigmoid_behind_a_batch_norm_is_part_of_its_addition(net):
    lowered = lower(net.build(net.activation(net.batch_norm(net.input(IMAGE)), "hard_sigmoid")))
    assert labels(lowered.graph) == ["multiply constant", "add constant + relu6", "multiply constant"]


@pytest.mark.parametrize("make", (NOT_FUSING | {"add": FUSING["add"]}).values(), ids=[*NOT_FUSING, "add"])
def test_a_hard_sigmoid_behind_anything_else_has_an_addition_of_its_own(net, make):
    lowered = lower(net.build(net.activation(make(net, net.input(IMAGE)), "hard_sigmoid", name="gate")))
    assert labels(lowered.graph)[-2:] == ["add constant + relu6", "multiply constant"]
    assert [lowered.sources[node.name] for node in lowered.graph.nodes[-2:]] == [("gate",), ("gate",)]


@pytest.mark.parametrize("make", AFFINE.values(), ids=AFFINE)
def test_a_hard_sigmoid_leaves_alone_what_another_node_reads(net, make):
    x = make(net, net.input(IMAGE))
    lowered = lower(net.build(net.add_tensors(x, net.activation(x, "hard_sigmoid")))).graph
    assert lowered.nodes[1].op.activation is None
    assert labels(lowered)[-3:] == ["add constant + relu6", "multiply constant", "add"]


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (Conv(filters=4, kernel=(1, 1)), True),
        (DepthwiseConv(kernel=(3, 3)), True),
        (Dense(units=4), False),
        (Dense(units=4, bias=True), True),
    ],
)
def test_convolutions_always_get_a_bias_and_dense_layers_keep_theirs(net, op, expected):
    (x,) = net.add(op, net.input(IMAGE), name="op")
    assert lower(net.build(x)).graph.nodes[1].op.bias is expected


def test_dropout_disappears_between_nodes(net):
    x = net.dropout(net.conv(net.input(IMAGE), 4), 0.5)
    lowered = lower(net.build(net.softmax(x)))
    assert [(node.name, node.inputs) for node in lowered.graph.nodes] == [
        ("image", ()),
        ("conv", ("image",)),
        ("softmax", ("conv",)),
    ]
    assert set(lowered.sources) == {"image", "conv", "softmax"}


def test_dropout_disappears_at_the_output_and_in_a_row(net):
    x = net.conv(net.input(IMAGE), 4)
    x = net.dropout(net.dropout(x, 0.5, name="a"), 0.5, name="b")
    lowered = lower(net.build(x)).graph
    assert [node.name for node in lowered.nodes] == ["image", "conv"]
    assert lowered.outputs == ("conv",)


def test_dropout_behind_the_input_leaves_the_input(net):
    lowered = lower(net.build(net.dropout(net.input(IMAGE), 0.5))).graph
    assert [node.name for node in lowered.nodes] == ["image"]
    assert lowered.outputs == ("image",)


def test_dropout_does_not_stand_in_the_way_of_fusion(net):
    x = net.dropout(net.conv(net.input(IMAGE), 4), 0.5)
    assert labels(lower(net.build(net.activation(x, "relu"))).graph) == ["conv 1×1 + relu"]


@pytest.mark.parametrize("follow", ["relu", "bn"])
def test_what_another_node_reads_before_a_dropout_is_not_changed(net, follow):
    x = net.conv(net.input(IMAGE), 4)
    dropped = net.dropout(x, 0.5)
    y = net.activation(dropped, "relu") if follow == "relu" else net.batch_norm(dropped)
    lowered = lower(net.build(y, net.activation(x, "sigmoid"))).graph
    assert lowered.nodes[1].op == Conv(filters=4, kernel=(1, 1), bias=True)
    assert len(lowered.nodes) > 3


def test_an_output_before_a_dropout_is_not_changed(net):
    x = net.conv(net.input(IMAGE), 4)
    y = net.activation(net.dropout(x, 0.5), "relu")
    lowered = lower(net.build(x, y)).graph
    assert labels(lowered) == ["conv 1×1", "relu"]
    assert lowered.outputs == ("conv", "relu")


@pytest.mark.parametrize("name", ["bn.scale", "bn.shift"])
def test_a_node_named_like_a_part_of_batch_norm_is_kept(net, name):
    x = net.activation(net.input(IMAGE), "sigmoid", name=name)
    lowered = lower(net.build(net.batch_norm(x))).graph
    assert labels(lowered) == ["sigmoid", "multiply constant", "add constant"]


SPECS = st.one_of(
    st.builds(
        "mobilenet_v1:depth={},width={},se={},skip={},dropout={}".format,
        st.sampled_from([3, 6]),
        st.integers(1, 20),
        st.integers(0, 2),
        st.booleans(),
        st.sampled_from([0, 0.5]),
    ),
    st.builds(
        "mobilenet_v2:depth={},width={},se={},channels={},dropout={}".format,
        st.sampled_from([3, 6]),
        st.integers(1, 20),
        st.integers(0, 2),
        st.sampled_from(["constant", "growing"]),
        st.sampled_from([0, 0.5]),
    ),
    st.builds(
        "wide_resnet:depth={},width={},se={},se_on={}".format,
        st.sampled_from([10, 16]),
        st.integers(1, 20),
        st.integers(0, 2),
        st.sampled_from(["residual", "shortcut"]),
    ),
)


@given(SPECS)
@settings(deadline=None)
def test_lowering_twice_is_lowering_once(spec):
    once = lower(build(spec))
    twice = lower(once.graph)
    assert twice.graph == once.graph
    assert twice.sources == {node.name: (node.name,) for node in once.graph.nodes}


@given(SPECS)
@settings(deadline=None)
def test_lowering_keeps_the_work_and_accounts_for_every_node_but_dropout(spec):
    graph = build(spec)
    lowered = lower(graph)
    assert lowered.graph.name == graph.name
    assert lowered.graph.total_macs == graph.total_macs
    assert [lowered.graph.spec(ref) for ref in lowered.graph.outputs] == [graph.spec(ref) for ref in graph.outputs]
    assert set(lowered.sources) == {node.name for node in lowered.graph.nodes}
    accounted = {name for sources in lowered.sources.values() for name in sources}
    assert accounted == {node.name for node in graph.nodes if not isinstance(node.op, Dropout)}
    assert not {"batch_norm", "dropout"} & set(kinds(lowered.graph))


def test_wide_resnet_is_deployed_as_the_thesis_files_have_it():
    graph = lower(build("wide_resnet:depth=22,width=16")).graph
    assert kinds(graph) == {
        "input": 1,
        "conv": 22,
        "multiply": 9,
        "add": 18,
        "global_average_pool": 1,
        "dense": 1,
    }
    batch_norm = ["multiply constant", "add constant + relu"]
    body = ["conv 3×3 + relu", "conv 3×3"]
    block = [*batch_norm, *body, "add"]
    strided = [*batch_norm, "conv 3×3 /2 + relu", "conv 3×3", "conv 1×1 /2", "add"]
    stem_and_first_block = ["conv 3×3 + relu", *body, "conv 1×1", "add"]
    stages = [*stem_and_first_block, *block * 2, *strided, *block * 2, *strided, *block * 2]
    assert labels(graph) == [*stages, *batch_norm, "global_average_pool", "dense"]


def test_mobilenet_v1_is_deployed_as_the_thesis_files_have_it():
    graph = lower(build("mobilenet_v1:depth=15,width=32")).graph
    block = ["depthwise 3×3 + relu", "conv 1×1 + relu"]
    strided = ["depthwise 3×3 /2 + relu", "conv 1×1 + relu"]
    stages = [*block * 5, *strided, *block * 4, *strided, *block * 4]
    assert labels(graph) == ["conv 3×3 + relu", *stages, "global_average_pool", "dense"]


def test_mobilenet_v2_is_deployed_as_the_thesis_files_have_it():
    graph = lower(build("mobilenet_v2:depth=9,width=16,expansion=4,dropout=0.2")).graph
    block = ["conv 1×1 + relu6", "depthwise 3×3 + relu6", "conv 1×1"]
    strided = ["conv 1×1 + relu6", "depthwise 3×3 /2 + relu6", "conv 1×1"]
    residual = [*block, "add"]
    stages = [*residual * 3, *strided, *residual * 2, *strided, *residual * 2]
    assert labels(graph) == ["conv 3×3 + relu6", *stages, "global_average_pool", "dense"]
    assert kinds(graph)["add"] == 7


def test_squeeze_and_excitation_is_deployed_as_two_convolutions_and_a_gate():
    graph = lower(build("mobilenet_v1:depth=3,width=16,se=2")).graph
    parts = [node.op.label for node in graph.nodes if ".se." in node.name]
    assert parts == ["global_average_pool", "conv 1×1 + relu", "conv 1×1", "sigmoid", "multiply"]
