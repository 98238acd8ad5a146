"""What a table should know: the kinds of layers of some networks, and how many channels each may have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pibench.errors import TableError
from pibench.graph import Graph, layers_of
from pibench.graph.widths import Widths
from pibench.table.kind import Kind, signature_of
from pibench.table.network import axis_refs
from pibench.table.sampling import Extent
from pibench.tflite.lower import lower


class Target(NamedTuple):
    """A kind of layer to be measured. ``occurrences``: how often a network has it, at most."""

    extent: Extent
    occurrences: int


def targets_of(graphs: Iterable[Graph]) -> dict[Kind, Target]:
    """For every layer of these networks and of all that have fewer channels where channels are free.

    Raises TableError, naming the layer, for an operation that pibench does not know.
    """
    targets: dict[Kind, Target] = {}
    for graph in graphs:
        for kind, target in _targets_of(lower(graph).graph).items():
            known = targets.get(kind)
            targets[kind] = target if known is None else united(known, target)
    return targets


def united(first: Target, second: Target) -> Target:
    """What covers both."""
    extent = tuple(
        (min(low, other_low), max(high, other_high))
        for (low, high), (other_low, other_high) in zip(first.extent, second.extent, strict=True)
    )
    return Target(extent, max(first.occurrences, second.occurrences))


def _targets_of(graph: Graph) -> dict[Kind, Target]:
    if graph.opaque:
        node = graph.opaque[0]
        raise TableError(f"{graph.name} has an operation that pibench does not know: {node.op.label} ({node.name})")
    widths = Widths(graph)
    nodes = {node.name: node for node in graph.nodes}
    targets: dict[Kind, Target] = {}
    for name, layer in layers_of(graph).items():
        kind, channels = signature_of(layer)
        refs = axis_refs(graph, nodes[name]) if kind.axes else ()
        extent = tuple((_least(widths, ref, kind.step), most) for ref, most in zip(refs, channels, strict=True))
        known = targets.get(kind)
        targets[kind] = Target(extent, 1) if known is None else _once_more(known, Target(extent, 1))
    return targets


def _once_more(known: Target, another: Target) -> Target:
    return united(known, another)._replace(occurrences=known.occurrences + another.occurrences)


def _least(widths: Widths, ref: str, step: int) -> int:
    """The fewest channels of a tensor: one of each width that is free."""
    return max(step, sum(1 if name else channels for name, channels in widths.of(ref)))


def shares(targets: Mapping[Kind, Target], ns: Mapping[Kind, float]) -> dict[Kind, float]:
    """Of the time of a network that has all of them, each as often as it occurs, at its largest."""
    times = {kind: target.occurrences * ns.get(kind, 0.0) for kind, target in targets.items()}
    total = sum(times.values())
    return {kind: time / total if total else 1 / len(times) for kind, time in times.items()}
