import pytest

from pibench.errors import SubjectError
from pibench.models.architectures import build


def nodes_of(graph, kind):
    return [node for node in graph.nodes if node.op.kind == kind]


@pytest.mark.parametrize(
    ("spec", "macs", "parameters", "trainable"),
    [
        ("mnasnet:depth=9,width=16,expansion=4", 20_980_352, 133_146, 127_962),
        ("mnasnet:depth=9,width=16,expansion=4,se=2", 20_991_360, 144_154, 138_970),
    ],
)
def test_costs_are_those_of_the_thesis(spec, macs, parameters, trainable):
    graph = build(spec)
    assert (graph.total_macs, graph.total_parameters, graph.trainable_parameters) == (macs, parameters, trainable)


@pytest.mark.parametrize(("kernel", "kernels"), [(5, [3, 3, 3, 5, 5, 3, 5, 5, 3]), (3, [3] * 9)])
def test_large_kernels_are_in_stages_two_and_three_but_for_their_last_blocks(kernel, kernels):
    graph = build(f"mnasnet:depth=9,kernel={kernel}")
    assert [node.op.kernel for node in nodes_of(graph, "depthwise_conv")] == [(k, k) for k in kernels]


@pytest.mark.parametrize(("expansion", "first"), [(6, 48), (5, 32), (2, 16)])
def test_the_first_block_expands_by_half_and_the_others_in_full(expansion, first):
    convs = nodes_of(build(f"mnasnet:depth=6,width=16,expansion={expansion}"), "conv")
    hidden = [node.op.filters for node in convs if "expand" in node.name]
    assert hidden == [first, *(expansion * channels for channels in (16, 16, 32, 32, 64))]


def test_growing_channels_are_never_added_to_and_count_the_first_expansion_from_the_width():
    graph = build("mnasnet:depth=9,width=24,expansion=4,channels=growing")
    assert nodes_of(graph, "add") == []
    convs = nodes_of(graph, "conv")
    assert next(node.op.filters for node in convs if "expand" in node.name) == 48
    assert [node.op.filters for node in convs if "project" in node.name] == [32, 40, 48, 64, 80, 96, 128, 160, 192]


def test_dropout_stands_before_the_logits():
    assert [node.op.rate for node in nodes_of(build("mnasnet:depth=3,dropout=0.2"), "dropout")] == [0.2]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [("depth=5", "depth=5: use 3, 6, 9"), ("expansion=1", "expansion=1: .*>= 2"), ("kernel=7", "kernel=7: use 3 or 5")],
)
def test_what_cannot_be_built_is_refused_in_a_sentence(parameters, sentence):
    with pytest.raises(SubjectError, match=f"^mnasnet cannot have {sentence}"):
        build(f"mnasnet:{parameters}")
