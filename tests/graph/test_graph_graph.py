import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pibench.errors import GraphError
from pibench.graph import Graph, GraphBuilder, Node, TensorSpec
from pibench.graph.graph import FORMAT_VERSION
from pibench.graph.ops import BatchNorm, Conv, Gather, Input, Opaque, Slice, Softmax, Split

X = Node("x", Input(shape=(1, 8, 8, 4)))


def document(*nodes, outputs=("y",), **fields):
    x = {"name": "x", "op": {"op": "input", "shape": [1, 8, 8, 4]}}
    return json.dumps({"format_version": 1, "name": "net", "nodes": [x, *nodes], "outputs": outputs} | fields)


def conv_json(**attributes):
    return {"name": "y", "op": {"op": "conv", "filters": 4, "kernel": [3, 3]} | attributes, "inputs": ["x"]}


STEPS = {
    "conv": lambda net, x, k, name: net.conv(x, 2 * k, k, groups=2 - net.channels(x) % 2, bias=k > 1, name=name),
    "strided conv": lambda net, x, k, name: net.conv(x, k, 3, (1, 2), name=name),
    "depthwise": lambda net, x, k, name: net.depthwise_conv(x, k, name=name),
    "batch norm": lambda net, x, k, name: net.batch_norm(x, epsilon=10.0**-k, name=name),
    "leaky relu": lambda net, x, k, name: net.activation(x, "leaky_relu", slope=k / 10, name=name),
    "relu6": lambda net, x, k, name: net.activation(x, "relu6", name=name),
    "add": lambda net, x, k, name: net.add_tensors(x, x, name=name),
    "multiply": lambda net, x, k, name: net.multiply(x, x, name=name),
    "concat": lambda net, x, k, name: net.concat(*[x] * k, name=name),
    "split": lambda net, x, k, name: net.split(net.concat(x, x, name=f"{name}.in"), [net.channels(x)] * 2, name=name)[
        k % 2
    ],
    "pad": lambda net, x, k, name: net.pad(x, [(0, 0), (k, 0), (0, k), (0, 0)], name=name),
    "pool": lambda net, x, k, name: net.max_pool(x, k, 2, padding="same", name=name),
    "average": lambda net, x, k, name: net.average_pool(x, 1, 1, name=name),
    "squeeze": lambda net, x, k, name: net.global_average_pool(x, keep_dims=True, name=name),
    "transpose": lambda net, x, k, name: net.transpose(x, (0, 2, 1, 3), name=name),
    "reshape": lambda net, x, k, name: net.reshape(
        x, (1, net.shape(x)[1] * net.shape(x)[2], 1, net.channels(x)), name=name
    ),
    "dropout": lambda net, x, k, name: net.dropout(x, k / 10, name=name),
    "softmax": lambda net, x, k, name: net.softmax(x, name=name),
    "dense": lambda net, x, k, name: net.dense(x, k, bias=k > 2, name=name),
    "gather": lambda net, x, k, name: net.add(Gather(indices=(0,) * k), x, name=name)[0],
    "slice": lambda net, x, k, name: net.add(Slice(begin=(0,) * 4, size=net.shape(x)), x, name=name)[0],
}


@st.composite
def graphs(draw):
    net = GraphBuilder(draw(st.text(alphabet="abc:=, é", max_size=8)))
    refs = [net.input((1, draw(st.integers(4, 9)), draw(st.integers(4, 9)), draw(st.integers(1, 6))))]
    for index, step in enumerate(draw(st.lists(st.sampled_from(sorted(STEPS)), max_size=8))):
        source = draw(st.sampled_from(refs))
        refs.append(STEPS[step](net, source, draw(st.integers(1, 3)), f"n{index}"))
    return net.build(*draw(st.lists(st.sampled_from(refs), min_size=1, max_size=3)))


@given(graphs())
def test_a_graph_survives_the_way_through_json(graph):
    again = Graph.from_json(graph.to_json())
    assert again == graph
    assert again.digest == graph.digest
    assert hash(again) == hash(graph)
    assert (again.name, again.nodes, again.outputs) == (graph.name, graph.nodes, graph.outputs)
    assert [again.output_specs(node) for node in again.nodes] == [graph.output_specs(node) for node in graph.nodes]
    assert (again.total_macs, again.total_parameters) == (graph.total_macs, graph.total_parameters)


