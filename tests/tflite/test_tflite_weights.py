import math

import numpy as np
import pytest
from tflite_reference import conv2d, depthwise, normalise

from pibench.errors import GraphError
from pibench.graph import GraphBuilder
from pibench.graph.ops import Add, DepthwiseConv
from pibench.models.architectures import build
from pibench.tflite import lower, random_weights, write
from pibench.tflite.weights import POOL_SIZE, deployed_weights

SPEC = "mobilenet_v2:depth=6,width=16,se=2"


def single_layer(make, shape=(1, 8, 8, 4)):
    net = GraphBuilder("net")
    return net.build(make(net, net.input(shape)))


def deployed(graph, weights):
    return deployed_weights(graph, lower(graph), weights)


def assert_equal_weights(left, right):
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name])


def test_there_is_a_weight_of_the_right_shape_for_everything_a_node_owns():
    graph = build(SPEC)
    weights = random_weights(graph)
    wanted = {f"{node.name}/{spec.name}": spec.shape for node in graph.nodes for spec in graph.weights(node)}
    assert {name: values.shape for name, values in weights.items()} == wanted
    assert {values.dtype for values in weights.values()} == {np.dtype(np.float32)}


def test_the_same_graph_and_seed_give_the_same_weights_and_file():
    assert_equal_weights(random_weights(build(SPEC), 3), random_weights(build(SPEC), 3))
    assert write(build(SPEC), seed=3) == write(build(SPEC), seed=3)


def test_another_seed_gives_other_weights():
    first, second = (random_weights(build(SPEC), seed) for seed in (0, 1))
    assert all(not np.array_equal(first[name], second[name]) for name in first)
    assert write(build(SPEC), seed=0) != write(build(SPEC), seed=1)


def test_layers_of_one_shape_have_different_weights():
    graph = build("wide_resnet:depth=22,width=16")
    kernels = [values for name, values in random_weights(graph).items() if name.endswith("conv2.conv/kernel")]
    same_shape = [kernel for kernel in kernels if kernel.shape == (3, 3, 16, 16)]
    assert len(same_shape) == 3
    assert len({kernel.tobytes() for kernel in same_shape}) == 3


def test_given_weights_win_over_the_seed():
    graph = build(SPEC)
    assert write(graph, random_weights(graph, 5), seed=0) == write(graph, seed=5)


@pytest.mark.parametrize(
    ("make", "fan_in"),
    [
        (lambda net, x: net.conv(x, 256, 3, name="op"), 3 * 3 * 64),
        (lambda net, x: net.conv(x, 256, 3, groups=4, name="op"), 3 * 3 * 16),
        (lambda net, x: net.conv(x, 1024, 1, name="op"), 64),
        (lambda net, x: net.dense(x, 1024, name="op"), 64),
        (lambda net, x: net.add(DepthwiseConv(kernel=(5, 5), multiplier=8), x, name="op")[0], 25),
    ],
)
def test_kernels_keep_the_variance_after_he(make, fan_in):
    kernel = random_weights(single_layer(make, (1, 8, 8, 64)))["op/kernel"]
    assert kernel.std() == pytest.approx(math.sqrt(2 / fan_in), rel=0.05)
    assert kernel.mean() == pytest.approx(0, abs=0.05 * math.sqrt(2 / fan_in))


def test_scales_and_variances_are_positive_and_near_one():
    weights = random_weights(single_layer(lambda net, x: net.batch_norm(x), (1, 4, 4, 512)))
    for name in ("bn/gamma", "bn/variance"):
        assert weights[name].min() >= 1
        assert weights[name].max() < 2
    for name in ("bn/beta", "bn/mean"):
        assert abs(weights[name].mean()) < 0.05
        assert weights[name].std() == pytest.approx(0.1, rel=0.2)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_weight_is_subnormal_before_or_after_folding(seed):
    graph = build("wide_resnet:depth=10,width=64,se=2")
    weights = random_weights(graph, seed)
    arrays = [*weights.values(), *(a for own in deployed(graph, weights).values() for a in own.values())]
    for values in arrays:
        # By their bits: tflite-runtime's aarch64 wheel makes its process flush subnormals to
        # zero, comparisons included.
        bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
        exponents, fractions = bits & 0x7F800000, bits & 0x007FFFFF
        assert np.isfinite(values).all()
        assert not np.any((exponents == 0) & (fractions != 0))


