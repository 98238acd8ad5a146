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
from pibench.graph.ops import Concat, Gather, Pad, Reshape, Slice, Split, Transpose
from pibench.tflite import read, write

B = tflite.BuiltinOperator
X = (1, 4, 6, 8)

CASES = [
    (Concat(), [X, (1, 4, 6, 2)]),
    (Concat(axis=1), [X, X, X]),
    (Concat(axis=-3), [X, X]),
    (Concat(), [X]),
    (Split(sizes=(8,)), [X]),
    (Split(sizes=(4, 4)), [X]),
    (Split(sizes=(3, 5)), [X]),
    (Split(sizes=(1, 2, 3), axis=2), [X]),
    (Split(sizes=(2, 2), axis=-3), [X]),
    (Slice(begin=(0, 1, 2, 3), size=(1, 3, 4, 5)), [X]),
    (Slice(begin=(0, 2), size=(2, 3)), [(2, 6)]),
    (Gather(indices=(7, 0, 0, 3)), [X]),
    (Gather(indices=(3, 1), axis=1), [X]),
    (Reshape(shape=(1, 192)), [X]),
    (Reshape(shape=(1, 4, 6, 2, 4)), [X]),
    (Transpose(perm=(0, 2, 1, 3)), [X]),
    (Transpose(perm=(0, 1, 2, 4, 3)), [(1, 2, 3, 4, 2)]),
    (Transpose(perm=(1, 0)), [(3, 5)]),
    (Pad(paddings=((0, 0), (1, 2), (0, 3), (0, 0))), [X]),
    (Pad(paddings=((0, 0), (0, 0), (0, 0), (2, 1))), [X]),
]


@pytest.mark.parametrize(
    ("op", "shapes"),
    CASES,
)
def test_what_is_written_is_read_back(op, shapes):
    graph = graph_of(op, *shapes)
    assert canonical(read(write(graph))) == canonical(graph)


@pytest.mark.parametrize(("op", "shapes"), CASES)
def test_what_is_written_computes_what_the_operation_means(op, shapes, runtime, tmp_path):
    assert_runs_as_defined(graph_of(op, *shapes), runtime, tmp_path)


@pytest.mark.parametrize(("op", "shapes"), CASES)
def test_the_int8_form_is_read_back(op, shapes):
    graph = quantised(graph_of(op, *shapes))
    assert canonical(read(write(graph))) == canonical(graph)


@pytest.mark.parametrize("kernels", KERNEL_MODES)
@pytest.mark.parametrize(("op", "shapes"), CASES)
def test_the_int8_form_computes_the_same(op, shapes, runtime, kernels, tmp_path):
    assert_int8_form_runs_as_defined(graph_of(op, *shapes), runtime, kernels, tmp_path)


@pytest.mark.parametrize(("op", "shapes"), CASES)
def test_xnnpack_runs_the_int8_form_of_what_it_runs_in_float(op, shapes, litert, tmp_path):
    graph = graph_of(op, *shapes)
    expected = runs_in_xnnpack(graph, litert.name, tmp_path)
    assert runs_in_xnnpack(quantised(graph), litert.name, tmp_path) == expected


@pytest.mark.parametrize(
    ("op", "shapes", "code"),
    [
        (Concat(), [X, X], (B.CONCATENATION, 2)),
        (Split(sizes=(4, 4)), [X], (B.SPLIT, 2)),
        (Split(sizes=(3, 5)), [X], (B.SPLIT_V, 2)),
        (Slice(begin=(0, 0, 0, 0), size=X), [X], (B.STRIDED_SLICE, 2)),
        (Gather(indices=(0,)), [X], (B.GATHER, 2)),
        (Reshape(shape=(192,)), [X], (B.RESHAPE, 1)),
        (Transpose(perm=(0, 2, 1, 3)), [X], (B.TRANSPOSE, 2)),
        (Transpose(perm=(0, 1, 2, 4, 3)), [(1, 2, 3, 4, 2)], (B.TRANSPOSE, 4)),
        (Pad(paddings=((0, 0),) * 4), [X], (B.PAD, 2)),
    ],
)
def test_the_int8_form_has_the_version_that_brought_int8_or_more(op, shapes, code):
    assert codes(write(quantised(graph_of(op, *shapes)))) == [code]


@pytest.mark.parametrize("groups", [2, 3])
def test_a_channel_shuffle_computes_what_it_means(groups, runtime, tmp_path):
    net = GraphBuilder("shuffle")
    x = net.input((1, 5, 4, 12))
    y = net.reshape(x, (1, 5, 4, groups, 12 // groups), name="apart")
    y = net.transpose(y, (0, 1, 2, 4, 3))
    assert_runs_as_defined(net.build(net.reshape(y, net.shape(x), name="together")), runtime, tmp_path)


@pytest.mark.parametrize(
    ("op", "shapes", "code"),
    [
        (Concat(), [X, X], (B.CONCATENATION, 1)),
        (Split(sizes=(4, 4)), [X], (B.SPLIT, 1)),
        (Split(sizes=(8,)), [X], (B.SPLIT, 1)),
        (Split(sizes=(3, 5)), [X], (B.SPLIT_V, 1)),
        (Slice(begin=(0, 0, 0, 0), size=X), [X], (B.STRIDED_SLICE, 1)),
        (Gather(indices=(0,)), [X], (B.GATHER, 1)),
        (Reshape(shape=(192,)), [X], (B.RESHAPE, 1)),
        (Transpose(perm=(0, 2, 1, 3)), [X], (B.TRANSPOSE, 1)),
        (Transpose(perm=(0, 1, 2, 4, 3)), [(1, 2, 3, 4, 2)], (B.TRANSPOSE, 4)),
        (Pad(paddings=((0, 0),) * 4), [X], (B.PAD, 1)),
    ],
)
def test_each_operation_has_its_operator_and_version(op, shapes, code):
    assert codes(write(graph_of(op, *shapes))) == [code]


@pytest.mark.parametrize(
    ("sizes", "operands"), [((4, 4), ["node/axis", "x0"]), ((3, 5), ["x0", "node/sizes", "node/axis"])]
)
def test_both_splits_have_their_operands_in_the_schemas_order(sizes, operands):
    _, subgraph, (operator,) = parsed(write(graph_of(Split(sizes=sizes), X)))
    assert [subgraph.Tensors(k).Name().decode() for k in operator.InputsAsNumpy()] == operands
    assert subgraph.Tensors(operator.Inputs(operands.index("node/axis"))).ShapeLength() == 0


def test_joining_a_tensor_with_itself_reads_it_twice():
    net = GraphBuilder("twice")
    x = net.input(X)
    graph = read(write(net.build(net.concat(x, x))))
    assert graph.nodes[-1].inputs == ("image", "image")
    assert graph.spec(graph.outputs[0]).channels == 16


def test_a_slice_is_left_open_where_it_reaches_an_edge():
    _, _, (operator,) = parsed(write(graph_of(Slice(begin=(0, 1, 2, 0), size=(1, 3, 2, 8)), (1, 4, 6, 8))))
    options = tflite.StridedSliceOptions()
    options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
    assert (options.BeginMask(), options.EndMask()) == (0b1001, 0b1011)