@given(graphs())
def test_the_json_form_names_format_graph_and_outputs(graph):
    written = json.loads(graph.to_json())
    assert written == json.loads(json.dumps(graph.to_dict()))
    assert written["format_version"] == FORMAT_VERSION == 1
    assert (written["name"], tuple(written["outputs"])) == (graph.name, graph.outputs)
    assert [node["name"] for node in written["nodes"]] == [node.name for node in graph.nodes]


@given(graphs())
def test_consumers_are_the_nodes_that_read_a_tensor(graph):
    expected = {
        ref: [node for node in graph.nodes for read in node.inputs if read == ref]
        for node in graph.nodes
        for ref in graph.output_refs(node)
    }
    assert {ref: list(nodes) for ref, nodes in graph.consumers.items()} == expected


def test_defaults_need_not_be_written_in_json():
    graph = Graph.from_json(document(conv_json()))
    assert graph.nodes == (X, Node("y", Conv(filters=4, kernel=(3, 3)), ("x",)))


def test_text_and_bytes_are_read_alike():
    assert Graph.from_json(document(conv_json())) == Graph.from_json(document(conv_json()).encode())


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"name": "y", "op": {"op": "convv"}}, ["'y'", "convv"]),
        ({"name": "y", "inputs": ["x"]}, ["'y'", "op"]),
        ({"op": {"op": "softmax"}}, ["number 1", "name"]),
        (conv_json(strid=[1, 1]), ["'y'", "strid"]),
        ({**conv_json(), "colour": "red"}, ["'y'", "colour"]),
        (conv_json(filters=0), ["'y'", "filters", ">= 1"]),
        (conv_json(filters="4"), ["'y'", "filters", "int"]),
        (conv_json(stride=[0, 1]), ["'y'", "stride", ">= 1"]),
        (conv_json(kernel=[3]), ["'y'", "kernel"]),
        (conv_json(padding="full"), ["'y'", "padding", "full"]),
        (conv_json(activation="sigmoid"), ["'y'", "activation", "sigmoid"]),
        (conv_json(groups=3), ["'y'", "conv", "3 groups"]),
        ({"name": "y", "op": {"op": "dropout", "rate": 1.0}, "inputs": ["x"]}, ["'y'", "rate"]),
        ({"name": "y", "op": {"op": "conv", "kernel": [1, 1]}, "inputs": ["x"]}, ["'y'", "filters"]),
    ],
)
def test_a_wrong_node_in_json_is_refused_with_its_name(node, words):
    with pytest.raises(GraphError) as refusal:
        Graph.from_json(document(node))
    for word in words:
        assert word in str(refusal.value)


@pytest.mark.parametrize(
    ("op", "words"),
    [
        (Conv(filters=0, kernel=(3, 3)), ["filters", ">= 1"]),
        (Conv(filters=4, kernel=(3, 3), stride=(1, 0)), ["stride", ">= 1"]),
        (Conv(filters=4, kernel=(3, 3), groups=-1), ["groups", ">= 1"]),
        (Conv(filters=4, kernel=3), ["kernel", "array"]),
        (Conv(filters=2.5, kernel=(3, 3)), ["filters", "int"]),
        (Conv(filters=4, kernel=(3, 3), bias="yes"), ["bias", "bool"]),
    ],
)
def test_a_wrong_attribute_in_python_is_refused_as_in_json(op, words):
    with pytest.raises(GraphError) as refusal:
        Graph("net", [X, Node("y", op, ("x",))], ["y"])
    for word in ["'y'", *words]:
        assert word in str(refusal.value)


def test_what_is_no_operation_is_refused_with_the_nodes_name():
    with pytest.raises(GraphError, match=r"node 'y' .*'conv'"):
        Graph("net", [X, Node("y", "conv", ("x",))], ["y"])


@pytest.mark.parametrize(
    "data",
    ["", "{", "not json", b"\xff\xfe", "[]", "3", "null", '{"name": "net"}', "\x00", document(outputs="y"), b"TFL3"],
)
def test_what_is_not_a_graph_in_json_is_refused(data):
    with pytest.raises(GraphError, match="not a graph in JSON"):
        Graph.from_json(data)


