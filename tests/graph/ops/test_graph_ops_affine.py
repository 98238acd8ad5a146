import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pibench.errors import GraphError
from pibench.graph import TensorSpec, WeightSpec
from pibench.graph.ops import BatchNorm, Conv, Dense, DepthwiseConv


@pytest.mark.parametrize(
    ("op", "shape", "output", "kernel", "macs"),
    [
        (Conv(filters=16, kernel=(3, 3)), (1, 32, 32, 3), (1, 32, 32, 16), (3, 3, 3, 16), 442_368),
        (Conv(filters=8, kernel=(3, 3), stride=(2, 2)), (1, 7, 8, 4), (1, 4, 4, 8), (3, 3, 4, 8), 4_608),
        (Conv(filters=8, kernel=(3, 1), stride=(2, 1)), (1, 7, 8, 4), (1, 4, 8, 8), (3, 1, 4, 8), 3_072),
        (Conv(filters=8, kernel=(3, 3), padding="valid"), (1, 7, 8, 4), (1, 5, 6, 8), (3, 3, 4, 8), 8_640),
        (
            Conv(filters=8, kernel=(3, 3), stride=(2, 2), padding="valid"),
            (1, 7, 8, 4),
            (1, 3, 3, 8),
            (3, 3, 4, 8),
            2_592,
        ),
        (
            Conv(filters=8, kernel=(3, 3), padding="valid", dilation=(2, 3)),
            (1, 7, 8, 4),
            (1, 3, 2, 8),
            (3, 3, 4, 8),
            1_728,
        ),
        (Conv(filters=6, kernel=(1, 1), groups=2), (1, 5, 5, 4), (1, 5, 5, 6), (1, 1, 2, 6), 300),
        (Conv(filters=4, kernel=(3, 3), groups=4), (2, 5, 5, 4), (2, 5, 5, 4), (3, 3, 1, 4), 1_800),
        (DepthwiseConv(kernel=(3, 3)), (1, 8, 8, 4), (1, 8, 8, 4), (3, 3, 4, 1), 2_304),
        (DepthwiseConv(kernel=(5, 5), stride=(2, 2)), (1, 9, 8, 4), (1, 5, 4, 4), (5, 5, 4, 1), 2_000),
        (DepthwiseConv(kernel=(3, 3), multiplier=2), (1, 8, 8, 4), (1, 8, 8, 8), (3, 3, 4, 2), 4_608),
        (
            DepthwiseConv(kernel=(1, 3), padding="valid", dilation=(1, 2)),
            (1, 8, 8, 4),
            (1, 8, 4, 4),
            (1, 3, 4, 1),
            384,
        ),
        (Dense(units=10), (1, 64), (1, 10), (64, 10), 640),
        (Dense(units=10), (3, 5, 64), (3, 5, 10), (64, 10), 9_600),
        (Dense(units=10, flatten=True), (2, 4, 4, 8), (2, 10), (128, 10), 2_560),
    ],
)
def test_shapes_kernels_and_macs_are_those_computed_by_hand(single, op, shape, output, kernel, macs):
    graph = single(op, shape)
    node = graph.nodes[-1]
    assert graph.spec("node") == TensorSpec(output)
    assert graph.weights(node) == (WeightSpec("kernel", kernel),)
    assert graph.macs(node) == graph.total_macs == macs
    assert graph.total_parameters == graph.trainable_parameters == math.prod(kernel)


@given(
    groups=st.integers(1, 4),
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 4),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_a_convolutions_macs_are_its_kernels_elements_once_per_output_pixel(groups, inputs, outputs, kernel):
    op = Conv(filters=groups * outputs, kernel=kernel, stride=(2, 1), groups=groups)
    x = TensorSpec((2, 5, 6, groups * inputs))
    (output,) = op.infer([x])
    (weights,) = op.weights([x])
    assert output.shape == (2, 3, 6, groups * outputs)
    assert op.macs([x], [output]) == 2 * 3 * 6 * weights.elements


@pytest.mark.parametrize(
    ("op", "units"),
    [
        (Conv(filters=6, kernel=(1, 1), bias=True), 6),
        (DepthwiseConv(kernel=(3, 3), multiplier=3, bias=True), 12),
        (Dense(units=5, bias=True), 5),
    ],
)
@pytest.mark.parametrize(
    ("dtype", "bias_dtype", "bias_bytes"), [("float32", "float32", 4), ("int8", "int32", 4), ("int16", "int64", 8)]
)
def test_a_bias_has_one_entry_per_output_channel_in_the_accumulators_type(
    single, op, units, dtype, bias_dtype, bias_bytes
):
    graph = single(op, (1, 4, 4, 4), dtype=dtype)
    kernel, bias = graph.weights(graph.nodes[-1])
    assert bias == WeightSpec("bias", (units,), bias_dtype)
    assert bias.bytes == units * bias_bytes
    assert kernel.dtype == graph.spec("node").dtype == dtype


