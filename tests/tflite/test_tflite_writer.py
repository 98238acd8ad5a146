import numpy as np
import pytest
import tflite
from tflite_reference import Int8Form, assert_runs_as_defined, canonical, codes, parsed, run_file, runs_in_xnnpack

from pibench.engine import KERNEL_MODES
from pibench.errors import GraphError
from pibench.graph import Graph, GraphBuilder, Node, TensorSpec, quantised
from pibench.graph.ops import Add, Conv, Input, Opaque
from pibench.models.architectures import build
from pibench.tflite import lower, random_weights, read, write

NETWORKS = [
    "wide_resnet:depth=10,width=8",
    "wide_resnet:depth=16,width=8,se=2,se_on=shortcut",
    "mobilenet_v1:depth=6,width=16,se=2,skip=true,dropout=0.2",
    "mobilenet_v1:depth=6,width=5,kernel=5",
    "mobilenet_v2:depth=6,width=16,se=4",
    "mobilenet_v2:depth=3,width=12,channels=growing,classes=7",
    "mobilenet_v3:depth=3,width=24,hard_swish=none,kernel=3",
    "squeezenext:depth=6,width=16,bottleneck=24",
    "effnet:width=32,dropout=0.2",
    "shufflenet_v2:depth=6,width=16,se=2,skip=true,dropout=0.2",
    "shufflenet_v2:depth=6,width=12,inner=equal,shuffle=4d",
    "mnasnet:depth=6,width=16,expansion=4,se=2",
]
# XNNPACK averages windows and applies a lone ReLU or hard swish in float32 only, joins five tensors
# at most, and gathers nothing.
PARTLY_DELEGATED = [
    "mobilenet_v3:depth=6,width=16",
    "densenet:depth=16,growth=8,dropout=0.2",
    "densenet:depth=28,growth=6,window=2",
    "condensenet:stages=2-1-2,growth=8-8-16",
    "condensenet:stages=2-1-1,growth=8-8-8,form=training",
    "shufflenet_v1:depth=6,width=16,groups=2",
    "shufflenet_v1:depth=6,width=40,groups=5,grouped=split,shuffle=4d",
    "nasnet:depth=6,width=8",
    "nasnet:depth=3,width=5,input_size=18",
]
ALL_NETWORKS = [*NETWORKS, *PARTLY_DELEGATED]


def two_in_three_out():
    net = GraphBuilder("many")
    left, right = net.input((1, 4, 4, 2), name="left"), net.input((1, 4, 4, 2), name="right")
    total = net.add_tensors(left, right)
    parts = net.split(net.conv(total, 6), (2, 4))
    return net.build(parts[1], total, parts[0])


def signature_of(data):
    model, subgraph, _ = parsed(data)
    assert model.SignatureDefsLength() == 1
    signature = model.SignatureDefs(0)
    named = {}
    for side in ("Inputs", "Outputs"):
        maps = [getattr(signature, side)(k) for k in range(getattr(signature, f"{side}Length")())]
        named[side] = [entry.Name().decode() for entry in maps]
        assert [subgraph.Tensors(entry.TensorIndex()).Name() for entry in maps] == [entry.Name() for entry in maps]
    return signature.SignatureKey(), named["Inputs"], named["Outputs"]


@pytest.mark.parametrize("spec", ALL_NETWORKS)
def test_a_network_is_read_back_as_it_was_lowered(spec):
    graph = build(spec)
    again = read(write(graph), "again")
    assert again.name == "again"
    assert canonical(again) == canonical(lower(graph).graph)
    assert again.total_macs == graph.total_macs
    assert again.opaque == ()


@pytest.mark.parametrize("spec", ALL_NETWORKS)
def test_a_network_computes_what_its_graph_means(spec, runtime, tmp_path):
    assert_runs_as_defined(build(spec), runtime, tmp_path)


@pytest.mark.parametrize("spec", ALL_NETWORKS)
def test_an_int8_network_is_read_back_as_it_was_lowered(spec):
    graph = quantised(build(spec))
    again = read(write(graph))
    assert canonical(again) == canonical(lower(graph).graph)
    assert again.opaque == ()


@pytest.mark.parametrize("kernels", KERNEL_MODES)
@pytest.mark.parametrize("spec", ALL_NETWORKS)
def test_an_int8_network_computes_nearly_what_its_float_graph_does(spec, kernels, runtime, tmp_path):
    ((integers, exact),) = Int8Form(build(spec), tmp_path).run(runtime, kernels)
    assert np.corrcoef(integers.ravel(), exact.ravel())[0, 1] > 0.97
    assert np.abs(integers - exact).max() < 12


