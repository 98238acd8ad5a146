from pibench.graph import Graph, GraphBuilder, LayerCost, Node, TensorSpec, WeightSpec, layer_costs
from pibench.graph.ops import Input, Opaque


def test_each_layer_is_costed_in_order_and_inputs_are_left_out():
    net = GraphBuilder("net")
    x = net.input((1, 8, 8, 4), dtype="int8")
    x = net.conv(x, 16, 3, 2, bias=True)
    x = net.global_average_pool(x)
    conv, pool = layer_costs(net.build(x))
    assert conv == LayerCost(
        name="conv",
        op="conv 3×3 /2",
        input_shapes=((1, 8, 8, 4),),
        output_shapes=((1, 4, 4, 16),),
        macs=4 * 4 * 16 * 9 * 4,
        parameters=9 * 4 * 16 + 16,
        input_bytes=256,
        output_bytes=256,
        weight_bytes=9 * 4 * 16 + 16 * 4,
    )
    assert (pool.name, pool.op, pool.macs, pool.parameters) == ("pool", "global_average_pool", 0, 0)
    assert (pool.input_bytes, pool.output_bytes, pool.weight_bytes) == (256, 16, 0)


def test_bytes_moved_are_those_read_written_and_owned():
    net = GraphBuilder("net")
    x = net.input((1, 4))
    (cost,) = layer_costs(net.build(net.dense(x, 3)))
    assert cost.bytes_moved == (4 + 3 + 4 * 3 + 3) * 4


def test_a_layer_with_several_inputs_and_outputs_counts_all():
    net = GraphBuilder("net")
    x = net.input((1, 2, 2, 6))
    parts = net.split(x, (2, 4))
    split, concat = layer_costs(net.build(net.concat(*parts)))
    assert split.output_shapes == concat.input_shapes == ((1, 2, 2, 2), (1, 2, 2, 4))
    assert split.output_bytes == concat.input_bytes == 96
    assert split.input_bytes == concat.output_bytes == 96


def test_an_opaque_layer_is_costed_by_its_bytes_alone():
    op = Opaque(name="CUMSUM", outputs=(TensorSpec((3,)),), constants=(WeightSpec("axis", (), "int32"),))
    graph = Graph("net", [Node("x", Input(shape=(3,))), Node("sum", op, ("x",))], ["sum"])
    (cost,) = layer_costs(graph)
    assert (cost.op, cost.macs, cost.input_bytes, cost.output_bytes, cost.weight_bytes) == ("CUMSUM", 0, 12, 12, 4)


def test_the_layers_add_up_to_the_graphs_totals():
    net = GraphBuilder("net")
    x = net.input((1, 8, 8, 3))
    for filters in (4, 8):
        with net.scope(f"block{filters}"):
            x = net.batch_norm(net.conv(x, filters, 3, 2))
    graph = net.build(net.dense(net.global_average_pool(x), 10))
    costs = layer_costs(graph)
    assert sum(cost.macs for cost in costs) == graph.total_macs == 16 * 4 * 27 + 4 * 8 * 36 + 80
    assert sum(cost.parameters for cost in costs) == graph.total_parameters == 108 + 16 + 288 + 32 + 90
