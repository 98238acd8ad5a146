import pytest

from pibench.errors import SubjectError
from pibench.models.architectures import build


def nodes_of(graph, kind):
    return [node for node in graph.nodes if node.op.kind == kind]


def by_name(graph):
    return {node.name: node for node in graph.nodes}


@pytest.mark.parametrize(
    ("spec", "macs", "parameters", "trainable"),
    [
        ("wide_resnet", 41_075_328, 273_914, 272_538),
        ("wide_resnet:depth=22,width=16", 41_075_328, 273_914, 272_538),
        ("wide_resnet:depth=22,width=16,se=2,se_on=shortcut", 41_086_336, 284_922, 283_546),
        ("wide_resnet:depth=40,width=32", 327_599_360, 2_248_954, 2_243_546),
    ],
)
def test_costs_are_those_of_the_thesis(spec, macs, parameters, trainable):
    graph = build(spec)
    assert (graph.total_macs, graph.total_parameters, graph.trainable_parameters) == (macs, parameters, trainable)


def test_the_macs_lie_where_the_thesis_has_them():
    graph = build("wide_resnet:depth=22,width=16")
    convs = nodes_of(graph, "conv")
    by_kernel = {k: sum(graph.macs(node) for node in convs if node.op.kernel == (k, k)) for k in (1, 3)}
    assert by_kernel == {1: 524_288, 3: 40_550_400}
    assert [graph.macs(node) for node in nodes_of(graph, "dense")] == [640]
    assert [sum(node.op.kernel == (k, k) for node in convs) for k in (1, 3)] == [3, 19]


def test_blocks_are_preactivated_and_end_in_a_bare_addition():
    graph = build("wide_resnet:depth=10,width=16")
    names = [node.name for node in graph.nodes if node.name.startswith("stage2.block1")]
    assert names == [
        f"stage2.block1.{part}"
        for part in (
            "conv1.bn",
            "conv1.relu",
            "conv1.conv",
            "conv2.bn",
            "conv2.relu",
            "conv2.conv",
            "shortcut.conv",
            "add",
        )
    ]
    nodes = by_name(graph)
    assert nodes["stage2.block1.shortcut.conv"].inputs == ("stage2.block1.conv1.relu",)
    assert nodes["stage2.block1.add"].inputs == ("stage2.block1.conv2.conv", "stage2.block1.shortcut.conv")
    assert nodes["stage1.block1.conv1.bn"].inputs == ("stem.conv",)
    assert nodes["head.bn"].inputs == ("stage3.block1.add",)


def test_later_blocks_add_their_raw_input():
    nodes = by_name(build("wide_resnet:depth=16,width=16"))
    assert nodes["stage1.block2.add"].inputs == ("stage1.block2.conv2.conv", "stage1.block1.add")


def test_the_first_block_of_every_stage_has_a_shortcut_convolution_of_the_blocks_stride():
    graph = build("wide_resnet:depth=22,width=16")
    shortcuts = [node for node in nodes_of(graph, "conv") if "shortcut" in node.name]
    assert [(node.name, node.op.filters, node.op.stride) for node in shortcuts] == [
        ("stage1.block1.shortcut.conv", 16, (1, 1)),
        ("stage2.block1.shortcut.conv", 32, (2, 2)),
        ("stage3.block1.shortcut.conv", 64, (2, 2)),
    ]


def test_stages_halve_the_image_and_double_the_channels():
    graph = build("wide_resnet:depth=10,width=24")
    assert [graph.spec(f"stage{k}.block1.add").shape for k in (1, 2, 3)] == [
        (1, 32, 32, 24),
        (1, 16, 16, 48),
        (1, 8, 8, 96),
    ]


@pytest.mark.parametrize(
    ("se_on", "gated"), [("residual", "conv2.conv"), ("shortcut", None)], ids=["residual", "shortcut"]
)
def test_squeeze_and_excitation_gates_the_branch_it_is_put_on_in_blocks_of_stride_one(se_on, gated):
    graph = build(f"wide_resnet:depth=16,width=16,se=4,se_on={se_on}")
    nodes = by_name(graph)
    gates = {node.name.removesuffix(".se.multiply"): node.inputs[0] for node in nodes_of(graph, "multiply")}
    shortcuts = {
        "stage1.block1": "stage1.block1.shortcut.conv",
        "stage1.block2": "stage1.block1.add",
        "stage2.block2": "stage2.block1.add",
        "stage3.block2": "stage3.block1.add",
    }
    assert gates == ({block: f"{block}.{gated}" for block in shortcuts} if gated else shortcuts)
    for block, shortcut in shortcuts.items():
        gate = f"{block}.se.multiply"
        expected = (gate, shortcut) if gated else (f"{block}.conv2.conv", gate)
        assert nodes[f"{block}.add"].inputs == expected


def test_squeeze_and_excitation_goes_on_the_residual_branch_by_default():
    assert build("wide_resnet:depth=10,se=2").nodes == build("wide_resnet:depth=10,se=2,se_on=residual").nodes


def test_dropout_stands_between_the_convolutions_of_every_block_and_costs_nothing():
    plain, dropping = build("wide_resnet:depth=10"), build("wide_resnet:depth=10,dropout=0.3")
    nodes = by_name(dropping)
    for stage in (1, 2, 3):
        between = f"stage{stage}.block1.conv2.dropout"
        assert nodes[between].inputs == (f"stage{stage}.block1.conv2.relu",)
        assert nodes[f"stage{stage}.block1.conv2.conv"].inputs == (between,)
    assert len(nodes_of(dropping, "dropout")) == 3
    assert (dropping.total_macs, dropping.total_parameters) == (plain.total_macs, plain.total_parameters)


@pytest.mark.parametrize("depth", [4, 9, 23])
def test_a_depth_that_is_not_six_n_plus_four_is_refused(depth):
    with pytest.raises(SubjectError, match=f"^wide_resnet cannot have depth={depth}: use 10, 16, 22"):
        build(f"wide_resnet:depth={depth}")