@pytest.mark.parametrize("spec", ALL_NETWORKS)
def test_an_int8_network_computes_the_same_with_all_kernels(spec, runtime, tmp_path):
    form = Int8Form(build(spec), tmp_path)
    outputs = [run_file(form.path, runtime, form.inputs, kernels)[0].astype(int) for kernels in KERNEL_MODES]
    assert np.ptp(outputs, axis=0).max() <= 3


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    "spec",
    [
        *NETWORKS,
        "mobilenet_v1:depth=15,width=1,se=2",
        "mobilenet_v2:depth=9,width=1",
        "wide_resnet:depth=100,width=1,se=2",
        "wide_resnet:depth=400,width=4",
    ],
)
def test_xnnpack_runs_the_whole_of_an_int8_network(spec, seed, litert, tmp_path):
    """Extreme ones too: a lone channel may vanish, a long residual sum grows beyond float32's range."""
    assert runs_in_xnnpack(quantised(build(spec)), litert.name, tmp_path, seed)


@pytest.mark.parametrize("spec", ALL_NETWORKS)
def test_nodes_of_one_output_keep_their_names(spec):
    graph = build(spec)
    assert [node.name for node in read(write(graph)).nodes] == [node.name for node in lower(graph).graph.nodes]


@pytest.mark.parametrize("graph", [build(NETWORKS[1]), build(NETWORKS[3]), two_in_three_out()], ids=lambda g: g.name)
def test_every_buffers_data_is_aligned_and_no_smaller_than_its_tensor(graph):
    data = write(graph)
    model, subgraph, _ = parsed(data)
    tensors = [subgraph.Tensors(k) for k in range(subgraph.TensorsLength())]
    constants = {tensor.Buffer(): tensor for tensor in tensors if tensor.Buffer()}
    assert model.Buffers(0).DataLength() == 0
    assert set(constants) == set(range(1, model.BuffersLength()))
    for index, tensor in constants.items():
        table = model.Buffers(index)._tab
        assert table.Vector(table.Offset(4)) % 16 == 0
        assert model.Buffers(index).DataLength() == 4 * int(np.prod(tensor.ShapeAsNumpy(), initial=1))


def test_a_file_carries_the_schemas_mark_version_and_description():
    data = write(build(NETWORKS[0]))
    model, subgraph, _ = parsed(data)
    assert data[4:8] == b"TFL3"
    assert tflite.Model.ModelBufferHasIdentifier(data, 0)
    assert model.Version() == 3
    assert NETWORKS[0] in model.Description().decode()
    assert subgraph.Name() == b"main"


def test_each_operator_code_and_version_is_listed_once_in_both_fields():
    data = write(build("mobilenet_v1:depth=6,width=16,se=2,skip=true"))
    model, _, _ = parsed(data)
    listed = [model.OperatorCodes(k) for k in range(model.OperatorCodesLength())]
    pairs = [(code.BuiltinCode(), code.Version()) for code in listed]
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) == set(codes(data))
    assert [code.DeprecatedBuiltinCode() for code in listed] == [code.BuiltinCode() for code in listed]


def test_an_operator_has_the_highest_version_that_any_use_of_it_needs():
    net = GraphBuilder("net")
    x = net.conv(net.input((1, 4, 4, 4)), 4, name="plain")
    graph = net.build(net.conv(x, 4, groups=2, name="grouped"))
    assert codes(write(graph)) == [(tflite.BuiltinOperator.CONV_2D, 6)] * 2


def test_a_signature_names_inputs_and_outputs():
    assert signature_of(write(build(NETWORKS[0]))) == (b"serving_default", ["image"], ["head.logits"])


def test_several_inputs_and_outputs_keep_their_order():
    data = write(two_in_three_out())
    _, subgraph, _ = parsed(data)
    names = [["left", "right"], ["split:1", "add", "split:0"]]
    assert signature_of(data) == (b"serving_default", *names)
    for indices, wanted in zip((subgraph.InputsAsNumpy(), subgraph.OutputsAsNumpy()), names, strict=True):
        assert [subgraph.Tensors(index).Name().decode() for index in indices] == wanted
    graph = read(data)
    assert canonical(graph) == canonical(lower(two_in_three_out()).graph)
    assert [graph.spec(ref).shape for ref in graph.outputs] == [(1, 4, 4, 4), (1, 4, 4, 2), (1, 4, 4, 2)]


def test_several_inputs_and_outputs_compute_what_they_mean(runtime, tmp_path):
    assert_runs_as_defined(two_in_three_out(), runtime, tmp_path)


