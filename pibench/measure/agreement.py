"""Whether a model gives the same outputs everywhere: a wrong one must not pass for a fast one. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pibench.worker.protocol import OutputSample

Outputs = tuple[OutputSample, ...]
Kinds = tuple[tuple[str, tuple[int, ...]], ...]
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
    references: dict[Kinds, _Reference | None] = {}
    for looked in outputs:
        kinds = _kinds(looked)
        if kinds not in references:
            references[kinds] = _reference(
                [condition for condition in common if _kinds(condition) == kinds], len(common)
            )
        reference = references[kinds]
        if reference is None:
            return "the outputs have other types or shapes than under another condition"
        for output, expected in zip(looked, reference.medians, strict=True):
            if off := _off(output, expected, reference.conditions):
                return off
    return ""


class _Reference(NamedTuple):
    """What is common: for each output, the median over so many conditions."""

    medians: tuple[Floats, ...]
    conditions: int


def _reference(alike: Sequence[Outputs], conditions: int) -> _Reference | None:
    """None where most conditions have outputs of other kinds."""
    if len(alike) <= conditions / 2:
        return None
    return _Reference(tuple(_median([*map(_values, one)]) for one in zip(*alike, strict=True)), len(alike))


def _kinds(outputs: Outputs) -> Kinds:
    return tuple((output.dtype, output.shape) for output in outputs)


def _off(output: OutputSample, expected: Floats, conditions: int) -> str:
    values = _values(output)
    known = ~np.isnan(expected)
    if not np.array_equal(known, ~np.isnan(values)):
        return f"output {output.name!r} is not finite in the same places"
    if not known.any():
        return ""
    # Of two, the median is half-way.
    distance = float(np.max(np.abs(values - expected)[known])) * (2 if conditions == 2 else 1)
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