def test_a_kernel_larger_than_the_pool_is_filled_to_the_end_without_repeating_filters():
    kernel = random_weights(single_layer(lambda net, x: net.conv(x, 128, 3), (1, 8, 8, 128)))["conv/kernel"]
    assert kernel.size > 2 * POOL_SIZE
    filters = np.moveaxis(kernel, -1, 0).reshape(128, -1)
    assert len({row.tobytes() for row in filters}) == 128
    assert np.all(filters.std(axis=1) > 0)


FOLDED = {
    "conv": (
        lambda net, x: net.conv(x, 6, 3, bias=False, name="op"),
        lambda x, own: conv2d(x, own["kernel"]) + own.get("bias", 0),
    ),
    "conv with bias": (
        lambda net, x: net.conv(x, 6, 3, bias=True, name="op"),
        lambda x, own: conv2d(x, own["kernel"]) + own.get("bias", 0),
    ),
    "grouped conv": (
        lambda net, x: net.conv(x, 6, 3, groups=2, name="op"),
        lambda x, own: conv2d(x, own["kernel"], groups=2) + own.get("bias", 0),
    ),
    "depthwise": (
        lambda net, x: net.depthwise_conv(x, bias=True, name="op"),
        lambda x, own: depthwise(x, own["kernel"]) + own.get("bias", 0),
    ),
    "depthwise of one channel": (
        lambda net, x: net.depthwise_conv(net.conv(x, 1), name="op"),
        lambda x, own: depthwise(x[..., :1], own["kernel"]) + own.get("bias", 0),
    ),
    "dense": (
        lambda net, x: net.dense(x, 5, name="op"),
        lambda x, own: x @ own["kernel"] + own.get("bias", 0),
    ),
    "dense without bias": (
        lambda net, x: net.dense(x, 5, bias=False, name="op"),
        lambda x, own: x @ own["kernel"] + own.get("bias", 0),
    ),
}


def split_by_node(weights, node):
    own = {name.removeprefix(f"{node}/"): values for name, values in weights.items() if name.startswith(f"{node}/")}
    return {name: values.astype(np.float64) for name, values in own.items()}


@pytest.mark.parametrize(("make", "apply"), FOLDED.values(), ids=FOLDED)
def test_a_folded_kernel_and_bias_compute_layer_and_batch_norm(make, apply):
    graph = single_layer(lambda net, x: net.batch_norm(make(net, x), epsilon=0.1))
    weights = random_weights(graph, 7)
    x = np.random.default_rng(0).standard_normal((1, 8, 8, 4))
    expected = normalise(apply(x, split_by_node(weights, "op")), **split_by_node(weights, "bn"), epsilon=0.1)
    folded = {name: values.astype(np.float64) for name, values in deployed(graph, weights)["op"].items()}
    assert set(folded) == {"kernel", "bias"}
    np.testing.assert_allclose(apply(x, folded), expected, rtol=1e-5, atol=1e-5)


def test_a_folded_depthwise_kernel_with_a_multiplier_computes_layer_and_batch_norm():
    op = DepthwiseConv(kernel=(3, 3), multiplier=3)
    graph = single_layer(lambda net, x: net.batch_norm(net.add(op, x, name="op")[0]))
    weights = random_weights(graph, 7)
    x = np.random.default_rng(0).standard_normal((1, 8, 8, 4))
    expected = normalise(depthwise(x, weights["op/kernel"]), **split_by_node(weights, "bn"), epsilon=1e-3)
    folded = deployed(graph, weights)["op"]
    np.testing.assert_allclose(depthwise(x, folded["kernel"]) + folded["bias"], expected, rtol=1e-4, atol=1e-5)


