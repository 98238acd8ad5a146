"""Affine quantisation to int8 as TFLite's specification demands: real value = scale · (integer − zero point).

Activations have one scale each; kernels are symmetric, with a scale for each output channel; a
bias has the scale of the products that it is added to. Where the integers of one tensor become
those of another, both have the same scale. The rules:
https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.errors import GraphError, did_you_mean
from pibench.graph import Graph
from pibench.graph.ops import (
    Activation,
    Add,
    AveragePool,
    Concat,
    DepthwiseConv,
    Gather,
    MaxPool,
    Op,
    Pad,
    Reshape,
    Slice,
    Softmax,
    Split,
    Transpose,
)
from pibench.tflite.ranges import Array, Range, estimated_ranges

LOWEST, HIGHEST = -128, 127
KERNEL_LIMIT = 127
# Half of what fits: the accumulator that starts at the bias has to hold the products too.
BIAS_LIMIT = 2**30
# XNNPACK leaves an addition with an operand of smaller steps, next to the sum's, to slower kernels.
FINEST_ADDEND = 2.0**-10
# Products and quotients of scales have to be normal numbers. What is smaller is nothing.
SMALLEST_SCALE, LARGEST_SCALE = 2.0**-48, 2.0**48

_SHARES_SCALE = (AveragePool, Concat, Gather, MaxPool, Pad, Reshape, Slice, Split, Transpose)


class Quantisation(NamedTuple):
    """Scales of a whole tensor, or of its slices along ``axis`` (an axis of the tensor in the file)."""

    scales: npt.NDArray[np.float32]
    zero_point: int = 0
    axis: int = 0


class QuantisedWeights(NamedTuple):
    """A node's weights as integers, by name, and how each of them is quantised."""

    values: dict[str, npt.NDArray[Any]]
    quantisations: dict[str, Quantisation]


# The kernels of sigmoid and softmax are made for this one.
_PROBABILITY = Quantisation(np.array([1 / 256], np.float32), LOWEST)


def covering(low: float, high: float, least_scale: float = 0.0) -> Quantisation:
    """The quantisation whose integers span a range; zero, with which kernels pad, is exact."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = np.float32(min(max((high - low) / (HIGHEST - LOWEST), least_scale), LARGEST_SCALE))
    if scale < SMALLEST_SCALE:
        scale = np.float32(1)
    zero_point = round(LOWEST - low / float(scale))
    return Quantisation(np.array([scale]), min(max(zero_point, LOWEST), HIGHEST))


def tensor_quantisations(
    graph: Graph, weights: Mapping[str, Mapping[str, Array]], given: Mapping[str, Range]
) -> dict[str, Quantisation]:
    """For each int8 tensor of a lowered graph, by reference.

    ``weights``: each node's, as floats, from which the ranges that are not given are estimated.
    Tensors that share a scale have the hull of their ranges. Raises GraphError for a given
    range that is none, or of a tensor that is not there.
    """
    refs = {ref for node in graph.nodes for ref in graph.output_refs(node) if graph.spec(ref).dtype == "int8"}
    _check(given, refs)
    if not refs:
        return {}
    estimated = estimated_ranges(graph, weights)
    fixed = {node.name for node in graph.nodes if _is_probability(node.op)}
    found: dict[str, Quantisation] = {}
    for group in _sharing_a_scale(graph):
        ranges = [given[ref] for ref in group if ref in given] or [estimated[ref] for ref in group]
        hull = min(low for low, _ in ranges), max(high for _, high in ranges)
        if not all(map(math.isfinite, hull)):
            raise GraphError(f"{group[0]!r} has no finite range: look for weights that are not finite")
        found.update(dict.fromkeys(group, covering(*hull) if fixed.isdisjoint(group) else _PROBABILITY))
    return {ref: found[ref] for ref in refs}


def _check(given: Mapping[str, Range], refs: Collection[str]) -> None:
    for ref, (low, high) in given.items():
        if ref not in refs:
            raise GraphError(f"a range is given for {ref!r}, which is no int8 tensor.{did_you_mean(ref, refs)}")
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise GraphError(f"{ref!r} cannot range from {low:g} to {high:g}: give its lowest and its highest value")


def _is_probability(op: Op) -> bool:
    return isinstance(op, Softmax) or (isinstance(op, Activation) and op.function == "sigmoid")


def _sharing_a_scale(graph: Graph) -> Iterable[Sequence[str]]:
    """All tensors in groups; one that shares with none is a group of its own."""
    group_of: dict[str, list[str]] = {}
    for node in graph.nodes:
        group = list(graph.output_refs(node))
        for ref in node.inputs if isinstance(node.op, _SHARES_SCALE) else ():
            group += [member for member in group_of[ref] if member not in group]
        group_of.update(dict.fromkeys(group, group))
    return {id(group): group for group in group_of.values()}.values()


def quantised_weights(op: Op, own: Mapping[str, Array], x: Quantisation, y: Quantisation) -> QuantisedWeights:
    """The weights of an operation whose input is quantised as ``x`` and whose output as ``y``; kernels HWIO."""
    weights = QuantisedWeights({}, {})
    if "constant" in own:
        _add_constant(weights, own["constant"], float(y.scales[0]) * FINEST_ADDEND if isinstance(op, Add) else 0.0)
    if "kernel" in own:
        channel_axes = 2 if isinstance(op, DepthwiseConv) else 1
        _add_kernel_and_bias(weights, own["kernel"], channel_axes, own.get("bias"), float(x.scales[0]))
    return weights


def _add_constant(weights: QuantisedWeights, constant: Array, least_scale: float) -> None:
    quantisation = covering(float(constant.min()), float(constant.max()), least_scale)
    steps = np.rint(constant / quantisation.scales[0]) + quantisation.zero_point
    weights.values["constant"] = np.clip(steps, LOWEST, HIGHEST).astype(np.int8)
    weights.quantisations["constant"] = quantisation


def _add_kernel_and_bias(
    weights: QuantisedWeights, kernel: Array, channel_axes: int, bias: Array | None, x_scale: float
) -> None:
    """``channel_axes``: how many of the kernel's last axes count its output channels."""
    taps = kernel.reshape(-1, math.prod(kernel.shape[-channel_axes:]))
    scales = np.maximum(taps.max(axis=0), -taps.min(axis=0)) / np.float32(KERNEL_LIMIT)
    if bias is not None:
        # As the converter does: a kernel too small beside its bias gives way to it.
        scales = np.maximum(scales, np.abs(bias) / np.float32(BIAS_LIMIT * x_scale))
    scales = np.where(scales < SMALLEST_SCALE, np.float32(1), scales)
    weights.values["kernel"] = np.rint(taps / scales).astype(np.int8).reshape(kernel.shape)
    weights.quantisations["kernel"] = Quantisation(scales)
    if bias is not None:
        products = (scales * np.float64(x_scale)).astype(np.float32)
        weights.values["bias"] = np.rint(bias / products).astype(np.int32)
        weights.quantisations["bias"] = Quantisation(products)
