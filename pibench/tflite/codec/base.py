"""Operators as a .tflite file has them, and the registry that translates them both ways.

Writing and reading share one intermediate form, ``Operator``. For each operation of the graph
there is an encoder, and for each builtin operator a decoder, side by side in this package's
modules, so that a detail of the format stands in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from tflite import ActivationFunctionType, Padding

from pibench.graph.ops import FusedActivation, Op
from pibench.graph.tensor import Dtype, TensorSpec, WeightSpec
from pibench.tflite.quantisation import Quantisation


class Constant(NamedTuple):
    """A tensor whose data is in the file; ``values`` is None where numpy has no such type."""

    name: str
    spec: TensorSpec
    values: npt.NDArray[Any] | None
    quantisation: Quantisation | None = None

    def weight(self, name: str) -> WeightSpec:
        return WeightSpec(name, self.spec.shape, self.spec.dtype)

    def integers(self) -> tuple[int, ...]:
        if self.values is None:
            raise UndecodableError
        return tuple(int(value) for value in self.values.ravel())


Operand = str | Constant | None


class Operator(NamedTuple):
    """A builtin operator: its code, its operands in the file's order, its options by field name."""

    code: int
    operands: Sequence[Operand]
    options_type: str = ""
    options: Mapping[str, Any] = {}
    version: int = 1


class EncodeContext(NamedTuple):
    """What an encoder may need of a node: its input references, specs and weights (HWIO).

    ``quantisations``: those of the weights that are quantised, by name.
    """

    name: str
    refs: Sequence[str]
    inputs: Sequence[TensorSpec]
    outputs: Sequence[TensorSpec]
    weights: Mapping[str, npt.NDArray[Any]]
    quantisations: Mapping[str, Quantisation] = {}

    def constant(self, name: str, values: Any, dtype: Any = None, *, channel_axis: int = 0) -> Constant:
        """An operand in the file; ``channel_axis``: along which its scales lie, if it has several."""
        array = np.ascontiguousarray(values, dtype)
        # ascontiguousarray makes a scalar a vector; axis operands must stay scalars.
        array = array.reshape(np.shape(values))
        spec = TensorSpec(array.shape, cast(Dtype, str(array.dtype)))
        quantisation = self.quantisations.get(name)
        if quantisation is not None:
            quantisation = quantisation._replace(axis=channel_axis)
        return Constant(f"{self.name}/{name}", spec, array, quantisation)


class DecodeContext(NamedTuple):
    """An operator being read, with the specs of the tensors it reads and makes."""

    operator: Operator
    inputs: Sequence[TensorSpec]
    outputs: Sequence[TensorSpec]

    def constant(self, index: int) -> Constant:
        operand = self.operand(index)
        if not isinstance(operand, Constant):
            raise UndecodableError
        return operand

    def operand(self, index: int) -> Operand:
        """The operand at an index, None where the file has none."""
        operands = self.operator.operands
        return operands[index] if index < len(operands) else None


class UndecodableError(Exception):
    """An operator that has no counterpart among the graph's operations."""


Encoder = Callable[[Any, EncodeContext], Operator]
Decoder = Callable[[DecodeContext], Op]

encoders: dict[type[Op], Encoder] = {}
decoders: dict[int, Decoder] = {}


def encodes(op: type[Op]) -> Callable[[Encoder], Encoder]:
    def add(function: Encoder) -> Encoder:
        encoders[op] = function
        return function

    return add


def decodes(*codes: int) -> Callable[[Decoder], Decoder]:
    def add(function: Decoder) -> Decoder:
        decoders.update(dict.fromkeys(codes, function))
        return function

    return add


PADDINGS = {"same": Padding.SAME, "valid": Padding.VALID}
FUSED = {
    None: ActivationFunctionType.NONE,
    "relu": ActivationFunctionType.RELU,
    "relu6": ActivationFunctionType.RELU6,
}


def padding_of(options: Mapping[str, Any]) -> Any:
    return _inverse(PADDINGS, options["Padding"])


def activation_of(options: Mapping[str, Any]) -> FusedActivation | None:
    return _inverse(FUSED, options["FusedActivationFunction"])  # type: ignore[no-any-return]


def _inverse(table: Mapping[Any, int], value: int) -> Any:
    for key, code in table.items():
        if code == value:
            return key
    raise UndecodableError
