"""Which networks are the same once deployed."""

from __future__ import annotations

from functools import cache

from pibench.errors import PibenchError
from pibench.graph import Graph
from pibench.tflite import lower


def identity(graph: Graph) -> str:
    """Equal for networks that are the same once deployed, whatever they are called: dropout, for one, is gone."""
    return lower(graph).graph.renamed("").digest


@cache
def built(spec: str) -> Graph | None:
    """The network of this spec; None for what this pibench cannot build."""
    from pibench.models.architectures import build

    try:
        graph: Graph = build(spec)
    except PibenchError:
        return None
    return graph


@cache
def identity_of(spec: str) -> str:
    """Nothing for what this pibench cannot build."""
    graph = built(spec)
    return identity(graph) if graph else ""
