"""Whether a model gives the same outputs everywhere: a wrong one must not pass for a fast one. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pibench.worker.protocol import OutputSample

Outputs = tuple[OutputSample, ...]
Floats = npt.NDArray[np.float64]

# Kernels add up in different orders: TensorFlow's, XNNPACK's and the plain ones agreed to 6e-7 of the
# largest value on the eight networks tried; deep networks with large activations need some room.
FLOAT_TOLERANCE = 1e-3
# Kernels round half a step differently, and layers carry that on.
QUANTISED_TOLERANCE = 5.0
_QUANTISED = ("int8", "uint8", "int16")


def disagreement(outputs: Sequence[Outputs], others: Sequence[Sequence[Outputs]]) -> str:
    """Where the outputs of one condition differ from the common ones, as a sentence; nothing where they do not.

    ``outputs``: as often as one condition's were looked at; ``others``: those of all conditions of
    the same model and input, its own among them. What is common is the median over conditions,
    element by element, so that of three the odd one is told, and of two both. Of strings nothing
    can be told.
    """
    common = [condition[0] for condition in others if condition]
    for looked in outputs:
        alike = [condition for condition in common if _kinds(condition) == _kinds(looked)]
        if len(alike) <= len(common) / 2:
            return "the outputs have other types or shapes than under another condition"
        for position, output in enumerate(looked):
            if off := _off(output, [_values(condition[position]) for condition in alike]):
                return off
    return ""


def _kinds(outputs: Outputs) -> list[tuple[str, tuple[int, ...]]]:
    return [(output.dtype, output.shape) for output in outputs]


def _off(output: OutputSample, references: Sequence[Floats]) -> str:
    values, expected = _values(output), _median(references)
    known = ~np.isnan(expected)
    if not np.array_equal(known, ~np.isnan(values)):
        return f"output {output.name!r} is not finite in the same places"
    if not known.any():
        return ""
    # Of two, the median is half-way.
    distance = float(np.max(np.abs(values - expected)[known])) * (2 if len(references) == 2 else 1)
    if output.dtype.startswith(("int", "uint")):
        # Wider integers are indices, of classes for instance, which are equal or wrong.
        tolerance = QUANTISED_TOLERANCE if output.dtype in _QUANTISED else 0
        return f"output {output.name!r} is off by {distance:.0f} steps" if distance > tolerance else ""
    largest = float(np.max(np.abs(expected[known])))
    if distance <= FLOAT_TOLERANCE * largest:
        return ""
    relative = distance / largest if largest else math.inf
    return f"output {output.name!r} is off by {relative:.2g} of its largest value"


def _median(references: Sequence[Floats]) -> Floats:
    """Element by element, of what is finite; not a number where most are not."""
    stacked = np.array(references)
    missing = np.isnan(stacked).mean(axis=0) > 0.5
    medians: Floats = np.where(missing, math.nan, np.nanmedian(np.where(missing, 0.0, stacked), axis=0))
    return medians


def _values(output: OutputSample) -> Floats:
    return np.array([math.nan if value is None else value for value in output.values])
