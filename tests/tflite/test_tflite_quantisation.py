import math

import numpy as np
import pytest
from tflite_reference import evaluate, parsed, run_file

from pibench.errors import GraphError
from pibench.graph import GraphBuilder, quantised
from pibench.graph.ops import Add, Dense, DepthwiseConv, Multiply
from pibench.tflite import lower, random_weights, write
from pibench.tflite.quantisation import Quantisation, covering, quantised_weights, tensor_quantisations
from pibench.tflite.weights import deployed_weights

X = covering(-2, 3)
Y = covering(-1, 1)


def graph_by(make, shape=(1, 8, 8, 4)):
    net = GraphBuilder("net")
    return quantised(net.build(make(net, net.input(shape))))


def quantisations(graph, given=None, weights=None):
    lowered = lower(graph)
    own = deployed_weights(graph, lowered, weights or random_weights(graph))
    return tensor_quantisations(lowered.graph, own, given or {})


def real(quantisation, integers):
    return (np.asarray(integers, np.float64) - quantisation.zero_point) * quantisation.scales[0]


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (-2, 3), (0, 6), (1, 5), (-7, -2), (-1e-3, 40), (0, 1e-6)])
def test_a_range_is_covered_to_half_a_step_with_zero_exact(low, high):
    quantisation = covering(low, high)
    step = quantisation.scales[0]
    assert real(quantisation, -128) == pytest.approx(min(low, 0), abs=0.51 * step)
    assert real(quantisation, 127) == pytest.approx(max(high, 0), abs=0.51 * step)
    assert -128 <= quantisation.zero_point <= 127


@pytest.mark.parametrize("limit", [0, 1e-40, 1e300])
def test_an_extreme_range_has_a_scale_that_kernels_can_work_with(limit):
    (scale,) = covering(0, limit).scales
    assert 1e-15 < scale < 1e15


@pytest.mark.parametrize(
    "make",
    [
        lambda net, x: net.max_pool(x, 2, 2, name="y"),
        lambda net, x: net.average_pool(x, 2, 2, name="y"),
        lambda net, x: net.reshape(x, (1, 256), name="y"),
        lambda net, x: net.transpose(x, (0, 2, 1, 3), name="y"),
        lambda net, x: net.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), name="y"),
        lambda net, x: net.concat(x, net.conv(x, 4, name="wider"), name="y"),
    ],
)
def test_what_moves_or_compares_integers_shares_a_scale(make):
    found = quantisations(graph_by(make))
    assert len({(q.scales[0], q.zero_point) for ref, q in found.items()}) == 1


def test_a_shared_scale_spans_all_that_share_it():
    graph = graph_by(lambda net, x: net.max_pool(net.concat(x, net.conv(x, 4)), 2, 2))
    found = quantisations(graph, {"image": (-1, 2), "conv": (-5, 1)})
    assert found["max_pool"] == found["image"] == covering(-5, 2)


@pytest.mark.parametrize("function", ["sigmoid", "softmax"])
def test_probabilities_have_the_scale_that_their_kernels_demand_and_impose_it(function):
    def make(net, x):
        y = net.softmax(x, name="y") if function == "softmax" else net.activation(x, function, name="y")
        return net.concat(y, net.conv(x, 4))

    found = quantisations(graph_by(make))
    for ref in ("y", "concat", "conv"):
        assert (found[ref].scales[0], found[ref].zero_point) == (1 / 256, -128)


def test_only_int8_tensors_are_quantised():
    net = GraphBuilder("net")
    graph = net.build(net.softmax(net.input((1, 4))))
    assert quantisations(graph) == {}


def test_given_ranges_win_over_estimated_ones():
    graph = graph_by(lambda net, x: net.conv(x, 4))
    found = quantisations(graph, {"conv": (-8, 9)})
    assert found["conv"] == covering(-8, 9)
    assert found["image"] == quantisations(graph)["image"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cnv": (0, 1)}, "'cnv', which is no int8 tensor. Did you mean 'conv'"),
        ({"conv": (1, 0)}, "'conv' cannot range from 1 to 0"),
        ({"conv": (0, math.nan)}, "'conv' cannot range from 0 to nan"),
        ({"conv": (-math.inf, 0)}, "'conv' cannot range from -inf to 0"),
    ],
)
def test_an_impossible_range_is_refused_by_name(given, words):
    with pytest.raises(GraphError) as refusal:
        write(graph_by(lambda net, x: net.conv(x, 4)), ranges=given)
    assert words in str(refusal.value)


def test_ranges_for_a_float_network_are_refused():
    net = GraphBuilder("net")
    with pytest.raises(GraphError, match="'image', which is no int8 tensor"):
        write(net.build(net.softmax(net.input((1, 4)))), ranges={"image": (0, 1)})


def test_weights_that_are_not_finite_are_refused_by_the_tensor_they_spoil():
    graph = graph_by(lambda net, x: net.conv(x, 4))
    weights = random_weights(graph) | {"conv/kernel": np.full((1, 1, 4, 4), np.nan, np.float32)}
    with pytest.raises(GraphError, match="'conv' has no finite range"):
        write(graph, weights)