def test_an_unknown_field_of_the_document_is_refused_with_its_name():
    with pytest.raises(GraphError, match="colour"):
        Graph.from_json(document(conv_json(), colour="red"))


@pytest.mark.parametrize("version", [0, 2, 10**30])
def test_another_format_version_is_refused_with_both_versions(version):
    with pytest.raises(GraphError, match=rf"format version {version}, .* reads {FORMAT_VERSION}"):
        Graph.from_json(document(conv_json(), format_version=version))


def test_a_newer_format_with_new_fields_is_refused_for_its_version():
    with pytest.raises(GraphError, match="format version 2"):
        Graph.from_json(document(conv_json(), format_version=2, colour="red"))


def test_deeply_nested_json_is_refused():
    with pytest.raises(GraphError, match="not a graph in JSON"):
        Graph.from_json('{"name": "net", "outputs": [], "nodes": [{"a": ' + "[" * 100_000)


def test_a_name_used_twice_is_refused():
    with pytest.raises(GraphError, match=r"^node 'x' \(input\) .*already taken"):
        Graph("net", [X, X], ["x"])


@pytest.mark.parametrize("name", ["s", "s:0", "s:1"])
def test_a_name_that_is_another_nodes_output_is_refused(name):
    nodes = [X, Node("s", Split(sizes=(1, 3)), ("x",)), Node(name, Softmax(), ("s:0",))]
    with pytest.raises(GraphError, match=f"^node '{name}' .*already taken"):
        Graph("net", nodes, ["s:1"])


def test_an_output_that_takes_another_nodes_name_is_refused():
    nodes = [Node("s:1", Input(shape=(1, 4))), Node("s", Split(sizes=(1, 3)), ("s:1",))]
    with pytest.raises(GraphError, match="already taken"):
        Graph("net", nodes, ["s:1"])


@pytest.mark.parametrize(
    ("ref", "help_text"), [("imag", "Did you mean 'image'?"), ("later", "Known: image."), ("soft", "Known: image.")]
)
def test_a_reference_that_no_earlier_node_makes_is_refused_with_help(ref, help_text):
    nodes = [
        Node("image", Input(shape=(1, 4))),
        Node("soft", Softmax(), (ref,)),
        Node("later", Softmax(), ("image",)),
    ]
    with pytest.raises(GraphError) as refusal:
        Graph("net", nodes, ["soft"])
    assert str(refusal.value).startswith(f"node 'soft' (softmax) reads '{ref}'")
    assert help_text in str(refusal.value)


def test_a_node_of_several_outputs_is_read_by_position_only():
    nodes = [X, Node("s", Split(sizes=(1, 3)), ("x",))]
    graph = Graph("net", [*nodes, Node("y", Softmax(), ("s:1",))], ["s:0", "y"])
    assert graph.output_refs(graph.nodes[1]) == ("s:0", "s:1")
    assert graph.spec("s:1") == TensorSpec((1, 8, 8, 3))
    assert graph.spec("y").channels == 3
    assert graph.consumers["s:0"] == ()
    assert graph.consumers["s:1"] == (graph.nodes[2],)
    with pytest.raises(GraphError, match=r"reads 's', which no earlier node makes"):
        Graph("net", [*nodes, Node("y", Softmax(), ("s",))], ["y"])
    with pytest.raises(GraphError, match="'s:2'"):
        Graph("net", nodes, ["s:2"])


def test_more_than_ten_outputs_keep_their_order():
    graph = Graph("net", [Node("x", Input(shape=(1, 12))), Node("s", Split(sizes=(1,) * 12), ("x",))], ["s:11"])
    assert graph.output_refs(graph.nodes[1]) == tuple(f"s:{k}" for k in range(12))


def test_a_node_that_reads_a_tensor_twice_consumes_it_twice():
    net = GraphBuilder("net")
    x = net.input((1, 4))
    graph = net.build(net.add_tensors(x, x))
    assert [node.name for node in graph.consumers["image"]] == ["add", "add"]


@pytest.mark.parametrize(("outputs", "reason"), [([], "no outputs"), (["y"], "'y'"), (["x", "y"], "'y'")])
def test_missing_outputs_are_refused_with_the_graphs_name(outputs, reason):
    with pytest.raises(GraphError, match=f"graph 'net' .*{reason}"):
        Graph("net", [X], outputs)


