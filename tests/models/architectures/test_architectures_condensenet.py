import pytest

from pibench.errors import GraphError, SubjectError
from pibench.graph.widths import Widths
from pibench.models.architectures import build
from pibench.models.architectures.condensenet import converted_form, with_indices


def nodes_of(graph, kind):
    return [node for node in graph.nodes if node.op.kind == kind]


def by_name(graph):
    return {node.name: node for node in graph.nodes}


def test_costs_are_those_of_the_thesis():
    training, converted = build("condensenet:form=training"), build("condensenet")
    assert training.trainable_parameters == 1_451_594
    assert (converted.total_macs, converted.trainable_parameters) == (62_377_888, 516_202)


def test_the_converted_form_is_the_default():
    assert build("condensenet").nodes == build("condensenet:form=converted").nodes


@pytest.mark.parametrize(
    ("spec", "converted"),
    [
        ("condensenet:form=training", "condensenet"),
        ("condensenet: stages=1-1-1, form=training ,groups=2", "condensenet:stages=1-1-1,groups=2"),
        ("condensenet:stages=1-1-1", None),
        ("condensenet:form=converted", None),
        ("mobilenet_v1:depth=3", None),
    ],
)
def test_a_spec_in_training_tells_the_one_that_it_deploys(spec, converted):
    assert converted_form(spec) == (build(converted) if converted else None)


def test_a_layer_in_training_has_a_dense_1x1_convolution_and_a_grouped_3x3():
    graph = build("condensenet:form=training,stages=1-1-1")
    layer = [(node.name, node.op.label) for node in graph.nodes if node.name.startswith("stage2.layer1.")]
    assert layer == [
        ("stage2.layer1.learned.bn", "batch_norm"),
        ("stage2.layer1.learned.relu", "relu"),
        ("stage2.layer1.learned.conv", "conv 1×1"),
        ("stage2.layer1.grow.bn", "batch_norm"),
        ("stage2.layer1.grow.relu", "relu"),
        ("stage2.layer1.grow.conv", "conv g4 3×3"),
        ("stage2.layer1.concat", "concat"),
    ]


def test_the_converted_form_adds_a_gather_groups_and_a_shuffle_under_the_same_names():
    training, converted = (build(f"condensenet:stages=1-1-1,form={form}") for form in ("training", "converted"))
    added = [node.name for node in converted.nodes if node.name not in by_name(training)]
    layers = [f"stage{k}.layer1" for k in (1, 2, 3)]
    parts = ["learned.index", "grow.shuffle.cut", "grow.shuffle.transpose", "grow.shuffle.joined"]
    assert added == [*(f"{layer}.{part}" for layer in layers for part in parts), "head.index"]
    assert set(by_name(training)) <= set(by_name(converted))
    assert by_name(converted)["stage1.layer1.learned.conv"].op.label == "conv g4 1×1"


def test_without_groups_there_is_nothing_to_shuffle():
    assert nodes_of(build("condensenet:stages=1-1-1,groups=1"), "transpose") == []


@pytest.mark.parametrize(("groups", "condensation"), [(4, 4), (4, 2), (2, 8), (8, 4)])
def test_each_group_reads_one_in_so_many_inputs(groups, condensation):
    graph = build(f"condensenet:stages=1-2-1,groups={groups},condensation={condensation}")
    for node in nodes_of(graph, "gather")[:-1]:
        channels = graph.spec(node.inputs[0]).channels
        assert len(node.op.indices) == groups * channels // condensation
    if groups == condensation:
        assert all(len(set(node.op.indices)) == len(node.op.indices) for node in nodes_of(graph, "gather"))


def test_the_classifier_keeps_half_of_its_inputs():
    graph = build("condensenet:stages=1-1-1")
    assert graph.spec("head.pool").channels == 16 + 8 + 16 + 32
    assert graph.spec("head.index").channels == 36


def test_stages_are_parted_by_pooling_alone():
    graph = build("condensenet:stages=2-1-3,growth=8-16-24")
    assert [graph.spec(node.name).shape for node in nodes_of(graph, "average_pool")] == [
        (1, 16, 16, 32),
        (1, 8, 8, 48),
    ]
    assert len([node for node in nodes_of(graph, "conv") if "learned" in node.name]) == 6


def test_channels_that_are_gathered_or_grouped_are_not_free():
    assert Widths(build("condensenet:stages=1-1-1")).free == {}
    assert set(Widths(build("condensenet:stages=1-1-1,form=training")).free) == {"stem.conv"}


def test_indices_that_were_learned_take_the_place_of_those_assumed():
    graph = build("condensenet:stages=1-1-1")
    chosen = tuple(reversed(range(16)))
    changed = with_indices(graph, {"stage1.layer1.learned.index": chosen})
    assert by_name(changed)["stage1.layer1.learned.index"].op.indices == chosen
    differing = [a.name for a, b in zip(graph.nodes, changed.nodes, strict=True) if a != b]
    assert differing == ["stage1.layer1.learned.index"]


@pytest.mark.parametrize(
    ("indices", "sentence"),
    [
        ({"stem.conv": [0]}, "has no gather 'stem.conv'"),
        ({"head.index": [0, 1]}, "'head.index' takes 36 channels, not 2"),
        ({"head.index": [72] * 36}, "'head.index' .* needs indices within the 72"),
    ],
)
def test_impossible_indices_are_refused(indices, sentence):
    with pytest.raises(GraphError, match=sentence):
        with_indices(build("condensenet:stages=1-1-1"), indices)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ("groups=3", "^condensenet cannot have groups=3, which do not divide growth=8$"),
        ("growth=8-8-6", "^condensenet cannot have groups=4, which do not divide growth=6$"),
        ("condensation=5", "^condensenet cannot have condensation=5, which does not divide 16 channels$"),
        ("growth=8-12-8,condensation=8", "^condensenet cannot have condensation=8, which does not divide 12 channels$"),
        ("form=trained", "^condensenet cannot have form=trained: use converted or training$"),
        ("stages=14-14", "^condensenet cannot have stages=14-14: "),
    ],
)
def test_what_cannot_be_is_refused(parameters, sentence):
    with pytest.raises(SubjectError, match=sentence):
        build(f"condensenet:{parameters}")
