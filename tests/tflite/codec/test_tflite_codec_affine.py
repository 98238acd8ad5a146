import numpy as np
import pytest
import tflite
from tflite_reference import (
    assert_int8_form_runs_as_defined,
    assert_runs_as_defined,
    canonical,
    codes,
    graph_of,
    runs_in_xnnpack,
)

from pibench.engine import KERNEL_MODES
from pibench.graph import quantised
from pibench.graph.ops import Conv, Dense, DepthwiseConv
from pibench.tflite import lower, read, write

B = tflite.BuiltinOperator
IMAGE = (1, 7, 8, 4)

CASES = [
    (Conv(filters=6, kernel=(3, 3)), IMAGE),
    (Conv(filters=6, kernel=(3, 3), stride=(2, 2)), IMAGE),
    (Conv(filters=6, kernel=(3, 3), stride=(2, 2), bias=True), (1, 8, 8, 4)),
    (Conv(filters=6, kernel=(3, 1), stride=(2, 1)), IMAGE),
    (Conv(filters=6, kernel=(2, 2), stride=(2, 1)), IMAGE),
    (Conv(filters=6, kernel=(3, 3), stride=(2, 2), padding="valid"), IMAGE),
    (Conv(filters=6, kernel=(3, 3), padding="valid", dilation=(2, 1)), IMAGE),
    (Conv(filters=6, kernel=(3, 3), dilation=(2, 2)), IMAGE),
    (Conv(filters=6, kernel=(1, 1), groups=2), IMAGE),
    (Conv(filters=8, kernel=(3, 3), groups=4, bias=True, activation="relu"), IMAGE),
    (Conv(filters=6, kernel=(1, 1), activation="relu6"), (2, 3, 3, 4)),
    (Conv(filters=9, kernel=(3, 3), stride=(2, 2), groups=3), (1, 5, 5, 6)),
    (Conv(filters=4, kernel=(7, 7)), (1, 2, 2, 3)),
    (Conv(filters=4, kernel=(3, 3), stride=(2, 2), dilation=(2, 2)), (1, 9, 9, 3)),
    (DepthwiseConv(kernel=(3, 3)), IMAGE),
    (DepthwiseConv(kernel=(3, 3), stride=(2, 2), bias=True), IMAGE),
    (DepthwiseConv(kernel=(5, 5), stride=(2, 2)), (1, 8, 8, 4)),
    (DepthwiseConv(kernel=(1, 3), padding="valid", activation="relu6"), IMAGE),
    (DepthwiseConv(kernel=(3, 3), multiplier=3), IMAGE),
    (DepthwiseConv(kernel=(3, 3), dilation=(2, 2)), IMAGE),
    (Dense(units=5), (2, 6)),
    (Dense(units=5, bias=True, activation="relu"), (1, 6)),
    (Dense(units=5, bias=True), (2, 3, 6)),
    (Dense(units=5, bias=True), (1, 2, 3, 6)),
    (Dense(units=5, bias=True, flatten=True), (2, 3, 2, 4)),
]
everything = pytest.mark.parametrize(("op", "shape"), CASES)


@everything
def test_what_is_written_is_read_back(op, shape):
    graph = graph_of(op, shape)
    assert canonical(read(write(graph))) == canonical(lower(graph).graph)


@everything
def test_what_is_written_computes_what_the_operation_means(op, shape, runtime, tmp_path):
    assert_runs_as_defined(graph_of(op, shape), runtime, tmp_path)


@everything
def test_the_int8_form_is_read_back(op, shape):
    graph = quantised(graph_of(op, shape))
    assert canonical(read(write(graph))) == canonical(lower(graph).graph)


