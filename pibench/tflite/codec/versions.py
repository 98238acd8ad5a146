"""The versions of operators that brought int8, after TensorFlow's op_version.cc."""

from __future__ import annotations

from tflite import BuiltinOperator

from pibench.tflite.codec.base import Operator

# Operators that are not here had int8 from the first version on.
_INT8_VERSIONS = {
    BuiltinOperator.CONV_2D: 3,
    BuiltinOperator.DEPTHWISE_CONV_2D: 3,
    BuiltinOperator.FULLY_CONNECTED: 4,
    **dict.fromkeys(
        (
            BuiltinOperator.ADD,
            BuiltinOperator.AVERAGE_POOL_2D,
            BuiltinOperator.CONCATENATION,
            BuiltinOperator.GATHER,
            BuiltinOperator.LOGISTIC,
            BuiltinOperator.MAX_POOL_2D,
            BuiltinOperator.MEAN,
            BuiltinOperator.MUL,
            BuiltinOperator.PAD,
            BuiltinOperator.RELU,
            BuiltinOperator.RELU6,
            BuiltinOperator.SOFTMAX,
            BuiltinOperator.SPLIT,
            BuiltinOperator.SPLIT_V,
            BuiltinOperator.STRIDED_SLICE,
            BuiltinOperator.TRANSPOSE,
        ),
        2,
    ),
}


def with_int8_version(operator: Operator) -> Operator:
    """An operator that reads int8; the version that its attributes ask for may be higher already."""
    return operator._replace(version=max(operator.version, _INT8_VERSIONS.get(operator.code, 1)))
