"""What one layer costs inside a network, without what every network costs once.

A network of k copies of a layer takes a fixed time (the runtime's dispatch, about 0.5 µs for LiteRT),
k times the layer's, and a little for each further output (0.2 µs). What is not the layer's comes from
models of next to nothing, timed beside the layers in the same processes, and is subtracted process
by process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pibench.graph import Layer, TensorSpec, copies_of
from pibench.graph.ops import Activation, Add
from pibench.graph.tensor import Dtype
from pibench.measure.summary import kept_ns
from pibench.report.model import Result
from pibench.stats import Interval, mean_interval
from pibench.subject import Subject, subject_of

# What a layer's time is made of; raised whenever that changes, since figures of two methods do not mix.
METHOD = 1
# A model long enough that the fixed time, and what is uncertain about it, hardly counts.
MODEL_NS = 40_000
MOST_COPIES = 8
# Fast for a small board: copies too many cost time, copies too few cost precision.
MACS_PER_NS = 50
BYTES_PER_NS = 20
# Of next to nothing: one copy, many with an output each, many in a chain with one output in all.
FIXED_COPIES = (1, MOST_COPIES, MOST_COPIES)
_FIXED_CHAINED = (False, False, True)
# What a layer that vanishes in the noise is taken to cost: figures stay positive, ratios finite.
LEAST_NS = 1.0
# Grave of a figure; whoever goes by the interval knows it already. A layer of 0.2 µs has such a one.
_TOLD_BY_THE_INTERVAL = ("wide_interval", "processes_differ")


class LayerLatency(NamedTuple):
    """Time per inference of a layer, in ns, with its 95 % interval over processes.

    ``trusted``: the verdict. ``disturbed``: untrusted for more than a width that the interval itself tells.
    """

    interval: Interval
    processes: int
    samples: int
    trusted: bool
    disturbed: bool = False


class LayerTimes(NamedTuple):
    """Times per inference in ns by process: the fixed one, and each layer's; of processes that have both."""

    fixed_ns: Mapping[int, float]
    layer_ns: Mapping[Layer, Mapping[int, float]]


class LayerPlan:
    """The models that time these layers; equal layers share one.

    The fixed time is of int8 models where all layers are int8, else of float32 ones. Raises GraphError for a
    layer that cannot be written.
    """

    def __init__(self, layers: Iterable[Layer], seed: int = 0) -> None:
        self._layers = list(dict.fromkeys(layers))
        self._copies = [copies_for(layer) for layer in self._layers]
        dtype: Dtype = "int8" if {layer.inputs[0].dtype for layer in self._layers} == {"int8"} else "float32"
        nothing = Layer(Activation(function="sigmoid"), (TensorSpec((1, 1, 1, 8), dtype),))
        jobs = [(nothing, *arrangement) for arrangement in zip(FIXED_COPIES, _FIXED_CHAINED, strict=True)]
        jobs += [(k, copies, is_chained(k)) for k, copies in zip(self._layers, self._copies, strict=True)]
        self.subjects: tuple[Subject, ...] = tuple(
            subject_of(copies_of(layer, copies, f"{layer} ({copies} copies)", chained=chained), seed)
            for layer, copies, chained in jobs
        )

    def fixed(self, results: Sequence[Result]) -> LayerLatency | None:
        """The fixed time per inference, from results of these subjects under one condition."""
        by_process = [overhead.fixed_ns for overhead in _overheads(results).values()]
        return _latency(by_process, results[: len(FIXED_COPIES)]) if by_process else None

    def results_of(self, results: Sequence[Result]) -> dict[Layer, Result]:
        """Which of the results of these subjects is which layer's."""
        return dict(zip(self._layers, results[len(FIXED_COPIES) :], strict=True))

    def by_process(self, results: Sequence[Result]) -> LayerTimes:
        """All times, from results of these subjects under one condition; failed layers are missing."""
        overheads = _overheads(results)
        layer_ns: dict[Layer, dict[int, float]] = {}
        for (layer, result), copies in zip(self.results_of(results).items(), self._copies, strict=True):
            model_ns = medians_ns(result)
            outputs = len(layer.outputs) * (1 if is_chained(layer) else copies)
            beside = {p: overhead.of(outputs) for p, overhead in overheads.items()}
            times = {p: (model_ns[p] - beside[p]) / copies for p in model_ns if p in beside}
            if times:
                layer_ns[layer] = times
        return LayerTimes({p: overhead.fixed_ns for p, overhead in overheads.items()}, layer_ns)

    def latencies(self, results: Sequence[Result]) -> dict[Layer, LayerLatency]:
        """Each layer's time, from results of these subjects under one condition; failed ones are missing."""
        result_of = self.results_of(results)
        layer_ns = self.by_process(results).layer_ns
        return {layer: _latency(list(times.values()), [result_of[layer]]) for layer, times in layer_ns.items()}