def test_an_int8_kernel_takes_a_byte_per_element(single):
    graph = single(Conv(filters=8, kernel=(3, 3)), (1, 4, 4, 4), dtype="int8")
    assert graph.weights(graph.nodes[-1])[0].bytes == 3 * 3 * 4 * 8


def test_a_hybrid_kernel_is_stored_in_its_own_type_beside_a_float_bias(single):
    graph = single(Dense(units=8, bias=True, weight_dtype="int8"), (1, 4))
    assert graph.weights(graph.nodes[-1]) == (
        WeightSpec("kernel", (4, 8), "int8"),
        WeightSpec("bias", (8,), "float32"),
    )
    assert graph.spec("node").dtype == "float32"


@pytest.mark.parametrize(("channels", "filters", "groups"), [(4, 6, 4), (6, 4, 4), (5, 5, 2)])
def test_groups_that_do_not_divide_are_refused_with_all_three_numbers(single, channels, filters, groups):
    op = Conv(filters=filters, kernel=(1, 1), groups=groups)
    with pytest.raises(GraphError) as refusal:
        single(op, (1, 8, 8, channels))
    assert str(refusal.value).startswith("node 'node' (conv) ")
    assert f"{groups} groups" in str(refusal.value)
    assert f"{channels} input and {filters} output" in str(refusal.value)


@pytest.mark.parametrize(
    ("op", "shape", "kind", "reason"),
    [
        (Conv(filters=1, kernel=(1, 1)), (1, 8), "conv", "rank 4, not shape 1×8"),
        (DepthwiseConv(kernel=(1, 1)), (1, 8, 8), "depthwise_conv", "rank 4, not shape 1×8×8"),
        (Dense(units=1), (8,), "dense", "rank 2 or more, not shape 8"),
        (Conv(filters=1, kernel=(9, 1), padding="valid"), (1, 8, 8, 1), "conv", "window of 9 .* extent 8"),
        (DepthwiseConv(kernel=(1, 9), padding="valid"), (1, 9, 8, 1), "depthwise_conv", "window of 9 .* extent 8"),
    ],
)
def test_an_input_that_does_not_fit_is_refused_with_node_operation_and_reason(single, op, shape, kind, reason):
    with pytest.raises(GraphError, match=rf"^node 'node' \({kind}\) .*{reason}"):
        single(op, shape)


@pytest.mark.parametrize("op", [Conv(filters=1, kernel=(1, 1)), DepthwiseConv(kernel=(1, 1)), Dense(units=1)])
def test_a_second_input_is_refused(single, op):
    with pytest.raises(GraphError, match=r"node 'node' .* one input, not 2"):
        single(op, (1, 4, 4, 4), (1, 4, 4, 4))


@pytest.mark.parametrize(
    ("op", "label"),
    [
        (Conv(filters=8, kernel=(3, 3)), "conv 3×3"),
        (Conv(filters=8, kernel=(1, 1), stride=(2, 2), groups=4, activation="relu6"), "conv g4 1×1 /2 + relu6"),
        (DepthwiseConv(kernel=(3, 1), activation="relu"), "depthwise 3×1 + relu"),
        (Dense(units=8), "dense"),
        (Dense(units=8, activation="relu"), "dense + relu"),
    ],
)
def test_labels_show_what_matters_at_a_glance(op, label):
    assert op.label == label


def test_batch_norm_keeps_the_shape_and_owns_two_trained_and_two_measured_vectors(single):
    graph = single(BatchNorm(), (2, 4, 4, 6))
    assert graph.spec("node") == TensorSpec((2, 4, 4, 6))
    assert [(w.name, w.shape, w.trainable) for w in graph.weights(graph.nodes[-1])] == [
        ("gamma", (6,), True),
        ("beta", (6,), True),
        ("mean", (6,), False),
        ("variance", (6,), False),
    ]
    assert (graph.total_parameters, graph.trainable_parameters, graph.total_macs) == (24, 12, 0)


def test_batch_norm_has_keras_defaults():
    assert (BatchNorm().momentum, BatchNorm().epsilon) == (0.99, 1e-3)
