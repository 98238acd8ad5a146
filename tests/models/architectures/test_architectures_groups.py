import numpy as np
import pytest

from pibench.graph import GraphBuilder
from pibench.models.architectures.groups import channel_shuffle, grouped_conv_bn


@pytest.mark.parametrize("shuffle", ["5d", "4d"])
def test_a_shuffle_deals_the_channels_of_each_group_out_to_all(shuffle):
    net = GraphBuilder("net")
    graph = net.build(channel_shuffle(net, net.input((1, 2, 3, 6)), 3, shuffle))
    values = np.arange(36).reshape(1, 2, 3, 6)
    for node in graph.nodes[1:]:
        values = values.transpose(node.op.perm) if node.op.kind == "transpose" else values.reshape(node.op.shape)
    assert values[0, 0, 0].tolist() == [0, 2, 4, 1, 3, 5]
    assert values[0, 1, 2].tolist() == [30, 32, 34, 31, 33, 35]


def kinds(grouped, groups, activation=None):
    net = GraphBuilder("net")
    graph = net.build(grouped_conv_bn(net, net.input((1, 4, 4, 6)), 6, groups, grouped, activation))
    return graph.total_macs, [node.op.kind for node in graph.nodes[1:]]


def test_groups_are_one_convolution_or_one_for_each_of_as_many_multiplications():
    native, split = kinds("native", 2, "relu"), kinds("split", 2, "relu")
    assert native == (4 * 4 * 6 * 3, ["conv", "batch_norm", "activation"])
    assert split == (native[0], ["slice", "conv", "slice", "conv", "concat", "batch_norm", "activation"])


def test_one_group_is_a_plain_convolution_in_either_form():
    assert kinds("native", 1) == kinds("split", 1) == (4 * 4 * 6 * 6, ["conv", "batch_norm"])
