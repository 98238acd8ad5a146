import math
from itertools import pairwise

import numpy as np
import pytest
from tflite_reference import evaluate

from pibench.graph import Graph, GraphBuilder
from pibench.graph.ops import Add, Input, Multiply
from pibench.models.architectures import build
from pibench.tflite import lower, random_weights
from pibench.tflite.ranges import INPUT_LIMIT, estimated_ranges
from pibench.tflite.weights import deployed_weights

NETWORKS = [
    "wide_resnet:depth=16,width=8,se=2",
    "wide_resnet:depth=22,width=8",
    "mobilenet_v1:depth=9,width=16,se=2,skip=true",
    "mobilenet_v2:depth=6,width=8",
    "mobilenet_v2:depth=6,width=8,se=4,channels=growing",
]


def ranges_of(graph, weights=None):
    lowered = lower(graph)
    return estimated_ranges(lowered.graph, deployed_weights(graph, lowered, weights or random_weights(graph)))


def values_of(graph, seed=0):
    """What every tensor of the lowered graph holds, for an input that is uniform."""
    lowered = lower(graph)
    own = deployed_weights(graph, lowered, random_weights(graph))
    weights = {f"{node}/{name}": values for node, named in own.items() for name, values in named.items()}
    refs = [ref for node in lowered.graph.nodes for ref in lowered.graph.output_refs(node)]
    rng = np.random.default_rng(seed)
    inputs = [rng.uniform(-INPUT_LIMIT, INPUT_LIMIT, node.op.shape) for node in graph.inputs]
    return dict(zip(refs, evaluate(Graph("all", lowered.graph.nodes, refs), weights, inputs), strict=True))


def single(make, shape=(1, 8, 8, 16)):
    net = GraphBuilder("single")
    return net.build(make(net, net.input(shape)))


@pytest.mark.parametrize("spec", NETWORKS)
def test_in_networks_of_random_weights_few_values_are_outside_and_they_fill_some_of_the_range(spec):
    graph = build(spec)
    ranges = ranges_of(graph)
    for ref, values in values_of(graph).items():
        low, high = ranges[ref]
        step = (max(high, 0) - min(low, 0)) / 255
        assert np.mean((values < low - step) | (values > high + step)) < 0.05, ref
        # With much less than a step of deviation a tensor would be a constant.
        assert values.std() / step > 1, ref


def test_every_tensor_has_a_range():
    graph = lower(build(NETWORKS[0])).graph
    assert ranges_of(graph).keys() == {ref for node in graph.nodes for ref in graph.output_refs(node)}


@pytest.mark.parametrize(
    ("make", "low", "high"),
    [
        (lambda net, x: net.activation(net.conv(x, 64, 3), "relu"), 0, math.inf),
        (lambda net, x: net.activation(net.activation(net.conv(x, 64, 3), "sigmoid"), "relu6"), 0, 1),
        (lambda net, x: net.activation(net.conv(x, 64, 3), "relu6"), 0, 6),
        (lambda net, x: net.activation(x, "hard_swish"), -0.375, INPUT_LIMIT),
        (lambda net, x: net.softmax(x), 0, 1),
    ],
)
def test_no_range_exceeds_what_an_activation_can_give(make, low, high):
    graph = single(make)
    found = ranges_of(graph)[lower(graph).graph.outputs[0]]
    assert low - 1e-6 <= found[0] < found[1] <= high + 1e-6


def test_a_leaky_relu_keeps_its_slope_of_what_is_negative():
    low, high = ranges_of(single(lambda net, x: net.activation(x, "leaky_relu", slope=0.1)))["leaky_relu"]
    assert (low, high) == pytest.approx((-0.1 * INPUT_LIMIT, INPUT_LIMIT))


def test_a_weighted_sum_has_the_sum_of_means_and_of_variances():
    graph = single(lambda net, x: net.dense(x, 2), (1, 4))
    kernel = np.array([[1, 0], [2, 0], [2, 0], [0, 1]], np.float32)
    low, high = ranges_of(graph, {"dense/kernel": kernel, "dense/bias": np.float32([10, -1])})["dense"]
    assert (low, high) == pytest.approx((-1 - 4, 10 + 4 * 3))


def test_constants_scale_and_shift():
    ops = {"times": (Multiply(constant=(1,)), 3.0), "plus": (Add(constant=(1,)), 5.0)}
    for name, (op, constant) in ops.items():
        graph = single(lambda net, x, op=op, name=name: net.add(op, x, name=name)[0])
        found = ranges_of(graph, {f"{name}/constant": np.float32([constant])})[name]
        assert found == pytest.approx((-3 * INPUT_LIMIT, 3 * INPUT_LIMIT) if name == "times" else (1, 9))


@pytest.mark.parametrize("kernel", [0.0, 1e-30, 1e30])
def test_ranges_neither_vanish_nor_overflow_next_to_those_before_them(kernel):
    net = GraphBuilder("deep")
    x = net.input((1, 4))
    for k in range(40):
        x = net.dense(x, 4, bias=False, name=f"dense{k}")
    weights = {f"dense{k}/kernel": np.full((4, 4), kernel, np.float32) for k in range(40)}
    with np.errstate(over="ignore"):
        ranges = list(ranges_of(net.build(x), weights).values())
    reaches = [max(-low, high) for low, high in ranges]
    assert all(0 < reach < 1e12 for reach in reaches)
    assert all(after >= before / 33 for before, after in pairwise(reaches))


def test_a_dead_relu_has_a_range_all_the_same():
    graph = single(lambda net, x: net.activation(net.conv(x, 4, bias=True), "relu"))
    weights = random_weights(graph) | {"conv/bias": np.full(4, -100, np.float32)}
    assert ranges_of(graph, weights)["conv"][1] > 0


def test_a_gate_leaves_what_comes_out_of_a_relu_above_zero_and_reaches_as_far_as_its_mean_does():
    def gated(net, x):
        gate = net.activation(net.conv(net.global_average_pool(x, keep_dims=True), 16), "hard_sigmoid", name="gate")
        return net.multiply(net.activation(x, "relu", name="values"), gate, name="product")

    found = ranges_of(single(gated))
    assert found["product"][0] == 0
    assert 0.3 * found["values"][1] < found["product"][1] < found["values"][1]
    assert found["gate.scale"] == (0, pytest.approx(1))


def test_inputs_are_uniform_with_a_variance_of_one():
    graph = single(lambda net, x: net.softmax(x))
    low, high = ranges_of(graph)[next(node.name for node in graph.nodes if isinstance(node.op, Input))]
    assert (high - low) ** 2 / 12 == pytest.approx(1)
