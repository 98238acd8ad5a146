"""Shapes and element types of activations and weights."""

from __future__ import annotations

import math
from typing import Final, Literal

import msgspec

Dtype = Literal[
    "float64",
    "float32",
    "float16",
    "bfloat16",
    "int64",
    "uint64",
    "int32",
    "uint32",
    "int16",
    "uint16",
    "int8",
    "uint8",
    "int4",
    "bool",
    "complex64",
    "complex128",
    "string",
    "resource",
    "variant",
]

DTYPE_BITS: Final[dict[Dtype, int]] = {
    "float64": 64,
    "float32": 32,
    "float16": 16,
    "bfloat16": 16,
    "int64": 64,
    "uint64": 64,
    "int32": 32,
    "uint32": 32,
    "int16": 16,
    "uint16": 16,
    "int8": 8,
    "uint8": 8,
    "int4": 4,
    "bool": 8,
    "complex64": 64,
    "complex128": 128,
    "string": 0,
    "resource": 0,
    "variant": 0,
}


def _storage_bytes(shape: tuple[int, ...], dtype: Dtype) -> int:
    return (math.prod(shape) * DTYPE_BITS[dtype] + 7) // 8


class TensorSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An activation: its shape (NHWC for images, batch included) and element type."""

    shape: tuple[int, ...]
    dtype: Dtype = "float32"

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def channels(self) -> int:
        return self.shape[-1]

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        return _storage_bytes(self.shape, self.dtype)

    def with_shape(self, *shape: int) -> TensorSpec:
        return TensorSpec(shape, self.dtype)

    def __str__(self) -> str:
        return "×".join(map(str, self.shape)) or "scalar"


class WeightSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A constant that a node owns: ``kernel`` (HWIO), ``bias``, ``gamma``, …"""

    name: str
    shape: tuple[int, ...]
    dtype: Dtype = "float32"
    trainable: bool = True

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        return _storage_bytes(self.shape, self.dtype)


_ACCUMULATORS: Final[dict[Dtype, Dtype]] = {"int8": "int32", "uint8": "int32", "int16": "int64"}


def bias_dtype(activation_dtype: Dtype) -> Dtype:
    """Element type of a bias beside activations of a type: integer kernels accumulate wider."""
    return _ACCUMULATORS.get(activation_dtype, activation_dtype)