def copies_for(layer: Layer) -> int:
    """How many copies make a model of a good length: a power of two."""
    expected_ns = max(layer.macs / MACS_PER_NS, layer.bytes_moved / BYTES_PER_NS, 1)
    copies = 1
    while copies < MOST_COPIES and copies * expected_ns < MODEL_NS:
        copies *= 2
    return copies


def is_chained(layer: Layer) -> bool:
    """Whether its copies are a chain.

    The addition of a constant follows a multiplication by one (a batch norm that could not be folded) and
    reads what that has just written. On x86-64, XNNPACK does both row by row, and a row of few channels
    waits for the store before it where both tensors begin at the same place of a page: 9 µs instead of 3 for
    32×32×4. Only in a chain are they laid out as in a network.
    """
    return isinstance(layer.op, Add) and layer.op.constant is not None and layer.outputs == layer.inputs


def medians_ns(result: Result) -> dict[int, float]:
    """Median latency by process, of the samples that were not set aside."""
    medians: dict[int, list[float]] = {}
    for measurement in result.measurements:
        kept = kept_ns(measurement)
        if len(kept):
            medians.setdefault(measurement.process, []).append(float(np.median(kept)))
    return {process: float(np.mean(values)) for process, values in medians.items()}


class _Overhead(NamedTuple):
    """What is not the layers': of every inference with one output, and of each further output."""

    fixed_ns: float
    output_ns: float

    def of(self, outputs: int) -> float:
        """Of a network with so many outputs."""
        return self.fixed_ns + (outputs - 1) * self.output_ns


def _overheads(results: Sequence[Result]) -> dict[int, _Overhead]:
    """By process, from the models of next to nothing: a time per copy, one per output, and the rest."""
    one, many, chain = (medians_ns(result) for result in results[: len(FIXED_COPIES)])
    more = MOST_COPIES - 1
    found: dict[int, _Overhead] = {}
    for p in one.keys() & many.keys() & chain.keys():
        copy_ns = (chain[p] - one[p]) / more
        found[p] = _Overhead(max(0.0, one[p] - copy_ns), max(0.0, (many[p] - chain[p]) / more))
    return dict(sorted(found.items()))


def _latency(values: Sequence[float], results: Sequence[Result]) -> LayerLatency:
    interval = mean_interval(values)
    return LayerLatency(
        # Not max(), which would make a bound of a single process, not a number, a nanosecond.
        Interval(*(LEAST_NS if bound < LEAST_NS else bound for bound in interval)),
        processes=len(values),
        samples=sum(result.summary.samples for result in results if result.summary),
        # A time that is lost in the noise of what is beside it is none.
        trusted=interval.estimate > LEAST_NS and all(result.verdict == "trusted" for result in results),
        disturbed=interval.estimate <= LEAST_NS or any(map(_is_disturbed, results)),
    )


def _is_disturbed(result: Result) -> bool:
    return any(doubt.grave and doubt.kind not in _TOLD_BY_THE_INTERVAL for doubt in result.doubts)