def test_kernels_are_symmetric_with_a_scale_for_each_output_channel():
    kernel = np.float32([[1, -20], [-2, 10]])
    values, found = quantised_weights(Dense(units=2), {"kernel": kernel}, X, Y)
    np.testing.assert_array_equal(values["kernel"], [[64, -127], [-127, 64]])
    np.testing.assert_allclose(found["kernel"].scales, [2 / 127, 20 / 127], rtol=1e-6)
    assert found["kernel"].zero_point == 0
    assert values["kernel"].dtype == np.int8


def test_a_bias_has_the_scales_of_the_products():
    own = {"kernel": np.float32([[1, -20], [-2, 10]]), "bias": np.float32([0.5, -3])}
    values, found = quantised_weights(Dense(units=2, bias=True), own, X, Y)
    np.testing.assert_allclose(found["bias"].scales, X.scales[0] * found["kernel"].scales, rtol=1e-6)
    errors = values["bias"] * found["bias"].scales - own["bias"]
    assert np.all(np.abs(errors) <= 0.51 * found["bias"].scales)
    assert values["bias"].dtype == np.int32


def test_a_depthwise_kernel_has_a_scale_for_each_output_in_the_files_order():
    kernel = np.arange(1, 13, dtype=np.float32).reshape(1, 1, 4, 3)
    _, found = quantised_weights(DepthwiseConv(kernel=(1, 1), multiplier=3), {"kernel": kernel}, X, Y)
    np.testing.assert_allclose(found["kernel"].scales, np.arange(1, 13) / 127, rtol=1e-6)


def test_a_kernel_that_is_tiny_beside_its_bias_gives_way_to_it():
    own = {"kernel": np.full((2, 1), 1e-12, np.float32), "bias": np.float32([1])}
    values, found = quantised_weights(Dense(units=1, bias=True), own, X, Y)
    assert abs(values["bias"][0]) <= 2**30 + 64
    assert values["bias"][0] * found["bias"].scales[0] == pytest.approx(1)


def test_a_channel_of_zeros_stays_one():
    values, found = quantised_weights(
        Dense(units=1, bias=True), {"kernel": np.zeros((2, 1), np.float32), "bias": np.zeros(1, np.float32)}, X, Y
    )
    assert not values["kernel"].any()
    assert not values["bias"].any()
    assert np.isfinite(found["bias"].scales).all()


def test_a_constant_is_close_to_what_it_was():
    constant = np.float32([0.3, 1.2, -0.4])
    for op in (Add(constant=(3,)), Multiply(constant=(3,))):
        values, found = quantised_weights(op, {"constant": constant}, X, Y)
        assert values["constant"].dtype == np.int8
        np.testing.assert_allclose(real(found["constant"], values["constant"]), constant, atol=1.6 / 255)


def test_an_added_constant_has_no_finer_steps_than_xnnpack_takes():
    huge, small = Quantisation(np.float32([100])), {"constant": np.float32([0.1])}
    assert quantised_weights(Add(constant=(1,)), small, huge, huge).quantisations["constant"].scales[0] >= 100 / 1024
    assert quantised_weights(Multiply(constant=(1,)), small, huge, huge).quantisations["constant"].scales[0] < 1e-3


def test_the_file_tells_scales_zero_points_and_along_which_axis():
    def make(net, x):
        return net.dense(net.global_average_pool(net.conv(net.depthwise_conv(x), 5)), 6)

    graph = graph_by(make)
    _, subgraph, _ = parsed(write(graph))
    tensors = {
        tensor.Name().decode(): tensor.Quantization()
        for tensor in map(subgraph.Tensors, range(subgraph.TensorsLength()))
    }
    told = {
        name: (q.ScaleLength(), q.ZeroPointLength(), q.QuantizedDimension())
        for name, q in tensors.items()
        if q is not None
    }
    assert told == {
        **dict.fromkeys(("image", "depthwise", "conv", "pool", "dense"), (1, 1, 0)),
        "depthwise/kernel": (4, 4, 3),
        "conv/kernel": (5, 5, 0),
        "dense/kernel": (6, 6, 0),
        "depthwise/bias": (4, 4, 0),
        "conv/bias": (5, 5, 0),
        "dense/bias": (6, 6, 0),
    }
    found = quantisations(graph)
    for ref in ("image", "depthwise", "conv", "pool", "dense"):
        assert tensors[ref].Scale(0) == found[ref].scales[0]
        assert tensors[ref].ZeroPoint(0) == found[ref].zero_point


def test_ranges_from_data_make_the_outputs_finer(runtime, tmp_path):
    """What a calibration would do: the same network, with ranges as they were seen."""
    net = GraphBuilder("net")
    x = net.activation(net.batch_norm(net.conv(net.input((1, 12, 12, 3)), 16, 3)), "relu")
    graph = net.build(net.dense(net.global_average_pool(x), 8))
    weights, int8 = random_weights(graph), quantised(graph)
    image = quantisations(int8, weights=weights)["image"]
    integers = np.random.default_rng(0).integers(-128, 128, (1, 12, 12, 3), np.int8)
    (wanted,) = evaluate(graph, weights, [real(image, integers)])
    seen = {"dense": (float(wanted.min()), float(wanted.max())), "pool": (0.0, 1.0)}
    errors = []
    for ranges in ({}, seen):
        path = tmp_path / "model.tflite"
        path.write_bytes(write(int8, weights, ranges=ranges))
        (got,) = run_file(path, runtime, [integers])
        errors.append(np.abs(real(quantisations(int8, ranges, weights)["dense"], got) - wanted).max())
    assert errors[1] < errors[0] / 2
