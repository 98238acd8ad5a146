from typing import Annotated, Literal

import pytest
from msgspec import Meta

from pibench.errors import SubjectError
from pibench.graph import Graph, GraphBuilder
from pibench.models.architectures import Architecture, architectures, build, get

Count = Annotated[int, Meta(ge=1)]
RATE_BELOW_ONE = Annotated[float, Meta(ge=0, lt=1)]


def fake(
    *,
    blocks: tuple[Count, Count, Count] = (1, 1, 1),
    rate: RATE_BELOW_ONE = 0.0,
    pooling: Literal["mean", "max"] = "mean",
    residual: bool = False,
) -> Graph:
    """A network for these tests.

    With more to say about it.
    """
    net = GraphBuilder("fake")
    x = net.input((1, 8, 8, 3))
    for stage, count in enumerate(blocks):
        for block in range(count):
            x = net.conv(x, 4, name=f"stage{stage}.block{block}")
    x = net.dropout(x, rate, name=f"{pooling}{residual}")
    return net.build(x)


@pytest.fixture
def architecture():
    return Architecture(fake)


def conv_names(graph):
    return [node.name for node in graph.nodes if node.op.kind == "conv"]


def test_an_architecture_tells_its_name_first_line_and_defaults(architecture):
    assert architecture.name == "fake"
    assert architecture.summary == "A network for these tests."
    own = {"blocks": (1, 1, 1), "rate": 0.0, "pooling": "mean", "residual": False}
    assert architecture.defaults == {**own, "dtype": "float32"}


@pytest.mark.parametrize("blocks", ["1-1-2", (1, 1, 2), [1, 1, 2], ("1", "1", "2")])
def test_a_tuple_is_given_by_numbers_with_dashes(architecture, blocks):
    names = ["stage0.block0", "stage1.block0", "stage2.block0", "stage2.block1"]
    assert conv_names(architecture(blocks=blocks)) == names


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"blocks": "1-1"}, ["blocks=1-1:", "3"]),
        ({"blocks": "1-1-1-1"}, ["blocks=1-1-1-1:", "3"]),
        ({"blocks": "1-0-2"}, ["blocks=1-0-2:", ">= 1"]),
        ({"blocks": "a-1-1"}, ["blocks=a-1-1:", "int"]),
        ({"blocks": ""}, ["blocks="]),
        ({"blocks": 3}, ["blocks=3:"]),
        ({"rate": "1"}, ["rate=1:", "< 1"]),
        ({"rate": "-0.5"}, ["rate=-0.5:", ">= 0"]),
        ({"rate": "nan"}, ["rate=nan:"]),
        ({"rate": "much"}, ["rate=much:"]),
        ({"pooling": "median"}, ["pooling=median:", "mean", "max"]),
        ({"dtype": "int4"}, ["dtype=int4:", "float32", "int8"]),
        ({"residual": "maybe"}, ["residual=maybe:", "bool"]),
        ({"residul": "1"}, ["'residul'", "Did you mean 'residual'?"]),
        ({"zzz": "1"}, ["'zzz'", "Known: blocks, dtype, pooling, rate, residual."]),
    ],
)
def test_an_impossible_parameter_is_refused_with_name_value_and_reason(architecture, parameters, words):
    with pytest.raises(SubjectError) as refusal:
        architecture(**parameters)
    for word in ["fake", *words]:
        assert word in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("True", True), ("1", True), (True, True), ("false", False), ("0", False), (False, False)],
)
def test_a_switch_is_given_by_true_or_false(architecture, value, expected):
    assert architecture(residual=value).outputs == (f"mean{expected}",)


def test_a_choice_is_given_by_its_name(architecture):
    assert architecture(pooling="max").outputs == ("maxFalse",)


def test_an_unregistered_architecture_stays_out_of_the_zoo(architecture):
    assert architecture.name not in architectures()


def test_the_zoo_is_sorted_and_every_member_describes_itself():
    zoo = architectures()
    assert {"mobilenet_v1", "mobilenet_v2", "wide_resnet"} <= set(zoo)
    assert list(zoo) == sorted(zoo)
    for name, architecture in zoo.items():
        assert get(name) is architecture
        assert architecture.name == name
        assert architecture.summary.endswith(".")


