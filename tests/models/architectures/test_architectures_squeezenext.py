import pytest

from pibench.errors import SubjectError
from pibench.models.architectures import build


def nodes_of(graph, kind):
    return [node for node in graph.nodes if node.op.kind == kind]


@pytest.mark.parametrize("spec", ["squeezenext", "squeezenext:depth=9,width=48"])
def test_costs_are_those_of_the_thesis(spec):
    graph = build(spec)
    costs = (graph.total_macs, graph.total_parameters, graph.trainable_parameters)
    assert costs == (49_399_680, 352_970, 346_722)


def test_the_macs_lie_where_the_thesis_has_them():
    graph = build("squeezenext:depth=9,width=48")
    macs = {}
    for node in nodes_of(graph, "conv"):
        kernel = "1-D" if set(node.op.kernel) == {1, 3} else node.op.kernel
        macs[kernel] = macs.get(kernel, 0) + graph.macs(node)
    assert macs == {(3, 3): 442_368, (1, 1): 25_067_520, "1-D": 23_887_872}


def test_a_block_squeezes_twice_convolves_along_each_axis_and_expands_beside_a_shortcut():
    graph = build("squeezenext:depth=3,width=16")
    block = {node.name: node for node in graph.nodes if node.name.startswith("stage2.block1.")}
    convs = [(name, node.op.label, node.op.filters) for name, node in block.items() if node.op.kind == "conv"]
    assert convs == [
        ("stage2.block1.reduce1.conv", "conv 1×1 /2", 16),
        ("stage2.block1.reduce2.conv", "conv 1×1", 8),
        ("stage2.block1.conv1x3.conv", "conv 1×3", 16),
        ("stage2.block1.conv3x1.conv", "conv 3×1", 16),
        ("stage2.block1.expand.conv", "conv 1×1", 32),
        ("stage2.block1.shortcut.conv", "conv 1×1 /2", 32),
    ]
    assert block["stage2.block1.add"].inputs == ("stage2.block1.expand.relu", "stage2.block1.shortcut.relu")


def test_only_first_blocks_have_a_shortcut_convolution_and_nothing_follows_an_addition():
    graph = build("squeezenext:depth=6,width=16")
    nodes = {node.name: node for node in graph.nodes}
    shortcuts = [name for name in nodes if name.endswith("shortcut.conv")]
    assert shortcuts == [f"stage{stage}.block1.shortcut.conv" for stage in (1, 2, 3)]
    assert nodes["stage1.block2.add"].inputs == ("stage1.block2.expand.relu", "stage1.block1.add")
    assert nodes["head.pool"].inputs == ("stage3.block2.add",)


def test_the_order_of_the_one_dimensional_convolutions_alternates_over_the_whole_network():
    kernels = [node.op.kernel for node in nodes_of(build("squeezenext:depth=9"), "conv")]
    pairs = [kernel for kernel in kernels if set(kernel) == {1, 3}]
    assert pairs == [(3, 1), (1, 3), (1, 3), (3, 1)] * 4 + [(3, 1), (1, 3)]


def test_the_papers_bottleneck_stands_before_the_classifier():
    graph = build("squeezenext:depth=3,bottleneck=64")
    head = [(node.name, node.op.kind) for node in graph.nodes if node.name.startswith("head.")]
    assert head == [
        ("head.conv", "conv"),
        ("head.bn", "batch_norm"),
        ("head.relu", "activation"),
        ("head.pool", "global_average_pool"),
        ("head.logits", "dense"),
    ]
    assert graph.spec("head.pool").shape == (1, 64)


def test_dropout_is_in_the_graph_but_costs_nothing():
    plain, dropping = build("squeezenext:depth=3"), build("squeezenext:depth=3,dropout=0.2")
    assert [node.op.rate for node in nodes_of(dropping, "dropout")] == [0.2]
    assert (dropping.total_macs, dropping.total_parameters) == (plain.total_macs, plain.total_parameters)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("depth=10", "^squeezenext cannot have depth=10: use 3, 6, 9"),
        ("width=3", "^squeezenext cannot have width=3: expected int >= 4$"),
        ("bottleneck=-1", "^squeezenext cannot have bottleneck=-1: expected int >= 0$"),
    ],
)
def test_what_cannot_be_is_refused(parameters, sentence):
    with pytest.raises(SubjectError, match=sentence):
        build(f"squeezenext:{parameters}")
