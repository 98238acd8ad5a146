import pytest
import tflite
from tflite_reference import (
    assert_int8_form_runs_as_defined,
    assert_runs_as_defined,
    canonical,
    codes,
    graph_of,
    parsed,
    runs_in_xnnpack,
)

from pibench.engine import KERNEL_MODES
from pibench.graph import GraphBuilder, quantised
from pibench.graph.ops import Activation, Add, Multiply, Softmax
from pibench.tflite import read, write

B = tflite.BuiltinOperator
X = (1, 4, 5, 8)

CASES = [
    (Activation(function="relu"), [X], B.RELU),
    (Activation(function="relu6"), [X], B.RELU6),
    (Activation(function="leaky_relu", slope=0.3), [X], B.LEAKY_RELU),
    (Activation(function="leaky_relu", slope=0.01), [X], B.LEAKY_RELU),
    (Activation(function="sigmoid"), [X], B.LOGISTIC),
    (Activation(function="hard_swish"), [X], B.HARD_SWISH),
    (Add(), [X, X], B.ADD),
    (Add(), [X, (1, 1, 1, 8)], B.ADD),
    (Add(activation="relu"), [X, X], B.ADD),
    (Add(constant=(8,)), [X], B.ADD),
    (Add(constant=(8,), activation="relu6"), [X], B.ADD),
    (Multiply(), [X, (1, 1, 1, 8)], B.MUL),
    (Multiply(), [(1, 1, 1, 8), X], B.MUL),
    (Multiply(activation="relu6"), [X, X], B.MUL),
    (Multiply(constant=(8,)), [X], B.MUL),
    (Softmax(), [(2, 10)], B.SOFTMAX),
    (Softmax(), [X], B.SOFTMAX),
]
everything = pytest.mark.parametrize(("op", "shapes", "code"), CASES)


@everything
def test_what_is_written_is_read_back(op, shapes, code):
    graph = graph_of(op, *shapes)
    data = write(graph)
    assert codes(data) == [(code, 1)]
    assert canonical(read(data)) == canonical(graph)


@everything
def test_what_is_written_computes_what_the_operation_means(op, shapes, code, runtime, tmp_path):
    assert_runs_as_defined(graph_of(op, *shapes), runtime, tmp_path)


# The versions of these had int8 from the first.
INT8_VERSIONS = {B.LEAKY_RELU: 1, B.HARD_SWISH: 1}
# What XNNPACK has no int8 kernel for, or only one that keeps the scale.
NOT_IN_XNNPACK = {B.RELU, B.RELU6, B.HARD_SWISH, B.SOFTMAX}


@everything
def test_the_int8_form_is_read_back(op, shapes, code):
    graph = quantised(graph_of(op, *shapes))
    data = write(graph)
    assert codes(data) == [(code, INT8_VERSIONS.get(code, 2))]
    assert canonical(read(data)) == canonical(graph)


@pytest.mark.parametrize("kernels", KERNEL_MODES)
@everything
def test_the_int8_form_computes_the_same_to_a_step(op, shapes, code, runtime, kernels, tmp_path):
    assert_int8_form_runs_as_defined(graph_of(op, *shapes), runtime, kernels, tmp_path)


@everything
def test_xnnpack_runs_the_int8_form_where_it_can(op, shapes, code, litert, tmp_path):
    assert runs_in_xnnpack(quantised(graph_of(op, *shapes)), litert.name, tmp_path) == (code not in NOT_IN_XNNPACK)


def test_a_squeeze_and_excitation_gate_computes_what_it_means(runtime, tmp_path):
    net = GraphBuilder("gate")
    x = net.input(X)
    gate = net.global_average_pool(x, keep_dims=True)
    gate = net.activation(net.conv(gate, 4, name="squeeze"), "relu")
    gate = net.activation(net.conv(gate, 8, name="excite"), "sigmoid")
    assert_runs_as_defined(net.build(net.multiply(x, gate)), runtime, tmp_path)


def test_adding_a_tensor_to_itself_computes_its_double(runtime, tmp_path):
    net = GraphBuilder("twice")
    x = net.input(X)
    graph = net.build(net.add_tensors(x, x))
    assert canonical(read(write(graph))) == canonical(graph)
    assert_runs_as_defined(graph, runtime, tmp_path)


def test_softmax_is_written_with_a_beta_of_one():
    _, _, (operator,) = parsed(write(graph_of(Softmax(), (1, 10))))
    options = tflite.SoftmaxOptions()
    table = operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    assert options.Beta() == 1.0


def test_softmax_of_another_beta_is_opaque():
    data = bytearray(write(graph_of(Softmax(), (1, 10))))
    _, _, (operator,) = parsed(data)
    table = operator.BuiltinOptions()
    beta = table.Pos + table.Offset(4)
    data[beta : beta + 4] = b"\x00\x00\x00\x40"
    assert [node.op.label for node in read(bytes(data)).opaque] == ["SOFTMAX"]
