import pytest

from pibench.errors import SubjectError
from pibench.graph.order import in_converter_order
from pibench.models.architectures import build


def nodes_of(graph, kind):
    return [node for node in graph.nodes if node.op.kind == kind]


def by_name(graph):
    return {node.name: node for node in graph.nodes}


def test_costs_are_those_of_the_thesis():
    graph = build("nasnet:depth=6,width=32")
    counts = (graph.total_macs, graph.total_parameters, graph.trainable_parameters)
    assert counts == (119_332_352, 781_978, 771_962)


def test_the_macs_lie_where_the_thesis_has_them():
    graph = build("nasnet:depth=6,width=32")
    depthwise = nodes_of(graph, "depthwise_conv")
    macs = {k: sum(graph.macs(node) for node in depthwise if node.op.kernel == (k, k)) for k in (3, 5, 7)}
    assert macs == {3: 3_538_944, 5: 8_192_000, 7: 4_816_896}
    assert sum(graph.macs(node) for node in nodes_of(graph, "conv") if node.op.kernel == (1, 1)) == 102_334_464


@pytest.mark.parametrize(
    ("depth", "shapes"),
    [
        (3, [(16, 64), (8, 128)]),
        (6, [(32, 48), (16, 64), (16, 96), (8, 128), (8, 192)]),
        (9, [(32, 48), (32, 48), (16, 64), (16, 96), (16, 96), (8, 128), (8, 192), (8, 192)]),
    ],
)
def test_cells_join_six_times_their_filters_and_reduction_cells_four_times(depth, shapes):
    graph = build(f"nasnet:depth={depth},width=8")
    cells = sorted(node.name for node in nodes_of(graph, "concat") if node.name.count(".") == 2)
    assert [graph.spec(name).shape[2:] for name in cells] == shapes


def test_a_cell_reads_the_two_before_it_and_the_first_one_the_image():
    nodes = by_name(build("nasnet:depth=9,width=8"))
    assert nodes["stage1.block1.previous.relu"].inputs == ("image",)
    assert nodes["stage1.block1.current.conv"].inputs == ("stem.relu",)
    assert nodes["stage1.block2.previous.conv"].inputs == ("stem.relu",)
    assert nodes["stage1.block2.current.relu"].inputs == ("stage1.block1.concat",)
    # The cell before last, through the ReLU that the last one made of it.
    assert nodes["stage2.block1.previous.conv"].inputs == ("stage1.block2.current.relu",)


def test_a_previous_state_of_the_right_width_is_taken_as_it_is():
    nodes = by_name(build("nasnet:depth=9,width=16"))
    assert nodes["stage1.block2.pair4.add"].inputs == ("stage1.block2.pair4.average_pool", "stem.relu")


def test_a_larger_previous_state_is_halved_on_two_paths_a_pixel_apart():
    graph = build("nasnet:depth=6,width=8,input_size=30")
    nodes = by_name(graph)
    halving = "stage2.block2.previous"
    assert nodes[f"{halving}.path2.pad"].op.paddings == ((0, 0), (0, 1), (0, 1), (0, 0))
    assert nodes[f"{halving}.path2.slice"].op.begin == (0, 1, 1, 0)
    assert graph.spec(f"{halving}.path2.slice").shape == (1, 30, 30, 48)
    assert [graph.spec(f"{halving}.path{k}.conv").shape for k in (1, 2)] == [(1, 15, 15, 8)] * 2


def test_batch_norms_in_cells_have_the_papers_statistics_and_the_stem_keras_defaults():
    norms = {(node.op.momentum, node.op.epsilon): node.name for node in nodes_of(build("nasnet"), "batch_norm")}
    assert set(norms) == {(0.9, 1e-5), (0.99, 1e-3)}
    assert norms[0.99, 1e-3] == "stem.bn"


def test_no_two_nodes_compute_the_same():
    graph = build("nasnet:depth=9,width=8")
    plain = [(node.op, node.inputs) for node in graph.nodes if not graph.weights(node)]
    assert len(set(plain)) == len(plain)


def test_nodes_are_in_the_converters_order():
    graph = build("nasnet:depth=6,width=8")
    assert in_converter_order(graph) == graph


@pytest.mark.parametrize("size", [8, 9, 33])
def test_odd_and_small_images_fit(size):
    assert build(f"nasnet:depth=6,width=3,input_size={size}").spec("head.logits").shape == (1, 10)


def test_a_depth_that_three_does_not_divide_is_refused():
    with pytest.raises(SubjectError, match=r"^nasnet cannot have depth=7: use 3, 6, 9"):
        build("nasnet:depth=7")
