"""The first way: every layer cut out as a model of its own, timed in turns with the whole network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pibench.errors import GraphError
from pibench.graph import Graph, Layer, copies_of, layers_of
from pibench.graph.ops import Opaque
from pibench.measure.layers import LEAST_NS, LayerLatency, LayerPlan, medians_ns
from pibench.profile.timing import ratio_over, timing, timing_over
from pibench.report import IsolatedWay, Result, Timing
from pibench.subject import Subject
from pibench.tflite import write


class Isolated(NamedTuple):
    """What came of it: the sums (None without any process that has them all), and by layer's name its time.

    ``missing``: why a layer has no time. ``untrusted``: layers whose figure is.
    """

    way: IsolatedWay | None
    layers: dict[str, Timing]
    missing: dict[str, str]
    untrusted: tuple[str, ...]


class Isolation:
    """The models that isolate the layers of a deployed graph; what cannot be cut out is told, and left out."""

    def __init__(self, graph: Graph, seed: int = 0) -> None:
        self._layers = layers_of(graph)
        self._uncut = {name: reason for name, layer in self._layers.items() if (reason := uncut_because(layer))}
        self._cut = {name: layer for name, layer in self._layers.items() if name not in self._uncut}
        self._plan = LayerPlan(self._cut.values(), seed)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """To be timed beside the whole, under one condition."""
        return self._plan.subjects

    def found(self, whole: Result, results: Sequence[Result]) -> Isolated:
        """Conclusions from the whole's result and those of the subjects, in their order."""
        latencies = self._plan.latencies(results)
        missing = dict(self._uncut)
        for name, layer in self._cut.items():
            if layer not in latencies:
                missing[name] = _failure(self._plan.results_of(results)[layer], results)
        return Isolated(
            way=self._way(whole, results),
            layers={name: _timing(latencies[layer]) for name, layer in self._cut.items() if layer in latencies},
            missing={name: missing[name] for name in self._layers if name in missing},
            untrusted=tuple(
                name for name, layer in self._cut.items() if layer in latencies and not latencies[layer].trusted
            ),
        )

    def _way(self, whole: Result, results: Sequence[Result]) -> IsolatedWay | None:
        """Process by process, since a process that is slow is so for the whole and for its layers."""
        fixed_ns, layer_ns = self._plan.by_process(results)
        whole_ns = medians_ns(whole)
        per_layer = [layer_ns[layer] for layer in self._cut.values() if layer in layer_ns]
        processes = _common([whole_ns, fixed_ns, *per_layer])
        if not per_layer or not processes:
            return None
        sums = {p: fixed_ns[p] + sum(times[p] for times in per_layer) for p in processes}
        return IsolatedWay(
            fixed=timing_over([max(LEAST_NS, fixed_ns[p]) for p in processes]),
            sum=timing_over([max(LEAST_NS, sums[p]) for p in processes]),
            ratio=ratio_over([max(LEAST_NS, sums[p]) / whole_ns[p] for p in processes]),
        )


def uncut_because(layer: Layer) -> str:
    """Why a layer cannot be a model of its own; nothing where it can."""
    if isinstance(layer.op, Opaque):
        return f"pibench does not know the operation {layer.op.name}"
    if not layer.inputs:
        return "it has no input"
    try:
        write(copies_of(layer))
    except GraphError as error:
        return f"it cannot be written as a model of its own: {error}"
    return ""


def _timing(latency: LayerLatency) -> Timing:
    """A single process, as an interruption may leave, bounds nothing."""
    if latency.processes > 1:
        return timing(latency.interval)
    return Timing(ns=latency.interval.estimate, low_ns=None, high_ns=None)


def _common(times: Sequence[Mapping[int, float]]) -> list[int]:
    """The processes in which everything was measured."""
    return [process for process in times[0] if all(process in one for one in times)]


def _failure(result: Result, results: Sequence[Result]) -> str:
    failures = [one.failure for one in (result, *results) if one.failure]
    return failures[0].message if failures else "it was not measured"
