import pytest

from pibench.errors import GraphError
from pibench.graph import GraphBuilder, Node
from pibench.graph.ops import (
    Activation,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    DepthwiseConv,
    Dropout,
    GlobalAveragePool,
    Input,
    MaxPool,
    Multiply,
    Pad,
    Reshape,
    Softmax,
    Split,
    Transpose,
)

IMAGE = (1, 8, 8, 4)


@pytest.fixture
def net():
    return GraphBuilder("net")


@pytest.mark.parametrize(
    ("call", "name", "op"),
    [
        (lambda net, x: net.conv(x, 8), "conv", Conv(filters=8, kernel=(1, 1))),
        (
            lambda net, x: net.conv(x, 8, (3, 1), (2, 1), padding="valid", groups=2, bias=True, name="c"),
            "c",
            Conv(filters=8, kernel=(3, 1), stride=(2, 1), padding="valid", groups=2, bias=True),
        ),
        (lambda net, x: net.depthwise_conv(x), "depthwise", DepthwiseConv(kernel=(3, 3))),
        (
            lambda net, x: net.depthwise_conv(x, 5, 2, padding="valid", bias=True),
            "depthwise",
            DepthwiseConv(kernel=(5, 5), stride=(2, 2), padding="valid", bias=True),
        ),
        (lambda net, x: net.dense(x, 3), "dense", Dense(units=3, bias=True)),
        (lambda net, x: net.dense(x, 3, bias=False, name="d"), "d", Dense(units=3)),
        (
            lambda net, x: net.batch_norm(x, momentum=0.9, epsilon=1e-5),
            "bn",
            BatchNorm(momentum=0.9, epsilon=1e-5),
        ),
        (lambda net, x: net.activation(x, "sigmoid"), "sigmoid", Activation(function="sigmoid")),
        (
            lambda net, x: net.activation(x, "leaky_relu", slope=0.1, name="act"),
            "act",
            Activation(function="leaky_relu", slope=0.1),
        ),
        (lambda net, x: net.concat(x, axis=1), "concat", Concat(axis=1)),
        (lambda net, x: net.reshape(x, [1, 256]), "reshape", Reshape(shape=(1, 256))),
        (lambda net, x: net.transpose(x, [0, 3, 1, 2]), "transpose", Transpose(perm=(0, 3, 1, 2))),
        (
            lambda net, x: net.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]),
            "pad",
            Pad(paddings=((0, 0), (1, 1), (1, 1), (0, 0))),
        ),
        (lambda net, x: net.average_pool(x, 2, 1), "average_pool", AveragePool(kernel=(2, 2), stride=(1, 1))),
        (
            lambda net, x: net.max_pool(x, (1, 2), (1, 2), padding="same"),
            "max_pool",
            MaxPool(kernel=(1, 2), stride=(1, 2), padding="same"),
        ),
        (lambda net, x: net.global_average_pool(x, keep_dims=True), "pool", GlobalAveragePool(keep_dims=True)),
        (lambda net, x: net.dropout(x, 0.2), "dropout", Dropout(rate=0.2)),
        (lambda net, x: net.softmax(x), "softmax", Softmax()),
    ],
)
def test_a_call_appends_one_node_and_returns_its_reference(net, call, name, op):
    x = net.input(IMAGE)
    ref = call(net, x)
    graph = net.build(ref)
    assert ref == name
    assert graph.nodes == (Node("image", Input(shape=IMAGE)), Node(name, op, ("image",)))
    assert graph.outputs == (name,)


@pytest.mark.parametrize(
    ("call", "op"),
    [
        (lambda net, x, y: net.add_tensors(x, y, name="n"), Add()),
        (lambda net, x, y: net.multiply(x, y, name="n"), Multiply()),
        (lambda net, x, y: net.concat(x, y, name="n"), Concat()),
    ],
)
def test_a_call_with_two_operands_reads_them_in_order(net, call, op):
    y, x = net.input(IMAGE, name="y"), net.input(IMAGE, name="x")
    graph = net.build(call(net, x, y))
    assert graph.nodes[-1] == Node("n", op, ("x", "y"))


def test_a_split_returns_a_reference_per_part(net):
    parts = net.split(net.input(IMAGE), [1, 3])
    assert parts == ("split:0", "split:1")
    assert [net.channels(part) for part in parts] == [1, 3]
    assert net.build(*parts).nodes[-1].op == Split(sizes=(1, 3))


def test_names_are_joined_to_the_open_scopes(net):
    x = net.input(IMAGE)
    with net.scope("stage1"):
        with net.scope("block2"):
            x = net.conv(x, 4)
        assert x == "stage1.block2.conv"
        assert net.conv(x, 4) == "stage1.conv"
    assert net.conv(x, 4) == "conv"


def test_a_scope_is_closed_when_its_body_fails(net):
    with pytest.raises(RuntimeError, match="on purpose"), net.scope("lost"):
        raise RuntimeError("on purpose")
    assert net.input(IMAGE) == "image"


def test_shapes_are_known_as_one_goes(net):
    x = net.input(IMAGE)
    y = net.conv(x, 6, 3, 2)
    assert (net.shape(x), net.shape(y), net.channels(y)) == (IMAGE, (1, 4, 4, 6), 6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda net, x: net.conv(x, 0), ["conv", "filters", ">= 1"]),
        (lambda net, x: net.conv(x, 4, stride=0), ["conv", "stride", ">= 1"]),
        (lambda net, x: net.conv(x, 4, kernel=(3, 0)), ["conv", "kernel", ">= 1"]),
        (lambda net, x: net.conv(x, 4, padding="full"), ["conv", "padding", "full"]),
        (lambda net, x: net.conv(x, 4, groups=0), ["conv", "groups", ">= 1"]),
        (lambda net, x: net.conv(x, 4, groups=3), ["conv", "3 groups"]),
        (lambda net, x: net.conv("imag", 4), ["conv", "'imag'", "Did you mean 'image'?"]),
        (lambda net, x: net.input(IMAGE), ["'image'", "already taken"]),
        (lambda net, x: net.input((1, 0), name="empty"), ["'empty'", "shape", ">= 1"]),
    ],
)
def test_a_wrong_call_is_refused_at_once_with_the_scoped_name(net, call, words):
    x = net.input(IMAGE)
    with pytest.raises(GraphError) as refusal:
        call(net, x)
    for word in words:
        assert word in str(refusal.value)


def test_a_refusal_carries_the_scope(net):
    x = net.input(IMAGE)
    with net.scope("stage1"), pytest.raises(GraphError, match=r"node 'stage1\.conv' \(conv\)"):
        net.conv(x, 4, groups=3)


def test_a_refused_call_leaves_no_node_behind(net):
    x = net.input(IMAGE)
    with pytest.raises(GraphError):
        net.conv(x, 0)
    assert net.conv(x, 4) == "conv"
    assert [node.name for node in net.build("conv").nodes] == ["image", "conv"]


def test_numpy_integers_are_taken_or_refused_as_a_graph_error(net):
    np = pytest.importorskip("numpy")
    x = net.input(IMAGE)
    try:
        net.conv(x, np.int64(4))
    except GraphError as refusal:
        assert "'conv'" in str(refusal)
    else:
        assert net.channels("conv") == 4
