import random
import struct

import flatbuffers
import numpy as np
import pytest
import tflite
from tflite_reference import canonical, codes, parsed

from pibench.errors import ModelFileError
from pibench.graph import Graph, GraphBuilder, TensorSpec, WeightSpec
from pibench.graph.ops import Conv, Gather, Slice
from pibench.models.architectures import build
from pibench.tflite import lower, read, write
from pibench.tflite.reader import check_looks_like_model

B = tflite.BuiltinOperator
FLOAT32, FLOAT16, INT32 = tflite.TensorType.FLOAT32, tflite.TensorType.FLOAT16, tflite.TensorType.INT32


def table(builder, kind, **fields):
    getattr(tflite, f"{kind}Start")(builder)
    for name, value in fields.items():
        getattr(tflite, f"{kind}Add{name}")(builder, value)
    return getattr(tflite, f"{kind}End")(builder)


def offsets(builder, children):
    builder.StartVector(4, len(children), 4)
    for child in reversed(children):
        builder.PrependUOffsetTRelative(child)
    return builder.EndVector()


def integers(builder, values):
    return builder.CreateNumpyVector(np.asarray(values, np.int32))


def model(tensors, operators, inputs, outputs, subgraphs=1):
    """A .tflite file, written without pibench.

    Tensors are (name, shape, type, data or None), operators (code or custom name, inputs, outputs,
    options' type, options' fields).
    """
    builder = flatbuffers.Builder(1024)
    buffers = [table(builder, "Buffer")]
    tensor_tables = []
    for name, shape, kind, data in tensors:
        if data is not None:
            vector = builder.CreateNumpyVector(np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8))
            buffers.append(table(builder, "Buffer", Data=vector))
        fields = {"Shape": integers(builder, shape), "Name": builder.CreateString(name)}
        tensor_tables.append(
            table(builder, "Tensor", Type=kind, Buffer=len(buffers) - 1 if data is not None else 0, **fields)
        )
    code_tables, operator_tables = [], []
    for index, (code, reads, makes, kind, options) in enumerate(operators):
        custom = isinstance(code, str)
        fields = {"CustomCode": builder.CreateString(code)} if custom else {}
        number = B.CUSTOM if custom else code
        code_tables.append(
            table(
                builder, "OperatorCode", DeprecatedBuiltinCode=min(number, 127), BuiltinCode=number, Version=1, **fields
            )
        )
        vectors = {
            key: integers(builder, value) if isinstance(value, (list, tuple)) else value
            for key, value in options.items()
        }
        fields = {"Inputs": integers(builder, reads), "Outputs": integers(builder, makes), "OpcodeIndex": index}
        if kind:
            fields["BuiltinOptions"] = table(builder, kind, **vectors)
            fields["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, kind)
        operator_tables.append(table(builder, "Operator", **fields))
    parts = {
        "Tensors": offsets(builder, tensor_tables),
        "Operators": offsets(builder, operator_tables),
        "Inputs": integers(builder, inputs),
        "Outputs": integers(builder, outputs),
    }
    graphs = offsets(builder, [table(builder, "SubGraph", **parts)] * subgraphs)
    parts = {"OperatorCodes": offsets(builder, code_tables), "Buffers": offsets(builder, buffers)}
    builder.Finish(table(builder, "Model", Version=3, Subgraphs=graphs, **parts), b"TFL3")
    return bytes(builder.Output())


def one_operator(code, options_type="", options=None, *, shape=(1, 4), output=None, constants=()):
    tensors = [("x", shape, FLOAT32, None), ("y", output or shape, FLOAT32, None)]
    tensors += [(f"c{k}", array.shape, INT32, array) for k, array in enumerate(constants)]
    reads = [0, *range(2, 2 + len(constants))]
    return model(tensors, [(code, reads, [1], options_type, options or {})], [0], [1])


CONV_OPTIONS = {"StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
KERNEL = np.arange(6, dtype=np.float32).reshape(3, 1, 1, 2)


def test_a_file_written_by_other_means_is_understood():
    tensors = [
        ("serving_default_x:0", (1, 4, 4, 2), FLOAT32, None),
        ("kernel", (3, 1, 1, 2), FLOAT32, KERNEL),
        ("bias", (3,), FLOAT32, np.ones(3, np.float32)),
        ("model/conv/Relu", (1, 4, 4, 3), FLOAT32, None),
    ]
    options = CONV_OPTIONS | {"Padding": 0, "FusedActivationFunction": 1}
    graph = read(model(tensors, [(B.CONV_2D, [0, 1, 2], [3], "Conv2DOptions", options)], [0], [3]), "mine")
    assert graph.name == "mine"
    assert [node.name for node in graph.nodes] == ["serving_default_x", "model/conv/Relu"]
    assert graph.nodes[1].op == Conv(filters=3, kernel=(1, 1), bias=True, activation="relu")
    assert graph.total_macs == 4 * 4 * 3 * 2


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"hello, this is not a model at all", "not a .tflite model"),
        (b"TFL3", "not a .tflite model"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "not a .tflite model"),
        (b"\x00\x00\x00\x00TFL", "not a .tflite model"),
    ],
)
def test_what_is_no_model_is_refused_by_name(data, word):
    with pytest.raises(ModelFileError, match=f"^my.tflite is {word}"):
        check_looks_like_model(data, "my.tflite")
    with pytest.raises(ModelFileError, match=f"^my.tflite is {word}"):
        read(data, "my.tflite")


