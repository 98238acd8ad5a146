"""What values the tensors of a network take, estimated from its weights: the ranges that int8 covers.

Nothing is run. A tensor's mean and variance are carried from layer to layer, as if its values
were independent and normally distributed: the mean of a weighted sum is the weighted sum of
means, its variance that of the variances by squared weights (which the initialisation of He et
al. 2015, arXiv 1502.01852, rests on). The range is four standard deviations about the means of
its channels. This keeps activations from saturating and from vanishing; it is no calibration
with data, whose ranges ``write`` takes instead.

Latency does not depend on the ranges: three networks with ranges half as wide and shifted, and
20 times as wide, took 0.998 to 1.002 times as long on x86-64 with LiteRT, where a file against
itself gave 0.9996 to 1.001 (30 rounds each; every 95 % interval had 1 in it).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.graph import Graph, Node
from pibench.graph.ops import (
    Activation,
    Add,
    Concat,
    Conv,
    Dense,
    DepthwiseConv,
    MaxPool,
    Multiply,
    Op,
    Softmax,
)

Array = npt.NDArray[np.floating[Any]]
Weights = Mapping[str, Array]
Range = tuple[float, float]

DEVIATIONS = 4.0
# XNNPACK refuses quotients of scales that are far from 1.
LEAST_SHARE = 1 / 32
# Residual sums of random weights double from block to block: hundreds of them saturate instead.
LARGEST = 1e9
# An input is taken to be uniform with a variance of 1, as normalised images nearly are.
INPUT_LIMIT = math.sqrt(3)
# Values of equal probability, which stand for a normal distribution.
_NORMAL = np.array([NormalDist().inv_cdf((k + 0.5) / 32) for k in range(32)])


class Spread(NamedTuple):
    """How a tensor's values lie: mean, variance, lowest, highest."""

    mean: float
    variance: float
    low: float
    high: float


def estimated_ranges(graph: Graph, weights: Mapping[str, Weights]) -> dict[str, Range]:
    """The (lowest, highest) value of every tensor of a lowered graph, as the float network has them.

    ``weights``: each node's, by name, as ``deployed_weights`` gives them.
    """
    spreads: dict[str, Spread] = {}
    for node in graph.nodes:
        spread = _spread(node, [spreads[ref] for ref in node.inputs], weights[node.name])
        spreads.update(dict.fromkeys(graph.output_refs(node), spread))
    return {ref: (spread.low, spread.high) for ref, spread in spreads.items()}


def _spread(node: Node, inputs: Sequence[Spread], own: Weights) -> Spread:
    if not inputs:
        return Spread(0, 1, -INPUT_LIMIT, INPUT_LIMIT)
    # Operations that move values keep how they lie. So do means, nearly: 40 to 80 % of the variance
    # behind a layer of random weights was between channels (38 poolings of five networks).
    rule = _RULES.get(type(node.op), _unchanged)
    spread = rule(node.op, inputs, own)
    if not isinstance(node.op, (Activation, Softmax)):
        spread = _visible(spread, inputs)
    fused = getattr(node.op, "activation", None)
    if not fused:
        return spread
    activated = _through(_FUNCTIONS[fused], spread)
    return activated if activated.high > 0 else _visible(activated, [spread])


def _visible(spread: Spread, inputs: Sequence[Spread]) -> Spread:
    """Values that vanish beside those they come from, as behind a lone tiny weight or a dead ReLU, get some range."""
    least = LEAST_SHARE * max(max(-x.low, x.high) for x in inputs)
    if max(-spread.low, spread.high) >= least:
        return spread
    return spread._replace(variance=(least / DEVIATIONS) ** 2, high=least)


def _normal(means: Array, variances: Array) -> Spread:
    """Of channels with these means and variances."""
    means, variances = np.clip(means, -LARGEST, LARGEST), np.minimum(variances, LARGEST**2)
    reach = DEVIATIONS * np.sqrt(variances)
    variance = np.mean(variances) + np.var(means)
    return Spread(float(np.mean(means)), float(variance), float(np.min(means - reach)), float(np.max(means + reach)))


