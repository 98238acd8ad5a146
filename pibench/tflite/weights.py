"""Weights by name: random ones for timing, and folding trained ones into a lowered graph.

Weights are a mapping from ``node/weight`` (``stem.conv/kernel``) to arrays shaped as the
``WeightSpec``. Latency does not depend on their values, as long as activations stay clear of
subnormal numbers, on which some CPUs are many times slower: kernels are scaled after He et
al. 2015 (arXiv 1502.01852), so that the variance is kept from layer to layer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from pibench.errors import GraphError
from pibench.graph import Graph, Node, WeightSpec
from pibench.graph.ops import Activation, Add, BatchNorm, DepthwiseConv, Multiply
from pibench.tflite.lower import AFFINE, Lowered

Array = npt.NDArray[np.float32]
Weights = Mapping[str, Array]

# Prime, so that a kernel's channels do not repeat; drawing every weight afresh would take
# longer than writing the model (a 3×3×256×256 kernel: 6 ms against 0.2 ms for the copy).
POOL_SIZE = 65_521

# A hard sigmoid is relu6(x + 3) / 6.
HARD_SIGMOID_SHIFT, HARD_SIGMOID_SCALE = np.float32(3), np.float32(1 / 6)


def random_weights(graph: Graph, seed: int = 0) -> dict[str, Array]:
    """Weights for every node, the same for the same graph and seed."""
    weights: dict[str, Array] = {}
    for index, node in enumerate(graph.nodes):
        for spec in graph.weights(node):
            weights[f"{node.name}/{spec.name}"] = _random(node, spec, seed, offset=index * 7919)
    return weights


def _random(node: Node, spec: WeightSpec, seed: int, offset: int) -> Array:
    if spec.name == "kernel":
        fan_in = math.prod(spec.shape[:2] if isinstance(node.op, DepthwiseConv) else spec.shape[:-1])
        values = _draw(spec.elements, seed, offset, math.sqrt(2 / fan_in))
        # A view of memory in the flatbuffer's order, so that writing it is one copy.
        return np.moveaxis(values.reshape(spec.shape[-1], *spec.shape[:-1]), 0, -1)
    values = _draw(spec.elements, seed, offset, 0.1).reshape(spec.shape)
    return np.float32(1) + np.abs(values) if spec.name in ("gamma", "variance", "constant") else values


def _draw(count: int, seed: int, offset: int, deviation: float) -> Array:
    start = offset % POOL_SIZE
    values = _two_pools(seed)[start : start + min(count, POOL_SIZE)] * np.float32(deviation)
    return values if count <= POOL_SIZE else np.resize(values, count)


@cache
def _two_pools(seed: int) -> Array:
    """The pool twice over, so that a turn of it from any offset is a view."""
    return np.tile(np.random.default_rng(seed).standard_normal(POOL_SIZE, dtype=np.float32), 2)


def deployed_weights(original: Graph, lowered: Lowered, weights: Weights) -> dict[str, dict[str, Array]]:
    """For each lowered node, its weights by name, with batch norm folded in.

    Raises GraphError when a weight is missing or has another shape.
    """
    nodes = {node.name: node for node in original.nodes}
    return {
        node.name: _deployed(node, [nodes[name] for name in lowered.sources[node.name]], original, weights)
        for node in lowered.graph.nodes
    }


def _deployed(node: Node, sources: list[Node], original: Graph, weights: Weights) -> dict[str, Array]:
    first, *merged = sources
    own = _unmerged(node, first, _weights_of(original, first, weights))
    for source in merged:
        if isinstance(source.op, BatchNorm):
            own = _folded(node, own, *_scale_and_shift(source.op, _weights_of(original, source, weights)))
        elif _is_hard_sigmoid(source):
            addend = "constant" if isinstance(node.op, Add) else "bias"
            own[addend] = own[addend] + HARD_SIGMOID_SHIFT
    return own


def _unmerged(node: Node, source: Node, own: dict[str, Array]) -> dict[str, Array]:
    """Those of a lowered node for what was there before anything was merged into it."""
    if isinstance(source.op, BatchNorm):
        scale, shift = _scale_and_shift(source.op, own)
        return {"constant": scale if isinstance(node.op, Multiply) else shift}
    if _is_hard_sigmoid(source):
        return {"constant": np.array(HARD_SIGMOID_SCALE if isinstance(node.op, Multiply) else HARD_SIGMOID_SHIFT)}
    if isinstance(node.op, AFFINE) and node.op.bias and "bias" not in own:
        own["bias"] = np.zeros(_units(node, own["kernel"]), np.float32)
    return own


def _is_hard_sigmoid(node: Node) -> bool:
    return isinstance(node.op, Activation) and node.op.function == "hard_sigmoid"


def _weights_of(graph: Graph, node: Node, weights: Weights) -> dict[str, Array]:
    found = {}
    for spec in graph.weights(node):
        key = f"{node.name}/{spec.name}"
        if key not in weights:
            raise GraphError(f"the weights lack {key}")
        values = np.asarray(weights[key], np.float32)
        if values.shape != spec.shape:
            raise GraphError(f"the weights have {key} of shape {values.shape}, the graph needs {spec.shape}")
        found[spec.name] = values
    return found


def _scale_and_shift(op: BatchNorm, own: Weights) -> tuple[Array, Array]:
    scale = own["gamma"] / np.sqrt(own["variance"] + np.float32(op.epsilon))
    return scale, own["beta"] - own["mean"] * scale


def _folded(node: Node, own: Weights, scale: Array, shift: Array) -> dict[str, Array]:
    kernel = own["kernel"]
    channels = kernel.shape[2:] if isinstance(node.op, DepthwiseConv) else kernel.shape[-1:]
    return {"kernel": kernel * scale.reshape(channels), "bias": own["bias"] * scale + shift}


def _units(node: Node, kernel: Array) -> int:
    return kernel.shape[2] * kernel.shape[3] if isinstance(node.op, DepthwiseConv) else kernel.shape[-1]
