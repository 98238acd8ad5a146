import pytest

from pibench.errors import SubjectError
from pibench.models.architectures import build


def nodes_of(graph, kind):
    return [node for node in graph.nodes if node.op.kind == kind]


@pytest.mark.parametrize(
    ("spec", "macs", "parameters", "trainable"),
    [
        ("mobilenet_v1", 16_921_856, 116_138, 111_850),
        ("mobilenet_v1:depth=15,width=32", 16_921_856, 116_138, 111_850),
        ("mobilenet_v1:depth=15,width=32,se=2", 17_008_896, 203_178, 198_890),
    ],
)
def test_costs_are_those_of_the_thesis(spec, macs, parameters, trainable):
    graph = build(spec)
    assert (graph.total_macs, graph.total_parameters, graph.trainable_parameters) == (macs, parameters, trainable)


def test_the_macs_lie_where_the_thesis_has_them():
    graph = build("mobilenet_v1:depth=15,width=32,se=2")
    convs = nodes_of(graph, "conv")
    macs = {
        "stem": sum(graph.macs(node) for node in convs if node.op.kernel == (3, 3)),
        "pointwise": sum(graph.macs(node) for node in convs if "pointwise" in node.name),
        "se": sum(graph.macs(node) for node in convs if ".se." in node.name),
        "depthwise": sum(graph.macs(node) for node in nodes_of(graph, "depthwise_conv")),
        "head": sum(graph.macs(node) for node in nodes_of(graph, "dense")),
    }
    assert macs == {"stem": 442_368, "pointwise": 14_155_776, "se": 87_040, "depthwise": 2_322_432, "head": 1_280}


def test_a_block_is_a_depthwise_and_a_pointwise_convolution_with_batch_norm_and_relu():
    graph = build("mobilenet_v1:depth=3,width=8")
    block = [(node.name, node.op.kind) for node in graph.nodes if node.name.startswith("stage2.")]
    assert block == [
        ("stage2.block1.depthwise.depthwise", "depthwise_conv"),
        ("stage2.block1.depthwise.bn", "batch_norm"),
        ("stage2.block1.depthwise.relu", "activation"),
        ("stage2.block1.pointwise.conv", "conv"),
        ("stage2.block1.pointwise.bn", "batch_norm"),
        ("stage2.block1.pointwise.relu", "activation"),
    ]


def test_only_the_first_blocks_of_stages_two_and_three_are_strided():
    strided = [
        node.name for node in nodes_of(build("mobilenet_v1:depth=9"), "depthwise_conv") if node.op.stride == (2, 2)
    ]
    assert strided == ["stage2.block1.depthwise.depthwise", "stage3.block1.depthwise.depthwise"]


def test_squeeze_and_excitation_stands_behind_every_block_of_stride_one():
    graph = build("mobilenet_v1:depth=9,width=32,se=4")
    gates = nodes_of(graph, "multiply")
    blocks = ["stage1.block1", "stage1.block2", "stage1.block3"]
    blocks += ["stage2.block2", "stage2.block3", "stage3.block2", "stage3.block3"]
    assert [node.name for node in gates] == [f"{block}.se.multiply" for block in blocks]
    assert [node.inputs[0] for node in gates] == [f"{block}.pointwise.relu" for block in blocks]
    squeezes = [node.op.filters for node in nodes_of(graph, "conv") if node.name.endswith("se.squeeze")]
    assert squeezes == [8, 8, 8, 16, 16, 32, 32]


def test_without_squeeze_and_excitation_there_are_no_gates():
    assert nodes_of(build("mobilenet_v1:se=0"), "multiply") == []


@pytest.mark.parametrize(
    ("width", "blocks"),
    [
        (16, ["stage1.block1", "stage1.block2", "stage2.block2", "stage3.block2"]),
        (32, ["stage1.block2", "stage2.block2", "stage3.block2"]),
    ],
)
def test_skip_goes_around_blocks_that_keep_their_shape(width, blocks):
    graph = build(f"mobilenet_v1:depth=6,width={width},skip=true")
    adds = nodes_of(graph, "add")
    assert [node.name for node in adds] == [f"{block}.add" for block in blocks]
    first = {node.name: node.inputs[0] for node in nodes_of(graph, "depthwise_conv")}
    for node in adds:
        block = node.name.removesuffix(".add")
        assert node.inputs == (f"{block}.pointwise.relu", first[f"{block}.depthwise.depthwise"])


def test_skip_adds_what_the_gate_lets_through():
    graph = build("mobilenet_v1:depth=6,width=32,skip=true,se=2")
    assert [node.inputs[0] for node in nodes_of(graph, "add")] == [f"stage{k}.block2.se.multiply" for k in (1, 2, 3)]


def test_without_skip_nothing_is_added():
    assert nodes_of(build("mobilenet_v1:width=16"), "add") == []


@pytest.mark.parametrize(
    ("kernel", "kernels"), [(3, [3] * 9), (5, [3, 3, 3, 5, 5, 3, 5, 5, 3])], ids=["kernel=3", "kernel=5"]
)
def test_large_kernels_are_in_stages_two_and_three_but_for_their_last_blocks(kernel, kernels):
    graph = build(f"mobilenet_v1:depth=9,kernel={kernel}")
    assert [node.op.kernel for node in nodes_of(graph, "depthwise_conv")] == [(k, k) for k in kernels]


def test_dropout_is_in_the_graph_but_costs_nothing():
    plain, dropping = build("mobilenet_v1:depth=3"), build("mobilenet_v1:depth=3,dropout=0.2")
    assert [node.op.rate for node in nodes_of(dropping, "dropout")] == [0.2]
    assert nodes_of(plain, "dropout") == []
    assert (dropping.total_macs, dropping.total_parameters) == (plain.total_macs, plain.total_parameters)


def test_macs_of_the_body_follow_the_image_and_those_of_the_head_the_classes():
    base, larger = build("mobilenet_v1:depth=3"), build("mobilenet_v1:depth=3,input_size=64,classes=100")
    head = {graph: graph.macs(graph.nodes[-1]) for graph in (base, larger)}
    assert head == {base: 1_280, larger: 12_800}
    assert larger.total_macs - head[larger] == 4 * (base.total_macs - head[base])
    assert larger.total_parameters - base.total_parameters == 90 * (128 + 1)


@pytest.mark.parametrize("depth", [1, 2, 10])
def test_a_depth_that_three_does_not_divide_is_refused(depth):
    with pytest.raises(SubjectError, match=f"^mobilenet_v1 cannot have depth={depth}: use 3, 6, 9"):
        build(f"mobilenet_v1:depth={depth}")
