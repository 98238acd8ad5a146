"""A small network in which every operation of designed networks occurs."""

from __future__ import annotations

from pibench.graph import Graph, GraphBuilder, ops


def varied_graph() -> Graph:
    net = GraphBuilder("varied")
    x = net.input((1, 8, 8, 6))
    with net.scope("a_grouped"):
        x = net.activation(net.batch_norm(net.conv(x, 12, 1, groups=3), momentum=0.9, epsilon=1e-5), "hard_swish")
        x = net.reshape(x, (1, 8, 8, 3, 4), name="b_cut")
        x = net.reshape(net.transpose(x, (0, 1, 2, 4, 3), name="c_turn"), (1, 8, 8, 12), name="d_joined")
    with net.scope("b_split"):
        kept, x = net.split(x, (4, 8))
        x = net.activation(net.depthwise_conv(x, 3, 2, bias=True), "leaky_relu", slope=0.1)
        kept = net.max_pool(kept, 2, 2)
        x = net.concat(x, kept)
    with net.scope("c_moved"):
        x = net.add(ops.Gather(indices=(3, 1, 2, 0, 5, 4, 7, 6)), x, name="a_gather")[0]
        x = net.pad(x, ((0, 0), (0, 1), (1, 0), (0, 0)), name="b_pad")
        x = net.add(ops.Slice(begin=(0, 0, 1, 0), size=(1, 4, 4, 6)), x, name="c_slice")[0]
        x = net.pad(x, ((0, 0), (0, 0), (0, 0), (1, 1)), name="d_pad")
    with net.scope("d_gate"):
        gate = net.conv(net.global_average_pool(x, keep_dims=True), 8, bias=True)
        x = net.multiply(x, net.activation(gate, "sigmoid"))
        x = net.add_tensors(net.average_pool(x, 3, 1, padding="same"), x)
    with net.scope("e_head"):
        x = net.activation(net.activation(x, "relu"), "relu6")
        x = net.dropout(net.global_average_pool(x), 0.5)
        return net.build(net.softmax(net.dense(x, 10)))
