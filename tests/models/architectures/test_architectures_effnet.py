import pytest

from pibench.errors import SubjectError
from pibench.graph.widths import Widths
from pibench.models.architectures import build


def nodes_of(graph, kind):
    return [node for node in graph.nodes if node.op.kind == kind]


def test_costs_are_those_of_the_thesis_which_ran_one_one_and_two_blocks():
    graph = build("effnet:blocks=1-1-2,width=32,expansion=4")
    costs = (graph.total_macs, graph.total_parameters, graph.trainable_parameters)
    assert costs == (17_530_880, 336_234, 331_050)


def test_the_macs_lie_where_the_thesis_has_them():
    graph = build("effnet:blocks=1-1-2,width=32,expansion=4")
    macs = {}
    for node in nodes_of(graph, "conv"):
        macs[node.op.kernel] = macs.get(node.op.kernel, 0) + graph.macs(node)
    assert macs == {(1, 1): 10_584_064, (2, 1): 6_291_456}
    assert sum(graph.macs(node) for node in nodes_of(graph, "depthwise_conv")) == 614_400
    assert [graph.macs(node) for node in nodes_of(graph, "dense")] == [40_960]


def test_the_last_block_of_a_stage_halves_the_width_by_pooling_and_the_height_by_stride():
    graph = build("effnet:width=16,expansion=2")
    block = [(node.name, node.op.label, graph.spec(node.name).shape[1:]) for node in graph.nodes[4:16]]
    assert block == [
        ("stage1.block1.pointwise.conv", "conv 1×1", (32, 32, 16)),
        ("stage1.block1.pointwise.bn", "batch_norm", (32, 32, 16)),
        ("stage1.block1.pointwise.leaky_relu", "leaky_relu", (32, 32, 16)),
        ("stage1.block1.row.depthwise", "depthwise 1×3", (32, 32, 16)),
        ("stage1.block1.row.bn", "batch_norm", (32, 32, 16)),
        ("stage1.block1.row.relu", "relu", (32, 32, 16)),
        ("stage1.block1.row.max_pool", "max_pool 1×2 /1×2", (32, 16, 16)),
        ("stage1.block1.column.depthwise", "depthwise 3×1", (32, 16, 16)),
        ("stage1.block1.column.bn", "batch_norm", (32, 16, 16)),
        ("stage1.block1.column.relu", "relu", (32, 16, 16)),
        ("stage1.block1.halve.conv", "conv 2×1 /2×1", (16, 16, 32)),
        ("stage1.block1.halve.bn", "batch_norm", (16, 16, 32)),
    ]


def test_every_stage_has_the_blocks_asked_for_and_only_the_last_halves():
    graph = build("effnet:blocks=1-2-3")
    blocks = {".".join(node.name.split(".")[:2]) for node in nodes_of(graph, "depthwise_conv")}
    assert sorted(blocks) == [f"stage{s}.block{b}" for s, b in [(1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3)]]
    halving = [node.name for node in nodes_of(graph, "max_pool")]
    assert halving == [f"stage{k}.block{k}.row.max_pool" for k in (1, 2, 3)]


def test_bottlenecks_are_halves_of_the_expansion_but_not_below_six():
    def filters(spec):
        return [node.op.filters for node in nodes_of(build(spec), "conv") if "pointwise" in node.name]

    assert filters("effnet:width=32,expansion=4") == [64, 128, 256]
    assert filters("effnet:width=5,expansion=1") == [6, 6, 10]


def test_the_classifier_reads_every_pixel_of_any_image():
    assert build("effnet:width=8").spec("head.flatten").shape == (1, 4 * 4 * 64)
    assert build("effnet:width=8,input_size=33").spec("head.flatten").shape == (1, 5 * 5 * 64)


def test_the_channels_that_the_classifier_reads_pixel_by_pixel_are_not_free():
    graph = build("effnet:blocks=1-1-2")
    convs = [node.name for node in nodes_of(graph, "conv")]
    assert set(convs) - set(Widths(graph).free) == {"stage3.block2.halve.conv"}


def test_dropout_is_in_the_graph_but_costs_nothing():
    plain, dropping = build("effnet"), build("effnet:dropout=0.2")
    assert [node.op.rate for node in nodes_of(dropping, "dropout")] == [0.2]
    assert (dropping.total_macs, dropping.total_parameters) == (plain.total_macs, plain.total_parameters)


@pytest.mark.parametrize("blocks", ["1-1", "0-1-1", "3"])
def test_other_numbers_of_blocks_are_refused(blocks):
    with pytest.raises(SubjectError, match=f"^effnet cannot have blocks={blocks}: "):
        build(f"effnet:blocks={blocks}")
