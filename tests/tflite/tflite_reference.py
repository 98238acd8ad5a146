import math

import numpy as np
import tflite

from pibench.engine import open_engine
from pibench.engine.base import seeded_input
from pibench.graph import GraphBuilder, quantised
from pibench.graph.ops import Input
from pibench.tflite import lower, random_weights, write
from pibench.tflite.quantisation import HIGHEST, LOWEST, tensor_quantisations
from pibench.tflite.weights import deployed_weights


def graph_of(op, *shapes):
    """A graph of one node on inputs ``x0``, ``x1``, …"""
    net = GraphBuilder("single")
    inputs = [net.input(shape, name=f"x{k}") for k, shape in enumerate(shapes)]
    return net.build(*net.add(op, *inputs, name="node"))


def evaluate(graph, weights, inputs):
    """What the graph as it stands, batch norm and all, computes in double precision."""
    values = dict(zip((node.name for node in graph.inputs), map(_double, inputs), strict=True))
    for node in graph.nodes:
        if isinstance(node.op, Input):
            continue
        own = {spec.name: _double(weights[f"{node.name}/{spec.name}"]) for spec in graph.weights(node)}
        results = _RULES[node.op.kind](node.op, own, *(values[ref] for ref in node.inputs))
        results = results if isinstance(results, list) else [results]
        values.update(zip(graph.output_refs(node), map(_activated(node.op), results), strict=True))
    return [values[ref] for ref in graph.outputs]


def conv2d(x, kernel, stride=(1, 1), padding="same", dilation=(1, 1), groups=1):
    """Kernel HWIO with I = channels / groups."""
    depth, filters = kernel.shape[2], kernel.shape[3] // groups
    parts = []
    for group in range(groups):
        inputs = x[..., group * depth : (group + 1) * depth]
        weights = kernel[..., group * filters : (group + 1) * filters]
        taps = _taps(inputs, kernel.shape[:2], stride, padding, dilation, fill=0.0)
        parts.append(sum(tap @ weights[at] for at, tap in taps))
    return np.concatenate(parts, axis=-1)


def depthwise(x, kernel, stride=(1, 1), padding="same", dilation=(1, 1)):
    """Kernel (kh, kw, channels, multiplier); a channel's outputs lie together."""
    taps = _taps(x, kernel.shape[:2], stride, padding, dilation, fill=0.0)
    result = sum(tap[..., None] * kernel[at] for at, tap in taps)
    return result.reshape(*result.shape[:3], -1)


def normalise(x, gamma, beta, mean, variance, epsilon):
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def run_file(path, runtime, inputs, kernels="xnnpack"):
    with open_engine(runtime, str(path), kernels=kernels) as engine:
        for index, values in enumerate(inputs):
            engine.write_input(index, values)
        engine.run(1)
        return [engine.read_output(index) for index in range(len(engine.outputs))]


def assert_runs_as_defined(graph, runtime, tmp_path, seed=0):
    """The written model computes, in a runtime, what the graph means."""
    weights = random_weights(graph, seed)
    inputs = [seeded_input(graph.spec(node.name), seed + k) for k, node in enumerate(graph.inputs)]
    path = tmp_path / "model.tflite"
    path.write_bytes(write(graph, weights))
    expected = evaluate(graph, weights, inputs)
    found = run_file(path, runtime, inputs)
    assert len(found) == len(expected)
    for actual, wanted in zip(found, expected, strict=True):
        assert actual.shape == wanted.shape
        scale = max(1.0, float(np.abs(wanted).max()))
        np.testing.assert_allclose(actual / scale, wanted / scale, rtol=1e-4, atol=1e-4)
        assert np.ptp(wanted) > 0


class Int8Form:
    """A float graph's int8 form as a file, what it is given, and what the float graph makes of the same values."""

    def __init__(self, graph, tmp_path, seed=0):
        int8, weights = quantised(graph), random_weights(graph, seed)
        lowered = lower(int8)
        self.quantisations = tensor_quantisations(lowered.graph, deployed_weights(int8, lowered, weights), {})
        self.path = tmp_path / "model.tflite"
        self.path.write_bytes(write(int8, weights))
        self.outputs = lowered.graph.outputs
        self.inputs = [seeded_input(int8.spec(node.name), seed + k) for k, node in enumerate(int8.inputs)]
        values = [self.real(node.name, x) for node, x in zip(int8.inputs, self.inputs, strict=True)]
        self.expected = evaluate(graph, weights, values)

    def real(self, ref, integers):
        """Integers of a tensor as the values they stand for."""
        quantisation = self.quantisations[ref]
        return (_double(integers) - quantisation.zero_point) * quantisation.scales[0]

    def run(self, runtime, kernels="xnnpack"):
        """The integers of each output beside the (not rounded) ones that are right."""
        found = run_file(self.path, runtime, self.inputs, kernels)
        return [
            (integers, self._exact(ref, wanted))
            for ref, integers, wanted in zip(self.outputs, found, self.expected, strict=True)
        ]

    def _exact(self, ref, values):
        quantisation = self.quantisations[ref]
        return np.clip(values / quantisation.scales[0] + quantisation.zero_point, LOWEST, HIGHEST)


def assert_int8_form_runs_as_defined(graph, runtime, kernels, tmp_path):
    """One operation's int8 form computes, to a step, what the float graph makes of the same values."""
    for integers, exact in Int8Form(graph, tmp_path).run(runtime, kernels):
        assert integers.dtype == np.int8
        assert np.abs(integers - exact).max() <= 1
        assert np.ptp(exact) > 20


