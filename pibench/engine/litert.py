"""LiteRT (ai-edge-litert), through its C API."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pibench import _native
from pibench.engine.base import Engine, Tensor
from pibench.engine.runtimes import KernelMode, RuntimeInfo
from pibench.errors import UnsupportedModelError
from pibench.graph.tensor import Dtype, TensorSpec

# LiteRT numbers element types as TfLiteType does, which is not the schema's numbering.
_ELEMENT_TYPES: dict[int, Dtype] = {
    1: "float32",
    2: "int32",
    3: "uint8",
    4: "int64",
    6: "bool",
    7: "int16",
    8: "complex64",
    9: "int8",
    10: "float16",
    11: "float64",
    12: "complex128",
    13: "uint64",
    16: "uint32",
    17: "uint16",
}

# The virtual functions of the profiler were read off these: of another one, ours might not take the place.
_KNOWN_PROFILERS = ("2.3.",)

_KERNEL_OPTION: dict[KernelMode, str] = {"xnnpack": "delegate", "builtin": "builtin", "reference": "reference"}


class LiteRtEngine(Engine):
    """A model compiled by LiteRT for the CPU alone."""

    def __init__(
        self, runtime: RuntimeInfo, path: str, threads: int, kernels: KernelMode, profile: bool = False
    ) -> None:
        stand_in = profile and runtime.version.startswith(_KNOWN_PROFILERS)
        self._native = _native.LiteRtEngine(
            str(runtime.library), path, threads, _KERNEL_OPTION[kernels], profile, stand_in
        )
        self.inputs = tuple(_tensor(*described) for described in self._native.inputs)
        self.outputs = tuple(_tensor(*described) for described in self._native.outputs)

    @property
    def _loop(self) -> _native.Engine:
        return self._native

    @property
    def fully_delegated(self) -> bool:
        return bool(self._native.fully_delegated)

    def _write(self, index: int, values: npt.NDArray[Any]) -> None:
        self._native.write_input(index, np.ascontiguousarray(values).view(np.uint8).ravel())

    def _read(self, index: int) -> npt.NDArray[Any]:
        spec = self.outputs[index].spec
        return np.frombuffer(self._native.read_output(index), spec.dtype).reshape(spec.shape)


def _tensor(name: str, element_type: int, shape: tuple[int, ...]) -> Tensor:
    if element_type not in _ELEMENT_TYPES:
        raise UnsupportedModelError(
            f"tensor {name!r} has an element type that pibench cannot fill (TfLiteType {element_type})"
        )
    return Tensor(name, TensorSpec(shape, _ELEMENT_TYPES[element_type]))