@pytest.mark.parametrize("kernels", KERNEL_MODES)
@everything
def test_the_int8_form_computes_the_same_to_a_step(op, shape, runtime, kernels, tmp_path):
    keeps_dimensions = isinstance(op, Dense) and len(shape) > 2 and not op.flatten
    if keeps_dimensions and (runtime, kernels) == ("tflite", "reference"):
        pytest.skip("tflite-runtime 2.14's reference kernel computes the first rows only")
    assert_int8_form_runs_as_defined(graph_of(op, shape), runtime, kernels, tmp_path)


@pytest.mark.parametrize(
    ("op", "shape", "code"),
    [
        (Conv(filters=4, kernel=(3, 3), dilation=(2, 2)), IMAGE, (B.CONV_2D, 3)),
        (Conv(filters=4, kernel=(1, 1), groups=2), IMAGE, (B.CONV_2D, 6)),
        (DepthwiseConv(kernel=(3, 3), dilation=(1, 2)), IMAGE, (B.DEPTHWISE_CONV_2D, 3)),
        (Dense(units=5, bias=True), (1, 6), (B.FULLY_CONNECTED, 4)),
        (Dense(units=5, bias=True), (1, 2, 6), (B.FULLY_CONNECTED, 5)),
    ],
)
def test_the_int8_form_has_the_version_that_brought_int8_or_more(op, shape, code):
    assert codes(write(quantised(graph_of(op, shape)))) == [code]


@everything
def test_xnnpack_runs_the_int8_form(op, shape, litert, tmp_path):
    assert runs_in_xnnpack(quantised(graph_of(op, shape)), litert.name, tmp_path)


@pytest.mark.parametrize(
    ("op", "shape", "code"),
    [
        (Conv(filters=4, kernel=(1, 1)), IMAGE, (B.CONV_2D, 1)),
        (Conv(filters=4, kernel=(3, 3), dilation=(2, 2)), IMAGE, (B.CONV_2D, 1)),
        (Conv(filters=4, kernel=(1, 1), groups=2), IMAGE, (B.CONV_2D, 6)),
        (DepthwiseConv(kernel=(3, 3)), IMAGE, (B.DEPTHWISE_CONV_2D, 1)),
        (DepthwiseConv(kernel=(3, 3), dilation=(1, 2)), IMAGE, (B.DEPTHWISE_CONV_2D, 2)),
        (Dense(units=5, bias=True), (1, 6), (B.FULLY_CONNECTED, 1)),
        (Dense(units=5, bias=True), (1, 2, 6), (B.FULLY_CONNECTED, 5)),
        (Dense(units=5, bias=True, flatten=True), (1, 2, 6), (B.FULLY_CONNECTED, 1)),
    ],
)
def test_an_operator_has_the_version_that_brought_what_it_uses(op, shape, code):
    assert codes(write(graph_of(op, shape))) == [code]


def test_grouped_and_plain_convolutions_are_two_operator_codes():
    op = Conv(filters=4, kernel=(1, 1), groups=2)
    assert codes(write(graph_of(op, IMAGE))) != codes(write(graph_of(Conv(filters=4, kernel=(1, 1)), IMAGE)))


def test_kernels_are_stored_in_the_files_order():
    kernel = np.arange(3 * 1 * 2 * 4, dtype=np.float32).reshape(3, 1, 2, 4)
    data = write(graph_of(Conv(filters=4, kernel=(3, 1)), (1, 5, 5, 2)), {"node/kernel": kernel})
    model = tflite.Model.GetRootAs(data, 0)
    stored = next(
        model.Buffers(tensor.Buffer()).DataAsNumpy().view(np.float32).reshape(tensor.ShapeAsNumpy())
        for tensor in (model.Subgraphs(0).Tensors(k) for k in range(model.Subgraphs(0).TensorsLength()))
        if tensor.Name() == b"node/kernel"
    )
    np.testing.assert_array_equal(stored, kernel.transpose(3, 0, 1, 2))


def test_a_dense_layer_without_bias_is_read_back_without_one():
    graph = read(write(graph_of(Dense(units=5), (1, 6))))
    assert graph.total_parameters == 30
    assert graph.nodes[-1].op.bias is False
