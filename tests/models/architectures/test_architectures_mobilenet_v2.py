import pytest
from hypothesis import given
from hypothesis import strategies as st

from pibench.errors import SubjectError
from pibench.models.architectures import build
from pibench.models.architectures.blocks import Place
from pibench.models.architectures.mobilenet_v2 import grown_channels


def nodes_of(graph, kind):
    return [node for node in graph.nodes if node.op.kind == kind]


@pytest.mark.parametrize(
    ("spec", "macs", "parameters", "trainable"),
    [
        ("mobilenet_v2:depth=9,width=16,expansion=4", 19_128_960, 123_146, 118_026),
        ("mobilenet_v2:depth=9,width=16,expansion=4,se=2", 19_139_968, 134_154, 129_034),
    ],
)
def test_costs_are_those_of_the_thesis(spec, macs, parameters, trainable):
    graph = build(spec)
    assert (graph.total_macs, graph.total_parameters, graph.trainable_parameters) == (macs, parameters, trainable)


def test_growing_channels_cost_what_the_thesis_first_variant_did():
    graph = build("mobilenet_v2:depth=9,width=16,expansion=4,channels=growing")
    assert (graph.total_macs, graph.total_parameters) == (47_006_464, 296_566)


def test_the_macs_lie_where_the_thesis_has_them():
    graph = build("mobilenet_v2:depth=9,width=16,expansion=4")
    convs = nodes_of(graph, "conv")
    by_kernel = {k: sum(graph.macs(node) for node in convs if node.op.kernel == (k, k)) for k in (1, 3)}
    assert by_kernel == {1: 16_252_928, 3: 442_368}
    assert sum(graph.macs(node) for node in nodes_of(graph, "depthwise_conv")) == 2_433_024
    assert sum(graph.macs(node) for node in nodes_of(graph, "dense")) == 640


def test_a_block_expands_filters_and_projects_without_activation():
    graph = build("mobilenet_v2:depth=3,width=8,expansion=6")
    block = [(node.name, node.op.label) for node in graph.nodes if node.name.startswith("stage2.block1")]
    assert block == [
        ("stage2.block1.expand.conv", "conv 1×1"),
        ("stage2.block1.expand.bn", "batch_norm"),
        ("stage2.block1.expand.relu6", "relu6"),
        ("stage2.block1.depthwise.depthwise", "depthwise 3×3 /2"),
        ("stage2.block1.depthwise.bn", "batch_norm"),
        ("stage2.block1.depthwise.relu6", "relu6"),
        ("stage2.block1.project.conv", "conv 1×1"),
        ("stage2.block1.project.bn", "batch_norm"),
    ]


def test_the_first_block_does_not_expand_and_the_others_do():
    graph = build("mobilenet_v2:depth=6,width=16,expansion=4")
    hidden = {
        node.name.removesuffix(".expand.conv"): node.op.filters
        for node in nodes_of(graph, "conv")
        if "expand" in node.name
    }
    assert hidden == {
        "stage1.block1": 16,
        "stage1.block2": 64,
        "stage2.block1": 64,
        "stage2.block2": 128,
        "stage3.block1": 128,
        "stage3.block2": 256,
    }


@pytest.mark.parametrize(
    ("width", "blocks"),
    [
        (16, ["stage1.block1", "stage1.block2", "stage2.block2", "stage3.block2"]),
        (24, ["stage1.block2", "stage2.block2", "stage3.block2"]),
    ],
)
def test_constant_channels_are_added_to_where_the_shape_is_kept(width, blocks):
    graph = build(f"mobilenet_v2:depth=6,width={width}")
    assert [node.name for node in nodes_of(graph, "add")] == [f"{block}.add" for block in blocks]
    assert [node.inputs[0] for node in nodes_of(graph, "add")] == [f"{block}.project.bn" for block in blocks]


@pytest.mark.parametrize("width", [16, 32])
def test_growing_channels_are_never_added_to(width):
    graph = build(f"mobilenet_v2:depth=9,width={width},channels=growing")
    assert nodes_of(graph, "add") == []


def test_growing_channels_reach_twice_the_width_in_even_steps():
    graph = build("mobilenet_v2:depth=9,width=32,channels=growing")
    projections = [node.op.filters for node in nodes_of(graph, "conv") if "project" in node.name]
    assert projections == [42, 53, 64, 85, 106, 128, 170, 213, 256]


@given(width=st.integers(1, 64), stage=st.integers(1, 3), blocks=st.integers(1, 10))
def test_a_growing_stage_never_shrinks_and_ends_at_twice_its_start(width, stage, blocks):
    start = width * 2 ** (stage - 1)
    steps = [grown_channels(width, Place(stage, block, blocks)) for block in range(1, blocks + 1)]
    assert steps == sorted(steps)
    assert steps[0] >= start
    assert steps[-1] == 2 * start


def test_squeeze_and_excitation_gates_the_projection_of_blocks_of_stride_one():
    graph = build("mobilenet_v2:depth=6,width=16,se=2")
    blocks = ["stage1.block1", "stage1.block2", "stage2.block2", "stage3.block2"]
    assert [node.inputs[0] for node in nodes_of(graph, "multiply")] == [f"{block}.project.bn" for block in blocks]
    assert [node.inputs[0] for node in nodes_of(graph, "add")] == [f"{block}.se.multiply" for block in blocks]


def test_dropout_is_in_the_graph_but_costs_nothing():
    plain, dropping = build("mobilenet_v2:depth=3"), build("mobilenet_v2:depth=3,dropout=0.2")
    assert [node.op.rate for node in nodes_of(dropping, "dropout")] == [0.2]
    assert (dropping.total_macs, dropping.total_parameters) == (plain.total_macs, plain.total_parameters)


def test_image_size_and_classes_are_those_asked_for():
    graph = build("mobilenet_v2:depth=3,input_size=64,classes=100")
    assert graph.spec("image").shape == (1, 64, 64, 3)
    assert graph.spec("stage3.block1.project.bn").shape == (1, 16, 16, 64)
    assert graph.spec(graph.outputs[0]).shape == (1, 100)


@pytest.mark.parametrize("depth", [1, 2, 10])
def test_a_depth_that_three_does_not_divide_is_refused(depth):
    with pytest.raises(SubjectError, match=f"^mobilenet_v2 cannot have depth={depth}: use 3, 6, 9"):
        build(f"mobilenet_v2:depth={depth}")
