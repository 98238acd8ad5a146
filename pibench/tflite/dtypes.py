"""Element types: pibench's names (numpy's) and the schema's codes."""

from __future__ import annotations

from tflite import TensorType

from pibench.graph.tensor import Dtype

TENSOR_TYPES: dict[Dtype, int] = {
    "float64": TensorType.FLOAT64,
    "float32": TensorType.FLOAT32,
    "float16": TensorType.FLOAT16,
    "bfloat16": TensorType.BFLOAT16,
    "int64": TensorType.INT64,
    "uint64": TensorType.UINT64,
    "int32": TensorType.INT32,
    "uint32": TensorType.UINT32,
    "int16": TensorType.INT16,
    "uint16": TensorType.UINT16,
    "int8": TensorType.INT8,
    "uint8": TensorType.UINT8,
    "int4": TensorType.INT4,
    "bool": TensorType.BOOL,
    "complex64": TensorType.COMPLEX64,
    "complex128": TensorType.COMPLEX128,
    "string": TensorType.STRING,
    "resource": TensorType.RESOURCE,
    "variant": TensorType.VARIANT,
}

DTYPE_NAMES: dict[int, Dtype] = {code: name for name, code in TENSOR_TYPES.items()}
