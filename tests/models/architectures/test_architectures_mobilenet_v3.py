import pytest

from pibench.errors import SubjectError
from pibench.models.architectures import build


def nodes_of(graph, kind):
    return [node for node in graph.nodes if node.op.kind == kind]


def blocks_with(graph, suffix):
    return [node.name.removesuffix(suffix) for node in graph.nodes if node.name.endswith(suffix)]


def test_a_block_expands_filters_gates_what_is_expanded_and_projects_without_activation():
    graph = build("mobilenet_v3:depth=3,width=8,expansion=6")
    block = [(node.name, node.op.label) for node in graph.nodes if node.name.startswith("stage2.block1")]
    assert block == [
        ("stage2.block1.expand.conv", "conv 1×1"),
        ("stage2.block1.expand.bn", "batch_norm"),
        ("stage2.block1.expand.hard_swish", "hard_swish"),
        ("stage2.block1.depthwise.depthwise", "depthwise 5×5 /2"),
        ("stage2.block1.depthwise.bn", "batch_norm"),
        ("stage2.block1.depthwise.hard_swish", "hard_swish"),
        ("stage2.block1.se.pool", "global_average_pool"),
        ("stage2.block1.se.squeeze", "conv 1×1"),
        ("stage2.block1.se.relu", "relu"),
        ("stage2.block1.se.excite", "conv 1×1"),
        ("stage2.block1.se.hard_sigmoid", "hard_sigmoid"),
        ("stage2.block1.se.multiply", "multiply"),
        ("stage2.block1.project.conv", "conv 1×1"),
        ("stage2.block1.project.bn", "batch_norm"),
    ]
    assert graph.spec("stage2.block1.se.squeeze").channels == 8 * 6 // 4


def test_the_macs_are_those_of_the_blocks_added_up_by_hand():
    """One block of each kind: 16 → 16 without expansion, 16 → 32 and 32 → 64 at half the size."""
    graph = build("mobilenet_v3:depth=3,width=16,expansion=2,se=4")
    stem = 32 * 32 * 27 * 16
    first = 32 * 32 * (9 * 16 + 16 * 16) + 2 * 16 * 4
    second = 32 * 32 * 16 * 32 + 16 * 16 * (25 * 32 + 32 * 32) + 2 * 32 * 8
    third = 16 * 16 * 32 * 64 + 8 * 8 * (25 * 64 + 64 * 64) + 2 * 64 * 16
    assert graph.total_macs == stem + first + second + third + 64 * 10


def test_only_what_expands_nothing_has_no_expansion():
    graph = build("mobilenet_v3:depth=6,width=16,expansion=4")
    depthwise = {name: graph.spec(f"{name}.depthwise.depthwise").channels for name in blocks_with(graph, ".add")}
    assert depthwise == {"stage1.block1": 16, "stage1.block2": 64, "stage2.block2": 128, "stage3.block2": 256}
    assert blocks_with(graph, ".expand.conv") == [
        "stage1.block2", "stage2.block1", "stage2.block2", "stage3.block1", "stage3.block2",
    ]  # fmt: skip
    assert blocks_with(build("mobilenet_v3:depth=6,expansion=1"), ".expand.conv") == []


@pytest.mark.parametrize(
    ("hard_swish", "first", "stem"), [("all", 0, "hard_swish"), ("second_half", 4, "hard_swish"), ("none", 9, "relu")]
)
def test_hard_swish_is_where_it_is_asked_for(hard_swish, first, stem):
    graph = build(f"mobilenet_v3:depth=9,hard_swish={hard_swish}")
    labels = [node.op.label for node in graph.nodes if node.name.rpartition(".")[0].endswith("depthwise")][2::3]
    assert labels == ["relu"] * first + ["hard_swish"] * (9 - first)
    assert f"stem.{stem}" in {node.name for node in graph.nodes}


@pytest.mark.parametrize(("kernel", "kernels"), [(3, [3] * 6), (5, [3, 3, 5, 5, 5, 5])])
def test_large_kernels_are_in_stages_two_and_three(kernel, kernels):
    graph = build(f"mobilenet_v3:depth=6,kernel={kernel}")
    assert [node.op.kernel for node in nodes_of(graph, "depthwise_conv")] == [(k, k) for k in kernels]


def test_every_block_is_gated_or_none():
    graph = build("mobilenet_v3:depth=6")
    assert len(nodes_of(graph, "multiply")) == 6
    assert nodes_of(build("mobilenet_v3:depth=6,se=0"), "multiply") == []


def test_dropout_is_in_the_graph_but_costs_nothing():
    plain, dropping = build("mobilenet_v3:depth=3"), build("mobilenet_v3:depth=3,dropout=0.2")
    assert [node.op.rate for node in nodes_of(dropping, "dropout")] == [0.2]
    assert (dropping.total_macs, dropping.total_parameters) == (plain.total_macs, plain.total_parameters)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("depth=10", "^mobilenet_v3 cannot have depth=10: use 3, 6, 9"),
        ("kernel=7", "^mobilenet_v3 cannot have kernel=7: use 3 or 5"),
        ("hard_swish=some", "^mobilenet_v3 cannot have hard_swish=some: use second_half or all or none"),
    ],
)
def test_what_cannot_be_is_refused(parameters, sentence):
    with pytest.raises(SubjectError, match=sentence):
        build(f"mobilenet_v3:{parameters}")