def test_an_unknown_tensor_has_no_spec():
    with pytest.raises(KeyError):
        Graph("net", [X], ["x"]).spec("y")


def test_totals_separate_what_is_trained_from_what_is_measured():
    net = GraphBuilder("net")
    x = net.input((1, 8, 8, 3))
    x = net.batch_norm(net.conv(x, 4, 3))
    graph = net.build(net.dense(net.global_average_pool(x), 10))
    assert graph.total_macs == 8 * 8 * 4 * 27 + 40
    assert graph.total_parameters == 108 + 16 + 50
    assert graph.trainable_parameters == 108 + 8 + 50


def test_inputs_and_opaque_nodes_are_found_in_order():
    opaque = Node("z", Opaque(name="CUSTOM", outputs=(TensorSpec((1,)),)), ("b", "a"))
    graph = Graph("net", [Node("b", Input(shape=(1,))), Node("a", Input(shape=(2,))), opaque], ["z"])
    assert [node.name for node in graph.inputs] == ["b", "a"]
    assert graph.opaque == (opaque,)
    assert [spec.shape for spec in graph.input_specs(opaque)] == [(1,), (2,)]


def test_a_renamed_graph_is_the_same_network_under_another_name():
    graph = Graph("net", [X], ["x"])
    other = graph.renamed("other")
    assert (other.name, other.nodes, other.outputs) == ("other", graph.nodes, graph.outputs)
    assert graph.name == "net"
    assert other != graph
    assert other.digest != graph.digest
    assert other.renamed("net") == graph


@pytest.mark.parametrize(
    "other",
    [
        Graph("other", [X], ["x"]),
        Graph("net", [X], ["x", "x"]),
        Graph("net", [Node("x", Input(shape=(1, 8, 8, 5)))], ["x"]),
        Graph("net", [Node("x", Input(shape=(1, 8, 8, 4), dtype="int8"))], ["x"]),
        "net",
        None,
    ],
)
def test_graphs_differ_by_name_nodes_and_outputs(other):
    graph = Graph("net", [X], ["x"])
    assert graph != other
    assert graph == Graph("net", (X,), ("x",))
    if isinstance(other, Graph):
        assert graph.digest != other.digest


def test_equal_graphs_are_one_key_whatever_number_types_they_were_made_of():
    whole = Graph("net", [X, Node("y", BatchNorm(epsilon=1), ("x",))], ["y"])
    fraction = Graph("net", [X, Node("y", BatchNorm(epsilon=1.0), ("x",))], ["y"])
    assert whole.digest == fraction.digest
    assert {whole: 1} == {fraction: 1}


def test_lists_are_normalised_to_tuples():
    graph = Graph("net", [X, Node("y", Conv(filters=4, kernel=[3, 3]), ["x"])], ["y"])
    assert graph.nodes[1] == Node("y", Conv(filters=4, kernel=(3, 3)), ("x",))


def test_nodes_and_operations_cannot_be_changed():
    graph = Graph("net", [X], ["x"])
    with pytest.raises(AttributeError):
        graph.nodes[0].name = "y"
    with pytest.raises(AttributeError):
        graph.nodes[0].op.dtype = "int8"
    assert graph.spec("x").dtype == "float32"


@pytest.mark.parametrize("attribute", ["name", "nodes", "outputs"])
def test_a_graph_cannot_be_changed(attribute):
    graph = Graph("net", [X], ["x"])
    with pytest.raises(AttributeError):
        setattr(graph, attribute, ())


def test_a_number_that_json_has_not_is_refused_when_the_graph_is_made():
    with pytest.raises(GraphError, match="epsilon"):
        Graph("net", [X, Node("y", BatchNorm(epsilon=float("nan")), ("x",))], ["y"])


def test_an_unknown_weight_type_is_refused_with_the_nodes_name():
    with pytest.raises(GraphError, match=r"'y'.*int3"):
        Graph("net", [X, Node("y", Conv(filters=4, kernel=(1, 1), weight_dtype="int3"), ("x",))], ["y"])


def test_a_graph_is_shown_by_name_size_and_cost():
    net = GraphBuilder("net")
    graph = net.build(net.dense(net.input((1, 100)), 20))
    assert repr(graph) == "<Graph 'net': 2 nodes, 2,000 MACs>"
