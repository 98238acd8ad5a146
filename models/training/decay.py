"""A recipe's decay on a Keras model's variables."""

from __future__ import annotations

import keras

from pibench.graph import Graph, Node
from pibench.graph.ops import BatchNorm, Conv, Dense, DepthwiseConv, Op
from pibench.models.conversion.from_keras import read
from pibench.models.recipes.recipe import Decay, WeightKind

_KERNELS: dict[type[Op], WeightKind] = {Conv: "conv", DepthwiseConv: "depthwise", Dense: "dense"}


def kind_of(node: Node, weight: str) -> WeightKind | None:
    """What a recipe calls a weight; None for batch norm's statistics, and other operations' weights."""
    if isinstance(node.op, BatchNorm):
        return "batch_norm" if weight in ("gamma", "beta") else None
    return "bias" if weight == "bias" else _KERNELS.get(type(node.op))


def apply_decay(decay: Decay, network: keras.Model, graph: Graph, optimizer: keras.Optimizer) -> None:
    """Before the optimiser is built."""
    holders = read(network)[1]
    decayed = [
        holders[f"{node.name}/{spec.name}"]
        for node in graph.nodes
        for spec in graph.weights(node)
        if kind_of(node, spec.name) in decay.on
    ]
    if decay.kind == "penalty":
        for variable in decayed:
            variable.regularizer = keras.regularizers.L2(decay.rate)
        return
    ids = {id(variable) for variable in decayed}
    optimizer.weight_decay = decay.rate
    optimizer.exclude_from_weight_decay([v for v in network.trainable_variables if id(v) not in ids])