@pytest.mark.parametrize(
    "data", [b"\x00\x00\x00\x00TFL3", b"\xff\xff\xff\xffTFL3", b"\x08\x00\x00\x00TFL3" + bytes(64)]
)
def test_a_mark_without_a_model_is_refused_by_name(data):
    with pytest.raises(ModelFileError, match=r"^my\.tflite "):
        read(data, "my.tflite")


def test_a_file_without_a_subgraph_is_refused():
    with pytest.raises(ModelFileError, match=r"my\.tflite holds no graph"):
        read(model([("x", (1,), FLOAT32, None)], [], [0], [0], subgraphs=0), "my.tflite")


def test_only_the_main_subgraph_is_read():
    graph = read(model([("x", (1,), FLOAT32, None)], [], [0], [0], subgraphs=2))
    assert [node.name for node in graph.nodes] == ["x"]


def test_a_file_without_outputs_is_refused():
    with pytest.raises(ModelFileError, match=r"not a consistent model.*no outputs"):
        read(model([("x", (1,), FLOAT32, None)], [], [0], []))


@pytest.mark.parametrize(
    ("code", "name"), [(B.CUMSUM, "CUMSUM"), (B.TOPK_V2, "TOPK_V2"), (B.GELU, "GELU"), ("Flex_Thing", "Flex_Thing")]
)
def test_an_operator_without_counterpart_becomes_an_opaque_node_of_its_name(code, name):
    graph = read(one_operator(code, output=(2, 3), constants=[np.arange(5, dtype=np.int32)]))
    (node,) = graph.opaque
    assert (node.name, node.op.label, node.inputs) == ("y", name, ("x",))
    assert graph.spec("y") == TensorSpec((2, 3))
    assert graph.weights(node) == (WeightSpec("c0", (5,), "int32"),)
    assert (graph.total_macs, graph.total_parameters) == (0, 5)


def test_a_builtin_operator_newer_than_the_schema_is_named_by_its_code():
    (node,) = read(one_operator(250)).opaque
    assert node.op.label == "BUILTIN_250"


def test_a_custom_operator_without_a_name_is_called_so():
    (node,) = read(one_operator(B.CUSTOM)).opaque
    assert node.op.label == "CUSTOM"


@pytest.mark.parametrize("old", [True, False], ids=["old field only", "both fields"])
def test_the_older_operator_code_field_is_understood(old):
    data = bytearray(one_operator(B.LOGISTIC))
    code = tflite.Model.GetRootAs(data, 0).OperatorCodes(0)
    field = code._tab.Pos + code._tab.Offset(10)
    assert struct.unpack_from("<i", data, field) == (B.LOGISTIC,)
    if old:
        struct.pack_into("<i", data, field, 0)
    assert read(bytes(data)).nodes[-1].op.label == "sigmoid"