@pytest.mark.parametrize("name", sorted(architectures()))
def test_every_architecture_builds_with_its_defaults_and_takes_any_image_size_and_class_count(name):
    graph = build(f"{name}:classes=7,input_size=40")
    assert get(name)().name == name
    assert graph.inputs[0].op.shape == (1, 40, 40, 3)
    assert graph.spec(graph.outputs[0]).shape == (1, 7)


@pytest.mark.parametrize("name", sorted(architectures()))
def test_every_architecture_has_an_int8_form(name):
    graph, float_graph = build(f"{name}:dtype=int8"), build(name)
    assert {graph.spec(ref).dtype for node in graph.nodes for ref in graph.output_refs(node)} == {"int8"}
    assert [node.name for node in graph.nodes] == [node.name for node in float_graph.nodes]
    assert graph.total_macs == float_graph.total_macs


@pytest.mark.parametrize("name", sorted(architectures()))
def test_defaults_spelled_out_build_the_same_network(name):
    defaults = get(name).defaults
    spec = ",".join(f"{key}={'-'.join(map(str, v)) if isinstance(v, tuple) else v}" for key, v in defaults.items())
    assert build(f"{name}:{spec}").nodes == build(name).nodes


@pytest.mark.parametrize(
    "spec",
    [
        "mobilenet_v1:depth=3,width=8",
        "mobilenet_v1:width=8,depth=3",
        " mobilenet_v1 : depth = 3 , width = 8 ",
        "mobilenet_v1:depth=3,width=8,",
    ],
)
def test_a_spec_string_sets_parameters_in_any_order_and_spacing_and_names_the_graph(spec):
    graph = build(spec)
    assert graph.name == spec
    assert graph.nodes == get("mobilenet_v1")(depth=3, width=8).nodes


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("mobilnet_v1", ["'mobilnet_v1'", "Did you mean 'mobilenet_v1'?"]),
        ("zzz:depth=3", ["'zzz'", "Known: ", "mobilenet_v1", "wide_resnet"]),
        ("", ["needs a name", "Known: "]),
        (":depth=3", ["needs a name", "Known: "]),
        ("zzz:depth", ["'zzz'", "Known: "]),
        ("mobilenet_v1:depth=99999999999999999999", ["depth=99999999999999999999"]),
        ("mobilenet_v1:dept=9", ["mobilenet_v1", "'dept'", "Did you mean 'depth'?"]),
        ("mobilenet_v1:width=0", ["mobilenet_v1", "width=0", ">= 1"]),
        ("mobilenet_v1:width=-8", ["width=-8", ">= 1"]),
        ("mobilenet_v1:width=wide", ["width=wide", "int"]),
        ("mobilenet_v1:width=1.5", ["width=1.5", "int"]),
        ("mobilenet_v1:width=3=4", ["width=3=4"]),
        ("mobilenet_v1:width", ["'width'", "parameter=value"]),
        ("mobilenet_v1:width=", ["'width='", "parameter=value"]),
        ("mobilenet_v1:=8", ["'=8'", "parameter=value"]),
        ("mobilenet_v1:width=8,width=16", ["width twice"]),
        ("mobilenet_v1:kernel=4", ["kernel=4", "3", "5"]),
        ("mobilenet_v1:input_size=4", ["input_size=4", ">= 8"]),
        ("mobilenet_v2:channels=grow", ["channels=grow", "constant", "growing"]),
        ("wide_resnet:se_on=both", ["se_on=both", "residual", "shortcut"]),
    ],
)
def test_a_wrong_spec_is_refused_with_the_reason(spec, words):
    with pytest.raises(SubjectError) as refusal:
        build(spec)
    for word in words:
        assert word in str(refusal.value)


def test_a_number_given_from_python_must_be_one():
    with pytest.raises(SubjectError, match="width=True"):
        get("mobilenet_v1")(width=True)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("effnet:depth=9", "effnet has no parameter 'depth'.*pibench zoo effnet lists them$"),
        ("effnet:blocks=1-0-2", "effnet cannot have blocks=1-0-2: number 2: expected int >= 1$"),
        ("effnet:blocks=1-2", "effnet cannot have blocks=1-2: give 3 numbers with dashes between them$"),
    ],
)
def test_what_a_parameter_may_be_is_told(spec: str, sentence: str) -> None:
    with pytest.raises(SubjectError, match=sentence):
        build(spec)
