import pytest

from pibench.errors import SubjectError
from pibench.models.architectures import build


def nodes_of(graph, kind):
    return [node for node in graph.nodes if node.op.kind == kind]


def by_name(graph):
    return {node.name: node for node in graph.nodes}


@pytest.mark.parametrize(
    ("parameters", "macs", "total", "trainable"),
    [
        ("", 19_933_696, 124_618, 120_138),
        (",shuffle=4d", 19_933_696, 124_618, 120_138),
        (",se=2", 19_999_232, 190_154, 185_674),
    ],
)
def test_costs_are_those_of_the_thesis(parameters, macs, total, trainable):
    graph = build(f"shufflenet_v2:depth=12,width=64{parameters}")
    assert (graph.total_macs, graph.total_parameters, graph.trainable_parameters) == (macs, total, trainable)


def test_half_of_the_channels_goes_around_the_main_branch():
    graph = build("shufflenet_v2:depth=6,width=32")
    nodes = by_name(graph)
    assert graph.spec("stage1.block2.split:0").channels == graph.spec("stage1.block2.split:1").channels == 16
    assert nodes["stage1.block2.main.first.conv"].inputs == ("stage1.block2.split:0",)
    assert nodes["stage1.block2.concat"].inputs == ("stage1.block2.main.second.relu", "stage1.block2.split:1")
    assert nodes["stage1.block2.shuffle.cut"].inputs == ("stage1.block2.concat",)


def test_where_channels_change_both_branches_read_the_whole_input():
    graph = build("shufflenet_v2:depth=6,width=32")
    nodes = by_name(graph)
    for block, source in (("stage1.block1", "stem.relu"), ("stage2.block1", "stage1.block2.shuffle.joined")):
        assert (
            nodes[f"{block}.main.first.conv"].inputs == nodes[f"{block}.other.depthwise.depthwise"].inputs == (source,)
        )
    assert [graph.spec(f"stage{k}.block2.concat").shape for k in (1, 2, 3)] == [
        (1, 32, 32, 32),
        (1, 16, 16, 64),
        (1, 8, 8, 128),
    ]


@pytest.mark.parametrize(("inner", "first"), [("half", [8, 8, 16, 16, 32, 32]), ("equal", [16, 16, 32, 32, 64, 64])])
def test_the_main_branch_is_narrower_inside_in_the_thesis_and_equal_in_the_paper(inner, first):
    convs = nodes_of(build(f"shufflenet_v2:depth=6,width=32,inner={inner}"), "conv")
    assert [node.op.filters for node in convs if node.name.endswith("main.first.conv")] == first
    assert [node.op.filters for node in convs if node.name.endswith("main.second.conv")] == [16, 16, 32, 32, 64, 64]


def test_gates_stand_behind_the_main_branch_of_blocks_of_stride_one_and_before_the_skip():
    graph = build("shufflenet_v2:depth=6,width=32,se=2,skip=true")
    blocks = ["stage1.block1", "stage1.block2", "stage2.block2", "stage3.block2"]
    assert [node.inputs[0] for node in nodes_of(graph, "multiply")] == [f"{b}.main.second.relu" for b in blocks]
    adds = {node.name: node.inputs for node in nodes_of(graph, "add")}
    assert adds == {f"{b}.main.add": (f"{b}.main.se.multiply", f"{b}.split:0") for b in blocks[1:]}


def test_the_thesis_shuffle_transposes_four_axes_and_todays_five():
    for shuffle, rank in (("4d", 4), ("5d", 5)):
        transposes = nodes_of(build(f"shufflenet_v2:depth=3,shuffle={shuffle}"), "transpose")
        assert {len(node.op.perm) for node in transposes} == {rank}
        assert len(transposes) == 3


def test_dropout_is_in_the_graph_but_costs_nothing():
    plain, dropping = build("shufflenet_v2:depth=3"), build("shufflenet_v2:depth=3,dropout=0.2")
    assert [node.op.rate for node in nodes_of(dropping, "dropout")] == [0.2]
    assert dropping.total_parameters == plain.total_parameters


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("depth=4", "depth=4: use 3, 6, 9"),
        ("width=33", "width=33: its channels are cut in two, use an even number"),
        ("width=2", "width=2 with inner=half: use 4 or more, or inner=equal"),
        ("inner=third", "inner=third: use half or equal"),
    ],
)
def test_what_cannot_be_built_is_refused_in_a_sentence(parameters, sentence):
    with pytest.raises(SubjectError, match=f"^shufflenet_v2 cannot have {sentence}"):
        build(f"shufflenet_v2:{parameters}")


@pytest.mark.parametrize("parameters", ["width=2,inner=equal", "width=4"])
def test_the_narrowest_can_be_built(parameters):
    assert build(f"shufflenet_v2:depth=3,{parameters}").total_macs