def test_two_batch_norms_in_a_row_are_both_applied():
    graph = single_layer(
        lambda net, x: net.batch_norm(net.batch_norm(net.conv(x, 6, name="op"), name="first"), name="second")
    )
    weights = random_weights(graph, 7)
    x = np.random.default_rng(0).standard_normal((1, 8, 8, 4))
    expected = conv2d(x, weights["op/kernel"])
    for bn in ("first", "second"):
        expected = normalise(expected, **split_by_node(weights, bn), epsilon=1e-3)
    own = deployed(graph, weights)
    found = conv2d(x, own["op"]["kernel"]) + own["op"]["bias"]
    for node in [name for name in own if name not in ("image", "op")]:
        constant = own[node]["constant"]
        found = found * constant if node.endswith("scale") else found + constant
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_an_unfolded_batch_norm_becomes_scale_and_shift():
    graph = single_layer(lambda net, x: net.batch_norm(x))
    weights = random_weights(graph, 7)
    own = deployed(graph, weights)
    assert {name: set(values) for name, values in own.items()} == {
        "image": set(),
        "bn.scale": {"constant"},
        "bn.shift": {"constant"},
    }
    x = np.random.default_rng(0).standard_normal((1, 8, 8, 4))
    expected = normalise(x, **split_by_node(weights, "bn"), epsilon=1e-3)
    found = x * own["bn.scale"]["constant"] + own["bn.shift"]["constant"]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_convolution_without_bias_or_batch_norm_is_deployed_with_a_bias_of_zero():
    graph = single_layer(lambda net, x: net.conv(x, 6))
    weights = random_weights(graph)
    own = deployed(graph, weights)["conv"]
    np.testing.assert_array_equal(own["kernel"], weights["conv/kernel"])
    np.testing.assert_array_equal(own["bias"], np.zeros(6, np.float32))


def test_a_depthwise_bias_of_zero_covers_every_output_channel():
    op = DepthwiseConv(kernel=(3, 3), multiplier=3)
    graph = single_layer(lambda net, x: net.add(op, x, name="op")[0])
    assert deployed(graph, random_weights(graph))["op"]["bias"].shape == (12,)


def test_a_constant_operand_is_deployed_as_it_is():
    graph = single_layer(lambda net, x: net.add(Add(constant=(4,)), x, name="op")[0])
    constant = np.float32([1, 2, 3, 4])
    np.testing.assert_array_equal(deployed(graph, {"op/constant": constant})["op"]["constant"], constant)


def test_deployed_weights_have_the_lowered_graphs_shapes():
    graph = build(SPEC)
    lowered = lower(graph)
    own = deployed_weights(graph, lowered, random_weights(graph))
    for node in lowered.graph.nodes:
        specs = {spec.name: spec.shape for spec in lowered.graph.weights(node)}
        assert {name: values.shape for name, values in own[node.name].items()} == specs


@pytest.mark.parametrize("name", ["conv/kernel", "bn/gamma", "bn/variance"])
def test_a_missing_weight_is_refused_by_name(name):
    graph = single_layer(lambda net, x: net.batch_norm(net.conv(x, 6)))
    weights = random_weights(graph)
    del weights[name]
    with pytest.raises(GraphError, match=f"lack {name}"):
        write(graph, weights)


@pytest.mark.parametrize(
    ("name", "shape", "wanted"),
    [("conv/kernel", (6, 1, 1, 4), r"\(1, 1, 4, 6\)"), ("bn/mean", (4,), r"\(6,\)"), ("bn/beta", (6, 1), r"\(6,\)")],
)
def test_a_weight_of_another_shape_is_refused_with_both_shapes(name, shape, wanted):
    graph = single_layer(lambda net, x: net.batch_norm(net.conv(x, 6)))
    weights = random_weights(graph) | {name: np.ones(shape, np.float32)}
    with pytest.raises(GraphError, match=f"{name} of shape .*{len(shape) and shape[0]}.* needs {wanted}"):
        write(graph, weights)
