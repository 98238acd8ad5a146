import pytest

from pibench.errors import SubjectError
from pibench.models.architectures import build


def nodes_of(graph, kind):
    return [node for node in graph.nodes if node.op.kind == kind]


@pytest.mark.parametrize("form", ["", ",grouped=split", ",shuffle=4d", ",grouped=split,shuffle=4d"])
def test_costs_are_those_of_the_thesis_in_every_form(form):
    graph = build(f"shufflenet_v1:depth=9,width=80,groups=2{form}")
    counts = (graph.total_macs, graph.total_parameters, graph.trainable_parameters)
    assert counts == (14_508_672, 92_074, 87_706)


def test_the_macs_lie_where_the_thesis_has_them():
    graph = build("shufflenet_v1:depth=9,width=80,groups=2")
    convs = nodes_of(graph, "conv")
    assert sum(graph.macs(node) for node in convs if node.op.kernel == (3, 3)) == 663_552
    assert sum(graph.macs(node) for node in convs if node.op.groups == 2) == 12_943_360
    assert sum(graph.macs(node) for node in nodes_of(graph, "depthwise_conv")) == 898_560


def test_a_unit_narrows_shuffles_filters_and_widens():
    graph = build("shufflenet_v1:depth=6,width=16,groups=2")
    unit = [
        (node.name.removeprefix("stage1.block2."), node.op.label) for node in graph.nodes if "1.block2" in node.name
    ]
    assert unit == [
        ("narrow.conv", "conv g2 1×1"),
        ("narrow.bn", "batch_norm"),
        ("narrow.relu", "relu"),
        ("narrow.shuffle.cut", "reshape"),
        ("narrow.shuffle.transpose", "transpose"),
        ("narrow.shuffle.joined", "reshape"),
        ("depthwise.depthwise", "depthwise 3×3"),
        ("depthwise.bn", "batch_norm"),
        ("widen.conv", "conv g2 1×1"),
        ("widen.bn", "batch_norm"),
        ("add", "add"),
        ("relu", "relu"),
    ]


def test_strided_units_double_the_channels_with_the_pooled_input():
    graph = build("shufflenet_v1:depth=6,width=16,groups=2")
    assert [node.name for node in nodes_of(graph, "concat")] == ["stage2.block1.concat", "stage3.block1.concat"]
    assert [graph.spec(f"stage{k}.block1.relu").shape for k in (1, 2, 3)] == [
        (1, 32, 32, 16),
        (1, 16, 16, 32),
        (1, 8, 8, 64),
    ]


@pytest.mark.parametrize(("width", "added"), [(16, False), (24, True)])
def test_the_first_unit_is_added_to_only_where_it_keeps_the_stems_channels(width, added):
    graph = build(f"shufflenet_v1:depth=3,width={width}")
    assert [node.name for node in nodes_of(graph, "add")] == (["stage1.block1.add"] if added else [])


def test_without_groups_nothing_is_shuffled():
    assert nodes_of(build("shufflenet_v1:groups=1"), "transpose") == []


def test_the_papers_first_convolution_has_no_groups_but_its_second_has():
    convs = {node.name: node.op.groups for node in nodes_of(build("shufflenet_v1:first_grouped=false"), "conv")}
    assert convs["stage1.block1.narrow.conv"] == 1
    assert convs["stage1.block1.widen.conv"] == convs["stage1.block2.narrow.conv"] == 2


def test_the_last_of_split_groups_reads_what_is_left_of_the_stem():
    graph = build("shufflenet_v1:depth=3,width=20,groups=5,grouped=split")
    first = [node for node in nodes_of(graph, "slice") if node.name.startswith("stage1.block1.narrow")]
    assert [graph.spec(node.name).channels for node in first] == [4, 4, 4, 4, 8]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("depth=10", "depth=10: use 3, 6, 9"),
        ("width=20,groups=2", "width=20 with groups=2: use a multiple of 8"),
        ("width=2,groups=1", "width=2 with groups=1: use a multiple of 4"),
        ("width=81", "width=81 with groups=2"),
        ("width=40,groups=5", "groups=5, .* 24 channels: use a divisor, .*=false or grouped=split"),
        ("width=128,groups=32,grouped=split", "groups=32, .* use a divisor, first_grouped=false$"),
        ("groups=0", "groups=0: .*>= 1"),
        ("shuffle=3d", "shuffle=3d: use 5d or 4d"),
    ],
)
def test_what_cannot_be_built_is_refused_in_a_sentence(parameters, sentence):
    with pytest.raises(SubjectError, match=f"^shufflenet_v1 cannot have {sentence}"):
        build(f"shufflenet_v1:{parameters}")


@pytest.mark.parametrize("form", ["first_grouped=false", "grouped=split"])
def test_what_the_refusal_proposes_can_be_built(form):
    assert build(f"shufflenet_v1:depth=3,width=40,groups=5,{form}").total_macs
