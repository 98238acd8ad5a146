"""tflite-runtime 2.14: its Python interpreter sets up, the native loop invokes.

The module is imported by name as ``tflite_runtime.interpreter``; only a worker does so.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from pibench import _native
from pibench.engine.base import Engine, Tensor
from pibench.engine.runtimes import KernelMode, RuntimeInfo
from pibench.errors import EngineError
from pibench.graph.tensor import Dtype, TensorSpec

_RESOLVERS: dict[KernelMode, str] = {
    "xnnpack": "AUTO",
    "builtin": "BUILTIN_WITHOUT_DEFAULT_DELEGATES",
    "reference": "BUILTIN_REF",
}


class TfliteEngine(Engine):
    """A model in a tflite::Interpreter."""

    def __init__(
        self, runtime: RuntimeInfo, path: str, threads: int, kernels: KernelMode, profile: bool = False
    ) -> None:
        module = importlib.import_module("tflite_runtime.interpreter")
        resolver = getattr(module.OpResolverType, _RESOLVERS[kernels])
        with _explained():
            self._interpreter = module.Interpreter(
                model_path=path, num_threads=threads, experimental_op_resolver_type=resolver
            )
        # Before tensors are allocated, which is when XNNPACK looks for a profiler.
        self._native = _native.TfliteLoop(_extension_path(), self._interpreter, profile)
        try:
            with _explained():
                self._interpreter.allocate_tensors()
        except EngineError:
            self._native.close()
            raise
        self._input_details = self._interpreter.get_input_details()
        self._output_details = self._interpreter.get_output_details()
        self.inputs = tuple(map(_tensor, self._input_details))
        self.outputs = tuple(map(_tensor, self._output_details))

    @property
    def _loop(self) -> _native.Engine:
        return self._native

    @property
    def fully_delegated(self) -> bool:
        self._check_open()
        outputs = [detail["index"] for detail in self._output_details]
        return runs_in_one_delegate(self._interpreter._get_ops_details(), outputs)

    def _write(self, index: int, values: npt.NDArray[Any]) -> None:
        self._interpreter.set_tensor(self._input_details[index]["index"], values)

    def _read(self, index: int) -> npt.NDArray[Any]:
        return np.array(self._interpreter.get_tensor(self._output_details[index]["index"]))

    def close(self) -> None:
        super().close()
        self._interpreter = None


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (ValueError, RuntimeError) as error:
        raise EngineError(f"tflite-runtime could not load the model: {' '.join(str(error).split())}") from None


def runs_in_one_delegate(ops: Sequence[Mapping[str, Any]], outputs: Sequence[int]) -> bool:
    """Whether a single DELEGATE node computes all outputs from the model's inputs alone.

    The interpreter lists the original operations also after delegation; one that still runs
    makes an output itself, or a tensor that the delegate reads.
    """
    delegates = [op for op in ops if op["op_name"] == "DELEGATE"]
    if len(delegates) != 1:
        return False
    made_by_operations = {int(i) for op in ops if op["op_name"] != "DELEGATE" for i in op["outputs"]}
    reads = {int(i) for i in delegates[0]["inputs"]}
    makes = {int(i) for i in delegates[0]["outputs"]}
    return set(outputs) <= makes and not reads & made_by_operations


def _extension_path() -> str:
    return str(sys.modules["tflite_runtime._pywrap_tensorflow_interpreter_wrapper"].__file__)


def _tensor(detail: Mapping[str, Any]) -> Tensor:
    dtype = cast(Dtype, np.dtype(detail["dtype"]).name)
    return Tensor(detail["name"], TensorSpec(tuple(int(n) for n in detail["shape"]), dtype))
