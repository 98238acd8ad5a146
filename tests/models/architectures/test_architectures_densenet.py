import pytest

from pibench.errors import SubjectError
from pibench.graph.widths import Widths
from pibench.models.architectures import build


def nodes_of(graph, kind):
    return [node for node in graph.nodes if node.op.kind == kind]


@pytest.mark.parametrize(
    ("spec", "macs", "trainable"),
    [
        ("densenet", 287_929_692, 769_162),
        ("densenet:depth=100,growth=12", 287_929_692, 769_162),
        ("densenet:depth=100,growth=12,window=3", 188_968_284, 445_462),
    ],
)
def test_costs_are_those_of_the_thesis(spec, macs, trainable):
    graph = build(spec)
    assert (graph.total_macs, graph.trainable_parameters) == (macs, trainable)


def test_a_layer_squeezes_and_grows_and_is_joined_to_what_it_read():
    graph = build("densenet:depth=16,growth=8,bottleneck=2")
    layer = [(node.name, node.op.kind) for node in graph.nodes if node.name.startswith("stage1.layer2.")]
    assert layer == [
        ("stage1.layer2.squeeze.bn", "batch_norm"),
        ("stage1.layer2.squeeze.relu", "activation"),
        ("stage1.layer2.squeeze.conv", "conv"),
        ("stage1.layer2.grow.bn", "batch_norm"),
        ("stage1.layer2.grow.relu", "activation"),
        ("stage1.layer2.grow.conv", "conv"),
        ("stage1.layer2.concat", "concat"),
    ]
    nodes = {node.name: node for node in graph.nodes}
    assert nodes["stage1.layer2.squeeze.bn"].inputs == ("stage1.layer1.concat",)
    assert nodes["stage1.layer2.concat"].inputs == ("stage1.layer1.concat", "stage1.layer2.grow.conv")
    shapes = [graph.spec(f"stage1.layer2.{part}").channels for part in ("squeeze.conv", "grow.conv", "concat")]
    assert shapes == [16, 8, 32]


@pytest.mark.parametrize(("compression", "channels"), [(0.5, [20, 22]), (1.0, [40, 64]), (0.3, [12, 10])])
def test_transitions_keep_a_share_of_the_channels_and_halve_the_image(compression, channels):
    graph = build(f"densenet:depth=22,growth=8,compression={compression}")
    pools = [graph.spec(node.name).shape for node in nodes_of(graph, "average_pool")]
    assert pools == [(1, 16, 16, channels[0]), (1, 8, 8, channels[1])]


def test_with_a_window_a_layer_reads_the_last_outputs_and_what_follows_the_stage_all():
    graph = build("densenet:depth=28,growth=4,window=2")
    nodes = {node.name: node for node in graph.nodes}
    outputs = ["stem.conv", *(f"stage1.layer{k}.grow.conv" for k in range(1, 5))]
    assert nodes["stage1.layer1.squeeze.bn"].inputs == ("stem.conv",)
    assert nodes["stage1.layer4.concat"].inputs == tuple(outputs[2:4])
    assert nodes["stage1.layer4.squeeze.bn"].inputs == ("stage1.layer4.concat",)
    assert nodes["stage1.concat"].inputs == tuple(outputs)
    assert nodes["stage1.transition.bn"].inputs == ("stage1.concat",)


def test_a_window_of_one_is_a_chain_and_a_wide_one_reads_all():
    chain, dense = build("densenet:depth=16,window=1"), build("densenet:depth=16")
    layers = [node.name for node in nodes_of(chain, "concat") if "layer" in node.name]
    assert layers == []
    assert build("densenet:depth=16,window=9").total_macs == dense.total_macs > chain.total_macs


def test_every_channel_is_free():
    graph = build("densenet:depth=16")
    assert set(Widths(graph).free) == {node.name for node in nodes_of(graph, "conv")}


def test_dropout_stands_behind_every_convolution_of_a_layer_and_costs_nothing():
    plain, dropping = build("densenet:depth=10"), build("densenet:depth=10,dropout=0.2")
    readers = [node.inputs[0] for node in nodes_of(dropping, "dropout")]
    assert readers == [f"stage{s}.layer1.{part}.conv" for s in (1, 2, 3) for part in ("squeeze", "grow")]
    assert (dropping.total_macs, dropping.total_parameters) == (plain.total_macs, plain.total_parameters)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("depth=99", "^densenet cannot have depth=99: use 10, 16, 22"),
        ("growth=1,compression=0.1", "^densenet cannot have compression=0.1: it leaves none of 3 channels$"),
        ("compression=0", "^densenet cannot have compression=0: expected float > 0"),
        ("compression=1.5", "^densenet cannot have compression=1.5: expected float <= 1"),
        ("window=-1", "^densenet cannot have window=-1: expected int >= 0"),
    ],
)
def test_what_cannot_be_is_refused(parameters, sentence):
    with pytest.raises(SubjectError, match=sentence):
        build(f"densenet:depth=10,{parameters}" if "depth" not in parameters else f"densenet:{parameters}")
