"""A model's outputs as they can be compared elsewhere: exactly by digest, with a tolerance by sample."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from pibench.engine.base import Engine
from pibench.worker.protocol import OutputSample

MOST_VALUES = 1024


def output_samples(engine: Engine) -> tuple[OutputSample, ...]:
    """All outputs as the last invocation left them."""
    return tuple(sample_of(tensor.name, engine.read_output(index)) for index, tensor in enumerate(engine.outputs))


def sample_of(name: str, values: npt.NDArray[Any]) -> OutputSample:
    """An output's digest, and up to 1024 of its elements as floats.

    The first and the last are always among them. False and true are 0 and 1, quantised elements
    their integers, complex ones their magnitudes. Strings have a digest only.
    """
    return OutputSample(
        name=name,
        dtype=values.dtype.name,
        shape=values.shape,
        digest=hashlib.sha256(_exact_bytes(values)).hexdigest(),
        values=tuple(map(finite, _spread(values).tolist())),
    )


def _exact_bytes(values: npt.NDArray[Any]) -> bytes:
    # An array of objects holds addresses, which differ from process to process.
    return repr(values.tolist()).encode() if values.dtype.hasobject else values.tobytes()


def _spread(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Elements at even distances, in the tensor's order."""
    if values.dtype.kind not in "fiubc":
        return np.empty(0)
    flat = values.ravel()
    if flat.size > MOST_VALUES:
        flat = flat[np.arange(MOST_VALUES) * (flat.size - 1) // (MOST_VALUES - 1)]
    return np.asarray(np.abs(flat) if values.dtype.kind == "c" else flat, np.float64)


def finite(value: float) -> float | None:
    """The value, as far as JSON can tell it."""
    return value if math.isfinite(value) else None
