"""Translation between the graph's operations and TFLite's builtin operators."""

from pibench.tflite.codec import affine, layout, pointwise, pooling
from pibench.tflite.codec.base import (
    Constant,
    DecodeContext,
    EncodeContext,
    Operand,
    Operator,
    UndecodableError,
    decoders,
    encoders,
)
from pibench.tflite.codec.versions import with_int8_version

__all__ = [
    "Constant",
    "DecodeContext",
    "EncodeContext",
    "Operand",
    "Operator",
    "UndecodableError",
    "affine",
    "decoders",
    "encoders",
    "layout",
    "pointwise",
    "pooling",
    "with_int8_version",
]