@pytest.mark.parametrize(
    ("operator", "label"),
    [
        ((B.ADD, "AddOptions", {"FusedActivationFunction": 4}), "ADD"),
        ((B.CONCATENATION, "ConcatenationOptions", {"Axis": 1, "FusedActivationFunction": 1}), "CONCATENATION"),
        ((B.SUB, "SubOptions", {}), "SUB"),
    ],
)
def test_a_variant_that_no_operation_has_is_opaque(operator, label):
    code, kind, options = operator
    tensors = [(name, (1, 4), FLOAT32, None) for name in ("a", "b")]
    tensors.append(("y", (1, 8) if code == B.CONCATENATION else (1, 4), FLOAT32, None))
    graph = read(model(tensors, [(code, [0, 1], [2], kind, options)], [0, 1], [2]))
    assert [node.op.label for node in graph.opaque] == [label]
    assert graph.opaque[0].inputs == ("a", "b")


def test_an_operator_whose_output_contradicts_it_is_opaque():
    graph = read(one_operator(B.LOGISTIC, shape=(1, 4), output=(1, 5)))
    assert [node.op.label for node in graph.opaque] == ["LOGISTIC"]
    assert graph.spec("y").shape == (1, 5)


def test_a_mean_over_other_axes_is_opaque():
    data = one_operator(
        B.MEAN, "ReducerOptions", {"KeepDims": False}, shape=(1, 4, 4, 2), output=(1, 4, 2), constants=[np.int32([1])]
    )
    assert [node.op.label for node in read(data).opaque] == ["MEAN"]


@pytest.mark.parametrize("axes", [[1, 2], [2, 1], [-3, -2]])
def test_a_mean_over_height_and_width_is_global_pooling_however_it_is_written(axes):
    data = one_operator(
        B.MEAN,
        "ReducerOptions",
        {"KeepDims": True},
        shape=(1, 4, 4, 2),
        output=(1, 1, 1, 2),
        constants=[np.int32(axes)],
    )
    assert read(data).nodes[-1].op.label == "global_average_pool"


def strided_slice(begin, end, strides, output, **options):
    constants = [np.int32(values) for values in (begin, end, strides)]
    return one_operator(
        B.STRIDED_SLICE, "StridedSliceOptions", options, shape=(1, 6, 8), output=output, constants=constants
    )


@pytest.mark.parametrize(
    ("begin", "options", "expected"),
    [((0, 2, 3), {}, (0, 2, 3)), ((0, -4, -5), {}, (0, 2, 3)), ((5, 2, 5), {"BeginMask": 0b101}, (0, 2, 0))],
)
def test_a_strided_slice_of_unit_strides_is_a_slice(begin, options, expected):
    graph = read(strided_slice(begin, (1, 5, 8), (1, 1, 1), (1, 3, 3), **options))
    assert graph.nodes[-1].op == Slice(begin=expected, size=(1, 3, 3))


@pytest.mark.parametrize(
    "data",
    [
        strided_slice((0, 0, 0), (1, 6, 8), (1, 2, 1), (1, 3, 8)),
        strided_slice((0, 0, 0), (1, 6, 8), (1, 1, 1), (6, 8), ShrinkAxisMask=1),
        strided_slice((0, 0, 0), (1, 6, 8), (1, 1, 1), (1, 6, 8), EllipsisMask=1),
    ],
    ids=["strides", "shrunk axis", "ellipsis"],
)
def test_other_strided_slices_are_opaque(data):
    assert [node.op.label for node in read(data).opaque] == ["STRIDED_SLICE"]


def test_a_slice_is_understood():
    data = one_operator(B.SLICE, shape=(1, 6), output=(1, 2), constants=[np.int32([0, 3]), np.int32([1, 2])])
    assert read(data).nodes[-1].op == Slice(begin=(0, 3), size=(1, 2))


@pytest.mark.parametrize(("batch_dims", "known"), [(0, True), (1, False)])
def test_a_gather_is_understood_without_batch_dimensions(batch_dims, known):
    options = {"Axis": 1, "BatchDims": batch_dims}
    graph = read(one_operator(B.GATHER, "GatherOptions", options, output=(1, 2), constants=[np.int32([3, 0])]))
    assert (graph.nodes[-1].op == Gather(indices=(3, 0), axis=1)) is known