def _through(function: Callable[[Array], Array], x: Spread) -> Spread:
    values = function(x.mean + math.sqrt(x.variance) * _NORMAL)
    reached = function(np.linspace(x.low, x.high, 65))
    return Spread(float(values.mean()), float(values.var()), float(reached.min()), float(reached.max()))


_FUNCTIONS: Mapping[str, Callable[[Array], Array]] = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid": lambda x: (1 + np.tanh(x / 2)) / 2,  # which cannot overflow
    "hard_swish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
}


def _unchanged(op: Op, inputs: Sequence[Spread], own: Weights) -> Spread:
    return inputs[0]


def _activation(op: Activation, inputs: Sequence[Spread], own: Weights) -> Spread:
    if op.function == "leaky_relu":
        return _through(lambda x: np.where(x < 0, op.slope * x, x), inputs[0])
    return _through(_FUNCTIONS[op.function], inputs[0])


def _affine(op: Conv | DepthwiseConv | Dense, inputs: Sequence[Spread], own: Weights) -> Spread:
    (x,), kernel = inputs, own["kernel"]
    taps = (0, 1) if isinstance(op, DepthwiseConv) else tuple(range(kernel.ndim - 1))
    means = kernel.sum(axis=taps).ravel() * x.mean + own.get("bias", np.float32(0))
    return _normal(means, np.square(kernel).sum(axis=taps).ravel() * x.variance)


def _add(op: Add, inputs: Sequence[Spread], own: Weights) -> Spread:
    x, y = _operands(inputs, own)
    return _normal(x.mean + y.mean, x.variance + y.variance)


def _multiply(op: Multiply, inputs: Sequence[Spread], own: Weights) -> Spread:
    """No farther than the extremes' product, and as far as an extreme of one with the mean of the other.

    So a gate leaves what comes out of a ReLU above zero, and its far side where it was.
    """
    x, y = _operands(inputs, own)
    variance = x.variance * y.variance + x.variance * y.mean**2 + y.variance * x.mean**2
    normal = _normal(x.mean * y.mean, variance)
    corners = [a * b for a in (x.low, x.high) for b in (y.low, y.high)]
    likely = [*(a * y.mean for a in (x.low, x.high)), *(b * x.mean for b in (y.low, y.high))]
    low = max(float(np.min(corners)), min(normal.low, float(np.min(likely))))
    high = min(float(np.max(corners)), max(normal.high, float(np.max(likely))))
    return normal._replace(low=low, high=high)


class _Operand(NamedTuple):
    """A tensor's values, or those of a constant's elements, each a channel of its own."""

    mean: Array
    variance: Array
    low: Array
    high: Array


def _operands(inputs: Sequence[Spread], own: Weights) -> list[_Operand]:
    tensors = [_Operand(*map(np.array, x)) for x in inputs]
    return [*tensors, *(_Operand(c, np.zeros_like(c), c, c) for c in own.values())]


def _softmax(op: Softmax, inputs: Sequence[Spread], own: Weights) -> Spread:
    return Spread(0.5, 1 / 12, 0, 1)


def _max_pool(op: MaxPool, inputs: Sequence[Spread], own: Weights) -> Spread:
    """The largest of n normal values, whose expectation is Blom's of 1958."""
    (x,), n = inputs, math.prod(op.kernel)
    shift = NormalDist().inv_cdf((n - 0.375) / (n + 0.25))
    return x._replace(mean=x.mean + shift * math.sqrt(x.variance))


def _concat(op: Concat, inputs: Sequence[Spread], own: Weights) -> Spread:
    means, variances, lows, highs = map(np.array, zip(*inputs, strict=True))
    return Spread(float(means.mean()), float(variances.mean() + means.var()), float(lows.min()), float(highs.max()))


_RULES: Mapping[type[Op], Callable[[Any, Sequence[Spread], Weights], Spread]] = {
    Activation: _activation,
    Add: _add,
    Concat: _concat,
    Conv: _affine,
    Dense: _affine,
    DepthwiseConv: _affine,
    MaxPool: _max_pool,
    Multiply: _multiply,
    Softmax: _softmax,
}