def runs_in_xnnpack(graph, runtime, tmp_path, seed=0):
    """Whether the runtime gives all of a graph's operations to XNNPACK."""
    path = tmp_path / "delegated.tflite"
    path.write_bytes(write(graph, seed=seed))
    with open_engine(runtime, str(path)) as engine:
        return engine.fully_delegated


def canonical(graph):
    """What a graph says but for its names: operations with plain axes, edges and outputs by position, shapes."""
    positions = {
        ref: (index, k) for index, node in enumerate(graph.nodes) for k, ref in enumerate(graph.output_refs(node))
    }
    nodes = [
        (
            node.op.kind,
            {name: _plain(name, getattr(node.op, name), graph, node) for name in node.op.__struct_fields__},
            [positions[ref] for ref in node.inputs],
            graph.output_specs(node),
        )
        for node in graph.nodes
    ]
    return nodes, [positions[ref] for ref in graph.outputs]


def parsed(data):
    """The file's model, its only subgraph and that one's operators."""
    model = tflite.Model.GetRootAs(data, 0)
    assert model.SubgraphsLength() == 1
    subgraph = model.Subgraphs(0)
    return model, subgraph, [subgraph.Operators(k) for k in range(subgraph.OperatorsLength())]


def codes(data):
    """(builtin code, version) of each operator in the file's order."""
    model, _, operators = parsed(data)
    found = [model.OperatorCodes(operator.OpcodeIndex()) for operator in operators]
    return [(code.BuiltinCode(), code.Version()) for code in found]


def _plain(name, value, graph, node):
    if name == "axis":
        return value % graph.input_specs(node)[0].rank
    return float(np.float32(value)) if isinstance(value, float) else value


def _double(values):
    return np.asarray(values, np.float64)


def _extent(size, kernel, stride, padding, dilation):
    reach = (kernel - 1) * dilation + 1
    count = math.ceil(size / stride) if padding == "same" else math.ceil((size - reach + 1) / stride)
    missing = max((count - 1) * stride + reach - size, 0) if padding == "same" else 0
    return count, missing // 2, missing - missing // 2


def _taps(x, kernel, stride, padding, dilation, fill):
    """For each kernel position, the input as that position sees it."""
    rows, above, below = _extent(x.shape[1], kernel[0], stride[0], padding, dilation[0])
    columns, left, right = _extent(x.shape[2], kernel[1], stride[1], padding, dilation[1])
    padded = np.pad(x, ((0, 0), (above, below), (left, right), (0, 0)), constant_values=fill)
    for i, j in np.ndindex(*kernel):
        top, start = i * dilation[0], j * dilation[1]
        yield (
            (i, j),
            padded[
                :,
                top : top + (rows - 1) * stride[0] + 1 : stride[0],
                start : start + (columns - 1) * stride[1] + 1 : stride[1],
            ],
        )


def _average(op, own, x):
    window = (op.kernel, op.stride, op.padding, (1, 1), 0.0)
    total = sum(tap for _, tap in _taps(x, *window))
    return total / sum(tap for _, tap in _taps(np.ones_like(x), *window))


def _maximum(op, own, x):
    return np.max([tap for _, tap in _taps(x, op.kernel, op.stride, op.padding, (1, 1), -np.inf)], axis=0)


def _dense(op, own, x):
    return (x.reshape(len(x), -1) if op.flatten else x) @ own["kernel"] + own.get("bias", 0.0)


def _split(op, own, x):
    return np.split(x, np.cumsum(op.sizes)[:-1], axis=op.axis)


def _slice(op, own, x):
    return x[tuple(slice(begin, begin + size) for begin, size in zip(op.begin, op.size, strict=True))]


def _softmax(op, own, x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _activation(op, own, x):
    return {
        "relu": lambda: np.maximum(x, 0),
        "relu6": lambda: np.clip(x, 0, 6),
        "leaky_relu": lambda: np.where(x < 0, op.slope * x, x),
        "sigmoid": lambda: 1 / (1 + np.exp(-x)),
        "hard_sigmoid": lambda: np.clip(x + 3, 0, 6) / 6,
        "hard_swish": lambda: x * np.clip(x + 3, 0, 6) / 6,
    }[op.function]()


def _activated(op):
    limit = {"relu": np.inf, "relu6": 6.0}.get(getattr(op, "activation", None))
    return (lambda x: x) if limit is None else (lambda x: np.clip(x, 0, limit))


_RULES = {
    "conv": lambda op, own, x: (
        conv2d(x, own["kernel"], op.stride, op.padding, op.dilation, op.groups) + own.get("bias", 0.0)
    ),
    "depthwise_conv": lambda op, own, x: (
        depthwise(x, own["kernel"], op.stride, op.padding, op.dilation) + own.get("bias", 0.0)
    ),
    "dense": _dense,
    "batch_norm": lambda op, own, x: normalise(x, **own, epsilon=op.epsilon),
    "activation": _activation,
    "add": lambda op, own, x, *y: x + (y[0] if y else own["constant"]),
    "multiply": lambda op, own, x, *y: x * (y[0] if y else own["constant"]),
    "softmax": _softmax,
    "dropout": lambda op, own, x: x,
    "average_pool": _average,
    "max_pool": _maximum,
    "global_average_pool": lambda op, own, x: x.mean(axis=(1, 2), keepdims=op.keep_dims),
    "concat": lambda op, own, *xs: np.concatenate(xs, axis=op.axis),
    "split": _split,
    "slice": _slice,
    "gather": lambda op, own, x: np.take(x, op.indices, axis=op.axis),
    "reshape": lambda op, own, x: x.reshape(op.shape),
    "transpose": lambda op, own, x: x.transpose(op.perm),
    "pad": lambda op, own, x: np.pad(x, op.paddings),
}
