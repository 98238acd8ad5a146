"""Which of a network's weights a recipe decays."""

from __future__ import annotations

from fnmatch import fnmatchcase

from pibench.graph import Graph, Node
from pibench.graph.ops import BatchNorm, Conv, Dense, DepthwiseConv, Op

from .recipe import Decay, WeightKind

_KERNELS: dict[type[Op], WeightKind] = {Conv: "conv", DepthwiseConv: "depthwise", Dense: "dense"}


def decayed(decay: Decay, graph: Graph) -> list[str]:
    """Their names, ``node/weight``."""
    return [
        f"{node.name}/{spec.name}"
        for node in graph.nodes
        if not any(fnmatchcase(f"{graph.name}/{node.name}", pattern) for pattern in decay.exempt)
        for spec in graph.weights(node)
        if _kind_of(node, spec.name) in decay.on
    ]


def _kind_of(node: Node, weight: str) -> WeightKind | None:
    """What a recipe calls a weight; None for batch norm's statistics, and other operations' weights."""
    if isinstance(node.op, BatchNorm):
        return "batch_norm" if weight in ("gamma", "beta") else None
    return "bias" if weight == "bias" else _KERNELS.get(type(node.op))