@pytest.mark.parametrize("new_shape", [None, (2, 2)])
def test_a_reshape_is_understood_with_or_without_its_shape_among_the_options(new_shape):
    options = {"NewShape": new_shape} if new_shape else {}
    data = one_operator(B.RESHAPE, "ReshapeOptions", options, output=(2, 2), constants=[np.int32([2, 2])])
    assert read(data).nodes[-1].op.label == "reshape"


def test_a_reshape_without_options_is_understood():
    data = one_operator(B.RESHAPE, output=(2, 2), constants=[np.int32([2, 2])])
    assert read(data).nodes[-1].op.label == "reshape"


def test_a_squeeze_is_opaque_and_spoils_nothing():
    data = one_operator(B.SQUEEZE, "SqueezeOptions", {"SqueezeDims": (0,)}, output=(4,))
    assert [node.op.label for node in read(data).opaque] == ["SQUEEZE"]


def half_precision(reader_code):
    tensors = [
        ("x", (1, 4, 4, 2), FLOAT32, None),
        ("kernel16", (3, 1, 1, 2), FLOAT16, KERNEL.astype(np.float16)),
        ("kernel", (3, 1, 1, 2), FLOAT32, None),
        ("y", (1, 4, 4, 3), FLOAT32, None),
    ]
    operators = [
        (B.DEQUANTIZE, [1], [2], "", {}),
        (reader_code, [0, 2, -1], [3], "Conv2DOptions", CONV_OPTIONS),
    ]
    return model(tensors, operators, [0], [3])


def test_a_dequantized_constant_counts_as_a_weight_in_its_stored_type():
    graph = read(half_precision(B.CONV_2D))
    assert [node.name for node in graph.nodes] == ["x", "y"]
    conv = graph.nodes[1]
    assert conv.op == Conv(filters=3, kernel=(1, 1), weight_dtype="float16")
    assert graph.weights(conv) == (WeightSpec("kernel", (1, 1, 2, 3), "float16"),)
    assert graph.weights(conv)[0].bytes == 12


def test_a_dequantized_constant_of_an_opaque_node_counts_as_its_weight():
    graph = read(half_precision(B.SUB))
    (node,) = graph.opaque
    assert (node.name, node.inputs) == ("y", ("x",))
    assert graph.weights(node) == (WeightSpec("kernel16", (3, 1, 1, 2), "float16"),)


def test_a_dequantized_activation_stays_a_node():
    tensors = [("x", (1, 4), tflite.TensorType.INT8, None), ("y", (1, 4), FLOAT32, None)]
    graph = read(model(tensors, [(B.DEQUANTIZE, [0], [1], "", {})], [0], [1]))
    assert [node.op.label for node in graph.nodes] == ["input", "DEQUANTIZE"]
    assert graph.spec("y").dtype == "float32"


def test_a_kernel_that_is_not_constant_makes_the_convolution_opaque():
    tensors = [
        ("x", (1, 4, 4, 2), FLOAT32, None),
        ("k", (3, 1, 1, 2), FLOAT32, None),
        ("y", (1, 4, 4, 3), FLOAT32, None),
    ]
    graph = read(model(tensors, [(B.CONV_2D, [0, 1, -1], [2], "Conv2DOptions", CONV_OPTIONS)], [0, 1], [2]))
    assert [node.op.label for node in graph.opaque] == ["CONV_2D"]
    assert graph.opaque[0].inputs == ("x", "k")


def test_equal_names_are_told_apart():
    tensors = [("same", (1, 4), FLOAT32, None)] * 3
    operators = [(B.LOGISTIC, [0], [1], "", {}), (B.LOGISTIC, [1], [2], "", {})]
    graph = read(model(tensors, operators, [0], [2]))
    assert [(node.name, node.inputs) for node in graph.nodes] == [
        ("same", ()),
        ("same#2", ("same",)),
        ("same#3", ("same#2",)),
    ]


def test_an_operator_without_tensor_names_takes_its_own():
    tensors = [("x", (1, 4), FLOAT32, None), ("", (1, 4), FLOAT32, None)]
    graph = read(model(tensors, [(B.LOGISTIC, [0], [1], "", {})], [0], [1]))
    assert graph.outputs == ("LOGISTIC",)


