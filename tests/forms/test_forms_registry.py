from __future__ import annotations

import pytest

from pibench.errors import SubjectError
from pibench.forms import Point, forms, get, labels
from pibench.graph.ops import BatchNorm, Input
from pibench.subject import subject_of
from pibench.tflite import read

LITERATURE = {
    *("conv", "pointwise", "depthwise", "depthwise_separable", "grouped", "grouped_emulated", "conv_1d_pair"),
    *("squeeze_excite", "channel_shuffle", "add", "concat", "average_pool", "max_pool", "global_average_pool"),
    *("activation", "dense", "inverted_residual", "bottleneck", "shuffle_v2"),
}


def test_what_the_literature_argues_about_is_there_sorted_and_described() -> None:
    assert set(forms()) >= LITERATURE
    assert list(forms()) == sorted(forms())
    assert all(form.summary.endswith(".") for form in forms().values())


@pytest.mark.parametrize("name", forms())
def test_every_form_is_lowered_written_and_read_again_as_it_is(name: str) -> None:
    graph = get(name)()
    assert not any(isinstance(node.op, BatchNorm) for node in graph.nodes)
    written = read(subject_of(graph).model)
    assert written.total_macs == graph.total_macs
    assert [node.op.kind for node in written.nodes] == [node.op.kind for node in graph.nodes]


@pytest.mark.parametrize("name", forms())
def test_the_type_is_that_of_the_inputs_and_all_that_follows(name: str) -> None:
    graph = get(name)(dtype="int8")
    assert {node.op.dtype for node in graph.nodes if isinstance(node.op, Input)} == {"int8"}
    assert {graph.spec(ref).dtype for ref in graph.outputs} == {"int8"}
    assert graph.name.endswith("dtype=int8")


@pytest.mark.parametrize("name", [name for name in forms() if "size" in get(name).defaults])
def test_every_form_takes_any_size_and_width(name: str) -> None:
    graph = get(name)(size=10, channels=48)
    assert all(node.op.shape == (1, 10, 10, 48) for node in graph.inputs)


def test_a_title_tells_all_parameters_but_those_that_say_nothing() -> None:
    assert get("conv")().name == "conv:size=32,channels=32,kernel=3"
    assert get("conv")(stride=2, out_channels=8).name == "conv:size=32,channels=32,out_channels=8,kernel=3,stride=2"
    assert get("max_pool")(stride=1).name == "max_pool:size=32,channels=32,kernel=2,stride=1"


def test_different_points_have_different_names() -> None:
    names = [
        get("depthwise_separable")(**{key: value}).name
        for key, values in (("size", (8, 9)), ("out_channels", (0, 8)), ("stride", (1, 2)), ("reduction", (0, 2)))
        for value in values
    ]
    assert len(set(names)) == len(names) - 2  # the defaults three times


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("conv", {"channels": 0}, "conv cannot have channels=0"),
        ("conv", {"groups": 2}, "conv has no parameter 'groups'"),
        ("conv", {"dtype": "int4"}, "conv cannot have dtype=int4: use float32 or int8"),
        ("conv", {"size": 4, "kernel": 8}, "a kernel of 8 does not fit an image of 4 even with padding"),
        ("max_pool", {"size": 4, "kernel": 5}, "a window of 5 does not fit an image of 4"),
        ("channel_shuffle", {"channels": 30}, "4 groups do not divide 30 channels: take multiples of 4"),
        ("grouped", {"out_channels": 30}, "4 groups do not divide 30"),
        ("shuffle_v2", {"channels": 31}, "2 groups do not divide 31"),
        ("shuffle_v1", {"channels": 40}, "4 groups do not divide a quarter of 40 channels: take multiples of 16"),
        ("inverted_residual", {"reduction": 4, "stride": 2}, "take reduction=0 or stride=1"),
        ("squeeze_excite", {"reduction": 0}, "squeeze_excite cannot have reduction=0"),
        ("activation", {"function": "tanh"}, "use relu or relu6"),
    ],
)
def test_an_impossible_form_is_one_sentence(name: str, parameters: dict[str, object], words: str) -> None:
    with pytest.raises(SubjectError) as refusal:
        get(name)(**parameters)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_unknown_form_suggests_one() -> None:
    with pytest.raises(SubjectError, match=r"there is no form 'depthwis'\. Did you mean 'depthwise'"):
        get("depthwis")


def test_labels_say_what_tells_points_apart() -> None:
    conv = Point(get("conv"))
    assert labels([conv, conv.changed(kernel=5)]) == ["conv kernel=3", "conv kernel=5"]
    assert labels([Point(get("add")), Point(get("grouped"))]) == ["add", "grouped kernel=3 groups=4"]
    assert labels([conv, conv.changed(stride=2), Point(get("pointwise"))]) == ["conv", "conv stride=2", "pointwise"]
    assert labels([Point(get("residual")), Point(get("residual"), reduction=4)]) == ["residual", "residual reduction=4"]