def test_an_input_of_another_type_passes_through_operations_without_weights(runtime, tmp_path):
    net = GraphBuilder("bytes")
    x = net.input((1, 4, 4, 2), dtype="int8")
    graph = net.build(net.transpose(x, (0, 2, 1, 3)))
    path = tmp_path / "model.tflite"
    path.write_bytes(write(graph))
    assert read(path.read_bytes()).spec("transpose") == TensorSpec((1, 4, 4, 2), "int8")
    values = np.arange(32, dtype=np.int8).reshape(1, 4, 4, 2)
    np.testing.assert_array_equal(run_file(path, runtime, [values])[0], values.transpose(0, 2, 1, 3))


def test_the_largest_batch_norm_epsilon_and_leaky_slope_survive(runtime, tmp_path):
    net = GraphBuilder("net")
    x = net.batch_norm(net.conv(net.input((1, 4, 4, 3)), 5), epsilon=10.0)
    assert_runs_as_defined(net.build(net.activation(x, "leaky_relu", slope=0.7)), runtime, tmp_path)


def test_an_opaque_node_cannot_be_written_and_is_named():
    nodes = [
        Node("x", Input(shape=(1, 4))),
        Node("strange", Opaque(name="CUMSUM", outputs=(TensorSpec((1, 4)),)), ("x",)),
    ]
    with pytest.raises(GraphError, match=r"'strange' \(CUMSUM\) cannot be written"):
        write(Graph("net", nodes, ["strange"]))


def test_names_beyond_ascii_survive():
    net = GraphBuilder("nét")
    graph = read(write(net.build(net.softmax(net.input((1, 4), name="imagé"), name="wahl×"))))
    assert [node.name for node in graph.nodes] == ["imagé", "wahl×"]


def test_a_network_whose_weights_exceed_the_first_estimate_is_written_whole():
    net = GraphBuilder("x" * 5000)
    x = net.input((1, 2, 2, 3), name="i" * 5000)
    for k in range(3):
        x = net.conv(x, 3, name=f"{k}" * 5000)
    graph = net.build(x)
    assert canonical(read(write(graph))) == canonical(lower(graph).graph)


def test_a_node_named_like_another_nodes_constant_is_kept_apart():
    net = GraphBuilder("net")
    x = net.conv(net.input((1, 4, 4, 2)), 3, name="a")
    graph = net.build(net.softmax(x, name="a/kernel"))
    assert canonical(read(write(graph))) == canonical(lower(graph).graph)


@pytest.mark.parametrize(
    ("dtype", "weight_dtype"),
    [
        pytest.param("uint8", None, id="another integer"),
        pytest.param("float32", "int8", id="hybrid kernel"),
        pytest.param("int8", "int4", id="int4 kernel"),
        pytest.param("float16", None, id="another float"),
    ],
)
def test_a_graph_with_weights_that_are_neither_float_nor_int8_is_refused(dtype, weight_dtype):
    nodes = [
        Node("x", Input(shape=(1, 4, 4, 2), dtype=dtype)),
        Node("y", Conv(filters=3, kernel=(1, 1), bias=True, weight_dtype=weight_dtype), ("x",)),
    ]
    with pytest.raises(GraphError, match=r"'y' \(conv\) has a kernel of .* only networks that are float32 or int8"):
        write(Graph("net", nodes, ["y"]))


def test_weights_of_another_float_type_are_converted_or_refused():
    net = GraphBuilder("net")
    graph = net.build(net.conv(net.input((1, 4, 4, 2)), 3))
    weights = {name: values.astype(np.float64) for name, values in random_weights(graph).items()}
    try:
        data = write(graph, weights)
    except GraphError as refusal:
        assert "conv/kernel" in str(refusal)
    else:
        assert data == write(graph, random_weights(graph))


def test_a_broadcast_constant_of_one_element_is_kept():
    net = GraphBuilder("net")
    (y,) = net.add(Add(constant=()), net.input((1, 4)), name="plus")
    graph = net.build(y)
    assert canonical(read(write(graph))) == canonical(graph)


@pytest.mark.parametrize(
    ("outputs", "sentence"),
    [
        (lambda x, y, z: [y, y], "'relu' that is another output, too"),
        (lambda x, y, z: [x, y], "'image' that is an input"),
        # Dropout does nothing in a file: what it gives is what it takes.
        (lambda x, y, z: [y, z], "'relu' that is another output, too"),
    ],
)
def test_outputs_that_runtimes_leave_unwritten_are_refused(outputs, sentence):
    net = GraphBuilder("net")
    x = net.input((1, 4, 4, 3), name="image")
    y = net.activation(x, "relu")
    z = net.dropout(y, 0.5)
    with pytest.raises(GraphError, match=sentence):
        write(Graph("net", net.build(z).nodes, outputs(x, y, z)))
