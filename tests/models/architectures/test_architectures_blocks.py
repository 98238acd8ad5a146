import pytest
from hypothesis import given
from hypothesis import strategies as st

from pibench.errors import SubjectError
from pibench.graph import GraphBuilder
from pibench.graph.ops import (
    Activation,
    BatchNorm,
    Conv,
    Dense,
    DepthwiseConv,
    Dropout,
    GlobalAveragePool,
    Input,
    Multiply,
)
from pibench.models.architectures.blocks import (
    blocks_per_stage,
    classifier,
    conv_bn,
    depthwise_bn,
    image,
    squeeze_excite,
)


@pytest.fixture
def net():
    return GraphBuilder("net")


def operations(graph):
    return [node.op for node in graph.nodes[1:]]


@given(blocks=st.integers(1, 50), per_block=st.integers(1, 3), other=st.integers(0, 6))
def test_a_depth_is_three_stages_of_blocks_and_the_layers_around_them(blocks, per_block, other):
    assert blocks_per_stage("net", 3 * blocks * per_block + other, per_block, other) == blocks


@given(depth=st.integers(1, 200), per_block=st.integers(1, 3), other=st.integers(0, 6))
def test_any_depth_is_either_used_up_or_refused(depth, per_block, other):
    try:
        blocks = blocks_per_stage("net", depth, per_block, other)
    except SubjectError:
        assert depth < 3 * per_block + other or (depth - other) % (3 * per_block)
    else:
        assert blocks >= 1
        assert 3 * blocks * per_block + other == depth


@pytest.mark.parametrize(
    ("depth", "per_block", "other", "offer"),
    [(10, 1, 0, "3, 6, 9"), (1, 1, 0, "3, 6, 9"), (23, 2, 4, "10, 16, 22"), (4, 2, 4, "10, 16, 22")],
)
def test_an_impossible_depth_is_refused_with_possible_ones(depth, per_block, other, offer):
    with pytest.raises(SubjectError, match=f"^net cannot have depth={depth}: use {offer}"):
        blocks_per_stage("net", depth, per_block, other)


def test_an_image_is_one_square_of_three_channels(net):
    assert net.build(image(net, 40)).nodes[0].op == Input(shape=(1, 40, 40, 3))


def test_a_convolution_is_followed_by_batch_norm_and_activation(net):
    graph = net.build(conv_bn(net, image(net, 8), 4, (3, 1), (2, 1), activation="relu6"))
    assert operations(graph) == [
        Conv(filters=4, kernel=(3, 1), stride=(2, 1)),
        BatchNorm(),
        Activation(function="relu6"),
    ]


def test_a_grouped_convolution_keeps_its_groups(net):
    x = conv_bn(net, image(net, 8), 6, groups=3, activation=None)
    assert operations(net.build(x)) == [Conv(filters=6, kernel=(1, 1), groups=3), BatchNorm()]


@pytest.mark.parametrize("activation", ["relu", None])
def test_a_depthwise_convolution_is_followed_by_batch_norm_and_the_activation_if_any(net, activation):
    x = depthwise_bn(net, image(net, 8), 5, 2, activation=activation)
    expected = [DepthwiseConv(kernel=(5, 5), stride=(2, 2)), BatchNorm()]
    if activation:
        expected.append(Activation(function=activation))
    assert operations(net.build(x)) == expected


@pytest.mark.parametrize(("reduction", "squeezed"), [(1, 12), (2, 6), (5, 2), (100, 1)])
def test_squeeze_and_excitation_gates_each_channel(net, reduction, squeezed):
    x = net.input((1, 8, 8, 12))
    graph = net.build(squeeze_excite(net, x, reduction))
    assert operations(graph) == [
        GlobalAveragePool(keep_dims=True),
        Conv(filters=squeezed, kernel=(1, 1)),
        Activation(function="relu"),
        Conv(filters=12, kernel=(1, 1)),
        Activation(function="sigmoid"),
        Multiply(),
    ]
    gate, gated = graph.nodes[-2:]
    assert gated.inputs == ("image", gate.name)
    assert graph.spec(gate.name).shape == (1, 1, 1, 12)
    assert graph.total_macs == graph.total_parameters == 2 * 12 * squeezed
    assert all(node.name.startswith("se.") for node in graph.nodes[1:])


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_a_classifier_pools_drops_if_asked_and_gives_logits(net, dropout):
    graph = net.build(classifier(net, net.input((1, 8, 8, 12)), 5, dropout))
    expected = [GlobalAveragePool(), Dense(units=5, bias=True)]
    if dropout:
        expected.insert(1, Dropout(rate=dropout))
    assert operations(graph) == expected
    assert graph.spec(graph.outputs[0]).shape == (1, 5)