def test_names_with_a_position_behind_them_are_read():
    tensors = [(name, (1, 4), FLOAT32, None) for name in ("x", "y:0", "y")]
    operators = [(B.LOGISTIC, [0], [1], "", {}), (B.LOGISTIC, [1], [2], "", {})]
    assert len(read(model(tensors, operators, [0], [2])).nodes) == 3


def test_a_node_of_several_outputs_keeps_its_name():
    net = GraphBuilder("net")
    graph = net.build(*net.split(net.input((1, 4)), (1, 3)))
    assert read(write(graph)).nodes[-1].name == "split"


def conv_file():
    net = GraphBuilder("net")
    return write(net.build(net.conv(net.input((1, 8, 8, 4)), 4, 3, 2)))


@pytest.mark.parametrize("option", ["StrideH", "StrideW"])
def test_a_stride_of_zero_does_not_escape_as_another_error(option):
    data = bytearray(conv_file())
    _, _, (operator,) = parsed(data)
    found = operator.BuiltinOptions()
    position = found.Pos + found.Offset({"StrideW": 6, "StrideH": 8}[option])
    assert struct.unpack_from("<i", data, position) == (2,)
    struct.pack_into("<i", data, position, 0)
    assert_read_or_refused(bytes(data))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        (b"image", (1, 8, 8, 0)),
        (b"conv/kernel", (4, 3, 3, 0)),
        (b"image", (1, 8, 8, -1)),
        (b"image", (2**31 - 1,) * 4),
        (b"conv/kernel", (4, 0, 3, 4)),
        (b"conv/kernel", (-4, 3, 3, 4)),
        (b"conv/kernel", (4, 3, 3, -4)),
        (b"conv", (1, 4, 4, 5)),
    ],
)
def test_an_impossible_shape_does_not_escape_as_another_error(name, shape):
    data = bytearray(conv_file())
    _, subgraph, _ = parsed(data)
    tensor = next(t for t in map(subgraph.Tensors, range(subgraph.TensorsLength())) if t.Name() == name)
    struct.pack_into("<4i", data, tensor._tab.Vector(tensor._tab.Offset(4)), *shape)
    assert_read_or_refused(bytes(data))


def assert_read_or_refused(data):
    try:
        graph = read(data, "damaged")
    except ModelFileError as refusal:
        assert "damaged" in str(refusal)
        return False
    assert isinstance(graph, Graph)
    assert Graph.from_json(graph.to_json()) == graph
    return True


@pytest.fixture(scope="module")
def model_file():
    return write(build("mobilenet_v1:depth=3,width=4,se=2,skip=true"))


def test_a_file_cut_off_anywhere_is_refused_or_read(model_file):
    lengths = {*range(200), *range(200, len(model_file), 37)}
    outcomes = [assert_read_or_refused(model_file[:length]) for length in sorted(lengths - {0})]
    assert not any(outcomes[: len(outcomes) // 2])


def test_a_whole_file_is_read(model_file):
    assert assert_read_or_refused(model_file)
    assert canonical(read(model_file)) == canonical(lower(build("mobilenet_v1:depth=3,width=4,se=2,skip=true")).graph)


def structure(data):
    """Positions of everything but weights."""
    found = tflite.Model.GetRootAs(data, 0)
    weights = set()
    for k in range(found.BuffersLength()):
        buffer = found.Buffers(k)
        if buffer.DataLength():
            start = buffer._tab.Vector(buffer._tab.Offset(4))
            weights.update(range(start, start + buffer.DataLength()))
    return [position for position in range(len(data)) if position not in weights]


@pytest.mark.parametrize("seed", range(3))
def test_a_file_with_flipped_bytes_is_refused_or_read(model_file, seed):
    rng = random.Random(seed)
    positions = structure(model_file)
    outcomes = []
    for _ in range(100):
        data = bytearray(model_file)
        for _ in range(rng.choice([1, 1, 2, 5, 20])):
            data[rng.choice(positions)] = rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])
        outcomes.append(assert_read_or_refused(bytes(data)))
    assert {True, False} == set(outcomes)


def test_the_crafted_files_operators_are_where_the_test_put_them():
    assert codes(one_operator(B.CUMSUM)) == [(B.CUMSUM, 1)]
